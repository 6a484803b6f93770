"""The compiled loops of the training engine.

Every function works on one job alone, in a fixed order of operations, so that its result does not depend on what
else is computed, in which groups, or on how many threads. ``x`` and ``y`` have shape (4^n, LANES).
"""
# Numba compiles these functions; their Python bodies are what it reads, so plain loops are the right style here.

import math

import numpy as np
from numba import njit

from qflsim.quantum.program import LANES

__all__ = ["OPTIONS", "angle_gradient", "angles_of", "backward", "entry_gradient", "fill_values", "forward"]

OPTIONS = {"cache": True, "nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}


@njit(**OPTIONS)
def angles_of(program, variables, angles):
    """Affine angles: constant + sum of factor * variable."""
    for a in range(len(angles)):
        total = program.angle_constant[a]
        for t in range(program.angle_ptr[a], program.angle_ptr[a + 1]):
            total += program.angle_factor[t] * variables[program.angle_index[t]]
        angles[a] = total


@njit(**OPTIONS)
def _multiply(program, f, angles, source, target, d):
    """Target = factor f times source; both (d, d) flattened."""
    first, last = program.factor_part[f]
    a = program.factor_angle[f]
    if a < 0:
        for k in range(d * d):
            target[k] = 0.0
        for e in range(first, last):
            i, j, v = program.fixed[e, 0], program.fixed[e, 1], program.fixed_value[e]
            for c in range(d):
                target[i * d + c] += v * source[j * d + c]
        return
    cosine, sine = math.cos(angles[a]), math.sin(angles[a])
    for k in range(d * d):
        target[k] = source[k]
    for e in range(first, last):
        i, j, s = program.planes[e, 0] * d, program.planes[e, 1] * d, program.plane_sign[e] * sine
        for c in range(d):
            u, v = source[i + c], source[j + c]
            target[i + c] = cosine * u - s * v
            target[j + c] = s * u + cosine * v


@njit(**OPTIONS)
def fill_values(program, angles, products, values, lane, lanes):
    """Entries of all blocks that depend on angles, written to lanes lane..lane+lanes-1; keeps partial products."""
    unit = np.empty(256)
    for b in range(len(program.dense)):
        d = program.dimension[b]
        first, last = program.factor_ptr[b], program.factor_ptr[b + 1]
        if first == last:
            continue
        for k in range(d * d):
            unit[k] = 0.0
        for k in range(d):
            unit[k * d + k] = 1.0
        source = unit[: d * d]
        for f in range(first, last):
            start = program.factor_store[f]
            target = products[start : start + d * d]
            _multiply(program, f, angles, source, target, d)
            source = target
        for e in range(program.entry_ptr[b], program.entry_ptr[b + 1]):
            v = source[program.entry_row[e] * d + program.entry_col[e]]
            for k in range(lane, lane + lanes):
                values[e, k] = v


@njit(**OPTIONS)
def _through_factor(program, f, angles, gradient, scratch, d):
    """Gradient <- factor f transposed times gradient: from after the factor to before it."""
    first, last = program.factor_part[f]
    a = program.factor_angle[f]
    if a < 0:
        for k in range(d * d):
            scratch[k] = gradient[k]
            gradient[k] = 0.0
        for e in range(first, last):
            i, j, v = program.fixed[e, 0], program.fixed[e, 1], program.fixed_value[e]
            for c in range(d):
                gradient[j * d + c] += v * scratch[i * d + c]
        return
    cosine, sine = math.cos(angles[a]), math.sin(angles[a])
    for e in range(first, last):
        i, j, s = program.planes[e, 0] * d, program.planes[e, 1] * d, program.plane_sign[e] * sine
        for c in range(d):
            u, v = gradient[i + c], gradient[j + c]
            gradient[i + c] = cosine * u + s * v
            gradient[j + c] = cosine * v - s * u


@njit(**OPTIONS)
def angle_gradient(program, b, angles, products, entries, out):
    """Add to ``out`` the derivative by the angles of block b, given that by its entries (aligned with the block)."""
    d = program.dimension[b]
    gradient, scratch = np.zeros(d * d), np.empty(d * d)
    begin = program.entry_ptr[b]
    for e in range(begin, program.entry_ptr[b + 1]):
        gradient[program.entry_row[e] * d + program.entry_col[e]] = entries[e - begin]
    for f in range(program.factor_ptr[b + 1] - 1, program.factor_ptr[b] - 1, -1):
        a = program.factor_angle[f]
        if a >= 0:
            start, total = program.factor_store[f], 0.0
            for e in range(program.factor_part[f, 0], program.factor_part[f, 1]):
                i, j, s = program.planes[e, 0] * d, program.planes[e, 1] * d, program.plane_sign[e]
                for c in range(d):
                    total += s * (gradient[j + c] * products[start + i + c] - gradient[i + c] * products[start + j + c])
            out[a] += total
        _through_factor(program, f, angles, gradient, scratch, d)


@njit(**OPTIONS)
def forward(program, b, values, x, y):
    """Y = block b applied to the state x (Schroedinger picture)."""
    begin, end = program.base_ptr[b]
    if program.dense[b]:
        s = program.stride[b]
        v = values[program.entry_ptr[b] : program.entry_ptr[b + 1]]
        for g in range(begin, end):
            i = program.bases[g]
            for k in range(LANES):
                a0, a1, a2, a3 = x[i, k], x[i + s, k], x[i + 2 * s, k], x[i + 3 * s, k]
                y[i, k] = a0
                y[i + s, k] = v[1, k] * a0 + v[2, k] * a1 + v[3, k] * a2 + v[4, k] * a3
                y[i + 2 * s, k] = v[5, k] * a0 + v[6, k] * a1 + v[7, k] * a2 + v[8, k] * a3
                y[i + 3 * s, k] = v[9, k] * a0 + v[10, k] * a1 + v[11, k] * a2 + v[12, k] * a3
        return
    place = program.local_ptr[b]
    for g in range(begin, end):
        i = program.bases[g]
        for r in range(program.dimension[b]):
            row = i + program.local[place + r]
            for k in range(LANES):
                y[row, k] = 0.0
            for e in range(program.row_ptr[place + b + r], program.row_ptr[place + b + r + 1]):
                col = i + program.local[place + program.entry_col[e]]
                for k in range(LANES):
                    y[row, k] += values[e, k] * x[col, k]


@njit(**OPTIONS)
def backward(program, b, values, x, y):
    """Y = block b transposed, applied to the observables x (Heisenberg picture)."""
    begin, end = program.base_ptr[b]
    if program.dense[b]:
        s = program.stride[b]
        v = values[program.entry_ptr[b] : program.entry_ptr[b + 1]]
        for g in range(begin, end):
            i = program.bases[g]
            for k in range(LANES):
                a0, a1, a2, a3 = x[i, k], x[i + s, k], x[i + 2 * s, k], x[i + 3 * s, k]
                y[i, k] = a0 + v[1, k] * a1 + v[5, k] * a2 + v[9, k] * a3
                y[i + s, k] = v[2, k] * a1 + v[6, k] * a2 + v[10, k] * a3
                y[i + 2 * s, k] = v[3, k] * a1 + v[7, k] * a2 + v[11, k] * a3
                y[i + 3 * s, k] = v[4, k] * a1 + v[8, k] * a2 + v[12, k] * a3
        return
    place = program.local_ptr[b]
    for g in range(begin, end):
        i = program.bases[g]
        for c in range(program.dimension[b]):
            col = i + program.local[place + c]
            for k in range(LANES):
                y[col, k] = 0.0
            for t in range(program.col_ptr[place + b + c], program.col_ptr[place + b + c + 1]):
                e = program.by_col[t]
                row = i + program.local[place + program.entry_row[e]]
                for k in range(LANES):
                    y[col, k] += values[e, k] * x[row, k]


@njit(**OPTIONS)
def entry_gradient(program, b, before, after, out):
    """Derivative of sum(before . block^T after) by the block's entries: out[e, lane] = sum before[col] after[row]."""
    begin, end = program.base_ptr[b]
    place, first = program.local_ptr[b], program.entry_ptr[b]
    for e in range(program.entry_ptr[b + 1] - first):
        for k in range(LANES):
            out[e, k] = 0.0
    for g in range(begin, end):
        i = program.bases[g]
        for e in range(first, program.entry_ptr[b + 1]):
            row = i + program.local[place + program.entry_row[e]]
            col = i + program.local[place + program.entry_col[e]]
            for k in range(LANES):
                out[e - first, k] += before[col, k] * after[row, k]

"""Compiled loops from trained parameters to block entries, and back from derivatives to parameters.

A parametrised block is a product of factors: rotations by an angle, which mix planes of Pauli coefficients, and fixed
channels. Its entries are computed factor by factor, keeping the partial products; the derivative by an angle theta of
a factor F(theta) = exp(theta J) is <G, J P>, with P the product up to the factor and G the derivative by P. All
products stay within the block's components, sets of coefficients that its factors mix.
"""

import math
from typing import Any

from qflsim.quantum.vectors import inlined, kernel, splat, store

__all__ = ["angle_gradient", "angles_of", "fill_values", "parameter_gradient"]


@kernel
def angles_of(program: Any, variables: Any, angles: Any) -> None:
    """Affine angles, constant + sum of factor * variable; columns of ``angles``: angle, cosine, sine."""
    for a in range(len(angles)):
        total = program.angle_constant[a]
        for t in range(program.angle_ptr[a], program.angle_ptr[a + 1]):
            total += program.angle_factor[t] * variables[program.angle_index[t]]
        angles[a, 0], angles[a, 1], angles[a, 2] = total, math.cos(total), math.sin(total)


@kernel
def parameter_gradient(program: Any, by_angle: Any, gradient: Any) -> None:
    """Add to ``gradient`` the derivatives by the variables that follow from those by the angles."""
    for a in range(len(by_angle)):
        for t in range(program.angle_ptr[a], program.angle_ptr[a + 1]):
            gradient[program.angle_index[t]] += program.angle_factor[t] * by_angle[a]


@kernel
def fill_values(program: Any, angles: Any, products: Any, values: Any, lane: int) -> None:
    """Entries of all blocks that depend on angles, to one lane, or to all if lane < 0; keeps partial products."""
    for b in range(len(program.dense)):
        first, last = program.factor_ptr[b], program.factor_ptr[b + 1]
        if first == last:
            continue
        d = program.dimension[b]
        for f in range(first, last):
            _product(program, b, f, angles, products, d, f == first)
        start = program.factor_store[last - 1]
        for e in range(program.entry_ptr[b], program.entry_ptr[b + 1]):
            v = products[start + program.entry_row[e] * d + program.entry_col[e]]
            if lane < 0:
                store(values, e, splat(values, v))
            else:
                values[e, lane] = v


@inlined
def _product(program: Any, b: int, f: int, angles: Any, products: Any, d: int, start: bool) -> None:
    """Product up to factor f of block b: the factor times the product before it (the identity at the start)."""
    target = program.factor_store[f]
    source, a, place = target - d * d, program.factor_angle[f], program.local_ptr[b]
    for i in range(d):
        for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
            k = i * d + c
            before = (1.0 if c == i else 0.0) if start else products[source + k]
            products[target + k] = before if a >= 0 else 0.0
    for e in range(program.factor_part[f, 0], program.factor_part[f, 1]):
        if a < 0:
            i, j, v = program.fixed[e, 0], program.fixed[e, 1], program.fixed_value[e]
            for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
                before = (1.0 if c == j else 0.0) if start else products[source + j * d + c]
                products[target + i * d + c] += v * before
        else:
            i, j = program.planes[e, 0], program.planes[e, 1]
            cosine, sine = angles[a, 1], angles[a, 2] * program.plane_sign[e]
            for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
                u, v = products[target + i * d + c], products[target + j * d + c]
                products[target + i * d + c] = cosine * u - sine * v
                products[target + j * d + c] = sine * u + cosine * v


@kernel
def angle_gradient(program: Any, b: int, angles: Any, products: Any, entries: Any, work: Any, out: Any) -> None:
    """Add to ``out`` the derivatives by the angles of block b, given those by its entries; ``work`` is (2, 256)."""
    d, place, begin = program.dimension[b], program.local_ptr[b], program.entry_ptr[b]
    gradient, scratch = work[0], work[1]
    for k in range(d * d):
        gradient[k] = 0.0
    for e in range(begin, program.entry_ptr[b + 1]):
        gradient[program.entry_row[e] * d + program.entry_col[e]] = entries[e - begin]
    for f in range(program.factor_ptr[b + 1] - 1, program.factor_ptr[b] - 1, -1):
        a = program.factor_angle[f]
        if a >= 0:
            out[a] += _through_rotation(program, f, angles, products, gradient, d, place)
        else:
            _through_channel(program, f, gradient, scratch, d, place)


@inlined
def _through_rotation(program: Any, f: int, angles: Any, products: Any, gradient: Any, d: int, place: int) -> float:
    """Derivative by the rotation's angle; ``gradient`` moves from after the factor to before it."""
    a, start, result = program.factor_angle[f], program.factor_store[f], 0.0
    for e in range(program.factor_part[f, 0], program.factor_part[f, 1]):
        i, j, sign = program.planes[e, 0], program.planes[e, 1], program.plane_sign[e]
        cosine, sine = angles[a, 1], angles[a, 2] * sign
        for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
            u, v = gradient[i * d + c], gradient[j * d + c]
            result += sign * (v * products[start + i * d + c] - u * products[start + j * d + c])
            gradient[i * d + c] = cosine * u + sine * v
            gradient[j * d + c] = cosine * v - sine * u
    return result


@inlined
def _through_channel(program: Any, f: int, gradient: Any, scratch: Any, d: int, place: int) -> None:
    """``gradient`` moves from after a fixed factor to before it: times its transpose."""
    for i in range(d):
        for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
            scratch[i * d + c] = gradient[i * d + c]
            gradient[i * d + c] = 0.0
    for e in range(program.factor_part[f, 0], program.factor_part[f, 1]):
        i, j, v = program.fixed[e, 0], program.fixed[e, 1], program.fixed_value[e]
        for c in range(program.mixed[place + i, 0], program.mixed[place + i, 1]):
            gradient[j * d + c] += v * scratch[i * d + c]

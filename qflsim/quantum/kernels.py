"""Compiled loops over one block: move states forwards, observables backwards, and find derivatives by entries.

Every function works on one job alone, in a fixed order of operations, so that its result does not depend on what
else is computed, in which groups, or on how many threads. ``x`` and ``y`` have shape (4^n, LANES), ``values`` holds
the entries of all blocks, (entries, LANES).
"""

from typing import Any

from qflsim.quantum.vectors import add, inlined, kernel, load, multiply, multiply_add, store, total, zero

__all__ = ["backward", "entry_gradient", "forward"]


@kernel
def forward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """Y = block b applied to the states x (Schroedinger picture)."""
    if program.dense[b]:
        _dense_forward(program, b, values, x, y)
        return
    first = program.local_ptr[b]
    for r in range(program.dimension[b]):
        begin, end = program.row_ptr[first + b + r], program.row_ptr[first + b + r + 1]
        _row(program, b, values, x, y, program.local[first + r], program.entries, program.entry_from, begin, end)


@kernel
def backward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """Y = block b transposed, applied to the observables x (Heisenberg picture)."""
    if program.dense[b]:
        _dense_backward(program, b, values, x, y)
        return
    first = program.local_ptr[b]
    for c in range(program.dimension[b]):
        begin, end = program.col_ptr[first + b + c], program.col_ptr[first + b + c + 1]
        _row(program, b, values, x, y, program.local[first + c], program.by_col, program.by_col_to, begin, end)


@inlined
def _row(
    program: Any, b: int, values: Any, x: Any, y: Any, out: int, entries: Any, places: Any, begin: int, end: int
) -> None:
    """y[out] = sum of entry times x[place], in every group of the block; rows of one or two entries are the rule."""
    g0, g1 = program.base_ptr[b, 0], program.base_ptr[b, 1]
    if end == begin:
        for g in range(g0, g1):
            store(y, program.bases[g] + out, zero())
        return
    v, p = load(values, entries[begin]), places[begin]
    if end == begin + 1:
        for g in range(g0, g1):
            i = program.bases[g]
            store(y, i + out, multiply(v, load(x, i + p)))
        return
    w, q = load(values, entries[begin + 1]), places[begin + 1]
    for g in range(g0, g1):
        i = program.bases[g]
        result = multiply_add(w, load(x, i + q), multiply(v, load(x, i + p)))
        for e in range(begin + 2, end):
            result = multiply_add(load(values, entries[e]), load(x, i + places[e]), result)
        store(y, i + out, result)


@inlined
def _combine(values: Any, a: int, b: int, c: int, x1: Any, x2: Any, x3: Any, start: Any) -> Any:
    """Start + values[a] x1 + values[b] x2 + values[c] x3."""
    result = multiply_add(load(values, a), x1, start)
    return multiply_add(load(values, c), x3, multiply_add(load(values, b), x2, result))


@inlined
def _dense_forward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """A 4x4 block with first row (1, 0, 0, 0): entries e.. are that 1, then rows 1 to 3."""
    s, e = program.stride[b], program.entry_ptr[b]
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = program.bases[g]
        x0, x1, x2, x3 = load(x, i), load(x, i + s), load(x, i + 2 * s), load(x, i + 3 * s)
        store(y, i, x0)
        for r in range(3):
            k = e + 1 + 4 * r
            store(y, i + (r + 1) * s, _combine(values, k + 1, k + 2, k + 3, x1, x2, x3, multiply(load(values, k), x0)))


@inlined
def _dense_backward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """The transpose of a dense block."""
    s, e = program.stride[b], program.entry_ptr[b]
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = program.bases[g]
        x0, x1, x2, x3 = load(x, i), load(x, i + s), load(x, i + 2 * s), load(x, i + 3 * s)
        for c in range(4):
            k = e + 1 + c
            start = x0 if c == 0 else zero()
            store(y, i + c * s, _combine(values, k, k + 4, k + 8, x1, x2, x3, start))


@kernel
def entry_gradient(program: Any, b: int, before: Any, after: Any, out: Any) -> None:
    """Derivative of sum(before . block^T after) by the block's entries, summed over lanes, to out[0..]."""
    if program.dense[b]:
        for r in range(1, 4):
            _dense_gradient(program, b, r, before, after, out)
        return
    g0, g1 = program.base_ptr[b, 0], program.base_ptr[b, 1]
    first = program.entry_ptr[b]
    for e in range(first, program.entry_ptr[b + 1]):
        row, col = program.entry_to[e], program.entry_from[e]
        even, odd = zero(), zero()
        for g in range(g0, g1 - 1, 2):
            i, j = program.bases[g], program.bases[g + 1]
            even = multiply_add(load(before, i + col), load(after, i + row), even)
            odd = multiply_add(load(before, j + col), load(after, j + row), odd)
        if (g1 - g0) % 2:
            i = program.bases[g1 - 1]
            even = multiply_add(load(before, i + col), load(after, i + row), even)
        out[e - first] = total(add(even, odd))


@inlined
def _dense_gradient(program: Any, b: int, r: int, before: Any, after: Any, out: Any) -> None:
    """Derivatives by the four entries of row r of a dense block."""
    s = program.stride[b]
    d0, d1, d2, d3 = zero(), zero(), zero(), zero()
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = program.bases[g]
        a = load(after, i + r * s)
        d0 = multiply_add(load(before, i), a, d0)
        d1 = multiply_add(load(before, i + s), a, d1)
        d2 = multiply_add(load(before, i + 2 * s), a, d2)
        d3 = multiply_add(load(before, i + 3 * s), a, d3)
    k = 4 * r - 3
    out[k], out[k + 1], out[k + 2], out[k + 3] = total(d0), total(d1), total(d2), total(d3)

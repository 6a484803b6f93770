"""Compiled loops over one block: move states forwards, observables backwards, and find derivatives by entries.

Every function works on one job alone, in a fixed order of operations, so that its result does not depend on what
else is computed, in which groups, or on how many threads. ``x`` and ``y`` have shape (4^n, LANES), ``values`` holds
the entries of all blocks, (entries, LANES).
"""

from typing import Any

from qflsim.quantum.vectors import add, at, inlined, kernel, load, multiply, multiply_add, store, total, zero

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
            store(y, at(program.bases, g) + out, zero(y))
        return
    v, p = load(values, at(entries, begin)), at(places, begin)
    if end == begin + 1:
        for g in range(g0, g1):
            i = at(program.bases, g)
            store(y, i + out, multiply(v, load(x, i + p)))
        return
    w, q = load(values, at(entries, begin + 1)), at(places, begin + 1)
    for g in range(g0, g1):
        i = at(program.bases, g)
        result = multiply_add(w, load(x, i + q), multiply(v, load(x, i + p)))
        for e in range(begin + 2, end):
            result = multiply_add(load(values, at(entries, e)), load(x, i + at(places, e)), result)
        store(y, i + out, result)


@inlined
def _combine(v1: Any, v2: Any, v3: Any, x1: Any, x2: Any, x3: Any, start: Any) -> Any:
    """Start + v1 x1 + v2 x2 + v3 x3."""
    return multiply_add(v3, x3, multiply_add(v2, x2, multiply_add(v1, x1, start)))


@inlined
def _dense_forward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """A 4x4 block with first row (1, 0, 0, 0): entry e is that 1, then rows 1 to 3."""
    s, e = program.stride[b], program.entry_ptr[b]
    a0, a1, a2, a3 = load(values, e + 1), load(values, e + 2), load(values, e + 3), load(values, e + 4)
    b0, b1, b2, b3 = load(values, e + 5), load(values, e + 6), load(values, e + 7), load(values, e + 8)
    c0, c1, c2, c3 = load(values, e + 9), load(values, e + 10), load(values, e + 11), load(values, e + 12)
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = at(program.bases, g)
        x0, x1, x2, x3 = load(x, i), load(x, i + s), load(x, i + 2 * s), load(x, i + 3 * s)
        store(y, i, x0)
        store(y, i + s, _combine(a1, a2, a3, x1, x2, x3, multiply(a0, x0)))
        store(y, i + 2 * s, _combine(b1, b2, b3, x1, x2, x3, multiply(b0, x0)))
        store(y, i + 3 * s, _combine(c1, c2, c3, x1, x2, x3, multiply(c0, x0)))


@inlined
def _dense_backward(program: Any, b: int, values: Any, x: Any, y: Any) -> None:
    """The transpose of a dense block."""
    s, e = program.stride[b], program.entry_ptr[b]
    a0, a1, a2, a3 = load(values, e + 1), load(values, e + 2), load(values, e + 3), load(values, e + 4)
    b0, b1, b2, b3 = load(values, e + 5), load(values, e + 6), load(values, e + 7), load(values, e + 8)
    c0, c1, c2, c3 = load(values, e + 9), load(values, e + 10), load(values, e + 11), load(values, e + 12)
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = at(program.bases, g)
        x0, x1, x2, x3 = load(x, i), load(x, i + s), load(x, i + 2 * s), load(x, i + 3 * s)
        store(y, i, _combine(a0, b0, c0, x1, x2, x3, x0))
        store(y, i + s, multiply_add(c1, x3, multiply_add(b1, x2, multiply(a1, x1))))
        store(y, i + 2 * s, multiply_add(c2, x3, multiply_add(b2, x2, multiply(a2, x1))))
        store(y, i + 3 * s, multiply_add(c3, x3, multiply_add(b3, x2, multiply(a3, x1))))


@kernel
def entry_gradient(program: Any, b: int, before: Any, after: Any, out: Any) -> None:
    """Derivative of sum(before . block^T after) by the block's entries, summed over lanes, to out[0..]."""
    if program.dense[b]:
        _dense_gradient(program, b, before, after, out)
        return
    g0, g1 = program.base_ptr[b, 0], program.base_ptr[b, 1]
    first = program.entry_ptr[b]
    for e in range(first, program.entry_ptr[b + 1]):
        row, col = at(program.entry_to, e), at(program.entry_from, e)
        even, odd = zero(before), zero(before)
        for g in range(g0, g1 - 1, 2):
            i, j = at(program.bases, g), at(program.bases, g + 1)
            even = multiply_add(load(before, i + col), load(after, i + row), even)
            odd = multiply_add(load(before, j + col), load(after, j + row), odd)
        if (g1 - g0) % 2:
            i = at(program.bases, g1 - 1)
            even = multiply_add(load(before, i + col), load(after, i + row), even)
        out[e - first] = total(add(even, odd))


@inlined
def _dense_gradient(program: Any, b: int, before: Any, after: Any, out: Any) -> None:
    """Derivatives by the twelve entries of a dense block, in twelve registers."""
    s = program.stride[b]
    a0, a1, a2, a3 = zero(before), zero(before), zero(before), zero(before)
    b0, b1, b2, b3 = zero(before), zero(before), zero(before), zero(before)
    c0, c1, c2, c3 = zero(before), zero(before), zero(before), zero(before)
    for g in range(program.base_ptr[b, 0], program.base_ptr[b, 1]):
        i = at(program.bases, g)
        x0, x1, x2, x3 = load(before, i), load(before, i + s), load(before, i + 2 * s), load(before, i + 3 * s)
        y1, y2, y3 = load(after, i + s), load(after, i + 2 * s), load(after, i + 3 * s)
        a0, a1 = multiply_add(x0, y1, a0), multiply_add(x1, y1, a1)
        a2, a3 = multiply_add(x2, y1, a2), multiply_add(x3, y1, a3)
        b0, b1 = multiply_add(x0, y2, b0), multiply_add(x1, y2, b1)
        b2, b3 = multiply_add(x2, y2, b2), multiply_add(x3, y2, b3)
        c0, c1 = multiply_add(x0, y3, c0), multiply_add(x1, y3, c1)
        c2, c3 = multiply_add(x2, y3, c2), multiply_add(x3, y3, c3)
    out[1], out[2], out[3], out[4] = total(a0), total(a1), total(a2), total(a3)
    out[5], out[6], out[7], out[8] = total(b0), total(b1), total(b2), total(b3)
    out[9], out[10], out[11], out[12] = total(c0), total(c1), total(c2), total(c3)

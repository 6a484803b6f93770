"""Reed-Solomon erasure code: any k of k + m chunks give the data back.

Bytes are elements of GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1. The data, cut into k rows, are multiplied
by a matrix of k + m rows of which any k are independent: the identity above a Cauchy matrix 1/(x_i + y_j) with
distinct x_i and y_j, all of whose square submatrices are regular.

References
----------
.. [1] I. S. Reed, G. Solomon, "Polynomial codes over certain finite fields", J. SIAM 8, 300 (1960).
.. [2] J. Bloemer et al., "An XOR-based erasure-resilient coding scheme", ICSI TR-95-048 (1995): Cauchy matrices.
"""

from collections.abc import Mapping
from functools import cache
from math import comb

import numpy as np
from numpy.typing import NDArray

__all__ = ["CYCLES_PER_PRODUCT", "availability", "chunk_byte", "decode", "encode", "multiply"]

Bytes = NDArray[np.uint8]

_POLYNOMIAL = 0x11D
CYCLES_PER_PRODUCT = 3.0  # of a byte with a factor, by table, and its sum: two loads and an XOR; an assumption
_MOST = 256  # chunks: x_i and y_j are distinct elements


def chunk_byte(size_byte: int, k: int) -> int:
    """Bytes of one chunk of ``size_byte`` bytes: the k-th part, rounded up."""
    return -(-size_byte // k)


def availability(k: int, n: int, up: float) -> float:
    """Chance that at least k of n chunks can be had if each can with chance ``up``, whatever the others.

    The sum over i from k to n of C(n, i) p^i (1 - p)^(n - i).
    """
    return sum(comb(n, i) * up**i * (1.0 - up) ** (n - i) for i in range(k, n + 1))


def encode(data: bytes, k: int, m: int) -> list[bytes]:
    """The k + m chunks of ``data``; the first k are the data themselves, with zeros at their end.

    Raises
    ------
    ValueError
        If there are no chunks of data, or more than 256 in all.
    """
    rows = _rows(data, k)
    parity = multiply(_generator(k, m)[k:], rows)
    return [row.tobytes() for row in rows] + [row.tobytes() for row in parity]


def decode(chunks: Mapping[int, bytes], k: int, m: int, size_byte: int) -> bytes:
    """The ``size_byte`` bytes of data behind any k chunks, given by their number.

    Raises
    ------
    ValueError
        If there are fewer than k.
    """
    places = sorted(chunks)[:k]
    if len(places) < k:
        raise ValueError(f"{k} chunks are needed to decode, got {len(places)}")
    present = np.stack([np.frombuffer(chunks[place], dtype=np.uint8) for place in places])
    rows = present if places == list(range(k)) else multiply(_inverse(_generator(k, m)[places]), present)
    return rows.tobytes()[:size_byte]


def multiply(matrix: Bytes, rows: Bytes) -> Bytes:
    """The product of two matrices over GF(256), shapes (a, b) and (b, c)."""
    table = _products()
    product = np.zeros((len(matrix), rows.shape[1]), dtype=np.uint8)
    for i, line in enumerate(matrix):
        for factor, row in zip(line, rows, strict=True):
            product[i] ^= table[factor][row]
    return product


def _rows(data: bytes, k: int) -> Bytes:
    """The data as k rows, filled up with zeros."""
    if k < 1:
        raise ValueError(f"data need at least one chunk, got k = {k}")
    size = chunk_byte(len(data), k)
    return np.frombuffer(data.ljust(k * size, b"\0"), dtype=np.uint8).reshape(k, size)


@cache
def _tables() -> tuple[list[int], list[int]]:
    """Powers of the generator 2, twice over, and their logarithms."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value & 0x100:
            value ^= _POLYNOMIAL
    return powers, logarithms


@cache
def _products() -> Bytes:
    """All products of two elements, shape (256, 256)."""
    powers, logarithms = (np.array(table) for table in _tables())
    table = np.zeros((256, 256), dtype=np.uint8)
    table[1:, 1:] = powers[logarithms[1:, None] + logarithms[None, 1:]]
    return table


def _inverted(value: int) -> int:
    powers, logarithms = _tables()
    return powers[255 - logarithms[value]]


@cache
def _generator(k: int, m: int) -> Bytes:
    """Identity above the Cauchy matrix, shape (k + m, k)."""
    if k + m > _MOST:
        raise ValueError(f"GF(256) has room for {_MOST} chunks, got k + m = {k + m}")
    cauchy = [[_inverted((k + i) ^ j) for j in range(k)] for i in range(m)]
    return np.vstack([np.eye(k, dtype=np.uint8), np.array(cauchy, dtype=np.uint8).reshape(m, k)])


def _inverse(matrix: Bytes) -> Bytes:
    """The inverse over GF(256), by Gauss and Jordan."""
    size, table = len(matrix), _products()
    work = np.hstack([matrix, np.eye(size, dtype=np.uint8)])
    for column in range(size):
        pivot = column + int(np.flatnonzero(work[column:, column])[0])
        work[[column, pivot]] = work[[pivot, column]]
        work[column] = table[_inverted(int(work[column, column]))][work[column]]
        for row in range(size):
            if row != column:
                work[row] ^= table[work[row, column]][work[column]]
    return work[:, size:]

"""Channels as real matrices: how a gate or an error moves the Pauli expectation values of a register.

A state of n qubits is the vector r of its 4^n Pauli expectation values, r_i = tr(P_i rho), and a channel E is its
Pauli transfer matrix

    R_ij = tr(P_i E(P_j)) / 2^n,   r -> R r,

which is real for every channel. Observables move the other way, by the transpose. Paulis are numbered by base-4
digits 0..3 = I, X, Y, Z, the first listed qubit being the most significant digit.

References
----------
.. [1] D. Greenbaum, "Introduction to Quantum Gate Set Tomography", arXiv:1509.02921 (2015), section 2.2.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["embed", "from_kraus", "from_superoperator", "from_unitary", "paulis", "rotation", "rotation_planes"]

_SINGLE = (
    np.eye(2, dtype=complex),
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, -1j], [1j, 0]], dtype=complex),
    np.array([[1, 0], [0, -1]], dtype=complex),
)
_NEGLIGIBLE = 1e-14  # entries below this are rounding errors of the products that made them


@cache
def paulis(qubits: int) -> NDArray[np.complex128]:
    """All Pauli matrices on ``qubits`` qubits, shape (4^n, 2^n, 2^n), the first qubit leftmost in the product."""
    result = np.ones((1, 1, 1), dtype=complex)
    for _ in range(qubits):
        result = np.stack([np.kron(left, right) for left, right in product(result, _SINGLE)])
    return result


def from_unitary(unitary: NDArray[Any]) -> NDArray[np.float64]:
    """Pauli transfer matrix of rho -> U rho U^dagger, U of shape (2^n, 2^n) with the first qubit leftmost."""
    return from_kraus([unitary])


def from_kraus(operators: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Pauli transfer matrix of rho -> sum_k K_k rho K_k^dagger."""
    dimension = operators[0].shape[0]
    basis = paulis(dimension.bit_length() - 1)
    moved = sum(np.asarray(k) @ basis @ np.asarray(k).conj().T for k in operators)
    return _clean(np.einsum("iab,jba->ij", basis, moved).real / dimension)


def from_superoperator(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Pauli transfer matrix of a channel given by its action on column-stacked density matrices."""
    dimension = round(matrix.shape[0] ** 0.5)
    basis = paulis(dimension.bit_length() - 1)
    stacked = basis.transpose(0, 2, 1).reshape(len(basis), -1)
    moved = (stacked @ np.asarray(matrix).T).reshape(-1, dimension, dimension).transpose(0, 2, 1)
    return _clean(np.einsum("iab,jba->ij", basis, moved).real / dimension)


def _clean(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """``matrix`` without rounding errors around 0 and +-1, and with the exact first row of a trace-preserving map."""
    nearest = np.rint(matrix)
    result = np.where(np.abs(matrix - nearest) < _NEGLIGIBLE, nearest, matrix)
    first = np.zeros(len(result))
    first[0] = 1.0
    if not np.allclose(result[0], first, atol=1e-8):
        raise ValueError("the channel does not preserve the trace; give Kraus operators with sum_k K^dagger K = 1")
    result[0] = first
    return result + 0.0


@cache
def rotation_planes(pauli: tuple[int, ...]) -> tuple[tuple[int, int, float], ...]:
    """Planes (i, j, sign) in which exp(-i theta P/2) turns the Pauli vector by the angle sign*theta.

    Every Q that anticommutes with P goes to cos(theta) Q + sin(theta) (-iPQ), and -iPQ is again a Pauli up to sign.
    """
    basis = paulis(len(pauli))
    axis = basis[int("".join(map(str, pauli)), 4)]
    dimension = axis.shape[0]
    planes: list[tuple[int, int, float]] = []
    done: set[int] = set()
    for i, q in enumerate(basis):
        if i in done or not np.allclose(axis @ q, -q @ axis):
            continue
        overlap = np.einsum("iab,ba->i", basis, -1j * axis @ q).real / dimension
        j = int(np.argmax(np.abs(overlap)))
        planes.append((i, j, float(np.rint(overlap[j]))))
        done |= {i, j}
    return tuple(planes)


def rotation(pauli: tuple[int, ...], angle: float) -> NDArray[np.float64]:
    """Pauli transfer matrix of exp(-i angle P/2)."""
    matrix = np.eye(4 ** len(pauli))
    cosine, sine = np.cos(angle), np.sin(angle)
    for i, j, sign in rotation_planes(pauli):
        matrix[i, i] = matrix[j, j] = cosine
        matrix[j, i], matrix[i, j] = sign * sine, -sign * sine
    return _clean(matrix)


def embed(matrix: NDArray[np.float64], wires: tuple[int, ...], onto: tuple[int, ...]) -> NDArray[np.float64]:
    """The transfer matrix on ``wires`` as one on ``onto``, a superset in any order; other qubits are left alone."""
    rest = tuple(w for w in onto if w not in wires)
    full = np.kron(matrix, np.eye(4 ** len(rest)))
    n = len(onto)
    order = [(wires + rest).index(w) for w in onto]
    tensor = full.reshape((4,) * (2 * n)).transpose([*order, *[n + k for k in order]])
    return np.ascontiguousarray(tensor.reshape(4**n, 4**n))

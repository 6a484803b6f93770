"""Transfer matrices against density matrices."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.quantum import pauli


def state(rng, qubits):
    """A random density matrix and its Pauli expectation values."""
    a = rng.normal(size=(2**qubits, 2**qubits)) + 1j * rng.normal(size=(2**qubits, 2**qubits))
    rho = a @ a.conj().T
    rho /= np.trace(rho)
    return rho, np.einsum("iab,ba->i", pauli.paulis(qubits), rho).real


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_kraus_operators_act_on_expectation_values_as_on_the_state(qubits):
    rng = np.random.default_rng(qubits)
    size = 2**qubits
    stacked = np.linalg.qr(rng.normal(size=(3 * size, size)) + 1j * rng.normal(size=(3 * size, size)))[0]
    kraus = stacked.reshape(3, size, size)
    rho, r = state(rng, qubits)
    after = sum(k @ rho @ k.conj().T for k in kraus)
    expected = np.einsum("iab,ba->i", pauli.paulis(qubits), after).real
    assert np.allclose(pauli.from_kraus(list(kraus)) @ r, expected, atol=1e-13)


def test_superoperator_is_column_stacked():
    rng = np.random.default_rng(0)
    kraus = np.linalg.qr(rng.normal(size=(8, 4)) + 1j * rng.normal(size=(8, 4)))[0].reshape(2, 4, 4)
    matrix = sum(np.kron(k.conj(), k) for k in kraus)
    assert np.allclose(pauli.from_superoperator(matrix), pauli.from_kraus(list(kraus)), atol=1e-14)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.floats(-7, 7))
def test_a_rotation_turns_planes(axis, angle):
    if not any(axis):
        return
    index = int("".join(map(str, axis)), 4)
    generator = pauli.paulis(len(axis))[index]
    unitary = np.cos(angle / 2) * np.eye(len(generator)) - 1j * np.sin(angle / 2) * generator
    assert np.allclose(pauli.rotation(tuple(axis), angle), pauli.from_unitary(unitary), atol=1e-13)


def test_embedding_leaves_other_qubits_alone_and_orders_wires():
    rng = np.random.default_rng(3)
    a, b = (np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0] for _ in range(2))
    pair = pauli.from_unitary(np.kron(a, b))
    swapped = pauli.embed(pair, (1, 0), (0, 1))
    assert np.allclose(swapped, pauli.from_unitary(np.kron(b, a)), atol=1e-14)
    wide = pauli.embed(pauli.from_unitary(a), (2,), (0, 1, 2))
    assert np.allclose(wide, pauli.from_unitary(np.kron(np.eye(4), a)), atol=1e-14)


def test_a_map_that_loses_trace_is_refused():
    with pytest.raises(ValueError, match="preserve the trace"):
        pauli.from_kraus([0.9 * np.eye(2)])

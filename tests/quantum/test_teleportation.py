"""What pairs carry: against random states on density matrices, Shannon's and Holevo's bounds."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.quantum.codes import BCH, LDPC, shannon_overhead
from qflsim.quantum.entanglement import BellDiagonal, werner
from qflsim.quantum.operations import PERFECT, Operations
from qflsim.quantum.teleportation import (
    amplitude_qubits,
    bit_errors,
    channel,
    channels,
    superdense_capacity,
    teleportation_fidelity,
)

weights = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4)
pairs = weights.map(lambda w: BellDiagonal(*(x / sum(w) for x in w)))

ID, X, Z = np.eye(2), np.array([[0, 1], [1, 0]]), np.diag([1, -1])
PAULIS = (ID, Z, X, 1j * X @ Z)
PHI = np.array([1, 0, 0, 1]) / math.sqrt(2)
BELL = [np.kron(ID, pauli) @ PHI for pauli in PAULIS]


def density(pair):
    return sum(p * np.outer(b, b.conj()) for p, b in zip(pair, BELL, strict=True))


def teleported(state, pair):
    """Qubit 0 holds ``state``; the pair is 1-2. A Bell measurement on 0 and 1, its outcome corrected on 2."""
    rho = np.kron(np.outer(state, state.conj()), density(pair)).reshape([2] * 6)
    out = np.zeros((2, 2), complex)
    for outcome, pauli in zip(BELL, PAULIS, strict=True):
        vector = outcome.reshape(2, 2)
        left = np.einsum("ab,abcdef,de->cf", vector.conj(), rho, vector)
        out += pauli @ left @ pauli.conj().T
    return out


def random_states(count, seed=4):
    raw = np.random.default_rng(seed).normal(size=(count, 2, 2)) @ [1, 1j]
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


SIX = [np.array(v) / np.linalg.norm(v) for v in ([1, 0], [0, 1], [1, 1], [1, -1], [1, 1j], [1, -1j])]


@given(pairs)
def test_teleportation_is_the_circuit(pair):
    state = random_states(1)[0]
    expected = sum(
        p * q @ np.outer(state, state.conj()) @ q.conj().T for p, q in zip(channel(pair), PAULIS, strict=True)
    )
    assert teleported(state, pair) == pytest.approx(expected)


@pytest.mark.parametrize(("fidelity", "average"), [(0.5, 2 / 3), (0.9, 0.9333), (0.95, 0.9667), (1.0, 1.0)])
def test_average_fidelity_over_all_states(fidelity, average):
    """The six states of three bases are a 2-design: their mean is that over all states."""
    found = np.mean([(s.conj() @ teleported(s, werner(fidelity)) @ s).real for s in SIX])
    assert found == pytest.approx((2 * fidelity + 1) / 3)
    assert teleportation_fidelity(fidelity) == pytest.approx(found) == pytest.approx(average, abs=4e-5)


@given(pairs)
def test_bits_do_not_see_phase_errors(pair):
    zero = teleported(np.array([1.0, 0.0]), pair)
    assert bit_errors(np.array([pair]))[0] == pytest.approx(zero[1, 1].real)
    assert bit_errors(np.array([werner(0.9)]))[0] == pytest.approx(2 * 0.1 / 3)


def test_errors_of_the_nodes_add_to_those_of_the_pair():
    noisy = Operations(gate_fidelity=1.0, measurement_error=0.01)
    assert bit_errors(np.array([werner(1.0)]), noisy)[0] == pytest.approx(2 * 0.01 * 0.99)
    mixing = Operations(gate_fidelity=0.25, measurement_error=0.0)
    assert bit_errors(np.array([werner(1.0)]), mixing)[0] == pytest.approx(0.5)
    assert list(channel(werner(0.7), mixing)) == pytest.approx([0.25] * 4)


@given(pairs, st.floats(0.3, 1), st.floats(0, 0.4))
def test_many_pairs_at_once_are_one_after_the_other(pair, fidelity, misread):
    operations = Operations(gate_fidelity=fidelity, measurement_error=misread)
    both = channels(np.array([pair, werner(0.9)]), operations)
    assert list(both[0]) == pytest.approx(list(channel(pair, operations)))
    assert list(both[1]) == pytest.approx(list(channel(werner(0.9), operations)))


def superdense_outcomes(pair):
    """Which of four messages is read when one is sent: P(read | sent), by density matrix."""
    table = np.zeros((4, 4))
    for sent, turn in enumerate(PAULIS):
        operator = np.kron(turn, ID)
        rho = operator @ density(pair) @ operator.conj().T
        table[sent] = [(b.conj() @ rho @ b).real for b in BELL]
    return table


@given(pairs)
def test_superdense_coding_is_the_circuit(pair):
    table = superdense_outcomes(pair)
    for sent, read in itertools.product(range(4), repeat=2):
        suffered = {0: 0, 1: 1, 2: 2, 3: 3}[sent ^ read if {sent, read} != {1, 2} else 3]
        assert table[sent, read] == pytest.approx(channel(pair, PERFECT)[suffered])
    information = sum(0.25 * p * math.log2(p / 0.25) for p in table.ravel() if p > 0)
    assert superdense_capacity(pair) == pytest.approx(information)


def test_a_pair_doubles_what_a_qubit_carries_at_the_most():
    assert superdense_capacity(werner(1.0)) == 2.0
    assert superdense_capacity(werner(0.25)) == pytest.approx(0.0)
    assert superdense_capacity(BellDiagonal(0.5, 0.5, 0, 0)) == pytest.approx(1.0)
    assert superdense_capacity(werner(0.8)) < 1.0  # better send the qubit alone


@pytest.mark.parametrize(("numbers", "qubits"), [(1, 1), (2, 1), (3, 2), (96, 7), (128, 7), (129, 8)])
def test_amplitudes_in_qubits(numbers, qubits):
    assert amplitude_qubits(numbers) == qubits


# --- codes -----------------------------------------------------------------------------------------------------------


def test_shannon():
    assert shannon_overhead(0.0) == 1.0
    assert shannon_overhead(0.11002786) == pytest.approx(2.0, rel=1e-6)
    assert shannon_overhead(0.5) == math.inf


@settings(max_examples=200)
@given(st.integers(6, 14), st.floats(0.001, 0.11))
def test_no_bch_code_beats_shannon(exponent, share):
    errors = max(1, int(share * 2**exponent))
    if 2**exponent - 1 - exponent * errors < 40:
        return
    code = BCH(exponent=exponent, errors=errors)
    assert code.length / code.data_bit >= shannon_overhead(code.correctable / code.length)


@given(st.integers(512, 10**6), st.floats(0.001, 0.1), st.floats(1.0, 1.5))
def test_no_long_code_beats_shannon(block, share, inefficiency):
    code = LDPC(block=block, share=share, inefficiency=inefficiency)
    assert code.length / code.data_bit >= shannon_overhead(code.correctable / code.length)


def test_known_codes():
    assert (BCH(exponent=10, errors=40).length, BCH(exponent=10, errors=40).parity_bit) == (1023, 400)
    assert LDPC(block=4096, share=0.06).correctable == 245
    assert BCH().blocks(1.0) == 1
    assert BCH().blocks(BCH().data_bit + 1) == 2


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: BCH(exponent=6, errors=10), "BCH must leave room for data: 60 parity and 32 check bits fill its 63"),
        (lambda: LDPC(share=0.4), "LDPC must leave room for data"),
        (lambda: LDPC(share=0.5), "LDPC.share must be < 0.5"),
        (lambda: amplitude_qubits(0), "numbers must be >= 1"),
    ],
)
def test_mistakes_are_told(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_public_names():
    assert qfl.BCH is BCH and qfl.LDPC is LDPC

"""Entangled pairs against published ladders and against their circuits on density matrices."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.quantum.entanglement import (
    BellDiagonal,
    bbpssw,
    dejmps,
    dephased,
    depolarised,
    swap,
    werner,
    werner_error_rate,
)
from qflsim.quantum.keyrates import binary_entropy
from qflsim.quantum.memory import DephasingMemory, DepolarisingMemory, StoredPair
from qflsim.quantum.operations import Operations
from qflsim.quantum.purification import BBPSSW, DEJMPS
from qflsim.quantum.waiting import expected_attempts, slowest

weights = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4)
pairs = weights.map(lambda w: BellDiagonal(*(x / sum(w) for x in w)))

# --- an independent reckoning: Bell states as vectors, operations as matrices -------------------------------------

ID, X, Z = np.eye(2), np.array([[0, 1], [1, 0]]), np.diag([1, -1])
Y = 1j * X @ Z
PHI = np.array([1, 0, 0, 1]) / math.sqrt(2)
BELL = [np.kron(ID, pauli) @ PHI for pauli in (ID, Z, X, Y)]  # Phi+, Phi-, Psi+, Psi- up to a phase


def density(pair):
    return sum(p * np.outer(b, b.conj()) for p, b in zip(pair, BELL, strict=True))


def diagonal(rho):
    return [float((b.conj() @ rho @ b).real) for b in BELL]


def gate(operator, qubits, total=4):
    """``operator`` on ``qubits`` of ``total``, qubit 0 the most significant."""
    k, dim = len(qubits), 2**total
    full = np.zeros((dim, dim), complex)
    for column in range(dim):
        bits = [(column >> (total - 1 - q)) & 1 for q in range(total)]
        place = int("".join(str(bits[q]) for q in qubits), 2)
        for row in range(2**k):
            if operator[row, place]:
                new = list(bits)
                for j, q in enumerate(qubits):
                    new[q] = (row >> (k - 1 - j)) & 1
                full[int("".join(map(str, new)), 2), column] += operator[row, place]
    return full


def measured(rho, qubits, vector):
    """What is left of the other qubits after ``qubits`` were found in state ``vector`` (not normalised)."""
    others = [q for q in range(4) if q not in qubits]
    tensor = rho.reshape([2] * 8).transpose([*others, *qubits, *(q + 4 for q in others), *(q + 4 for q in qubits)])
    return np.einsum("j,ajbk,k->ab", vector.conj(), tensor.reshape(4, 4, 4, 4), vector)


def rotation(angle):
    return math.cos(angle / 2) * ID - 1j * math.sin(angle / 2) * X


CNOT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])


def depolarising_gate(rho, operator, qubits, fidelity):
    """A two-qubit gate of average ``fidelity``: all fifteen Pauli errors after it are equally likely."""
    error = (1 - fidelity) * 5 / 4  # average = 1 - error 4/5 for two qubits
    rho = gate(operator, qubits) @ rho @ gate(operator, qubits).conj().T
    errors = [np.kron(a, b) for a in (ID, X, Y, Z) for b in (ID, X, Y, Z)][1:]
    wrong = sum(gate(e, qubits) @ rho @ gate(e, qubits).conj().T for e in errors)
    return (1 - error) * rho + error / 15 * wrong


def purified_by_circuit(first, second, rotate, fidelity=1.0, misread=0.0):
    """Alice holds qubits 0 and 2, Bob 1 and 3; the pair 2-3 is measured."""
    rho = np.kron(density(first), density(second))
    if rotate:
        for q, sign in ((0, 1), (2, 1), (1, -1), (3, -1)):
            turn = gate(rotation(sign * math.pi / 2), (q,))
            rho = turn @ rho @ turn.conj().T
    rho = depolarising_gate(rho, CNOT, (0, 2), fidelity)
    rho = depolarising_gate(rho, CNOT, (1, 3), fidelity)
    kept = np.zeros((4, 4), complex)
    for true, told in itertools.product(range(4), repeat=2):
        chance = math.prod(misread if (true ^ told) >> q & 1 else 1 - misread for q in (0, 1))
        if told in (0, 3):
            kept += chance * measured(rho, (2, 3), np.eye(4)[true])
    success = float(np.trace(kept).real)
    return diagonal(kept / success), success


def swapped_by_circuit(first, second, fidelity, misread):
    """Pairs 0-1 and 2-3; CNOT from 1 to 2, Hadamard on 1, both are read, and qubit 3 is corrected by what they say."""
    hadamard = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    rho = depolarising_gate(np.kron(density(first), density(second)), CNOT, (1, 2), fidelity)
    turn = gate(hadamard, (1,))
    rho = turn @ rho @ turn.conj().T
    left = np.zeros((4, 4), complex)
    for true, told in itertools.product(range(4), repeat=2):
        chance = math.prod(misread if (true ^ told) >> q & 1 else 1 - misread for q in (0, 1))
        phase, flip = told >> 1, told & 1
        correction = np.kron(ID, np.linalg.matrix_power(Z, phase) @ np.linalg.matrix_power(X, flip))
        left += chance * correction @ measured(rho, (1, 2), np.eye(4)[true]) @ correction.conj().T
    return diagonal(left)


@given(pairs, pairs)
def test_swapping_is_the_circuit(first, second):
    rho = np.kron(density(first), density(second))  # pairs 0-1 and 2-3, Bell measurement on 1 and 2
    left = np.zeros((4, 4), complex)
    for outcome, pauli in zip(BELL, (ID, Z, X, Y), strict=True):
        correction = np.kron(ID, pauli)
        left += correction @ measured(rho, (1, 2), outcome) @ correction.conj().T
    assert np.trace(left).real == pytest.approx(1.0)
    assert diagonal(left) == pytest.approx(list(swap(first, second)), abs=1e-12)


@given(pairs, pairs)
def test_dejmps_is_the_circuit(first, second):
    pair, success = dejmps(first, second)
    expected, chance = purified_by_circuit(first, second, rotate=True)
    assert list(pair) == pytest.approx(expected, abs=1e-12)
    assert success == pytest.approx(chance)


@pytest.mark.parametrize("fidelity", [0.3, 0.5, 0.7, 0.95])
def test_bbpssw_is_the_circuit(fidelity):
    (expected, *_), chance = purified_by_circuit(werner(fidelity), werner(fidelity), rotate=False)
    pair, success = bbpssw(fidelity)
    assert (pair.fidelity, success) == pytest.approx((expected, chance))
    assert pair == werner(pair.fidelity)


noise = st.tuples(st.floats(0.25, 1.0), st.floats(0.0, 0.5))


@settings(max_examples=40, deadline=None)
@given(pairs, pairs, noise)
def test_noisy_swapping_is_the_circuit(first, second, noise):
    operations = Operations(gate_fidelity=noise[0], measurement_error=noise[1])
    expected = swapped_by_circuit(first, second, *noise)
    assert list(swap(first, second, operations)) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(pairs, pairs, noise)
def test_noisy_dejmps_is_the_circuit(first, second, noise):
    pair, success = dejmps(first, second, Operations(gate_fidelity=noise[0], measurement_error=noise[1]))
    expected, chance = purified_by_circuit(first, second, True, *noise)
    assert list(pair) == pytest.approx(expected, abs=1e-12)
    assert success == pytest.approx(chance)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.3, 1.0), st.floats(0.3, 1.0), noise)
def test_noisy_bbpssw_is_the_circuit(first, second, noise):
    pair, success = bbpssw(first, second, Operations(gate_fidelity=noise[0], measurement_error=noise[1]))
    (expected, *_), chance = purified_by_circuit(werner(first), werner(second), False, *noise)
    assert (pair.fidelity, success) == pytest.approx((expected, chance))


def depolarised_qubit(rho, qubit, kept):
    """One of two qubits left as it is with probability ``kept``, else fully mixed."""
    paulis = [np.kron(p, ID) if qubit == 0 else np.kron(ID, p) for p in (ID, X, Y, Z)]
    return kept * rho + (1 - kept) / 4 * sum(p @ rho @ p.conj().T for p in paulis)


@given(pairs, st.floats(0, 3))
def test_depolarising_is_mixing_of_both_memories(pair, elapsed):
    rho = density(pair)
    for qubit in (0, 1):
        rho = depolarised_qubit(rho, qubit, math.exp(-elapsed / 2))  # each memory alone forgets half as fast
    assert list(depolarised(pair, elapsed, 1.0)) == pytest.approx(diagonal(rho), abs=1e-12)


@given(pairs, st.floats(0, 3))
def test_dephasing_is_phase_flips_on_both_memories(pair, elapsed):
    flip = 0.5 * (1 - math.exp(-elapsed))
    rho = density(pair)
    for qubit in (np.kron(Z, ID), np.kron(ID, Z)):
        rho = (1 - flip) * rho + flip * qubit @ rho @ qubit
    assert list(dephased(pair, elapsed, 1.0)) == pytest.approx(diagonal(rho), abs=1e-12)


# --- golden values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second", "fidelity"), [(0.95, 0.95, 0.903333), (0.9, 0.8, 0.726667)])
def test_swapped_werner_pairs(first, second, fidelity):
    pair = swap(werner(first), werner(second))
    assert pair.fidelity == pytest.approx(fidelity, abs=6e-7)
    assert pair == pytest.approx(werner(pair.fidelity))


@pytest.mark.parametrize(
    ("links", "fidelity"), [(2, 0.90333), (3, 0.85978), (4, 0.81913), (5, 0.78118), (8, 0.68187), (16, 0.49869)]
)
def test_a_chain_of_swaps(links, fidelity):
    pair = werner(0.95)
    for _ in range(links - 1):
        pair = swap(pair, werner(0.95))
    assert pair.fidelity == pytest.approx(fidelity, abs=6e-6)


@pytest.mark.parametrize(
    ("fidelity", "success", "purified"),
    [(0.7, 0.68, 0.735294), (0.8, 0.768889, 0.838150), (0.9, 0.875556, 0.926396), (0.95, 0.935556, 0.964964)],
)
def test_bbpssw_values(fidelity, success, purified):
    pair, chance = bbpssw(fidelity)
    assert (pair.fidelity, chance) == pytest.approx((purified, success), abs=6e-7)


def test_bbpssw_ladder():
    fidelity, ladder = 0.7, []
    for _ in range(6):
        fidelity = bbpssw(fidelity).pair.fidelity
        ladder.append(fidelity)
    assert ladder == pytest.approx([0.7353, 0.7732, 0.8119, 0.8495, 0.8837, 0.9130], abs=6e-5)


def test_dejmps_values_and_ladder():
    pair = BellDiagonal(0.7, 0.15, 0.1, 0.05)
    purified, success = dejmps(pair, pair)
    assert success == pytest.approx(0.625)
    assert list(purified) == pytest.approx([0.788, 0.112, 0.052, 0.048])
    pair, ladder = werner(0.7), []
    for _ in range(6):
        pair = dejmps(pair, pair).pair
        ladder.append(pair.fidelity)
    assert ladder == pytest.approx([0.7353, 0.8459, 0.9344, 0.9720, 0.9970, 0.9998], abs=6e-5)


@pytest.mark.parametrize(
    ("fidelity", "error", "fraction"), [(0.90, 0.0667, 0.2933), (0.95, 0.0333, 0.5783), (0.99, 0.00667, 0.8844)]
)
def test_werner_pairs_in_bbm92(fidelity, error, fraction):
    assert werner_error_rate(fidelity) == pytest.approx(error, abs=4e-5)
    assert 1 - 2 * binary_entropy(werner_error_rate(fidelity)) == pytest.approx(fraction, abs=6e-5)
    rho = density(werner(fidelity))
    assert werner_error_rate(fidelity) == pytest.approx(float((rho[1, 1] + rho[2, 2]).real))


def test_memory():
    perfect = werner(1.0)
    assert depolarised(perfect, 1.0, 2.0).fidelity == pytest.approx(0.25 + 0.75 * math.exp(-0.5))
    assert dephased(perfect, 1.0, 2.0).fidelity == pytest.approx((1 + math.exp(-1.0)) / 2)
    assert list(depolarised(perfect, 1e6, 1.0)) == pytest.approx([0.25] * 4)
    assert depolarised(werner(0.9), 1.0, math.inf) == pytest.approx(werner(0.9))


@given(pairs, pairs, st.floats(0, 5), st.floats(0.1, 10))
def test_probabilities_stay_probabilities(first, second, elapsed, lifetime):
    made = (
        swap(first, second),
        dejmps(first, second).pair,
        depolarised(first, elapsed, lifetime),
        dephased(first, elapsed, lifetime),
    )
    for pair in made:
        assert sum(pair) == pytest.approx(1.0)
        assert min(pair) >= 0.0
    assert swap(first, second) == pytest.approx(swap(second, first))
    assert swap(first, werner(1.0)) == pytest.approx(first)


@given(pairs, st.floats(0, 5), st.floats(0, 5))
def test_waiting_twice_is_waiting_once(pair, first, second):
    for decay in (depolarised, dephased):
        assert decay(decay(pair, first, 2.0), second, 2.0) == pytest.approx(decay(pair, first + second, 2.0))


@given(st.floats(0.501, 0.999))
def test_purification_gains_above_one_half(fidelity):
    assert bbpssw(fidelity).pair.fidelity > fidelity
    assert dejmps(werner(fidelity), werner(fidelity)).pair.fidelity > fidelity


def test_purification_in_rounds():
    noisy = Operations(gate_fidelity=0.99, measurement_error=0.01)
    assert [made.pair.fidelity for made in BBPSSW(rounds=3).ladder(werner(0.7))] == pytest.approx(
        [0.7353, 0.7732, 0.8119], abs=6e-5
    )
    levels = DEJMPS(rounds=6).ladder(werner(0.7))
    assert levels[-1].pair.fidelity == pytest.approx(0.9998, abs=6e-5)
    worn = DEJMPS(rounds=6).ladder(werner(0.7), noisy)
    assert 0.9 < worn[-1].pair.fidelity < levels[-1].pair.fidelity  # errors of the gates set an end to it


@given(st.floats(0, 5), st.floats(0, 5))
def test_a_stored_pair_is_aged_when_it_is_asked_for(first, later):
    for memory in (DepolarisingMemory(lifetime=2.0), DephasingMemory(coherence=2.0)):
        stored = StoredPair(werner(0.9), since=1.0, born=0.5)
        assert stored.at(1.0, memory) == pytest.approx(werner(0.9))
        moved = StoredPair(stored.at(1.0 + first, memory), since=1.0 + first, born=0.5)
        end = 1.0 + first + later
        assert moved.at(end, memory) == pytest.approx(stored.at(end, memory))
    assert stored.expires(0.25) == 0.75
    assert stored.expires(math.inf) == math.inf


# --- waiting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("links", "attempts"), [(1, 10), (2, 14.7368), (3, 17.9006), (4, 20.2734), (8, 26.2958)])
def test_links_wait_for_the_slowest(links, attempts):
    assert expected_attempts(0.1, links) == pytest.approx(attempts, abs=6e-5)


@given(st.floats(1e-6, 1.0))
def test_two_links_in_closed_form(success):
    assert expected_attempts(success, 2) == pytest.approx((3 - 2 * success) / (success * (2 - success)))


def test_rare_success_waits_for_the_harmonic_number():
    harmonic = sum(1 / k for k in range(1, 31))
    assert expected_attempts(1e-5, 30) == pytest.approx(harmonic / 1e-5, rel=1e-4)
    assert expected_attempts(0.01, 2000) > expected_attempts(0.01, 1999)


@given(st.lists(st.floats(0.1, 1000.0), min_size=1, max_size=4))
def test_the_slowest_of_several(means):
    """Against inclusion and exclusion."""
    total = 0.0
    for size in range(1, len(means) + 1):
        for chosen in itertools.combinations(means, size):
            total += (-1) ** (size + 1) / sum(1 / mean for mean in chosen)
    assert slowest(means) == pytest.approx(total, rel=1e-6)


def test_waiting_by_simulation():
    rng = np.random.default_rng(3)
    slowest = rng.geometric(0.1, size=(40_000, 4)).max(axis=1)
    assert abs(slowest.mean() - expected_attempts(0.1, 4)) < 4 * slowest.std() / math.sqrt(len(slowest))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: werner(1.1), r"fidelity must be in \[0, 1\], got 1\.1"),
        (lambda: werner(math.nan), "fidelity must be in"),
        (lambda: depolarised(werner(0.9), -1.0, 1.0), "elapsed must be >= 0 s, got -1.0"),
        (lambda: dephased(werner(0.9), 1.0, 0.0), "lifetime must be > 0 s, got 0.0"),
        (lambda: dejmps(BellDiagonal(1, 0, 0, 0), BellDiagonal(0, 1, 0, 0)), "never agree"),
        (lambda: slowest([]), "means must be > 0 s"),
        (lambda: slowest([1.0, math.inf]), "means must be > 0 s and finite"),
        (lambda: Operations(gate_fidelity=0.2), "Operations.gate_fidelity must be >= 0.25"),
        (lambda: DepolarisingMemory(lifetime=0.0), "DepolarisingMemory.lifetime must be > 0 s"),
        (lambda: DEJMPS(rounds=0), "DEJMPS.rounds must be >= 1"),
        (lambda: expected_attempts(0.0), r"success must be in \(0, 1\]"),
        (lambda: expected_attempts(0.5, 0), "links must be >= 1"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_pauli_outcomes_cover_all_bell_states():
    for one, other in itertools.combinations(BELL, 2):
        assert abs(one.conj() @ other) < 1e-12

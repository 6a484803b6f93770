"""Lists of four-qubit singlets have the frequencies of the state's amplitudes, and errors turn entries."""

import numpy as np
import pytest

from qflsim.quantum.entanglement import werner
from qflsim.quantum.operations import PERFECT, Operations
from qflsim.quantum.singlets import entry_errors, read_lists

STATE = np.zeros(16)
for bits, amplitude in {"0011": 2, "0101": -1, "0110": -1, "1001": -1, "1010": -1, "1100": 2}.items():
    STATE[int(bits, 2)] = amplitude / np.sqrt(12)


def born(error):
    """Probabilities of (ones of the sender, bit of the first, bit of the second) from the amplitudes."""
    table = np.zeros((3, 2, 2))
    for index, probability in enumerate(STATE**2):
        a, b, first, second = (index >> 3) & 1, (index >> 2) & 1, (index >> 1) & 1, index & 1
        for x in (0, 1):
            for y in (0, 1):
                turned = (error if x else 1 - error) * (error if y else 1 - error)
                table[a + b, first ^ x, second ^ y] += probability * turned
    return table


def test_the_state_is_a_singlet():
    """Total spin zero: the same in every basis; and normalised."""
    assert np.sum(STATE**2) == pytest.approx(1.0)
    for angle in (0.3, 1.1):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        whole = np.kron(np.kron(turn, turn), np.kron(turn, turn))
        assert np.allclose(whole @ STATE, STATE)


@pytest.mark.parametrize("error", [0.0, 0.08])
def test_frequencies_are_those_of_the_amplitudes(error):
    states = 200_000
    lists = read_lists(states, error, error, np.random.default_rng(1))
    found = np.zeros((3, 2, 2))
    np.add.at(found, (lists.sender, lists.first, lists.second), 1.0 / states)
    expected = born(error)
    deviation = np.sqrt(expected * (1 - expected) / states)
    assert np.all(np.abs(found - expected) <= 5 * deviation)


def test_errors_may_differ_from_state_to_state():
    errors = np.array([0.0, 1.0] * 500)
    lists = read_lists(1000, errors, 0.0, np.random.default_rng(2))
    agree = lists.first == lists.second
    alike = lists.sender != 1
    assert np.all(agree[alike] == (errors[alike] == 0.0))


def test_entries_from_perfect_pairs_and_gates_are_right_and_from_mixed_pairs_random():
    assert entry_errors(np.array([werner(1.0)]), PERFECT)[0] == pytest.approx(0.0)
    assert entry_errors(np.array([werner(0.25)]), PERFECT)[0] == pytest.approx(0.5)


def test_entry_errors_of_werner_pairs_in_closed_form():
    fidelities = np.array([0.7, 0.9, 0.99])
    pairs = np.array([werner(f) for f in fidelities])
    assert np.allclose(entry_errors(pairs, PERFECT), 2 * (1 - fidelities) / 3)
    noisy = entry_errors(pairs, Operations())
    assert np.all(noisy > entry_errors(pairs, PERFECT))
    assert np.all(np.diff(noisy) < 0)

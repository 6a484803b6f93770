import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.learning.selection import (
    AllDevices,
    Candidate,
    RandomSelection,
    ReputationSelection,
    Requirement,
    alignment,
)

SELECTIONS = [AllDevices(), RandomSelection(share=0.3), ReputationSelection(count=4, exploration=0.5)]


def candidates(reputations):
    return [
        Candidate(name=f"device-{i:02d}", samples=10, qubits=5, reputation=float(reputation))
        for i, reputation in enumerate(reputations)
    ]


def names(chosen):
    return [candidate.name for candidate in chosen]


def rng(seed=0):
    return np.random.default_rng(seed)


@given(
    selection=st.sampled_from(SELECTIONS),
    reputations=st.lists(st.sampled_from([0.1, 0.5, 0.9]), max_size=12),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_order_of_candidates_does_not_matter(selection, reputations, seed, data):
    listed = candidates(reputations)
    chosen = selection.choose(listed, rng(seed))
    assert chosen == selection.choose(data.draw(st.permutations(listed)), rng(seed))
    assert names(chosen) == sorted(set(names(chosen)))
    assert set(chosen) <= set(listed)
    assert bool(chosen) == bool(listed)


@pytest.mark.parametrize(("share", "devices", "expected"), [(0.1, 100, 10), (0.1, 3, 1), (1.0, 7, 7), (0.5, 9, 4)])
def test_random_share(share, devices, expected):
    assert len(RandomSelection(share=share).choose(candidates([0.5] * devices), rng())) == expected


def test_random_selection_is_uniform():
    listed, stream = candidates([0.5] * 10), rng()
    counts = np.zeros(10)
    for _ in range(2000):
        for name in names(RandomSelection(share=0.3).choose(listed, stream)):
            counts[int(name[-2:])] += 1
    # each chosen with chance 0.3; the sd of a count is sqrt(2000 x 0.21) = 20.5
    assert np.abs(counts - 600).max() < 90


def test_reputation_takes_the_best_and_explores_the_rest():
    listed = candidates([0.9, 0.1, 0.8, 0.2, 0.7, 0.3])
    greedy = ReputationSelection(count=3, exploration=0.0)
    assert names(greedy.choose(listed, rng())) == ["device-00", "device-02", "device-04"]
    explored = set()
    for seed in range(60):
        chosen = names(ReputationSelection(count=3, exploration=1 / 3).choose(listed, rng(seed)))
        assert {"device-00", "device-02"} < set(chosen)
        explored |= set(chosen) - {"device-00", "device-02"}
    assert explored == {"device-01", "device-03", "device-04", "device-05"}


def test_ties_are_broken_at_random():
    listed = candidates([0.5] * 6)
    first = {names(ReputationSelection(count=1, exploration=0.0).choose(listed, rng(seed)))[0] for seed in range(60)}
    assert len(first) == 6


def test_requirement():
    device = Candidate(name="a", samples=10, qubits=5, reputation=0.4)
    assert Requirement(qubits=5, samples=10, reputation=0.4).eligible(device)
    assert not Requirement(qubits=6).eligible(device)
    assert not Requirement(samples=11).eligible(device)
    assert not Requirement(reputation=0.41).eligible(device)


def test_alignment():
    x = np.array([3.0, 4.0])
    assert alignment(x, 2 * x) == pytest.approx(1.0)
    assert alignment(x, -x) == 0.0
    assert alignment(x, np.array([-4.0, 3.0])) == pytest.approx(0.0, abs=1e-15)
    assert alignment(x, np.array([1.0, 0.0])) == pytest.approx(0.6)
    assert alignment(1e-200 * x, 1e200 * x) == pytest.approx(1.0)
    assert alignment(np.zeros(2), x) == 0.0

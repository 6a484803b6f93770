"""When a server goes on, what late updates are worth, and how late devices are."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import qflsim as qfl
from qflsim.learning.aggregation import FedAvg, Update

CURRENT, START, TRAINED = np.array([1.0, 2.0]), np.array([0.5, 0.5]), np.array([0.75, 0.0])


@given(st.integers(1, 50), st.integers(1, 50))
def test_enough_is_never_more_than_there_are(k, devices):
    for rule in (qfl.Synchronous(), qfl.FirstK(k=k), qfl.Deadline(seconds=1.0), qfl.Buffered(k=k), qfl.Asynchronous()):
        assert 1 <= rule.enough(devices) <= devices
    assert qfl.FirstK(k=k).enough(devices) == min(k, devices)
    assert qfl.Synchronous().enough(devices) == devices
    assert qfl.Asynchronous().enough(devices) == 1


def test_only_a_deadline_of_its_own_replaces_that_of_the_scenario():
    assert qfl.Deadline(seconds=7.0).patience(600.0) == 7.0
    assert qfl.FirstK(k=1).patience(600.0) == 600.0


@given(st.integers(0, 100))
def test_weights_are_those_published(staleness):
    assert qfl.ConstantWeight().weight(staleness) == 1.0
    assert qfl.PolynomialWeight(exponent=0.5).weight(staleness) == pytest.approx(1 / np.sqrt(1 + staleness))
    hinge = qfl.HingeWeight(slope=10.0, grace=4).weight(staleness)
    assert hinge == (1.0 if staleness <= 4 else pytest.approx(1 / (10 * (staleness - 4) + 1)))
    for rule in (qfl.ConstantWeight(), qfl.PolynomialWeight(), qfl.HingeWeight()):
        assert rule.weight(0) == 1.0
        assert rule.weight(staleness + 1) <= rule.weight(staleness)


def test_a_fresh_update_counts_as_it_is_to_the_bit():
    for rule in (qfl.Synchronous(), qfl.FirstK(k=1), qfl.Deadline(seconds=1.0), qfl.Buffered(k=1)):
        assert rule.counted(START, START, TRAINED, 0) is TRAINED


def test_a_stale_update_counts_by_its_change():
    counted = qfl.FirstK(k=1).counted(CURRENT, START, TRAINED, 3)
    np.testing.assert_allclose(counted, CURRENT + 0.5 * (TRAINED - START), rtol=1e-15)


def test_fedasync_moves_towards_the_trained_model():
    rule = qfl.Asynchronous(share=0.6, staleness=qfl.PolynomialWeight(exponent=0.5))
    for staleness in (0, 3):
        alpha = 0.6 * (1 + staleness) ** -0.5
        counted = rule.counted(CURRENT, START, TRAINED, staleness)
        np.testing.assert_allclose(counted, (1 - alpha) * CURRENT + alpha * TRAINED, rtol=1e-15)


def test_fedbuff_adds_the_mean_of_the_discounted_changes():
    rng = np.random.default_rng(1)
    rule, current, stale = qfl.Buffered(k=3, rate=0.7), rng.normal(size=4), (0, 1, 5)
    starts, trained = rng.normal(size=(2, 3, 4))
    updates = [
        Update(device=f"d{i}", parameters=rule.counted(current, starts[i], trained[i], t), samples=10, loss=0.0)
        for i, t in enumerate(stale)
    ]
    changes = [(1 + t) ** -0.5 * (trained[i] - starts[i]) for i, t in enumerate(stale)]
    np.testing.assert_allclose(
        FedAvg().aggregate(current, updates), current + 0.7 * np.mean(changes, axis=0), rtol=1e-12
    )


def test_speeds_have_their_means():
    rng = np.random.default_rng(2)
    factors = np.array([qfl.LognormalSpeeds(sigma=0.5).slowdown(rng) for _ in range(20_000)])
    assert np.median(factors) == pytest.approx(1.0, rel=0.02)
    assert factors.mean() == pytest.approx(np.exp(0.125), rel=0.02)
    assert np.mean([qfl.QueueingDelays(mean=3.0).queueing(rng) for _ in range(20_000)]) == pytest.approx(3.0, rel=0.03)
    assert (qfl.EqualSpeeds().slowdown(rng), qfl.EqualSpeeds().queueing(rng)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: qfl.FirstK(k=0), "FirstK.k must be >= 1"),
        (lambda: qfl.Deadline(seconds=0.0), "Deadline.seconds must be > 0 s"),
        (lambda: qfl.Asynchronous(share=0.0), "Asynchronous.share must be > 0"),
        (lambda: qfl.Buffered(k=2, longest=-1), "Buffered.longest must be >= 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()

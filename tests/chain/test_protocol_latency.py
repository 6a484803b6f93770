"""Mean latency over normally distributed delays, against expected order statistics."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import qflsim as qfl

DELAY, SPREAD = 250.0, 50.0  # one-way delay [ms], independent for each message


def normal_order_statistic(rank, size):
    """Expected value of the ``rank``-th smallest of ``size`` standard normal draws."""
    ways = rank * math.comb(size, rank)
    density = lambda x: ways * norm.cdf(x) ** (rank - 1) * norm.sf(x) ** (size - rank) * norm.pdf(x)  # noqa: E731
    return quad(lambda x: x * density(x), -10, 10)[0]


def test_order_statistics_are_those_of_the_tables():
    """H. L. Harter, "Expected values of normal order statistics", Biometrika 48 (1961)."""
    assert normal_order_statistic(3, 3) == pytest.approx(0.84628, abs=1e-5)
    assert normal_order_statistic(4, 5) == pytest.approx(0.49502, abs=1e-5)
    assert normal_order_statistic(10, 10) == pytest.approx(1.53875, abs=1e-5)


@pytest.mark.parametrize(
    ("protocol", "trips"), [(qfl.Raft(election_timeout=1e6), 1), (qfl.HotStuff(view_timeout=1e6), 3)]
)
@pytest.mark.parametrize("n", [4, 5, 10, 16])
def test_a_leader_decides_after_round_trips_to_the_last_of_a_quorum(network, protocol, trips, n):
    """Each trip takes two delays and ends with the answer that fills the quorum, the leader's own vote counted."""
    rng = np.random.default_rng(n)
    times = []
    for _ in range(600):
        net = network(protocol, [f"v{i}" for i in range(n)], delay=lambda *_: rng.normal(DELAY, SPREAD))
        net.start()
        net.run()
        times.append(net.decisions["v0", 0][0])
    last = normal_order_statistic(protocol.quorum(n) - 1, n - 1)
    expected = trips * (2 * DELAY + math.sqrt(2) * SPREAD * last)
    error = np.std(times, ddof=1) / math.sqrt(len(times))
    assert error < 0.005 * expected
    assert abs(np.mean(times) - expected) < 4 * error

"""Rounds that do not wait for everybody: order statistics of stragglers, and what stale updates are worth.

References
----------
.. [1] H. A. David, H. N. Nagaraja, "Order statistics" (2003), section 2.5: the k-th of n exponential times.
.. [2] C. Xie, S. Koyejo, I. Gupta, "Asynchronous federated optimization", arXiv:1903.03934, section 5.2.
.. [4] R. E. Barlow, F. Proschan, "Mathematical theory of reliability" (1965): availability on / (on + off).
.. [5] L. Kleinrock, "Queueing systems", volume 1 (1975), section 3.4: M/M/inf.
.. [3] J. Nguyen et al., "Federated learning with buffered asynchronous aggregation", AISTATS 2022, arXiv:2106.06639.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from qflsim.learning.participation import Asynchronous, Buffered
from qflsim.learning.presence import Churn, Dropouts, Intermittent
from qflsim.learning.staleness import HingeWeight, PolynomialWeight
from qflsim.learning.stragglers import LognormalSpeeds, QueueingDelays
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_ROUNDS = 20_000


def comparisons() -> Iterator[Comparison]:
    """Rows on waiting for k of n and on staleness."""
    for k, n in ((1, 15), (10, 15), (15, 15)):
        yield Comparison(
            quantity=f"{k} of {n} exponential stragglers [means]", published=math.fsum(1 / (n - i) for i in range(k)),
            simulated=_kth(k, n), tolerance=0.02, relative=True, source="David, Nagaraja 2003", basis="law",
        )  # fmt: skip
    rng = np.random.default_rng(4)
    yield Comparison(
        quantity="mean slowdown, lognormal, sigma 0.8", published=math.exp(0.32),
        simulated=float(np.mean([LognormalSpeeds(sigma=0.8).slowdown(rng) for _ in range(100_000)])),
        tolerance=0.02, relative=True, source="lognormal mean", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="FedAsync, polynomial a = 0.5, staleness 15", published=0.25,
        simulated=PolynomialWeight(exponent=0.5).weight(15), tolerance=1e-15, source="Xie et al. 2019", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="FedAsync, hinge a = 10, b = 4, staleness 6", published=1 / 21,
        simulated=HingeWeight(slope=10.0, grace=4).weight(6), tolerance=1e-15, source="Xie et al. 2019",
        basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="share of time on, 2 h on and 1 h off", published=2 / 3, simulated=_share_on(2.0, 1.0), tolerance=0.01,
        source="Barlow, Proschan 1965", basis="law",
    )  # fmt: skip
    for time in (1.0, 4.0):
        yield Comparison(
            quantity=f"devices there, churn, after {time:g} lifetimes", published=60 - 40 * math.exp(-time),
            simulated=_there(time), tolerance=0.02, relative=True, source="Kleinrock 1975", basis="law",
        )  # fmt: skip
    rng, dropouts = np.random.default_rng(8), Dropouts(chance=0.1)
    yield Comparison(
        quantity="share of selections that drop out, 10 %", published=0.1,
        simulated=float(np.mean([dropouts.drops(rng) is not None for _ in range(50_000)])), tolerance=0.004,
        source="binomial mean", basis="law",
    )  # fmt: skip
    model, trained = np.array([2.0]), np.array([4.0])
    yield Comparison(
        quantity="FedAsync step, 2 towards 4, staleness 3", published=2.6,
        simulated=float(Asynchronous(share=0.6).counted(model, trained, trained, 3)[0]), tolerance=1e-15,
        source="Xie et al. 2019", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="FedBuff step, change of 2, staleness 3", published=3.0,
        simulated=float(Buffered(k=1).counted(model, np.array([1.0]), np.array([3.0]), 3)[0]), tolerance=1e-15,
        source="Nguyen et al. 2022", basis="formula",
    )  # fmt: skip


def _share_on(on: float, off: float) -> float:
    """Share of 200,000 units of time for which one device is there."""
    spells = Intermittent(on=on, off=off).spells(["d"], lambda name: np.random.default_rng(6))["d"]
    long, there = 200_000.0, 0.0
    for begin, until in itertools.takewhile(lambda spell: spell[0] < long, spells):
        there += min(until, long) - begin
    return there / long


def _there(time: float) -> float:
    """Mean number of devices there: 20 at the beginning, 60 joining per lifetime without end."""
    devices, counts = [f"d{i}" for i in range(400)], []
    churn = Churn(present=0.05, arrivals=60.0, lifetime=1.0)
    rng = np.random.default_rng(7)
    for _ in range(600):
        spells = churn.spells(devices, lambda name: rng)
        counts.append(sum(begin <= time < until for own in spells.values() for begin, until in own))
    return float(np.mean(counts))


def _kth(k: int, n: int) -> float:
    """Mean time, in mean delays, at which the k-th of n stragglers is there."""
    rng, rule = np.random.default_rng(5), QueueingDelays(mean=1.0)
    times = np.sort([[rule.queueing(rng) for _ in range(n)] for _ in range(_ROUNDS)], axis=1)
    return float(times[:, k - 1].mean())

"""Fibre, first-come-first-served queues and shared bands against closed forms of queueing theory.

References
----------
.. [1] Corning SMF-28, group index 1.4682 at 1550 nm.
.. [2] L. Kleinrock, "Queueing systems", volume 1 (1975): mean wait of M/D/1, rho S / (2 (1 - rho)).
.. [3] L. Kleinrock, J. ACM 14(2) (1967): mean sojourn of M/G/1 under processor sharing, E[S] / (1 - rho), whatever the
   distribution of S.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qflsim.network.fibre import Fibre, FifoQueue
from qflsim.network.sharing import SharedBand
from qflsim.units import km, ms
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_MESSAGES = 1_000_000
_TRANSFERS = 40_000


def comparisons() -> Iterator[Comparison]:
    """Rows on delays and waits."""
    yield Comparison(
        quantity="1000 km of fibre [ms]", published=4.8974, tolerance=1e-9,
        simulated=Fibre(route_factor=1.0, hops=0).delay(1000 * km) / ms, source="Corning SMF-28", basis="value",
    )  # fmt: skip
    for load in (0.5, 0.8):
        yield Comparison(
            quantity=f"mean wait, M/D/1, load {load:g} [services]", published=load / (2 * (1 - load)),
            simulated=_mean_wait(load), tolerance=0.03, relative=True, source="Kleinrock 1975", basis="law",
        )  # fmt: skip
    yield Comparison(
        quantity="end of two transfers, half overlapping [s]", published=2.0, simulated=_two_transfers(),
        tolerance=1e-12, source="processor sharing", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="the same, half as efficient from 1 s on [s]", published=2.75, simulated=_two_transfers(slower_at=1.0),
        tolerance=1e-12, source="processor sharing", basis="law",
    )  # fmt: skip
    rng = np.random.default_rng(3)
    mixed = rng.exponential(np.where(rng.random(_TRANSFERS) < 0.9, 0.5, 5.5))
    for name, sizes in (("equal", np.ones(_TRANSFERS)), ("unequal", mixed)):
        yield Comparison(
            quantity=f"mean time on a shared band, {name} sizes", published=2.0, simulated=_mean_sojourn(sizes, 0.5),
            tolerance=0.03, relative=True, source="Kleinrock 1967", basis="law",
        )  # fmt: skip


def _mean_wait(load: float) -> float:
    """Mean wait, in service times, of messages of equal size that arrive at random."""
    rng = np.random.default_rng(1)
    queue, now, waits = FifoQueue(1.0, 0.0), 0.0, 0.0
    for gap in rng.exponential(1.0 / load, _MESSAGES).tolist():
        now += gap
        waits += queue.send(now, 1.0) - now - 1.0
    return waits / _MESSAGES


def _two_transfers(slower_at: float = math.inf) -> float:
    """End of a transfer of 1 s that begins half-way through another of 1 s, which itself ends at 1.5 s.

    If it is half as efficient from 1 s on, the 3/4 that are left then are worth 1.5 s of the band; it has half of it
    until the other ends at 1.5 s, and all of it for the remaining 1.25 s.
    """
    band = SharedBand(1.0)
    band.start(0.0, "first", 1.0, 1.0)
    band.start(0.5, "second", 1.0, 1.0)
    if slower_at < math.inf:
        band.rescale(slower_at, {"second": 0.5})
    ends = {}
    while (due := band.next_completion()) is not None:
        for name in band.complete(due[0]):
            ends[name] = due[0]
    return ends["second"]


def _mean_sojourn(sizes: NDArray[np.float64], load: float) -> float:
    """Mean time on the band over the mean size, of transfers that arrive at random."""
    rng = np.random.default_rng(2)
    starts = np.cumsum(rng.exponential(sizes.mean() / load, len(sizes)))
    band, total = SharedBand(1.0), 0.0
    for number, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
        total += _ended(band, start, starts)
        band.start(start, str(number), size, 1.0)
    total += _ended(band, float("inf"), starts)
    return float(total / len(sizes) / sizes.mean())


def _ended(band: SharedBand, until: float, starts: NDArray[np.float64]) -> float:
    """Times on the band, added up, of the transfers that end before ``until``."""
    total = 0.0
    while (due := band.next_completion()) is not None and due[0] <= until:
        total += sum(due[0] - float(starts[int(name)]) for name in band.complete(due[0]))
    return total

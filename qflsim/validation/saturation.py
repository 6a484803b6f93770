"""Chains that others use: what is accepted, how the backlog grows, and how long a transaction waits for its block.

References
----------
.. [1] L. Kleinrock, "Queueing systems", volume 1 (1975): mean wait of M/D/1, rho S / (2 (1 - rho)).
.. [2] N. T. J. Bailey, "On queueing processes with bulk service", J. R. Stat. Soc. B 16(1) (1954): the numbers left
   behind by services of up to K form a Markov chain; here the server starts as soon as anybody is there.
"""

import math
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import numpy as np

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.ledger import genesis
from qflsim.chain.limits import BlockLimits
from qflsim.chain.mempool import Mempool
from qflsim.chain.traffic import ChainTraffic
from qflsim.crypto.processors import X86Core
from qflsim.crypto.signatures import MLDSA
from qflsim.energy import ComputeEnergy, EnergyBook
from qflsim.nodes.blockmaker import BlockMaker, Pooling
from qflsim.nodes.clock import Clock
from qflsim.nodes.computer import Computer
from qflsim.nodes.context import Context
from qflsim.nodes.draft import Draft
from qflsim.streams import Streams
from qflsim.trace import Mempool as MempoolRecord, Record, Trace
from qflsim.units import kB
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_BLOCK = BlockLimits(
    size=26.6 * kB, interval=1.0
)  # a hundred transactions of 250 bytes and their framing, every second
_LAST_S = 2000.0
_WAITS = 100_000


def comparisons() -> Iterator[Comparison]:
    """Rows on saturation and on waits below it."""
    for offered in (40.0, 90.0, 150.0):
        rows = _played(offered)
        accepted = sum(row.included for row in rows) / rows[-1].time_s
        yield Comparison(
            quantity=f"accepted of {offered:g} offered, capacity 100 [1/s]", published=min(offered, 100.0),
            tolerance=0.02, relative=True, simulated=accepted, source="min(offered, capacity)", basis="law",
        )  # fmt: skip
    yield Comparison(
        quantity="backlog after 2000 s of 150 offered", published=50.0 * _LAST_S, tolerance=0.02, relative=True,
        simulated=_played(150.0)[-1].waiting, source="(offered - capacity) t", basis="law",
    )  # fmt: skip
    for load in (0.5, 0.8):
        yield Comparison(
            quantity=f"mean wait, one a block, load {load:g} [intervals]", published=load / (2 * (1 - load)),
            simulated=_mean_wait(load, 1), tolerance=0.03, relative=True, source="Kleinrock 1975", basis="law",
        )  # fmt: skip
    for most, load in ((10, 0.8), (100, 0.95)):
        yield Comparison(
            quantity=f"mean wait, up to {most} a block, load {load:g}", published=_bulk_wait(load * most, most),
            simulated=_mean_wait(load * most, most), tolerance=0.03, relative=True, source="Bailey 1954", basis="law",
        )  # fmt: skip


@cache
def _played(offered: float) -> list[MempoolRecord]:
    """The mempool of a chain with ``offered`` transactions a second, block by block, agreement taking no time."""
    trace, rows = Trace(), []

    def see(record: Record) -> None:
        if isinstance(record, MempoolRecord):
            rows.append(record)

    def at_once(draft: Draft) -> Generator[Any, Any, Block]:
        yield from ()
        return genesis("global")

    trace.observe(see)
    env = Clock()
    ctx = Context(env, trace, EnergyBook(), Streams(1))
    arrivals = ChainTraffic(rate=offered).arrivals(np.random.default_rng(1))
    maker = BlockMaker(ctx, "global", Pooling(_BLOCK, arrivals), math.inf, at_once)
    member = Computer(ctx, "server-1", X86Core(), ComputeEnergy(), MLDSA(level=65))
    env.process(maker.submit(Draft([member], "server-1", (), (), ModelMetadata(), 1)))
    env.run(until=_LAST_S)
    maker.record(1)
    return rows


def _mean_wait(rate: float, most: int) -> float:
    """Mean wait, in intervals, of transactions at ``rate`` per interval when each block takes up to ``most``."""
    mempool = Mempool(BlockLimits(transactions=most, interval=1.0))
    arrivals = ChainTraffic(rate=rate).arrivals(np.random.default_rng(2))
    now, waits, served = 0.0, 0.0, 0
    while served < _WAITS:
        if not len(mempool):
            now = max(now, arrivals.next_s)
        arrivals.enter(mempool, now)
        taken = mempool.take()
        mempool.include(taken)
        waits += sum(now - item.arrived_s for item in taken)
        served += len(taken)
        now += bool(taken)
    return waits / served


def _bulk_wait(rate: float, most: int) -> float:
    """The same by the Markov chain of the numbers that blocks leave behind.

    A block of up to K that finds n leaves (n - K)+ behind, and A more come while it lasts; after an empty mempool the
    next block begins with the first arrival. Those left behind wait for an interval, those who come for half of one.
    """
    states = max(400, 10 * most)
    came = np.arange(states)
    chance = np.exp(came * math.log(rate) - rate - np.array([math.lgamma(k + 1.0) for k in came.tolist()]))
    moves = np.zeros((states, states))
    for found in range(states):
        left = max(0, found - most)
        moves[found, left:] = chance[: states - left]
        moves[found, -1] += max(0.0, 1.0 - moves[found].sum())
    balance = moves.T - np.eye(states)
    balance[-1] = 1.0  # one equation follows from the others; the shares add up to one
    share = np.linalg.solve(balance, np.append(np.zeros(states - 1), 1.0))
    left_behind = float(share @ np.maximum(came - most, 0))
    return (left_behind + 0.5 * rate) / (1.0 + float(share[0]) / rate) / rate

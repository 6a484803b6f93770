"""The store of pairs over a chain of repeaters: pair after pair by the chain's state machine."""

import heapq
import math
from dataclasses import dataclass

import numpy as np

from .chain import ChainPlan
from .pairs import DirectPairs, Draw, PairStore
from .purifiedpairs import PurifiedPairs
from .repeaters import ChainRun, Delivery

__all__ = ["ChainPairs", "store_of"]

_REMEMBERED = 50
"""Cycles of making and throwing away after which a memory's phase says nothing any more of where it began."""

_PLAYED = 1000
"""Cycles played before their mean is trusted."""


@dataclass(frozen=True)
class _Made:
    """A pair that a memory makes, or keeps."""

    began_s: float
    delivery: Delivery

    def attempts(self, now: float) -> int:
        """Attempts behind it until ``now`` [s], evenly spread over the time that it takes."""
        took = self.delivery.ready_s - self.began_s
        share = 1.0 if now >= self.delivery.ready_s else max(0.0, now - self.began_s) / took
        return round(self.delivery.attempts * share)


class ChainPairs(PairStore):
    """The store of any chain: every memory at the ends goes with a chain of its own.

    *Scope*: as `PairStore`. Where nobody draws for long, only the first and the last cycles of making a pair and
    throwing it away are played; those between are counted with their mean, and the memory goes on in a phase drawn at
    random.

    *Validation*: against `DirectPairs` on a link without repeaters; a chain of two segments in closed form.
    """

    def __init__(self, plan: ChainPlan, memories: int, rng: np.random.Generator) -> None:
        super().__init__(plan, memories, rng)
        self._attempts = self._thrown = 0
        self._cycles, self._cycle_s, self._cycle_attempts = 0, 0.0, 0
        self._lanes = [self._make(0.0) for _ in range(memories)]
        self._uses: list[_Made] = []
        self._held = 0

    def take(self, now: float, count: int) -> Draw:
        """Pairs in memory first, the youngest first; then one after the other as they come."""
        start, memory = self._begins(now, count), self.plan.memory
        self._grow_old(start)
        held = [i for i, made in enumerate(self._lanes) if made.delivery.ready_s <= start]
        held = sorted(held, key=lambda i: -self._lanes[i].delivery.pair.born)[:count]
        states = [self._lanes[i].delivery.pair.at(start, memory) for i in held]
        for i in held:
            self._use(i, start)
        self._held, self._uses = len(held), []
        coming = [(made.delivery.ready_s, i) for i, made in enumerate(self._lanes)]
        heapq.heapify(coming)
        ready = start
        while len(states) < count:
            ready, i = coming[0]
            states.append(self._lanes[i].delivery.pair.at(ready, memory))
            self._uses.append(self._lanes[i])
            self._use(i, ready)
            heapq.heapreplace(coming, (self._lanes[i].delivery.ready_s, i))
        self._busy_until = ready
        return Draw(ready, np.array(states), len(held))

    def withdraw(self, now: float) -> int:
        """What came later is forgotten, and with it whatever the memories hold."""
        if now >= self._busy_until:
            raise ValueError(f"nothing is waited for at {now!r} s; withdraw only from a draw that is not ready")
        used = sum(made.delivery.ready_s <= now for made in self._uses)
        self._attempts = self.attempts(now)
        self._thrown = self.discarded(now)
        self._uses = self._uses[:used]
        self._lanes = [self._make(now) for _ in self._lanes]
        self._busy_until = now
        return self._held + used

    def attempts(self, now: float) -> int:
        """Those behind the pairs that were used or thrown away, and those under way."""
        self._grow_old(now)
        ahead = sum(made.delivery.attempts - made.attempts(now) for made in self._uses)
        return self._attempts - ahead + sum(made.attempts(now) for made in self._lanes)

    def discarded(self, now: float) -> int:
        """Those of segments, repeaters and ends."""
        self._grow_old(now)
        return self._thrown - sum(made.delivery.discarded for made in self._uses if made.delivery.ready_s > now)

    def _make(self, begin: float) -> _Made:
        return _Made(begin, ChainRun(self.plan, begin, self._rng).finish())

    def _use(self, lane: int, now: float) -> None:
        """Empty a memory, and begin anew."""
        delivery = self._lanes[lane].delivery
        self._attempts += delivery.attempts
        self._thrown += delivery.discarded
        self._lanes[lane] = self._make(now)

    def _grow_old(self, now: float) -> None:
        """Throw away what is too old at ``now`` [s], and let those memories go on."""
        if self.plan.cutoff == math.inf:
            return
        for lane in range(self.memories):
            while (end := self._lanes[lane].delivery.pair.expires(self.plan.cutoff)) <= now:
                made = self._lanes[lane]
                self._cycles += 1
                self._cycle_s += end - made.began_s
                self._cycle_attempts += made.delivery.attempts
                self._thrown += 1
                self._use(lane, self._skipped(end, now))

    def _skipped(self, begin: float, now: float) -> float:
        """When [s] to go on after ``begin`` if nobody draws until ``now``: all but the last cycles are only counted."""
        if self._cycles < _PLAYED:
            return begin
        cycle = self._cycle_s / self._cycles
        skipped = int((now - begin) / cycle) - _REMEMBERED
        if skipped <= 0:
            return begin
        self._thrown += skipped
        self._attempts += round(skipped * self._cycle_attempts / self._cycles)
        return begin + (skipped + self._rng.random()) * cycle


def store_of(plan: ChainPlan, memories: int, rng: np.random.Generator) -> PairStore:
    """The quickest store of a chain: in whole batches without purification, in arrays without repeaters."""
    if len(plan.lengths) > 1:
        return ChainPairs(plan, memories, rng)
    return PurifiedPairs(plan, memories, rng) if plan.levels else DirectPairs(plan, memories, rng)

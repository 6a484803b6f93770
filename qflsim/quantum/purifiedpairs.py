"""The store of purified pairs over a link without repeaters: all memories at once, as arrays."""

import math

import numpy as np
from numpy.typing import NDArray

from .chain import ChainPlan
from .pairs import Draw, Floats, PairStore
from .segmentpairs import Batch, SegmentPairs

__all__ = ["PurifiedPairs"]

_PLAYED = 1000
"""Cycles of making a pair and throwing it away that are played before their mean is trusted."""

_REMEMBERED = 50
"""Cycles after which a memory's phase says nothing any more of where it began."""


class PurifiedPairs(PairStore):
    """The store of a link without repeaters: every memory goes through rounds of its own.

    *Scope*: as `PairStore`. Where nobody draws for long, only the first and the last cycles of making a pair and
    throwing it away are played; those between are counted with their mean, and the memory goes on in a phase drawn at
    random.

    *Validation*: against `DirectPairs` without purification, and against `ChainPairs`, which makes pair after pair.
    """

    def __init__(self, plan: ChainPlan, memories: int, rng: np.random.Generator) -> None:
        super().__init__(plan, memories, rng)
        self._segment = SegmentPairs(plan, rng)
        self._attempts = self._thrown = 0
        self._cycles, self._cycle_s, self._cycle_attempts = 0, 0.0, 0
        self._now = self._segment.make(memories)
        """The pair that each memory makes, or keeps."""
        self._began = np.zeros(memories)
        self._uses = (np.zeros(0), self._segment.make(0))
        self._held = 0

    @property
    def _ready(self) -> Floats:
        """When [s] the pair of each memory is there."""
        return np.asarray(self._began + self._now.took)

    def take(self, now: float, count: int) -> Draw:
        """Pairs in memory first, the youngest first; then from all memories as they come."""
        start = self._begins(now, count)
        self._grow_old(start)
        ready = self._ready
        held = np.flatnonzero(ready <= start)
        held = held[np.argsort((self._now.ages - ready)[held], kind="stable")][:count]
        states = self.plan.memory.all_decayed(self._now.states[held], start - ready[held])
        self._spend(held)
        self._begin(held, start)
        self._held, self._uses = len(held), (np.zeros(0), self._segment.make(0))
        self._busy_until = start
        if count > len(held):
            states = np.concatenate([states, self._stream(start, count - len(held))])
        return Draw(self._busy_until, states, len(held))

    def withdraw(self, now: float) -> int:
        """What came later is forgotten, and with it whatever the memories hold."""
        if now >= self._busy_until:
            raise ValueError(f"nothing is waited for at {now!r} s; withdraw only from a draw that is not ready")
        self._attempts, self._thrown = self.attempts(now), self.discarded(now)
        used = self._uses[0] <= now
        self._uses = (self._uses[0][used], Batch(*(column[used] for column in self._uses[1])))
        self._begin(np.arange(self.memories), now)
        self._busy_until = now
        return self._held + int(used.sum())

    def attempts(self, now: float) -> int:
        """Those behind the pairs that were used or thrown away, and those under way, evenly spread over their time."""
        self._grow_old(now)
        times, used = self._uses
        later = _done(used, times - used.took, now) - used.attempts
        return self._attempts + int(later.sum()) + int(_done(self._now, self._began, now).sum())

    def discarded(self, now: float) -> int:
        """Those thrown away in purification, and by the store."""
        self._grow_old(now)
        times, used = self._uses
        return self._thrown - int(used.discarded[times > now].sum())

    def _begin(self, lanes: NDArray[np.intp], since: float | Floats) -> None:
        """Begin to make a pair in each of ``lanes``."""
        for column, new in zip(self._now, self._segment.make(len(lanes)), strict=True):
            column[lanes] = new
        self._began[lanes] = since

    def _spend(self, lanes: NDArray[np.intp]) -> None:
        """Count what the pairs of ``lanes`` have taken."""
        self._attempts += int(self._now.attempts[lanes].sum())
        self._thrown += int(self._now.discarded[lanes].sum())

    def _stream(self, start: float, missing: int) -> Floats:
        """Use each of ``missing`` pairs as it comes; returns their states, shape (missing, 4)."""
        side = self.memories
        more = self._segment.make(side * self._depth(missing))
        columns = [np.concatenate([own, new]) for own, new in zip(self._now, more, strict=True)]
        rows = [column.reshape(-1, side, *column.shape[1:]) for column in columns]  # a row is a pair of every memory
        ends = np.cumsum(rows[0], axis=0) + self._began
        while not (end := float(np.partition(ends.ravel(), missing - 1)[missing - 1])) < ends[-1].min():
            extra = self._segment.make(side * len(ends))
            rows = [
                np.concatenate([row, new.reshape(-1, *row.shape[1:])]) for row, new in zip(rows, extra, strict=True)
            ]
            ends = np.cumsum(rows[0], axis=0) + self._began
        order = np.argsort(ends.ravel(), kind="stable")[:missing]
        self._uses = (ends.ravel()[order], Batch(*(row.reshape(-1, *row.shape[2:])[order] for row in rows)))
        self._attempts += int(self._uses[1].attempts.sum())
        self._thrown += int(self._uses[1].discarded.sum())
        following, lanes = np.bincount(order % side, minlength=side), np.arange(side)
        self._began = ends[following, lanes] - rows[0][following, lanes]
        self._now = Batch(*(row[following, lanes].copy() for row in rows))
        self._busy_until = max(start, end)
        return np.asarray(self._uses[1].states)

    def _depth(self, missing: int) -> int:
        """Pairs of each memory that probably cover ``missing`` ones in all."""
        mean = missing / self.memories
        return math.ceil(mean + 5.0 * math.sqrt(mean) + 5.0)

    def _grow_old(self, now: float) -> None:
        """Throw away what is too old at ``now`` [s], and let those memories go on."""
        cutoff = self.plan.cutoff
        while len(old := np.flatnonzero((ends := self._ready - self._now.ages + cutoff) <= now)):
            self._cycles += len(old)
            self._cycle_s += float((ends - self._began)[old].sum())
            self._cycle_attempts += int(self._now.attempts[old].sum())
            self._thrown += len(old)
            self._spend(old)
            self._begin(old, ends[old] + self._skipped(now - ends[old]))

    def _skipped(self, times: Floats) -> Floats:
        """How long to go on without being played, of ``times`` [s] in which nobody draws: all but the last cycles."""
        cycle = self._cycle_s / self._cycles
        skipped = np.floor(times / cycle) - _REMEMBERED
        skipped = np.where((skipped > 0) & (self._cycles >= _PLAYED), skipped, 0.0)
        self._thrown += int(skipped.sum())
        self._attempts += round(float(skipped.sum()) * self._cycle_attempts / self._cycles)
        return np.where(skipped > 0, (skipped + self._rng.random(len(times))) * cycle, 0.0)


def _done(pairs: Batch, began: Floats, now: float) -> Floats:
    """Attempts behind each of ``pairs`` until ``now`` [s], evenly spread over the time that it takes."""
    share = np.clip((now - began) / pairs.took, 0.0, 1.0)
    return np.rint(pairs.attempts * share)

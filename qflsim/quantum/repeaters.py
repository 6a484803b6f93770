"""A chain of repeaters that makes pairs between its two ends, as a state machine that is told the time.

Every segment tries for pairs; pairs of a segment are purified; a repeater that holds a pair on either side swaps them
at once (swap-asap); pairs that have waited too long are thrown away. The machine knows no clock: it says when the next
thing happens, and whoever has a clock lets it happen.

References
----------
.. [1] H.-J. Briegel, W. Duer, J. I. Cirac, P. Zoller, Phys. Rev. Lett. 81, 5932 (1998).
.. [2] B. Li, T. Coopmans, D. Elkouss, "Efficient optimization of cutoffs in quantum repeater chains", IEEE Trans.
   Quantum Eng. 2, 4103015 (2021).
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from .chain import ChainPlan, SegmentFacts
from .entanglement import swap
from .memory import StoredPair

__all__ = ["ChainRun", "Delivery"]


_PATIENCE = 1_000_000
"""Events after which a chain that has delivered nothing is given up: its pairs grow too old before they meet."""


class Delivery(NamedTuple):
    """An end-to-end pair, and what it took."""

    ready_s: float
    """Simulated time [s] from which on both ends know that they hold it."""
    pair: StoredPair
    """The pair."""
    attempts: int
    """Attempts of all segments since the chain began with empty memories."""
    discarded: int
    """Pairs thrown away for their age."""


@dataclass(frozen=True)
class _Span:
    """A pair between two nodes of the chain."""

    left: int
    right: int
    pair: StoredPair
    known_s: float
    """Time [s] at which both its ends know of every swap behind it."""


@dataclass
class _Segment:
    """Two neighbours that try for pairs."""

    facts: SegmentFacts
    waiting: dict[int, StoredPair] = field(default_factory=dict)
    """Pairs that wait for another one of their level of purification."""
    trying_since: float = math.nan
    """Time [s] at which it began to try; NaN while it does not."""
    turn: int = 0
    """How often it was told to give up: what it began before counts no more."""


class ChainRun:
    """The way to one end-to-end pair: what happens next, and letting it happen.

    Parameters
    ----------
    plan:
        What the chain is made of.
    start:
        Simulated time [s] at which all memories are empty.
    rng:
        For attempts, purifications and Bell measurements.
    """

    def __init__(self, plan: ChainPlan, start: float, rng: np.random.Generator) -> None:
        self._plan = plan
        self._rng = rng
        self._segments = [_Segment(facts) for facts in plan.segments]
        self._place = [0.0, *accumulate(plan.lengths)]
        self._starting_at: dict[int, _Span] = {}
        self._ending_at: dict[int, _Span] = {}
        self._queue: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbered = 0
        self.attempts = 0
        self.discarded = 0
        self.delivery: Delivery | None = None
        for segment in range(len(self._segments) if plan.parallel else 1):
            self._try(segment, start)

    @property
    def next_s(self) -> float:
        """Simulated time [s] of the next thing that happens; infinite if nothing does any more."""
        return self._queue[0][0] if self._queue else math.inf

    def advance(self) -> None:
        """Let the next thing happen."""
        now, _, action = heapq.heappop(self._queue)
        action(now)

    def finish(self) -> Delivery:
        """Go on until the pair is delivered, however long that takes in simulated time.

        Raises
        ------
        ValueError
            If that does not happen within a million events.
        """
        for _ in range(_PATIENCE):
            if self.delivery is not None:
                return self.delivery
            self.advance()
        raise ValueError(
            f"a chain of {len(self._segments)} segments delivered nothing in {_PATIENCE:,} events; give it a longer "
            f"cutoff than {self._plan.cutoff!r} s, shorter segments, or less purification"
        )

    def _at(self, time: float, action: Callable[[float], None]) -> None:
        self._numbered += 1
        heapq.heappush(self._queue, (time, self._numbered, action))

    def _try(self, index: int, now: float) -> None:
        """Begin to try in a segment; the successful attempt is drawn at once."""
        segment = self._segments[index]
        segment.trying_since = now
        attempts, turn = int(self._rng.geometric(segment.facts.success)), segment.turn

        def heralded(then: float) -> None:
            if segment.turn == turn:
                self.attempts += attempts
                segment.trying_since = math.nan
                left = then - segment.facts.storage_s
                self._rise(index, 0, StoredPair(segment.facts.fresh, left, left), then)

        self._at(now + attempts * segment.facts.attempt_s, heralded)

    def _give_up(self, index: int, now: float) -> None:
        """Throw away whatever a segment has begun."""
        segment = self._segments[index]
        segment.turn += 1
        self.discarded += len(segment.waiting)
        segment.waiting.clear()
        if segment.trying_since < now:
            self.attempts += int((now - segment.trying_since) / segment.facts.attempt_s)
        segment.trying_since = math.nan

    def _rise(self, index: int, level: int, pair: StoredPair, now: float) -> None:
        """A pair has reached a level of purification: it is done, meets another of its level, or waits for one."""
        waiting, cutoff = self._segments[index].waiting, self._plan.cutoff
        if pair.expires(cutoff) <= now:
            self.discarded += 1
            self._try(index, now)
        elif level == self._plan.levels:
            self._join(_Span(index, index + 1, pair, now), now)
        elif level in waiting and waiting[level].expires(cutoff) > now:
            self._purify(index, level, waiting.pop(level), pair, now)
        else:
            self.discarded += level in waiting
            waiting[level] = pair
            self._try(index, now)

    def _purify(self, index: int, level: int, kept: StoredPair, spent: StoredPair, now: float) -> None:
        """Work on two pairs; both ends know the outcome when the readouts have crossed the segment."""
        plan = self._plan
        if plan.purification is None:
            raise RuntimeError("a chain without purification has nothing to purify")
        made = plan.purification.step(kept.at(now, plan.memory), spent.at(now, plan.memory), plan.operations)
        better = StoredPair(made.pair, now, min(kept.born, spent.born))
        segment = self._segments[index]
        agree, turn = self._rng.random() < made.success, segment.turn

        def told(then: float) -> None:
            if segment.turn != turn:
                return
            if agree:
                self._rise(index, level + 1, better, then)
            else:
                self._try(index, then)

        self._at(now + segment.facts.light_s, told)

    def _join(self, span: _Span, now: float) -> None:
        """A pair connects two nodes: deliver it, swap it with a neighbour, or keep it until it is too old."""
        self._starting_at[span.left] = self._ending_at[span.right] = span
        expires = span.pair.expires(self._plan.cutoff)
        if expires <= now:
            self._expire(span, now)
            return
        if expires < math.inf:
            self._at(expires, lambda then: self._expire(span, then))
        before, after = self._ending_at.get(span.left), self._starting_at.get(span.right)
        if span.left == 0 and span.right == len(self._segments):
            self._at(max(now, span.known_s), lambda then: self._deliver(span, then))
        elif before is not None:
            self._swap(before, span, now)
        elif after is not None:
            self._swap(span, after, now)
        elif not self._plan.parallel:
            self._try(span.right, now)

    def _swap(self, first: _Span, second: _Span, now: float) -> None:
        """The repeater between two pairs measures; its outcome travels to the ends of both."""
        self._forget(first)
        self._forget(second)
        node, plan = first.right, self._plan
        if not self._rng.random() < plan.operations.bell_success:
            for index in range(first.left, second.right):
                self._hear_of_failure(index, node, now)
            return
        state = swap(first.pair.at(now, plan.memory), second.pair.at(now, plan.memory), plan.operations)
        pair = StoredPair(state, now, min(first.pair.born, second.pair.born))
        heard = now + max(self._light(node, first.left), self._light(node, second.right))
        self._join(_Span(first.left, second.right, pair, max(first.known_s, second.known_s, heard)), now)

    def _hear_of_failure(self, index: int, node: int, now: float) -> None:
        """A segment begins anew when both its ends have heard that the swap at ``node`` gave no outcome."""
        if self._plan.parallel or index == 0:
            self._try(index, now + max(self._light(node, index), self._light(node, index + 1)))

    def _expire(self, span: _Span, now: float) -> None:
        """Throw a pair away, if it still is what it was; its segments begin anew."""
        if self._starting_at.get(span.left) is not span:
            return
        self._forget(span)
        self.discarded += 1
        if self._plan.parallel:
            for index in range(span.left, span.right):
                self._try(index, now)
            return
        if span.right < len(self._segments):
            self._give_up(span.right, now)
        self._try(0, now)

    def _deliver(self, span: _Span, now: float) -> None:
        if self._starting_at.get(span.left) is span:
            self.delivery = Delivery(now, span.pair, self.attempts, self.discarded)
            self._queue.clear()

    def _forget(self, span: _Span) -> None:
        del self._starting_at[span.left], self._ending_at[span.right]

    def _light(self, node: int, other: int) -> float:
        """Time [s] that a message takes from one node of the chain to another."""
        return self._plan.link.light_time(abs(self._place[node] - self._place[other]))

"""Purified pairs of one segment, many at once: what `ChainRun` makes of them one by one, as arrays."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .chain import ChainPlan

__all__ = ["Batch", "SegmentPairs"]

Column = NDArray[Any]

_PATIENCE = 20_000
"""Steps in a row after which purification is given up: pairs grow too old before they meet."""


class Batch(NamedTuple):
    """Pairs of one level, one entry each."""

    took: Column
    """Time [s] from empty memories until both ends know of the pair."""
    attempts: Column
    discarded: Column
    states: Column
    """What it is then, shape (pairs, 4)."""
    ages: Column
    """How old [s] its oldest ingredient is then."""


class SegmentPairs:
    """The pairs of one segment after all rounds of purification.

    Every pair begins with empty memories and depends on no other, so that many can be made at once: in arrays, level
    by level, with those steps again that failed.

    Parameters
    ----------
    plan:
        A chain of one segment.
    rng:
        For attempts and purifications.

    *Validation*: times, attempts and states against `ChainRun`.
    """

    def __init__(self, plan: ChainPlan, rng: np.random.Generator) -> None:
        self._plan = plan
        self._facts = plan.segments[0]
        self._rng = rng

    def make(self, count: int) -> Batch:
        """``count`` pairs, each from empty memories."""
        return self._level(self._plan.levels, count)

    def _level(self, level: int, count: int) -> Batch:
        """``count`` pairs of a level of purification."""
        if level == 0:
            return self._heralded(count)
        done = Batch(*(np.zeros_like(column) for column in self._heralded(count)))
        left = np.arange(count)
        for _ in range(_PATIENCE):
            made, good = self._step(level, len(left))
            for total, new in zip(done[:3], made[:3], strict=True):
                total[left] += new
            done.states[left], done.ages[left] = made.states, made.ages
            left = left[~good]
            if not len(left):
                return done
        raise self._hopeless()

    def _heralded(self, count: int) -> Batch:
        """Pairs as they are heralded."""
        facts = self._facts
        attempts = self._rng.geometric(facts.success, size=count)
        states = np.tile(self._plan.memory.decayed(facts.fresh, facts.storage_s), (count, 1))
        nothing, ages = np.zeros(count, np.int64), np.full(count, facts.storage_s)
        return Batch(attempts * facts.attempt_s, attempts, nothing, states, ages)

    def _step(self, level: int, count: int) -> tuple[Batch, NDArray[np.bool_]]:
        """One step to ``level`` in each of ``count`` places; which of them gave a pair."""
        plan, light = self._plan, self._facts.light_s
        if plan.purification is None:
            raise RuntimeError("a segment without purification has nothing to purify")
        first, second = self._met(level, count)
        waited = plan.memory.all_decayed(first.states, second.took)
        states, success = plan.purification.steps(waited, second.states, plan.operations)
        ages = np.maximum(first.ages + second.took, second.ages) + light
        agree = self._rng.random(count) < success
        good = agree & (ages < plan.cutoff)
        made = Batch(
            first.took + second.took + light,
            first.attempts + second.attempts,
            first.discarded + second.discarded + (agree & ~good),
            plan.memory.all_decayed(states, np.full(count, light)),
            ages,
        )
        return made, good

    def _met(self, level: int, count: int) -> tuple[Batch, Batch]:
        """A pair that waits and the one that comes in time; one that comes too late is what waits for the next."""
        first, second = self._level(level - 1, count), self._level(level - 1, count)
        for _ in range(_PATIENCE):
            late = first.ages + second.took >= self._plan.cutoff
            if not late.any():
                return first, second
            for total, new in zip(first[:3], second[:3], strict=True):
                total[late] += new[late]
            first.discarded[late] += 1
            first.states[late], first.ages[late] = second.states[late], second.ages[late]
            for column, new in zip(second, self._level(level - 1, int(late.sum())), strict=True):
                column[late] = new
        raise self._hopeless()

    def _hopeless(self) -> ValueError:
        return ValueError(
            f"purification gave nothing in {_PATIENCE:,} steps; give a longer cutoff than {self._plan.cutoff!r} s, or "
            "fewer rounds"
        )

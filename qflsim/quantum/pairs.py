"""The store of entangled pairs between two nodes: made side by side, kept while they are young, drawn by their users.

The store is told the time. It works out what has happened since it was last asked, and when the last of the pairs that
somebody wants will be there: one draw for a batch of pairs, none for an attempt.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .chain import ChainPlan

__all__ = ["DirectPairs", "Draw", "Floats", "PairStore"]

Floats = NDArray[np.float64]

_COUNTABLE = 10**9
"""Up to how many attempts numpy draws a hypergeometric number."""


class Draw(NamedTuple):
    """Pairs promised to one user."""

    ready_s: float
    """Simulated time [s] at which the last of them is there."""
    states: Floats
    """What each is when it is used, shape (pairs, 4): those in memory at once, the others as they come."""
    stored: int
    """How many of them were in memory."""


class PairStore(ABC):
    """Pairs between two ends of a chain.

    Parameters
    ----------
    plan:
        How a pair is made, kept and thrown away.
    memories:
        Pairs that are made or kept side by side. Each begins to be made anew when it is drawn, or too old.
    rng:
        For everything that is random.

    *Scope*: one user at a time; whoever draws uses every pair as soon as it is there. Of the pairs in memory the
    youngest are used first. The store begins empty at time 0 and goes on day and night.
    """

    def __init__(self, plan: ChainPlan, memories: int, rng: np.random.Generator) -> None:
        if memories < 1:
            raise ValueError(f"memories must be >= 1, got {memories!r}; give e.g. 32")
        self.plan = plan
        self.memories = memories
        self._rng = rng
        self._busy_until = 0.0

    @abstractmethod
    def take(self, now: float, count: int) -> Draw:
        """Draw ``count`` pairs at simulated time ``now`` [s]."""

    @abstractmethod
    def withdraw(self, now: float) -> int:
        """Give up waiting for the last draw at simulated time ``now`` [s]; returns how many of its pairs were used.

        All memories are reset.
        """

    @abstractmethod
    def attempts(self, now: float) -> int:
        """Attempts made until simulated time ``now`` [s]."""

    @abstractmethod
    def discarded(self, now: float) -> int:
        """Pairs thrown away for their age until simulated time ``now`` [s]."""

    def _begins(self, now: float, count: int) -> float:
        """When a draw can begin: now, or when the one before it is over."""
        if count < 1:
            raise ValueError(f"count must be >= 1, got {count!r}; draw at least one pair")
        return max(now, self._busy_until)


class DirectPairs(PairStore):
    """The store of a link without repeaters and purification.

    All memories attempt in step. An attempt has no memory of earlier ones, so the attempts until the K-th success are
    K plus a negative binomial number, whichever memories they fall to; the same holds for a memory that fills, keeps
    its pair until it is too old, and fills again, many times over.

    *Scope*: attempts under way when a draw begins are begun anew.

    *Validation*: against `ChainPairs`, which makes pair after pair; expected waiting times of parallel links.
    """

    def __init__(self, plan: ChainPlan, memories: int, rng: np.random.Generator) -> None:
        super().__init__(plan, memories, rng)
        self._facts = plan.segments[0]
        self._drawn = self._thrown = 0
        self._filled = np.zeros(memories)
        self._burst: tuple[float, int, int, int] | None = None
        self._fill(np.arange(memories), 0.0)

    def take(self, now: float, count: int) -> Draw:
        """Pairs in memory first, the youngest first; then as many as are missing, from all memories."""
        start = self._begins(now, count)
        self._grow_old(start)
        held = np.flatnonzero(self._filled <= start)
        held = held[np.argsort(-self._filled[held], kind="stable")][:count]
        ages = start - self._filled[held] + self._facts.storage_s
        fresh, memory = self._facts.fresh, self.plan.memory
        states = np.array([memory.decayed(fresh, float(age)) for age in ages]).reshape(-1, 4)
        missing = count - len(held)
        if missing:
            self._busy_until = self._wait_for(start, missing, len(held))
        else:
            self._busy_until = start
            self._fill(held, start)
        new = np.broadcast_to(np.array(memory.decayed(fresh, self._facts.storage_s)), (missing, 4))
        return Draw(self._busy_until, np.concatenate([states, new]), len(held))

    def withdraw(self, now: float) -> int:
        """The successes of a draw are anywhere among its attempts, the last one excepted."""
        if self._burst is None or now >= self._busy_until:
            raise ValueError(f"nothing is waited for at {now!r} s; withdraw only from a draw that is not ready")
        start, missing, attempts, held = self._burst
        done = min(int((now - start) / self._facts.attempt_s) * self.memories, attempts - 1)
        if attempts < _COUNTABLE:
            used = self._rng.hypergeometric(missing - 1, attempts - missing, done)
        else:  # successes are rare among so many
            used = self._rng.binomial(missing - 1, done / attempts)
        self._drawn -= self._to_come(now)
        self._filled[:] = now
        self._fill(np.arange(self.memories), now)
        self._busy_until, self._burst = now, None
        return held + int(used)

    def attempts(self, now: float) -> int:
        """Those behind all pairs, less those still to come."""
        self._grow_old(now)
        return self._drawn - self._to_come(now)

    def discarded(self, now: float) -> int:
        """Those that grew too old."""
        self._grow_old(now)
        return self._thrown

    def _wait_for(self, start: float, missing: int, held: int) -> float:
        """All memories attempt until ``missing`` pairs have come; returns when [s], and leaves what is under way then.

        Among the attempts of the last step that come after the last success some may succeed too: those pairs stay.
        """
        success, step, side = self._facts.success, self._facts.attempt_s, self.memories
        self._drawn -= self._to_come(start)
        attempts = missing + int(self._rng.negative_binomial(missing, success))
        self._burst = (start, missing, attempts, held)
        steps = -(-attempts // side)
        end = start + steps * step
        self._drawn += steps * side
        kept = int(self._rng.binomial(steps * side - attempts, success))
        self._filled[:] = end
        self._fill(np.arange(kept, side), end)
        return end

    def _fill(self, lanes: NDArray[np.intp], since: float) -> None:
        """Begin to make a pair in each of ``lanes``."""
        attempts = self._rng.geometric(self._facts.success, size=len(lanes))
        self._drawn += int(attempts.sum())
        self._filled[lanes] = since + attempts * self._facts.attempt_s

    def _to_come(self, now: float) -> int:
        """Attempts that are counted already but lie after ``now`` [s]."""
        ahead = np.maximum(self._filled - now, 0.0) / self._facts.attempt_s
        return int(np.ceil(ahead - 1e-9).sum())

    def _grow_old(self, now: float) -> None:
        """Throw away what is too old at ``now`` [s], and fill those memories again, as often as there was time for."""
        facts, hold = self._facts, self.plan.cutoff - self._facts.storage_s
        while len(old := np.flatnonzero(self._filled + hold <= now)):
            cycles = self._sure_cycles(now - self._filled[old] - hold, hold)
            attempts = cycles + self._rng.negative_binomial(cycles, facts.success)
            self._thrown += int(cycles.sum())
            self._drawn += int(attempts.sum())
            self._filled[old] += cycles * hold + attempts * facts.attempt_s

    def _sure_cycles(self, times: Floats, hold: float) -> NDArray[np.int64]:
        """Cycles of filling and growing old that surely fit into ``times`` [s]: ten standard deviations fewer than m.

        m is their mean number; one standard deviation of their number is below sqrt(m). One cycle where m is small: the
        one that has begun.
        """
        mean = np.maximum(times, 0.0) / (self._facts.attempt_s / self._facts.success + hold)
        return np.maximum(1, np.floor(mean - 10.0 * np.sqrt(mean) - 10.0)).astype(np.int64)

"""Which way news go in a contact of two nodes, and when they contact each other.

References
----------
.. [1] A. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC (1987).
.. [2] R. Karp, C. Schindelhauer, S. Shenker, B. Vöcking, "Randomized rumor spreading", FOCS (2000).
.. [3] S. Boyd, A. Ghosh, B. Prabhakar, D. Shah, "Randomized gossip algorithms", IEEE Trans. Inf. Theory 52 (2006).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity

__all__ = ["AlignedTicks", "GossipMode", "PoissonTicks", "Pull", "Push", "PushPull", "StaggeredTicks", "Ticks"]


@dataclass(frozen=True, kw_only=True)
class Ticks(Part, ABC):
    """When a node's rounds of gossip begin."""

    @abstractmethod
    def wait(self, now: float, period: float, phase: float, rng: np.random.Generator) -> float:
        """Time [s] from ``now`` until the next tick of a node whose ``phase``, uniform in [0, 1), is its own."""


@dataclass(frozen=True, kw_only=True)
class StaggeredTicks(Ticks):
    """Every node ticks once in a period, at a time in it that is its own."""

    def wait(self, now: float, period: float, phase: float, rng: np.random.Generator) -> float:
        """Time until the next whole number of periods since the node's phase."""
        return _to_grid(now, period, phase * period)


@dataclass(frozen=True, kw_only=True)
class AlignedTicks(Ticks):
    """All nodes tick at once, at whole multiples of the period: the rounds of the literature."""

    def wait(self, now: float, period: float, phase: float, rng: np.random.Generator) -> float:
        """Time until the next multiple of the period."""
        return _to_grid(now, period, 0.0)


@dataclass(frozen=True, kw_only=True)
class PoissonTicks(Ticks):
    """Every node ticks at random, on average once in a period: the asynchronous model [3]_."""

    def wait(self, now: float, period: float, phase: float, rng: np.random.Generator) -> float:
        """An exponential time."""
        return period * float(rng.exponential())


def _to_grid(now: float, period: float, offset: float) -> float:
    """Time until the next point of a grid; a point reached up to rounding counts as passed."""
    passed = math.floor((now - offset) / period + 1e-9)
    return max(0.0, offset + (passed + 1) * period - now)


@dataclass(frozen=True, kw_only=True)
class GossipMode(Part, ABC):
    """Which way news go in a contact of two nodes."""

    @property
    @abstractmethod
    def pushes(self) -> int:
        """Rounds in which a node that has an item sends it out."""

    @property
    @abstractmethod
    def pulls(self) -> bool:
        """Whether nodes ask in every round for what they do not have."""

    @property
    def at_once(self) -> bool:
        """Whether the first of the rounds is at once, not at the next tick."""
        return False


@dataclass(frozen=True, kw_only=True)
class Push(GossipMode):
    """Who has an item sends it to others, for some rounds.

    With one round, a node infects k others and dies: a share c of all is reached that solves c = 1 - exp(-k c) [1]_.
    With as many rounds as it takes, and k = 1, all n know after about log2 n + ln n rounds.

    Parameters
    ----------
    rounds:
        Rounds in which a node sends it; 1 infects and dies.
    at_once:
        Whether the first round is at once, not at the next tick.
    """

    rounds: int = quantity(1, at_least=1, advice="give a whole number of rounds, e.g. 1")
    at_once: bool = quantity(True, advice="give True or False")

    @property
    def pushes(self) -> int:
        """Rounds of sending."""
        return self.rounds

    @property
    def pulls(self) -> bool:
        """Nobody asks."""
        return False


@dataclass(frozen=True, kw_only=True)
class Pull(GossipMode):
    """Who lacks an item asks others for it in every round, and is sent it by those that have it."""

    @property
    def pushes(self) -> int:
        """Nobody sends unasked."""
        return 0

    @property
    def pulls(self) -> bool:
        """Everybody who lacks it asks."""
        return True


@dataclass(frozen=True, kw_only=True)
class PushPull(GossipMode):
    """Both: who has an item sends it for some rounds, and who lacks it asks in every round.

    Of n nodes with one contact each per round all know after about log3 n + O(log log n) rounds [2]_.

    Parameters
    ----------
    rounds, at_once:
        As for `Push`.
    """

    rounds: int = quantity(1, at_least=1, advice="give a whole number of rounds, e.g. 1")
    at_once: bool = quantity(True, advice="give True or False")

    @property
    def pushes(self) -> int:
        """Rounds of sending."""
        return self.rounds

    @property
    def pulls(self) -> bool:
        """Everybody who lacks it asks."""
        return True

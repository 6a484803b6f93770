"""Purification: two pairs into one better one, over and over."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

from .entanglement import BellDiagonal, Purified, bbpssw, compared, dejmps
from .operations import PERFECT, Operations

__all__ = ["BBPSSW", "DEJMPS", "Purification"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Purification(Part, ABC):
    """A nested schedule of purification: two pairs of one level make one of the next, if both ends agree.

    A pair of level r takes 2^r pairs if nothing fails, r + 1 memories at either end, and the time for the readouts to
    reach the other end at each step. A scheme of one's own derives from this class and gives `step`.

    Parameters
    ----------
    rounds:
        Levels r.

    References
    ----------
    .. [1] W. Duer, H.-J. Briegel, "Entanglement purification and quantum error correction", Rep. Prog. Phys. 70, 1381
       (2007): nested schedules.
    """

    rounds: int = quantity(1, at_least=1, at_most=20, advice="give a whole number, e.g. 1; None for no purification")

    @abstractmethod
    def step(self, first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> Purified:
        """What becomes of two pairs of the same level, and how probable it is."""

    def steps(self, first: Floats, second: Floats, operations: Operations = PERFECT) -> tuple[Floats, Floats]:
        """`step` of many pairs of pairs, shapes (steps, 4): what becomes of each, and how probable it is.

        One after the other unless a scheme knows a quicker way.
        """
        both = zip(first.tolist(), second.tolist(), strict=True)
        made = [self.step(BellDiagonal(*one), BellDiagonal(*other), operations) for one, other in both]
        return np.array([m.pair for m in made]).reshape(-1, 4), np.array([m.success for m in made])

    def ladder(self, pair: BellDiagonal, operations: Operations = PERFECT) -> list[Purified]:
        """The pairs of levels 1 to ``rounds`` from pairs like ``pair`` that never wait."""
        levels: list[Purified] = []
        for _ in range(self.rounds):
            made = self.step(pair, pair, operations)
            levels.append(made)
            pair = made.pair
        return levels


@dataclass(frozen=True, kw_only=True)
class BBPSSW(Purification):
    """The first scheme [1]_: pairs are twirled to Werner pairs before and after each step.

    References
    ----------
    .. [1] C. H. Bennett et al., Phys. Rev. Lett. 76, 722 (1996); see `qflsim.quantum.entanglement.bbpssw`.

    *Validation*: the ladder .7353 .7732 .8119 .8495 .8837 .9130 from 0.7; its circuit on density matrices.
    """

    def step(self, first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> Purified:
        """Only the fidelities count: the rest is twirled away."""
        return bbpssw(first.fidelity, second.fidelity, operations)

    def steps(self, first: Floats, second: Floats, operations: Operations = PERFECT) -> tuple[Floats, Floats]:
        """The same for all at once."""
        made = compared(BellDiagonal(*_twirled(first).T), BellDiagonal(*_twirled(second).T), operations)
        return _twirled(np.stack(made.pair, axis=1)), np.asarray(made.success)


@dataclass(frozen=True, kw_only=True)
class DEJMPS(Purification):
    """The scheme that turns both pairs before each step, so that every other step removes the other kind of error [1]_.

    References
    ----------
    .. [1] D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996); see `qflsim.quantum.entanglement.dejmps`.

    *Validation*: the ladder .7353 .8459 .9344 .9720 .9970 .9998 from a Werner pair of 0.7; its circuit on density
    matrices.
    """

    def step(self, first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> Purified:
        """Turn, compare, keep if the ends agree."""
        return dejmps(first, second, operations)

    def steps(self, first: Floats, second: Floats, operations: Operations = PERFECT) -> tuple[Floats, Floats]:
        """The same for all at once."""
        made = dejmps(BellDiagonal(*first.T), BellDiagonal(*second.T), operations)
        return np.stack(made.pair, axis=1), np.asarray(made.success)


def _twirled(pairs: Floats) -> Floats:
    """Werner pairs of the same fidelities."""
    rest = np.repeat((1.0 - pairs[:, :1]) / 3.0, 3, axis=1)
    return np.concatenate([pairs[:, :1], rest], axis=1)

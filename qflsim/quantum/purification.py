"""Purification: two pairs into one better one, over and over."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity

from .entanglement import BellDiagonal, Purified, bbpssw, dejmps
from .operations import PERFECT, Operations

__all__ = ["BBPSSW", "DEJMPS", "Purification"]


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


@dataclass(frozen=True, kw_only=True)
class DEJMPS(Purification):
    """The scheme that turns both pairs before each step, so that every other step removes the other kind of error [1]_.

    References
    ----------
    .. [1] D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996); see `qflsim.quantum.entanglement.dejmps`.

    *Validation*: the ladder .7353 .8460 .9344 .9720 .9970 .9998 from a Werner pair of 0.7; its circuit on density
    matrices.
    """

    def step(self, first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> Purified:
        """Turn, compare, keep if the ends agree."""
        return dejmps(first, second, operations)

"""Who has how much at stake."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fnmatch import fnmatchcase

from qflsim.checks import Part, quantity

__all__ = ["EqualStakes", "MixedStakes", "Stakes"]


@dataclass(frozen=True, kw_only=True)
class Stakes(Part, ABC):
    """What validators have deposited; their votes, and their chances to propose, weigh as much."""

    @abstractmethod
    def stake(self, node: str) -> float:
        """Stake of ``node``, in any unit, > 0."""


@dataclass(frozen=True, kw_only=True)
class EqualStakes(Stakes):
    """Everybody has as much at stake."""

    def stake(self, node: str) -> float:
        """One."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class MixedStakes(Stakes):
    """Some validators have more at stake than the rest.

    Parameters
    ----------
    usual:
        Stake of all others.
    special:
        Pairs of a name, in which ``*`` stands for anything, and the stake of such nodes; the first that fits holds.

    Examples
    --------
    >>> MixedStakes(special=(("server-*", 5.0),)).stake("server-2")
    5.0
    """

    usual: float = quantity(1.0, above=0, advice="give a number > 0, e.g. 1")
    special: tuple[tuple[str, float], ...] = ()

    def check(self) -> None:
        """Refuse a stake of nothing."""
        for pattern, stake in self.special:
            if not stake > 0:
                raise ValueError(f"MixedStakes.special must give stakes > 0, got {stake!r} for {pattern!r}; e.g. 5.0")

    def stake(self, node: str) -> float:
        """Stake of ``node``."""
        return next((stake for pattern, stake in self.special if fnmatchcase(node, pattern)), self.usual)

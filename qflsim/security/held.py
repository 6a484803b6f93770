"""Which nodes an adversary has a hold on, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from qflsim.checks import quantity
from qflsim.security.threat import Threat

__all__ = ["HeldNodes"]


@dataclass(frozen=True, kw_only=True)
class HeldNodes(Threat):
    """A threat to some nodes, for a time.

    Parameters
    ----------
    nodes:
        Their names; ``*`` stands for anything, as in ``device-1-*``.
    share:
        In place of names, the share of the devices and of the servers, each rounded down, drawn at random.
    start, end:
        From when [s] until when.
    """

    nodes: tuple[str, ...] = ()
    share: float = quantity(0.0, at_least=0, at_most=1, advice="give a share, e.g. 0.2")
    start: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 60 * s")
    end: float = quantity(float("inf"), unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 120 * s")

    def check(self) -> None:
        """Refuse two ways of saying to whom, and an end before the start."""
        name = type(self).__name__
        if self.nodes and self.share:
            raise ValueError(f"{name} must have either nodes or a share > 0, got {self.nodes!r} and {self.share!r}")
        if self.end <= self.start:
            raise ValueError(f"{name}.end must be > start, got {self.start!r} s and {self.end!r} s; swap them?")
        self._check_somebody(name)

    def _check_somebody(self, name: str) -> None:
        if not self.nodes and not self.share:
            raise ValueError(f"{name} must have nodes or a share > 0; give one of them, e.g. share=0.2")

    def active(self, now: float) -> bool:
        """Whether it goes on at a time [s]."""
        return self.start <= now < self.end

    def targets(self, roles: Mapping[str, str], rng: np.random.Generator) -> Iterable[str]:
        """The nodes named, or the share of them."""
        if self.nodes:
            return [name for pattern in self.nodes for name in self._meant(pattern, roles)]
        if not self.share:
            return roles
        return [name for role in ("device", "server") for name in self._drawn(role, roles, rng)]

    def _meant(self, pattern: str, roles: Mapping[str, str], field: str = "nodes") -> list[str]:
        found = [name for name in roles if fnmatchcase(name, pattern)]
        if not found:
            raise ValueError(
                f"{type(self).__name__}.{field} names {pattern!r}, which is no node; they are {', '.join(roles)}"
            )
        return found

    def _drawn(self, role: str, roles: Mapping[str, str], rng: np.random.Generator) -> list[str]:
        known = [name for name, its in roles.items() if its == role]
        count = int(self.share * len(known) + 1e-9)
        return [known[place] for place in sorted(rng.permutation(len(known))[:count].tolist())]

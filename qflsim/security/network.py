"""Adversaries in the network: what they do to messages, whatever these are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from qflsim.checks import quantity
from qflsim.security.held import HeldNodes

__all__ = ["Duplication", "MessageLoss", "PacketAdversary", "Partition", "Reordering", "SlowNodes"]


@dataclass(frozen=True, kw_only=True)
class _OnLinks(HeldNodes):
    """A threat to the messages that begin or end at some nodes; at all nodes, if none are named."""

    def _check_somebody(self, name: str) -> None:
        """Nobody named means everybody."""

    def fate(self, now: float, kind: str, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        """As otherwise, but while the threat goes on."""
        return self._meddled(now, source, destination, rng) if self.active(now) else (0.0,)

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        """What becomes of a message meanwhile."""
        return (0.0,)


@dataclass(frozen=True, kw_only=True)
class MessageLoss(_OnLinks):
    """Messages are lost, each by its own chance.

    Parameters
    ----------
    loss:
        Share of messages lost.
    """

    loss: float = quantity(0.1, above=0, at_most=1, advice="give a share, e.g. 0.1")

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        return () if rng.random() < self.loss else (0.0,)


@dataclass(frozen=True, kw_only=True)
class Duplication(_OnLinks):
    """Messages are sent twice, each by its own chance; the second copy loads the links too.

    Parameters
    ----------
    doubled:
        Share of messages sent twice.

    *Scope*: a receiver takes in the first copy and drops the second.
    """

    doubled: float = quantity(0.1, above=0, at_most=1, advice="give a share, e.g. 0.1")

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        return (0.0, 0.0) if rng.random() < self.doubled else (0.0,)


@dataclass(frozen=True, kw_only=True)
class Reordering(_OnLinks):
    """Messages wait, each by its own chance and for a time of its own, and so overtake each other.

    Parameters
    ----------
    late:
        Share of messages that wait.
    delay:
        Longest wait [s]; it is uniform up to that.
    """

    late: float = quantity(0.5, above=0, at_most=1, advice="give a share, e.g. 0.5")
    delay: float = quantity(0.1, unit="s", above=0, advice="give it in seconds, e.g. 0.1 * s")

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        return (self.delay * float(rng.random()),) if rng.random() < self.late else (0.0,)


@dataclass(frozen=True, kw_only=True)
class SlowNodes(HeldNodes):
    """Nodes whose messages leave late.

    Parameters
    ----------
    delay:
        How much later [s] than otherwise.

    *Scope*: only what they send is late; what they compute takes as long as ever.
    """

    delay: float = quantity(1.0, unit="s", above=0, advice="give it in seconds, e.g. 1 * s")

    def fate(self, now: float, kind: str, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        """Late, if it is they who send."""
        return (self.delay,) if self.active(now) and self._held_by_name(source) else (0.0,)

    def check(self) -> None:
        """Refuse a share: whose messages are late must be known by name."""
        super().check()
        if self.share:
            raise ValueError(f"SlowNodes must have nodes, got share = {self.share!r}; give e.g. nodes=('server-2',)")

    def _held_by_name(self, node: str) -> bool:
        return any(fnmatchcase(node, pattern) for pattern in self.nodes)


@dataclass(frozen=True, kw_only=True)
class Partition(_OnLinks):
    """The network falls apart at ``start`` and heals at ``end``: messages between parts are lost meanwhile.

    Parameters
    ----------
    parts:
        Names of the nodes of each part, in which ``*`` stands for anything; nodes of none form one more part.
    kept:
        Whether messages between parts are kept until the network heals, instead of lost.
    """

    parts: tuple[tuple[str, ...], ...] = ()
    kept: bool = quantity(False, advice="give True or False")

    def check(self) -> None:
        """Refuse a network in one piece, and messages that are kept for ever."""
        super().check()
        if not self.parts:
            raise ValueError(
                "Partition.parts must name a part, got none; give e.g. parts=(('server-1', 'device-1-*'),)"
            )
        if self.kept and self.end == float("inf"):
            raise ValueError("Partition.end must be finite if messages are kept, got inf; give it, e.g. end=60 * s")

    def targets(self, roles: Mapping[str, str], rng: np.random.Generator) -> Iterable[str]:
        """As of any threat to links; every part must name nodes that there are, and no node may be in two parts."""
        seen: set[str] = set()
        for part in self.parts:
            nodes = {node for pattern in part for node in self._meant(pattern, roles, "parts")}
            if twice := sorted(nodes & seen):
                raise ValueError(
                    f"Partition.parts must have no node in common, got {twice[0]!r} twice; leave it in one"
                )
            seen |= nodes
        return super().targets(roles, rng)

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        if self._part(source) == self._part(destination):
            return (0.0,)
        return (self.end - now,) if self.kept else ()

    def _part(self, node: str) -> int:
        parts = enumerate(self.parts)
        return next((i for i, names in parts if any(fnmatchcase(node, name) for name in names)), len(self.parts))


@dataclass(frozen=True, kw_only=True)
class PacketAdversary(_OnLinks):
    """An adversary that holds the whole network, but must deliver every message in time [1]_.

    From ``calm`` on it can delay a message by at most ``bound``. It uses that as roughly as it can: each message is
    delayed by all or by nothing, by a coin, so that any two that are sent within the bound may overtake each other.
    Before ``calm`` it holds back everything, until ``calm`` and up to the bound longer. With ``calm`` = 0 the network
    is one of bounded delay, otherwise one of eventual synchrony, whose time of calm no node knows.

    Parameters
    ----------
    bound:
        Longest delay [s] that it adds.
    calm:
        Time [s] from which it must keep to the bound: the global stabilisation time.

    References
    ----------
    .. [1] C. Dwork, N. Lynch, L. Stockmeyer, "Consensus in the presence of partial synchrony", J. ACM 35 (1988).

    *Scope*: an adversary that looks at what it delays is a class of one's own that overrides `Threat.fate`.
    """

    bound: float = quantity(1.0, unit="s", above=0, advice="give it in seconds, e.g. 1 * s")
    calm: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 60 * s")

    def _meddled(self, now: float, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        held_back = self.bound if rng.random() < 0.5 else 0.0
        return (max(0.0, self.calm - now) + held_back,)

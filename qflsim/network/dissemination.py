"""Dissemination: how a block, or a transaction, that some nodes have comes to all others of a group.

A way to do so is a state machine per node that knows neither clock nor network. The world calls `Relay.expect`,
`Relay.release`, `Relay.handle` and `Relay.expire`; each returns effects, which the world carries out: it sends packets
over its links and wakes relays. A dissemination of your own derives from `Dissemination` and `Relay`; the stock ones do
no more.

Who has obtained an item checks it first and passes it on when the world says that it may (`Relay.release`): what is
forged goes no further.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar, overload

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.crypto.keyring import IDENTITY_BYTE
from qflsim.network.overlay import RandomOverlay

__all__ = [
    "CONTROL_BYTE", "Direct", "Dissemination", "Effect", "Effects", "Item", "Obtain", "Others", "Packet", "Pass",
    "Relay", "Wake", "control", "whole",
]  # fmt: skip

CONTROL_BYTE = 1 + IDENTITY_BYTE + 32
"""Bytes of a packet that only names an item: its kind, its sender, and the item's SHA-256."""


def _nothing(node: str) -> Collection[int]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is to come to everybody: a block or transactions.

    Parameters
    ----------
    name:
        Its own name, in a group never used twice.
    kind:
        What its packets are called in the traces.
    size_bit:
        Bits of a packet that carries all of it.
    head_bit:
        Of a block: bits of that packet without the transactions; the same as ``size_bit`` for anything else.
    parts:
        Of a block: bits of each of its transactions; None for anything else.
    held:
        Which of these, by index, a node holds already, from whatever came to it before.
    """

    name: str
    kind: str
    size_bit: float
    head_bit: float
    parts: tuple[float, ...] | None = None
    held: Callable[[str], Collection[int]] = field(default=_nothing, compare=False)


@dataclass(slots=True, kw_only=True)
class Packet:
    """One message between two relays; the world takes its sender as authenticated.

    Parameters
    ----------
    sender, kind, item, size_bit:
        Who sent it, the dissemination's word for it, what it is about, and its bits.
    carries:
        Whether it carries the item, or what stands for it; the second such packet at a node is a duplicate.
    parts:
        Transactions, by index, that are asked for or brought.
    """

    sender: str
    kind: str
    item: Item
    size_bit: float
    carries: bool = False
    parts: tuple[int, ...] = ()


@dataclass(slots=True)
class Pass:
    """Send ``packet`` to one node of the group."""

    to: str
    packet: Packet


@dataclass(slots=True)
class Wake:
    """Call `Relay.expire` with ``timer`` after ``delay`` [s]; ``about`` is the item for whose sake."""

    timer: str
    delay: float
    about: Item


@dataclass(slots=True)
class Obtain:
    """The node has all of ``item`` now; once per node and item.

    ``fetched`` are the transactions, by index, that it was sent for that; empty if it was sent the item as it is.
    ``rebuilt`` tells that it put the item together from transactions, and so has them all.
    """

    item: Item
    fetched: tuple[int, ...] = ()
    rebuilt: bool = False


Effect = Pass | Wake | Obtain
Effects = tuple[Effect, ...]


class Others(Sequence[str]):
    """All ``members`` of a group but ``me``, in their order, without a copy of their list for every node."""

    def __init__(self, members: tuple[str, ...], me: str) -> None:
        self._members = members
        self._me = members.index(me)

    def __len__(self) -> int:
        return len(self._members) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(f"there are {len(self)} others, got number {place}")
        return self._members[place + (place >= self._me)]


class Relay(ABC):
    """One node's part in spreading the items of one group."""

    @abstractmethod
    def release(self, now: float, item: Item) -> Effects:
        """The node holds ``item``, its own or obtained and found right: pass it on."""

    @abstractmethod
    def handle(self, now: float, packet: Packet) -> Effects:
        """Take in a packet of another node."""

    def expect(self, now: float, item: Item) -> Effects:
        """An item is out that this node does not have: look for it, if that is this dissemination's way.

        The world tells every node. It knows no more by that than a node that looks all the time would find out; looking
        while there is nothing to be found is not simulated.
        """
        return ()

    def expire(self, now: float, timer: str) -> Effects:
        """Take in that the world was asked to wake this relay; what no longer matters changes nothing."""
        return ()

    def rests(self, item: Item) -> bool:
        """Whether the node will do nothing more about ``item`` unless a packet comes; then its spread can end."""
        return True

    def forget(self, item: Item) -> None:  # noqa: B027 (a hook: most relays keep nothing that grows)
        """The world is done with ``item``."""


@dataclass(frozen=True, kw_only=True)
class Dissemination(Part, ABC):
    """How blocks and transactions come to everybody.

    It carries what a validator sends to all others with a block in it, the transactions that members of a committee
    send each other, and committed blocks on their way to ``followers``. Votes go directly.

    Parameters
    ----------
    followers:
        Nodes that keep a copy of chains without validating them, and are sent every committed block: names in which
        ``*`` stands for anything, e.g. ``("device-*",)``. None by default: a chain is kept by its validators.
    followed:
        The chains that they keep, in the same way.
    public:
        A peer-to-peer network of nodes outside the federation that keep these chains too, which every committed block
        floods from its node 0, the proposer's way in; computed in one pass (`qflsim.network.flooding.flood`), exactly
        as long as no other block is still under way there. They act on nothing in the run. None by default.

    Raises
    ------
    ValueError
        If a name is empty.
    """

    ordered: ClassVar[bool] = False
    """Whether the order of the members matters, so that a group is made anew when it changes."""

    followers: tuple[str, ...] = quantity((), advice="name nodes, e.g. ('device-*',)")
    followed: tuple[str, ...] = quantity(("global",), advice="name chains, e.g. ('global', 'shard-*')")

    public: RandomOverlay | None = None

    @abstractmethod
    def relay(self, me: str, members: tuple[str, ...], rng: np.random.Generator) -> Relay:
        """The part of ``me`` in a group of ``members``, which are the same in the same order for all."""

    def relays(self, members: tuple[str, ...], rng: Callable[[str], np.random.Generator]) -> dict[str, Relay]:
        """The parts of all ``members``; ``rng`` gives the random stream of each."""
        return {member: self.relay(member, members, rng(member)) for member in members}

    @property
    def name(self) -> str:
        """What it is called in the traces."""
        return type(self).__name__

    def check(self) -> None:
        """Refuse empty names."""
        for name, value in (("followers", self.followers), ("followed", self.followed)):
            if not all(value):
                raise ValueError(f"{type(self).__name__}.{name} must be names, got {value!r}; write e.g. ('global',)")
        for pattern in self.followed:
            if not fnmatchcase("global", pattern) and not pattern.startswith(("shard", "lmuc", "*")):
                raise ValueError(
                    f"{type(self).__name__}.followed must name chains, 'global', 'shard-...' or 'lmuc-...', got "
                    f"{pattern!r}; write e.g. ('global', 'shard-*')"
                )


@dataclass(frozen=True, kw_only=True)
class Direct(Dissemination):
    """Whoever has something sends a copy to every other node of the group, and nobody passes anything on.

    n - 1 copies leave the same node one after the other: what its uplink carries grows with the group. A copy that is
    lost is lost.

    *Scope*: copies leave in the order of the members.

    *Validation*: n - 1 messages and no duplicate.
    """

    ordered: ClassVar[bool] = True

    def relay(self, me: str, members: tuple[str, ...], rng: np.random.Generator) -> Relay:
        """The part of ``me``."""
        return _DirectRelay(me, members)


class _DirectRelay(Relay):
    def __init__(self, me: str, members: tuple[str, ...]) -> None:
        self._me = me
        self._others = Others(members, me)
        self._obtained: set[str] = set()

    def release(self, now: float, item: Item) -> Effects:
        if item.name in self._obtained:
            return ()
        return tuple(Pass(other, whole(self._me, item)) for other in self._others)

    def handle(self, now: float, packet: Packet) -> Effects:
        if packet.item.name in self._obtained:
            return ()
        self._obtained.add(packet.item.name)
        return (Obtain(packet.item),)

    def forget(self, item: Item) -> None:
        self._obtained.discard(item.name)


def whole(sender: str, item: Item) -> Packet:
    """A packet with all of an item."""
    return Packet(sender=sender, kind=item.kind, item=item, size_bit=item.size_bit, carries=True)


def control(sender: str, kind: str, item: Item) -> Packet:
    """A packet that only names an item."""
    return Packet(sender=sender, kind=kind, item=item, size_bit=8.0 * CONTROL_BYTE)

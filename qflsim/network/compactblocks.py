"""Compact blocks: a block travels as its header and short names of its transactions; only missing ones are sent.

References
----------
.. [1] M. Corallo, BIP 152, "Compact block relay" (2016): messages, sizes, high and low bandwidth.
.. [2] Bitcoin protocol reference, developer.bitcoin.org: inventory entries of 36 bytes, CompactSize.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qflsim.checks import Recurring, quantity
from qflsim.network.dissemination import (
    Dissemination,
    Effect,
    Effects,
    Item,
    Obtain,
    Others,
    Packet,
    Pass,
    Relay,
    Wake,
    whole,
)
from qflsim.network.gossip import distinct
from qflsim.units import s

__all__ = ["CompactBlocks", "compact_byte", "compact_size_byte", "request_byte", "transactions_byte"]

HIGH_BANDWIDTH = 3  # peers that a node of Bitcoin asks to send blocks unasked [1]_
SHORT_ID_BYTE = 6
NONCE_BYTE = 8
HASH_BYTE = 32
INVENTORY_BYTE = 1 + 36  # a count, and one entry: kind and hash
ANNOUNCE, GET, LOCATE = "inv", "getdata", "getheaders"
COMPACT, GET_MISSING, MISSING = "cmpctblock", "getblocktxn", "blocktxn"
LOCATE_BYTE = 4 + 1 + 2 * HASH_BYTE  # version, a count, one hash to begin from and one to end at


def compact_size_byte(number: int) -> int:
    """Bytes of a number in Bitcoin's variable-length form: 1, 3, 5 or 9 [2]_."""
    return 1 if number < 0xFD else 3 if number <= 0xFFFF else 5 if number <= 0xFFFF_FFFF else 9


def compact_byte(header_byte: float, transactions: int) -> float:
    """Bytes of a block as header, nonce and short names of its transactions, none of them prefilled [1]_."""
    names = compact_size_byte(transactions) + SHORT_ID_BYTE * transactions
    return header_byte + NONCE_BYTE + names + compact_size_byte(0)


def request_byte(missing: Sequence[int]) -> int:
    """Bytes of a request for transactions by their indices, in order, each as the gap to the one before [1]_."""
    gaps = [second - first - 1 for first, second in pairwise((-1, *missing))]
    return HASH_BYTE + compact_size_byte(len(gaps)) + sum(compact_size_byte(gap) for gap in gaps)


def transactions_byte(sizes: Sequence[float]) -> float:
    """Bytes of the answer to such a request [1]_."""
    return HASH_BYTE + compact_size_byte(len(sizes)) + sum(sizes)


@dataclass(frozen=True, kw_only=True)
class CompactBlocks(Dissemination):
    """Blocks in short form [1]_: what a node holds already, from its gathering or its mempool, is not sent again.

    Every node opens connections to some others, at random; both ends use them. Peers of whom it asked it (high
    bandwidth) send it every new block in short form as soon as they have it whole, before they have checked it; others
    (low bandwidth) announce a block once it is checked, and send its short form on request. A node that lacks
    transactions of a block asks for these by index. Anything but blocks is announced and sent on request.

    Parameters
    ----------
    connections:
        Connections that each node opens; 8 (Bitcoin Core, from memory).
    high_bandwidth:
        How many of these peers it asks to send blocks unasked; ``None`` for 3 [1]_, or all of fewer connections.
    patience:
        Time [s] after which what was asked for is asked for elsewhere; 2 s (assumption).
    repair:
        Period [s] in which a node that has heard of nothing asks a random peer what is new; 5 s (assumption).

    Notes
    -----
    Bytes: compact block h + 8 + c(m) + 6 m + 1 for a header of h bytes and m transactions, c being 1, 3 or 5 bytes;
    request 32 + c(k) + gaps; answer 32 + c(k) + transactions; announcement and request of a block 37.

    *Scope*: connections and their modes stand since before the first block and stay. No transaction is prefilled:
    there is no coinbase. Short names never collide (2^-48 each). Of a block whose transactions nobody has seen before,
    all are asked for. Packet headers of the transport are not counted.

    *Validation*: sizes of BIP 152; bytes sent when all, some and none of the transactions are held.
    """

    connections: int = quantity(8, at_least=1, advice="give a whole number, e.g. 8")
    high_bandwidth: int | None = quantity(None, at_least=0, advice="give a whole number, e.g. 3, or None")
    patience: float = quantity(2.0 * s, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")
    repair: float = quantity(
        5.0 * s, unit="s", above=0, recurring=Recurring("repairs", 1e7, while_deciding=True),
        advice="give it in seconds, e.g. 5 * s",
    )  # fmt: skip

    def check(self) -> None:
        """Refuse more peers of high bandwidth than connections."""
        super().check()
        if self.high_bandwidth is not None and self.high_bandwidth > self.connections:
            raise ValueError(
                f"CompactBlocks.high_bandwidth must be <= connections = {self.connections}, got "
                f"{self.high_bandwidth}; lower it, or leave it out"
            )

    @property
    def unasked(self) -> int:
        """Peers that a node asks to send blocks unasked."""
        return min(HIGH_BANDWIDTH, self.connections) if self.high_bandwidth is None else self.high_bandwidth

    def relay(self, me: str, members: tuple[str, ...], rng: np.random.Generator) -> "CompactRelay":
        """The part of ``me``, with the connections that it opens."""
        return CompactRelay(self, me, members, rng)

    def relays(self, members: tuple[str, ...], rng: Callable[[str], np.random.Generator]) -> dict[str, Relay]:
        """The parts of all, each knowing who opened a connection to it and who asked it for blocks."""
        relays = {member: self.relay(member, members, rng(member)) for member in members}
        for me, relay in relays.items():
            for place, peer in enumerate(relay.opened):
                relays[peer].meet(me, asked=place < self.unasked)
        return dict(relays)


class CompactRelay(Relay):
    """One node's part.

    Attributes
    ----------
    opened:
        Peers that it chose; the first of them it asks to send blocks unasked.
    """

    def __init__(self, terms: CompactBlocks, me: str, members: tuple[str, ...], rng: np.random.Generator) -> None:
        self._terms = terms
        self._me = me
        self._rng = rng
        self.opened = distinct(Others(members, me), terms.connections, rng)
        self._peers = dict.fromkeys(self.opened, False)  # and whether each has asked for blocks unasked
        self._has: set[str] = set()
        self._busy: set[str] = set()  # names of what was asked for
        self._offers: dict[str, list[str]] = {}  # who else has an item that was asked for
        self._aware: dict[str, set[str]] = {}  # peers that have an item, or were told of it
        self._items: dict[str, Item] = {}

    def meet(self, peer: str, *, asked: bool) -> None:
        """A peer has opened a connection, and has asked, or not, for blocks unasked."""
        self._peers[peer] = asked or self._peers.get(peer, False)

    def expect(self, now: float, item: Item) -> Effects:
        self._items[item.name] = item
        return (Wake(f"repair {item.name}", self._terms.repair, item),)

    def release(self, now: float, item: Item) -> Effects:
        own = item.name not in self._has
        self._items[item.name] = item
        self._has.add(item.name)
        return (*(self._hand_on(item) if own else ()), *self._announce(item))

    def handle(self, now: float, packet: Packet) -> Effects:
        item, sender, has = packet.item, packet.sender, packet.item.name in self._has
        self._items[item.name] = item
        match packet.kind:
            case "inv":
                self._aware_of(item).add(sender)
                return () if has else self._offered(item, sender)
            case "getdata":
                return (Pass(sender, self._short(item)),) if has else ()
            case "getblocktxn":
                return (Pass(sender, self._missing(item, packet.parts)),) if has else ()
            case "getheaders":
                return (Pass(sender, self._packet(ANNOUNCE, item, INVENTORY_BYTE)),) if has else ()
            case "cmpctblock":
                self._aware_of(item).add(sender)
                return () if has else self._rebuild(item, sender)
        return () if has else self._obtain(item, packet.parts)

    def expire(self, now: float, timer: str) -> Effects:
        what, _, name = timer.partition(" ")
        item = self._items.get(name)
        if item is None or name in self._has:
            return ()
        if what == "repair":
            again = Wake(timer, self._terms.repair, item)
            if name in self._busy or not self._peers:
                return (again,)
            peers = tuple(self._peers)
            asked = self._packet(LOCATE, item, LOCATE_BYTE)
            return (Pass(peers[int(self._rng.integers(len(peers)))], asked), again)
        self._busy.discard(name)
        offers = self._offers.get(name)
        return self._offered(item, offers.pop(0)) if offers else ()

    def rests(self, item: Item) -> bool:
        return item.name in self._has

    def forget(self, item: Item) -> None:
        for table in (self._offers, self._aware, self._items):
            table.pop(item.name, None)
        self._has.discard(item.name)
        self._busy.discard(item.name)

    def _aware_of(self, item: Item) -> set[str]:
        return self._aware.setdefault(item.name, set())

    def _offered(self, item: Item, sender: str) -> Effects:
        """Somebody has it: ask for it, or remember that if it has been asked for."""
        if item.name in self._busy:
            self._offers.setdefault(item.name, []).append(sender)
            return ()
        return self._ask(item, sender, self._packet(GET, item, INVENTORY_BYTE))

    def _ask(self, item: Item, whom: str, packet: Packet) -> Effects:
        self._busy.add(item.name)
        return (Pass(whom, packet), Wake(f"fetch {item.name}", self._terms.patience, item))

    def _rebuild(self, item: Item, sender: str) -> Effects:
        """Put a block together from what is held; ask for the rest."""
        held = set(item.held(self._me))
        missing = tuple(i for i in range(len(item.parts or ())) if i not in held)
        if not missing:
            return self._obtain(item, ())
        request = self._packet(GET_MISSING, item, request_byte(missing))
        request.parts = missing
        return self._ask(item, sender, request)

    def _obtain(self, item: Item, fetched: tuple[int, ...]) -> Effects:
        self._has.add(item.name)
        self._busy.discard(item.name)
        return (Obtain(item, fetched, rebuilt=item.parts is not None), *self._hand_on(item))

    def _hand_on(self, item: Item) -> list[Effect]:
        """Blocks, unasked, to the peers that asked for that."""
        if item.parts is None:
            return []
        return [Pass(peer, self._short(item)) for peer in self._unaware(item, asked=True)]

    def _announce(self, item: Item) -> list[Effect]:
        told = self._unaware(item, asked=None if item.parts is None else False)
        return [Pass(peer, self._packet(ANNOUNCE, item, INVENTORY_BYTE)) for peer in told]

    def _unaware(self, item: Item, *, asked: bool | None) -> list[str]:
        """Peers of one kind, or of both, that are not known to have an item; from now on they are."""
        aware = self._aware_of(item)
        peers = [peer for peer, wants in self._peers.items() if peer not in aware and asked in (wants, None)]
        aware.update(peers)
        return peers

    def _short(self, item: Item) -> Packet:
        """A block in short form; anything else whole."""
        if item.parts is None:
            return whole(self._me, item)
        size_byte = compact_byte(item.head_bit / 8.0, len(item.parts))
        return Packet(sender=self._me, kind=COMPACT, item=item, size_bit=8.0 * size_byte, carries=True)

    def _missing(self, item: Item, asked: tuple[int, ...]) -> Packet:
        size_bit = 8.0 * transactions_byte([(item.parts or ())[i] / 8.0 for i in asked])
        return Packet(sender=self._me, kind=MISSING, item=item, size_bit=size_bit, parts=asked)

    def _packet(self, kind: str, item: Item, size_byte: float) -> Packet:
        return Packet(sender=self._me, kind=kind, item=item, size_bit=8.0 * size_byte)

"""One item on its way through a group of nodes: their relays, packets over the links, and when everybody had it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf, nan
from typing import Protocol

from qflsim.network.dissemination import Dissemination, Effects, Item, Obtain, Packet, Pass, Wake
from qflsim.network.reach import SHARES, reached_by
from qflsim.trace import Propagation

from .context import Context
from .media import Action

__all__ = ["About", "Got", "Group", "Post", "Spread", "times_of"]


class Post(Protocol):
    """Sends a packet over the links: of kind, from source to destination, of a size; what follows it, or its loss."""

    def __call__(
        self, kind: str, source: str, destination: str, size_bit: float, arrived: Action, lost: Action
    ) -> None:
        """Send it; one of the two follows, once."""


Got = Callable[[str, Obtain, Callable[[bool], None]], None]
"""What a node does with what it has obtained: checks it, then says whether it passes it on."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What an item is, for the table: its chain and height, or what sort of transactions; and its digest."""

    chain: str
    height: int
    digest: str = ""


class Group:
    """Nodes among which items spread, each with its relay.

    Parameters
    ----------
    ctx:
        The run's shared services.
    policy:
        How items spread.
    topic:
        What it is about; names the relays' random streams.
    members:
        Names of the nodes.
    """

    def __init__(self, ctx: Context, policy: Dissemination, topic: str, members: tuple[str, ...]) -> None:
        self.ctx = ctx
        self.policy = policy
        self.members = members
        self.relays = policy.relays(members, partial(ctx.streams.fresh, "dissemination", topic, str(ctx.round)))
        self._spreads: dict[str, Spread] = {}
        self._count = 0
        self._acting = 0
        self._changed: dict[Spread, None] = {}

    def name(self, text: str) -> str:
        """A name that no other item of this group has."""
        self._count += 1
        return f"{text}#{self._count}"

    def enter(self, spread: "Spread") -> None:
        """A spread begins."""
        self._spreads[spread.item.name] = spread

    def leave(self, spread: "Spread") -> None:
        """A spread has ended: nobody need remember the item."""
        del self._spreads[spread.item.name]
        for relay in self.relays.values():
            relay.forget(spread.item)

    def perform(self, node: str, effects: Effects) -> None:
        """Do what the relay of ``node`` asks for."""
        with self.whole():
            for effect in effects:
                match effect:
                    case Pass(to=to, packet=packet):
                        self._spreads[packet.item.name].carry(node, to, packet)
                    case Wake(timer=timer, delay=delay):
                        self.ctx.after(delay, partial(self._wake, node, timer))
                    case Obtain():
                        self._spreads[effect.item.name].obtained(node, effect)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """No spread ends before all of this is done; then those do that have come to their end."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1
        if not self._acting:
            changed, self._changed = self._changed, {}
            for spread in changed:
                spread.look()

    def change(self, spread: "Spread") -> None:
        """Something has happened after which a spread may have come to its end."""
        self._changed[spread] = None

    def _wake(self, node: str, timer: str) -> None:
        with self.whole():
            self._changed.update(dict.fromkeys(self._spreads.values()))
            self.perform(node, self.relays[node].expire(self.ctx.now, timer))


class Spread:
    """One item on its way to all members of a group.

    Parameters
    ----------
    group, item, about:
        Among whom what spreads, and what it is called in the table.
    post:
        Sends a packet.
    got:
        What a node does with the item.
    closed:
        Told when it has come to its end.
    """

    def __init__(
        self, group: Group, item: Item, about: About, post: Post, got: Got, closed: Action = lambda: None
    ) -> None:
        self.item = item
        self._group = group
        self._about = about
        self._post = post
        self._got = got
        self._closed = closed
        self._round = group.ctx.round
        self._source = ""
        self._times: dict[str, float] = {}
        self._started = 0.0
        self._under_way = 0  # packets on the links, and nodes that are checking what they obtained
        self._messages = self._duplicates = 0
        self._size_bit = 0.0
        self._begun = self._stopped = self._recorded = False

    def start(self, source: str) -> None:
        """Let ``source`` have the item now."""
        now = self._started = self._group.ctx.now
        self._begun = True
        self._source = source
        self._group.enter(self)
        relays = self._group.relays
        with self._group.whole():
            self._group.change(self)
            for node in self._group.members:
                if node != source:
                    self._group.perform(node, relays[node].expect(now, self.item))
            self._group.perform(source, relays[source].release(now, self.item))

    def carry(self, source: str, destination: str, packet: Packet) -> None:
        """Send a packet."""
        self._messages += 1
        self._size_bit += packet.size_bit
        self._under_way += 1
        arrived = partial(self._arrived, destination, packet)
        self._post(packet.kind, source, destination, packet.size_bit, arrived, self._lost)

    def obtained(self, node: str, obtain: Obtain) -> None:
        """A node has the item; when it has checked it, it passes it on."""
        if self._has(node):
            return
        self._times[node] = self._group.ctx.now
        self._under_way += 1
        self._got(node, obtain, partial(self._checked, node))

    def look(self) -> None:
        """End if nothing is under way and no relay will do anything more."""
        if self._under_way or self._stopped:
            return
        if all(relay.rests(self.item) for relay in self._group.relays.values()):
            self.close()

    def stop(self) -> None:
        """Nobody passes it on any more; copies under way still arrive."""
        if self._begun and not self._stopped:
            self._stopped = True
            self._group.leave(self)

    def close(self) -> None:
        """End, and write down who had it when."""
        self.stop()
        if self._begun and not self._recorded:
            self._recorded = True
            self._record()
            self._closed()

    def _arrived(self, node: str, packet: Packet) -> None:
        if packet.carries and self._has(node):
            self._duplicates += 1
        with self._group.whole():
            if not self._stopped:
                self._group.perform(node, self._group.relays[node].handle(self._group.ctx.now, packet))
            elif packet.carries and packet.kind == self.item.kind:
                self.obtained(node, Obtain(self.item))
            self._end_one()

    def _checked(self, node: str, right: bool) -> None:
        with self._group.whole():
            if right and not self._stopped:
                self._group.perform(node, self._group.relays[node].release(self._group.ctx.now, self.item))
            self._end_one()

    def _has(self, node: str) -> bool:
        return node == self._source or node in self._times

    def _lost(self) -> None:
        with self._group.whole():
            self._end_one()

    def _end_one(self) -> None:
        self._under_way -= 1
        self._group.change(self)

    def _record(self) -> None:
        ctx, about, times = self._group.ctx, self._about, list(self._times.values())
        nodes = len(self._group.members) - 1
        if not nodes:
            return

        ctx.record(
            Propagation(
                round=self._round,
                chain=about.chain,
                height=about.height,
                kind=self.item.kind,
                dissemination=self._group.policy.name,
                source=self._source,
                digest=about.digest,
                started_s=self._started,
                nodes=nodes,
                reached=len(times),
                **times_of(lambda share: reached_by(times, nodes, share) - self._started),
                messages=self._messages,
                duplicates=self._duplicates,
                item_bit=self.item.size_bit,
                size_bit=self._size_bit,
            )
        )


def times_of(reached: Callable[[float], float]) -> dict[str, float]:
    """The columns of times to shares of the nodes; NaN for a share that was not reached."""
    times = {f"p{100 * share:.0f}_s": reached(share) for share in SHARES}
    return {column: time if time < inf else nan for column, time in times.items()}

"""The key network on the timeline: keys between any two nodes, from their own link or relayed over trusted nodes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Literal

from qflsim.crypto.keydelivery import key_name
from qflsim.crypto.keyrouting import Ends, KeyGraph, KeyRouting, ends_of
from qflsim.crypto.keystore import KeyRequest
from qflsim.trace import Key

from .context import Context
from .fabric import Fabric
from .keylink import KeyLink
from .media import Action, nothing

__all__ = ["KEY_ID_BYTE", "KeyDraw", "KeyNetwork", "RelayMaker", "key_row"]

KEY_ID_BYTE = 16
"""Bytes of a key's identifier, a UUID, by which a message says with which key it was sealed."""

RETRY_S = 1.0
"""Time [s] after which a relay that was lost on the way is tried again by `RelayMaker` (assumption)."""


class KeyDraw:
    """One key on its way to two nodes.

    ``waiting`` until the stores of all links on the path have its bits, ``relayed`` while they are sent from node to
    node, then ``granted``; or ``failed``: not there by the deadline, withdrawn, lost on the way, or no path leads
    there.
    """

    __slots__ = (
        "bits",
        "ended_s",
        "hops",
        "key_id",
        "lowest",
        "path",
        "ready_s",
        "requested_s",
        "requests",
        "state",
        "then",
    )

    def __init__(self, now: float, path: Sequence[str], bits: float) -> None:
        self.go(path)
        self.bits = bits
        self.requested_s = now
        self.ready_s = self.ended_s = float("nan")
        self.state: Literal["waiting", "relayed", "granted", "failed"] = "waiting"
        self.requests: list[tuple[KeyLink, KeyRequest]] = []
        self.lowest: KeyRequest | None = None
        self.key_id = ""
        self.then: Action = nothing

    def go(self, path: Sequence[str]) -> None:
        """Take this path."""
        self.path = tuple(path)
        self.hops = max(0, len(path) - 1)

    @property
    def ends(self) -> Ends:
        """The two nodes that get the key, the one that makes it first."""
        return self.path[0], self.path[-1]

    @property
    def pending(self) -> bool:
        """Whether the key is neither there nor given up."""
        return self.state in ("waiting", "relayed")


class KeyNetwork:
    """Nodes, the key links between them, and the relay of keys over trusted nodes.

    Two nodes with a link of their own draw from its store. Others get a key that the first of them makes and the
    nodes on a path pass on, each hop encrypted with a one-time pad from that link's store: h hops take h bits of link
    key for each bit delivered, and every node on the path knows the key. The bits are set aside on all links before
    the first hop begins, and given back if one of them does not have them in time. A satellite on the path is passed
    over in one message between its stations: after every contact it has announced the XOR of what it shares with them.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links for messages: each hop is one message.
    links:
        The key links, by their ends.
    routing:
        How a path is chosen.
    aloft:
        The nodes that are satellites.
    visited:
        Links that make key only when a device comes to an anchor: two nodes with such a link draw from it if it holds
        the bits, else their key is relayed over whatever links hold most.

    Notes
    -----
    *Scope*: the nodes on a path are trusted and honest. What a satellite announces is known on the ground at once.
    What a hop needs to authenticate its message is not counted.

    *Validation*: bits drawn from all links = hops x bits delivered; nothing is lost by relays that are given up.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        links: Mapping[Ends, KeyLink],
        routing: KeyRouting,
        aloft: Collection[str] = (),
        visited: Collection[Ends] = (),
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._aloft = aloft
        self._visited = visited
        self._waiting: dict[KeyDraw, float] = {}  # draws that may have to go another way, and their deadlines
        self.links = links
        ordered = list(links.values())
        leaves = {node for ends in visited for node in ends} - {
            node for ends in links if ends not in visited for node in ends
        }
        graph = KeyGraph(list(links), lambda number: ordered[number].spare_bit, leaves)
        self._choose = routing.chooser(graph)
        self._relayed = 0

    def path(self, source: str, target: str, bits: float = 0.0) -> tuple[str, ...]:
        """The nodes through which a key of ``bits`` would go now, both ends included; empty if no path leads there."""
        ends = ends_of(source, target)
        if ends in self.links and (ends not in self._visited or self.links[ends].spare_bit >= bits):
            return source, target
        return self._choose(self._ctx.now, source, target)

    def reconsider(self, device: str, anchor: str) -> None:
        """Let draws at ``device`` that wait for its key with another anchor go by ``anchor``, to which it has come."""
        for draw in [draw for draw in self._waiting if device in draw.ends and self._starved(draw)]:
            first, last = draw.ends
            other = last if first == device else first
            way = self.path(other, anchor, draw.bits) if other != anchor else (anchor,)
            if way:
                self._release(draw)
                draw.go((*way, device) if first == other else (device, *reversed(way)))
                self._ask(draw, self._waiting[draw])

    def _starved(self, draw: KeyDraw) -> bool:
        """Whether a draw waits for key that is only made in front of an anchor."""
        return any(request.state == "waiting" and link.ends in self._visited for link, request in draw.requests)

    def draw(
        self, source: str, target: str, bits: float, deadline_s: float, then: Callable[[KeyDraw], object]
    ) -> KeyDraw:
        """Have ``bits`` of key put at both nodes; ``then`` is called when they are, or when the draw has failed.

        It is not called if the draw is granted or failed before this returns.
        """
        draw = KeyDraw(self._ctx.now, self.path(source, target, bits), bits)
        if not draw.path:
            draw.state, draw.ended_s = "failed", self._ctx.now
            return draw
        self._ask(draw, deadline_s)
        if draw.pending:
            draw.then = partial(then, draw)
            if self._visited:
                self._waiting[draw] = deadline_s
        return draw

    def _ask(self, draw: KeyDraw, deadline_s: float) -> None:
        """Request the bits on every link of the path."""
        ended = partial(self._hop_ended, draw)
        for first, second in pairwise(draw.path):
            link = self.links[ends_of(first, second)]
            draw.requests.append((link, link.request(draw.bits, deadline_s, ended)))
        self._look(draw)

    def withdraw(self, draw: KeyDraw) -> None:
        """Give up a draw; bits that are set aside go back, a key that is being relayed is used up."""
        if draw.state == "waiting":
            self._release(draw)
        if draw.pending:
            draw.state, draw.ended_s, draw.then = "failed", self._ctx.now, nothing
            self._waiting.pop(draw, None)

    def _hop_ended(self, draw: KeyDraw, request: KeyRequest) -> None:
        if draw.state != "waiting":
            return
        if request.state == "expired":
            self._release(draw)
            self._end(draw, "failed")
        else:
            self._look(draw)

    def _look(self, draw: KeyDraw) -> None:
        """Go on if all links have the bits."""
        lowest = draw.requests[0][1]
        for _, request in draw.requests:
            if request.state != "served":
                return
            if request.level_bit < lowest.level_bit:
                lowest = request
        draw.ready_s, draw.lowest = self._ctx.now, lowest
        self._ctx.totals.qkd_bit += draw.bits * draw.hops
        if draw.hops == 1:
            ((link, request),) = draw.requests
            draw.key_id = link.deliver(request).key_ID
            self._end(draw, "granted")
            return
        for link, request in draw.requests:
            link.hand_out(request)
        draw.state = "relayed"
        self._pass_on(draw, 0)

    def _pass_on(self, draw: KeyDraw, hop: int) -> None:
        """The key, encrypted with the pad of this hop, to the next node on the ground."""
        if draw.state != "relayed":
            return
        stops = [node for node in draw.path if node not in self._aloft]
        if hop == len(stops) - 1:
            draw.key_id = key_name(f"{draw.path[0]} {draw.path[-1]} relayed", self._relayed)
            self._relayed += 1
            self._end(draw, "granted")
            return
        size_bit = draw.bits + 8.0 * KEY_ID_BYTE
        arrived, lost = partial(self._pass_on, draw, hop + 1), partial(self._end, draw, "failed")
        self._fabric.send("key-relay", stops[hop], stops[hop + 1], size_bit, arrived, lost)

    def _release(self, draw: KeyDraw) -> None:
        requests, draw.requests = draw.requests, []
        for link, request in requests:
            if request.state in ("waiting", "served"):
                link.withdraw(request)

    def _end(self, draw: KeyDraw, state: Literal["granted", "failed"]) -> None:
        if draw.pending:
            draw.state, draw.ended_s = state, self._ctx.now
            self._waiting.pop(draw, None)
            draw.then()


def key_row(
    ctx: Context,
    ends: Ends,
    source: str,
    purpose: str,
    requested_s: float,
    granted_s: float,
    kem_bit: float,
    draw: KeyDraw | None,
) -> Key:
    """The row of the key table for one key; ``draw`` is its part from QKD, None without one."""
    used = draw if draw is not None and draw.lowest is not None else None  # bits were taken from the stores
    there = used is not None and used.state == "granted"
    lowest = used.lowest if used is not None else None
    store_wait_s = 0.0 if draw is None else (draw.ended_s if used is None else used.ready_s) - requested_s
    return Key(
        round=ctx.round,
        first=ends[0],
        second=ends[1],
        source=source,
        purpose=purpose,
        requested_s=requested_s,
        granted_s=granted_s,
        store_wait_s=store_wait_s,
        relay_s=used.ended_s - used.ready_s if used is not None else 0.0,
        qkd_bit=used.bits if used is not None and there else 0.0,
        kem_bit=kem_bit,
        path=">".join(used.path) if used is not None else "",
        hops=used.hops if used is not None else 0,
        known_to=len(used.path) if used is not None and there else 0,
        link_bit=used.bits * used.hops if used is not None else 0.0,
        made_bit=lowest.made_bit if lowest is not None else 0.0,
        drawn_bit=lowest.drawn_bit if lowest is not None else 0.0,
        level_bit=lowest.level_bit if lowest is not None else 0.0,
        key_id=used.key_id if used is not None else "",
    )


class RelayMaker:
    """Fills a store between two nodes without a link of their own: lots of key, relayed when the store runs low.

    Parameters
    ----------
    ctx, network:
        The run's shared services, and the key network that relays.
    lot_bit:
        Bits of one lot.
    relayed:
        Told of every lot that has arrived.
    """

    def __init__(self, ctx: Context, network: KeyNetwork, lot_bit: float, relayed: Callable[[KeyDraw], object]) -> None:
        self._ctx = ctx
        self._network = network
        self._lot_bit = lot_bit
        self._relayed = relayed

    def make(self, link: KeyLink) -> None:
        """Order one lot; one that is lost on the way is ordered again."""
        draw = self._network.draw(*link.ends, self._lot_bit, float("inf"), partial(self._done, link))
        if not draw.pending:
            self._done(link, draw)

    def _done(self, link: KeyLink, draw: KeyDraw) -> None:
        if draw.state == "granted":
            self._relayed(draw)
            link.put(draw.bits)
            link.idle()
        else:
            self._ctx.after(RETRY_S, link.idle)

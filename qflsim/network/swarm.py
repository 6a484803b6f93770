"""Relays on a network in memory, packet by packet: to count what they send and to time what they reach.

It knows no way of dissemination: it hands packets over, wakes relays and notes who has what, in the order of time; at
equal times packets come first, those for the nodes of lower number before others, and of one node's those from the
senders of lower number, then wake-ups in the order in which they were asked for.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import inf

from qflsim.network.dissemination import Effects, Item, Obtain, Packet, Pass, Relay, Wake
from qflsim.network.fibre import FifoQueue
from qflsim.network.overlay import Overlay

__all__ = ["Swarm"]

_ARRIVE, _TAKE, _RELEASE, _WAKE = range(4)


class Swarm:
    """Nodes 0 to n - 1 with their relays, each with an upload and a download that it shares among all it talks to.

    Parameters
    ----------
    relays:
        The relay of each node, by name, in the order of their numbers.
    delay:
        Delay [s] from one node to another, by their numbers.
    upload, download:
        Rates [bit/s] of each node, or of all.
    checking:
        Time [s] for which a node checks an item before it passes it on.
    lost:
        Whether the next packet, from one number to another, is lost.

    Attributes
    ----------
    obtained_s:
        When each node had all of each item, by name of the item and number of the node.
    sent:
        Packets by kind.
    size_bit:
        Bits of all of them.
    duplicates:
        Packets with an item that came to a node that had it.
    """

    def __init__(
        self,
        relays: Mapping[str, Relay],
        delay: Callable[[int, int], float],
        *,
        upload: float | Sequence[float] = inf,
        download: float | Sequence[float] = inf,
        checking: float = 0.0,
        lost: Callable[[int, int], bool] = lambda source, target: False,
    ) -> None:
        self.relays = list(relays.values())
        self._number = {name: i for i, name in enumerate(relays)}
        self._delay = delay
        self._checking = checking
        self._lost = lost
        n = len(self.relays)
        self._up = [FifoQueue(rate, 0.0) for rate in _each(upload, n)]
        self._down = [FifoQueue(rate, 0.0) if rate < inf else None for rate in _each(download, n)]
        self._events: list[tuple[float, int, int, int, int, object]] = []
        self._count = 0
        self.now = 0.0
        self.obtained_s: dict[str, dict[int, float]] = {}
        self.sent: Counter[str] = Counter()
        self.size_bit = 0.0
        self.duplicates = 0

    @classmethod
    def on(cls, overlay: Overlay, relays: Mapping[str, Relay], *, checking: float = 0.0) -> "Swarm":
        """The same nodes and links as those of ``overlay``; only connected nodes can send to each other."""
        delays = {
            (i, int(j)): float(d)
            for i in range(overlay.nodes)
            for j, d in zip(overlay.served_by(i), overlay.delays_of(i), strict=True)
        }
        return cls(
            relays, lambda i, j: delays[i, j], upload=overlay.upload.tolist(), download=overlay.download.tolist(),
            checking=checking,
        )  # fmt: skip

    def spread(self, item: Item, origin: int = 0) -> "Swarm":
        """Tell every node of ``item``, and let ``origin`` have it now."""
        self.obtained_s[item.name] = {origin: self.now}
        for node, relay in enumerate(self.relays):
            if node != origin:
                self._perform(node, relay.expect(self.now, item))
        self._perform(origin, self.relays[origin].release(self.now, item))
        return self

    def run(self, until: float = inf, *, stop: Callable[[], bool] | None = None) -> "Swarm":
        """Go on until nothing is left to do, a time [s] is passed, or ``stop`` says so after an event."""
        while self._events and self._events[0][0] <= until:
            self.now, what, node, sender, _, content = heapq.heappop(self._events)
            self._do(what, node, sender, content)
            if stop is not None and stop():
                break
        return self

    def reached(self, item: Item) -> int:
        """How many nodes have an item, where it began included."""
        return len(self.obtained_s[item.name])

    def _do(self, what: int, node: int, sender: int, content: object) -> None:
        if isinstance(content, Packet):
            queue = self._down[node] if what == _ARRIVE else None
            if queue is not None:
                self._at(queue.send(self.now, content.size_bit), _TAKE, node, sender, content)
            else:
                if content.carries and node in self.obtained_s[content.item.name]:
                    self.duplicates += 1
                self._perform(node, self.relays[node].handle(self.now, content))
        elif isinstance(content, Item):
            self._perform(node, self.relays[node].release(self.now, content))
        elif isinstance(content, str):
            self._perform(node, self.relays[node].expire(self.now, content))

    def _perform(self, node: int, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Pass(to=to, packet=packet):
                    self._send(node, self._number[to], packet)
                case Wake(timer=timer, delay=delay):
                    self._at(self.now + delay, _WAKE, node, 0, timer)
                case Obtain(item=item):
                    self.obtained_s[item.name][node] = self.now
                    if self._checking:
                        self._at(self.now + self._checking, _RELEASE, node, 0, item)
                    else:
                        self._perform(node, self.relays[node].release(self.now, item))

    def _send(self, source: int, target: int, packet: Packet) -> None:
        self.sent[packet.kind] += 1
        self.size_bit += packet.size_bit
        leaves = self._up[source].send(self.now, packet.size_bit)
        if not self._lost(source, target):
            self._at(leaves + self._delay(source, target), _ARRIVE, target, source, packet)

    def _at(self, time: float, what: int, node: int, sender: int, content: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (time, what, node, sender, self._count, content))


def _each(rate: float | Sequence[float], n: int) -> list[float]:
    return [rate] * n if isinstance(rate, (int, float)) else list(rate)

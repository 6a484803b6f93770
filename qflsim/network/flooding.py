"""A block that floods a peer-to-peer network, all at once: who has it when, without a single message.

References
----------
.. [1] C. Decker, R. Wattenhofer, "Information propagation in the Bitcoin network", IEEE P2P (2013).
.. [2] E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.network.overlay import Overlay
from qflsim.network.reach import reached_by

__all__ = ["Flood", "flood"]


@dataclass(frozen=True)
class Flood:
    """How one block spread.

    Attributes
    ----------
    obtained_s:
        When [s] after the start each node had all of it; inf for those it never came to, shape (nodes,).
    parent:
        From whom each had it; -1 for where it began and for those it never came to, shape (nodes,).
    copies, duplicates:
        Copies sent, and those that came to a node that had it, or had one coming before.
    """

    obtained_s: NDArray[np.float64]
    parent: NDArray[np.int64]
    copies: int
    duplicates: int

    def reached(self, share: float) -> float:
        """Time [s] after which this share of the nodes had it, where it began counted out; inf if it never did."""
        others = np.delete(self.obtained_s, int(np.flatnonzero(self.obtained_s == 0.0)[0]))
        return reached_by(others.tolist(), len(others), share)


def flood(
    overlay: Overlay, size_bit: float, *, origin: int = 0, checking: float | Sequence[float] = 0.0, back: bool = False
) -> Flood:
    """Let a block flood a network from ``origin``: whoever has it, and has checked it, sends it to all its peers.

    A node's copies leave one after the other at its upload rate, in the order of its peers, and arrive a delay later;
    there they come in at the download rate. It sends none to whom it had it from. Of copies that come at the same time
    that from the peer of the lowest number counts. As no link carries anything else, the first copy waits for nobody,
    and the times are those of shortest paths [2]_ whose last leg depends only on how one got there: one pass finds all
    of them exactly, in the arithmetic that messages one by one would take (`qflsim.network.swarm`), bit for bit.

    Parameters
    ----------
    overlay:
        The network, e.g. ``qfl.RandomOverlay(nodes=10_000).draw(rng)``.
    size_bit:
        Bits of the block.
    origin:
        Number of the node that has it at time 0.
    checking:
        Time [s] for which a node checks the block before it passes it on; one number, or one per node.
    back:
        Whether a node also sends to whom it had it from, as in gossip with blind targets.

    Raises
    ------
    ValueError
        If there is no such origin, or the size or a time is negative.

    Notes
    -----
    *Scope*: one block at a time and nothing else on the links; nobody fails and nothing is lost. Compiled once per
    machine (some seconds), then kept.

    *Validation*: equal, bit for bit, to the same nodes exchanging messages; networkx's shortest paths where nothing
    queues.
    """
    n = overlay.nodes
    if not 0 <= origin < n:
        raise ValueError(f"origin must be a node from 0 to {n - 1}, got {origin!r}")
    waits = np.broadcast_to(np.asarray(checking, dtype=np.float64), (n,))
    if not size_bit >= 0.0 or not np.all(waits >= 0.0):
        raise ValueError(f"size_bit and checking must be >= 0, got {size_bit!r} bit and {checking!r} s")
    obtained, parent, copies = _kernel()(
        overlay.begin, overlay.peers, overlay.delay, size_bit / overlay.upload, size_bit / overlay.download,
        np.ascontiguousarray(waits), origin, back,
    )  # fmt: skip
    informed = int(np.isfinite(obtained).sum())
    return Flood(obtained, parent, int(copies), int(copies) - (informed - 1))


@cache
def _kernel() -> Any:
    """The pass, compiled."""
    from numba import njit

    return njit(cache=True)(_spread)


def _spread(
    begin: Any, peers: Any, delay: Any, sending: Any, taking_in: Any, checking: Any, origin: int, back: bool
) -> Any:
    """Settle one node after the other in the order in which they obtain the block."""
    n = len(begin) - 1
    arrived = np.full(n, np.inf)
    obtained = np.full(n, np.inf)
    parent = np.full(n, -1)
    settled = np.zeros(n, dtype=np.bool_)
    arrived[origin] = 0.0
    copies = 0
    waiting = [(0.0, origin)]
    while waiting:
        time, node = heappop(waiting)
        if settled[node]:
            continue
        settled[node] = True
        obtained[node] = time
        leaves = time + checking[node] if node != origin else time
        for edge in range(begin[node], begin[node + 1]):
            peer = peers[edge]
            if peer == parent[node] and not back:
                continue
            copies += 1
            leaves += sending[node]
            at_peer = leaves + delay[edge]
            first = at_peer < arrived[peer] or (at_peer == arrived[peer] and node < parent[peer])
            if first and not settled[peer]:
                arrived[peer] = at_peer
                parent[peer] = node
                heappush(waiting, (at_peer + taking_in[peer], peer))
    return obtained, parent, copies

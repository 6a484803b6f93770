"""A gossip mesh in the manner of gossipsub: blocks are pushed along few links, and named to others now and then.

References
----------
.. [1] D. Vyzovitis, libp2p specifications, "gossipsub v1.0" and "gossipsub v1.1": D, D_low, D_high, D_lazy,
   GRAFT, PRUNE, IHAVE, IWANT, heartbeat, message cache and prune backoff.
.. [2] D. Vyzovitis, Y. Napora, D. McCormick, D. Dias, Y. Psaras, "GossipSub: attack-resilient message propagation in
   the Filecoin and ETH2.0 networks", arXiv:2007.02754 (2020).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    control,
    whole,
)
from qflsim.network.gossip import distinct
from qflsim.units import minute, s

__all__ = ["GossipMesh", "MeshRelay"]

GRAFT, PRUNE, IHAVE, IWANT = "graft", "prune", "ihave", "iwant"


@dataclass(frozen=True, kw_only=True)
class GossipMesh(Dissemination):
    """Every node keeps links to a few others, along which items are pushed; to some more it only names what it has.

    A node grafts ``degree`` others into its mesh, both ways, and sends on along it whatever is new as soon as it has
    checked it (eager push). At every heartbeat it grafts or prunes if its mesh has become smaller than ``low`` or
    larger than ``high``, and names the items of the last ``history`` heartbeats to ``lazy`` random others (IHAVE),
    which ask for what they lack (IWANT): so what the links lost is made up for [2]_.

    Parameters
    ----------
    degree, low, high:
        D, D_low and D_high of the mesh: 6, 5 and 12 [1]_, D_low as in implementations (4 in the document,
        from memory).
    lazy, share:
        IHAVE goes to D_lazy = 6 others, or to a quarter of those outside the mesh if that is more [1]_.
    heartbeat:
        Time [s] between heartbeats; 1 s [1]_. Every node has its own phase.
    history:
        Heartbeats for which an item is named; 3 [1]_.
    follow_up:
        Time [s] after which an item that was asked for and did not come is asked for elsewhere; 3 s [1]_.
    backoff:
        Time [s] for which whom a node pruned is not grafted again; 1 min [1]_.

    Raises
    ------
    ValueError
        If not low <= degree <= high.

    Notes
    -----
    *Scope*: one topic; no scores of peers, no flood publishing, no opportunistic grafting. A cache keeps what is named
    for as long as the world knows of it. Heartbeats on which a node would send nothing are not simulated.

    *Validation*: degrees after some heartbeats within the bounds, meshes mutual; the eager part equal, bit for bit, to
    a flood over the mesh; healing under loss.
    """

    degree: int = quantity(6, at_least=1, advice="give a whole number of peers, e.g. 6")
    low: int = quantity(5, at_least=1, advice="give a whole number of peers, e.g. 5")
    high: int = quantity(12, at_least=1, advice="give a whole number of peers, e.g. 12")
    lazy: int = quantity(6, at_least=0, advice="give a whole number of nodes, e.g. 6")
    share: float = quantity(0.25, at_least=0, at_most=1, advice="give a share, e.g. 0.25")
    heartbeat: float = quantity(
        1.0 * s, unit="s", above=0, recurring=Recurring("heartbeats", 1e7, while_deciding=True),
        advice="give it in seconds, e.g. 1 * s",
    )  # fmt: skip
    history: int = quantity(3, at_least=1, advice="give a whole number of heartbeats, e.g. 3")
    follow_up: float = quantity(3.0 * s, unit="s", above=0, advice="give it in seconds, e.g. 3 * s")
    backoff: float = quantity(1.0 * minute, unit="s", at_least=0, advice="give it in seconds, e.g. 1 * minute")

    def check(self) -> None:
        """Refuse bounds that do not hold the degree between them."""
        super().check()
        if not self.low <= self.degree <= self.high:
            raise ValueError(
                f"GossipMesh.degree must lie between low = {self.low} and high = {self.high}, got {self.degree}; "
                "give e.g. degree=6, low=5, high=12"
            )

    def relay(self, me: str, members: tuple[str, ...], rng: np.random.Generator) -> "MeshRelay":
        """The part of ``me``."""
        return MeshRelay(self, me, members, rng)


class MeshRelay(Relay):
    """One node of the mesh.

    Attributes
    ----------
    mesh:
        Its peers in the mesh, in the order of their coming, which is that of sending.
    """

    def __init__(self, terms: GossipMesh, me: str, members: tuple[str, ...], rng: np.random.Generator) -> None:
        self._terms = terms
        self._me = me
        self._others = Others(members, me)
        self._rng = rng
        self._phase = float(rng.random())
        self._joined = self._beating = False
        self.mesh: dict[str, None] = {}
        self._refused: dict[str, float] = {}  # whom not to graft until when [s]
        self._items: dict[str, Item] = {}
        self._sender: dict[str, str] = {}  # of what was obtained; nobody for what is its own
        self._named: dict[str, int] = {}  # heartbeats at which a released item was named
        self._offers: dict[str, list[str]] = {}  # who named an item that is not there yet; the first was asked

    def settle(self, peers: Iterable[str]) -> None:
        """Have this mesh from the beginning."""
        self._joined, self.mesh = True, dict.fromkeys(peers)

    def expect(self, now: float, item: Item) -> Effects:
        """Enter the mesh and begin to have heartbeats."""
        self._items[item.name] = item
        return (*self._join(item), *self._beat(now, item))

    def release(self, now: float, item: Item) -> Effects:
        """Push it along the mesh, but not to whom it came from."""
        self._items[item.name] = item
        sender = self._sender.setdefault(item.name, "")
        self._named[item.name] = 0
        effects = [*self._join(item), *self._beat(now, item)]
        return (*effects, *(Pass(peer, whole(self._me, item)) for peer in self.mesh if peer != sender))

    def handle(self, now: float, packet: Packet) -> Effects:
        """Take in a packet of another node."""
        match packet.kind:
            case "graft":
                return self._grafted(now, packet)
            case "prune":
                self._drop(now, packet.sender)
                return ()
            case "ihave":
                return self._told(packet)
            case "iwant":
                return self._asked(packet)
        if packet.item.name in self._sender:
            return ()
        self._items[packet.item.name] = packet.item
        self._sender[packet.item.name] = packet.sender
        self._offers.pop(packet.item.name, None)
        return (Obtain(packet.item),)

    def expire(self, now: float, timer: str) -> Effects:
        """A heartbeat, or the time for an item that was asked for is over."""
        if timer == "heartbeat":
            return self._on_heartbeat(now)
        return self._ask_another(timer.partition(" ")[2])

    def rests(self, item: Item) -> bool:
        """Whether it has been named for as long as it should be, or nobody has named it here."""
        if item.name in self._named:
            return self._named[item.name] >= self._terms.history
        return not self._offers.get(item.name)

    def forget(self, item: Item) -> None:
        """Neither name it any more nor answer requests for it."""
        for table in (self._items, self._sender, self._named, self._offers):
            table.pop(item.name, None)

    def _join(self, item: Item) -> list[Effect]:
        """Enter the mesh, once."""
        if self._joined:
            return []
        self._joined = True
        return self._graft(distinct(self._others, self._terms.degree, self._rng), item)

    def _graft(self, peers: Iterable[str], item: Item) -> list[Effect]:
        effects: list[Effect] = []
        for peer in peers:
            self.mesh[peer] = None
            effects.append(Pass(peer, control(self._me, GRAFT, item)))
        return effects

    def _grafted(self, now: float, packet: Packet) -> Effects:
        if packet.sender in self.mesh:
            return ()
        if self._refused.get(packet.sender, now) > now:
            return (Pass(packet.sender, control(self._me, PRUNE, packet.item)),)
        self.mesh[packet.sender] = None
        return ()

    def _drop(self, now: float, peer: str) -> None:
        self.mesh.pop(peer, None)
        self._refused[peer] = now + self._terms.backoff

    def _beat(self, now: float, item: Item) -> list[Effect]:
        """Begin to have heartbeats, at the next one of this node's phase."""
        if self._beating:
            return []
        self._beating = True
        period = self._terms.heartbeat
        return [Wake("heartbeat", period - (now - self._phase * period) % period, item)]

    def _on_heartbeat(self, now: float) -> Effects:
        """Keep the mesh, name what is new; rest when nothing is."""
        lively = [self._items[name] for name, beats in self._named.items() if beats < self._terms.history]
        missing = [item for name, item in self._items.items() if name not in self._named]
        if not lively and not missing:
            self._beating = False
            return ()
        about = (lively or missing)[0]
        effects = [*self._maintain(now, about), *self._name(lively)]
        return (*effects, Wake("heartbeat", self._terms.heartbeat, about))

    def _maintain(self, now: float, about: Item) -> list[Effect]:
        """Graft or prune down to the degree if the mesh has left its bounds."""
        terms = self._terms
        if len(self.mesh) > terms.high:
            dropped = distinct(tuple(self.mesh), len(self.mesh) - terms.degree, self._rng)
            for peer in dropped:
                self._drop(now, peer)
            return [Pass(peer, control(self._me, PRUNE, about)) for peer in dropped]
        if len(self.mesh) < terms.low:
            free = [o for o in self._others if o not in self.mesh and self._refused.get(o, now) <= now]
            return self._graft(distinct(free, terms.degree - len(self.mesh), self._rng), about)
        return []

    def _name(self, lively: Sequence[Item]) -> list[Effect]:
        """Tell some nodes outside the mesh what is new."""
        count = max(self._terms.lazy, int(self._terms.share * (len(self._others) - len(self.mesh))))
        effects: list[Effect] = []
        for item in lively:
            self._named[item.name] += 1
            effects += [Pass(other, control(self._me, IHAVE, item)) for other in self._outside(count)]
        return effects

    def _outside(self, count: int) -> list[str]:
        """So many random nodes outside the mesh, or all of them."""
        drawn = distinct(self._others, count + len(self.mesh), self._rng) if count else []
        return [other for other in drawn if other not in self.mesh][:count]

    def _told(self, packet: Packet) -> Effects:
        name = packet.item.name
        if name in self._sender:
            return ()
        self._items[name] = packet.item
        offers = self._offers.setdefault(name, [])
        offers.append(packet.sender)
        return self._ask(packet.item, packet.sender) if len(offers) == 1 else ()

    def _ask(self, item: Item, whom: str) -> Effects:
        asked = Pass(whom, control(self._me, IWANT, item))
        return (asked, Wake(f"want {item.name}", self._terms.follow_up, item))

    def _ask_another(self, name: str) -> Effects:
        """The one that was asked has not sent it: ask the next who named it, or again in the end."""
        offers = self._offers.get(name)
        if not offers:
            return ()
        if len(offers) == 1:
            del self._offers[name]  # the next who names it will be asked
            return ()
        offers.pop(0)
        return self._ask(self._items[name], offers[0])

    def _asked(self, packet: Packet) -> Effects:
        item = self._items.get(packet.item.name)
        return (Pass(packet.sender, whole(self._me, item)),) if item and item.name in self._named else ()

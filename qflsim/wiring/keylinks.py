"""The QKD links of one world: who shares a key store with whom, what fills it, and what the terminals take."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

from qflsim.checks import ScenarioError
from qflsim.crypto.keyaccess import AnchorAccess
from qflsim.crypto.keyrouting import Ends, ends_of
from qflsim.network.layouts import Point
from qflsim.nodes.anchors import Anchors
from qflsim.nodes.keylink import BlockMaker, KeyLink
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.quantum.keyrates import QKD
from qflsim.units import km

from .fibres import Fibres
from .space import SpaceNetwork

__all__ = ["KeyLinks"]


class KeyLinks:
    """Key links: from devices to servers, along every edge of the backhaul, and from every satellite to its stations.

    Devices have fibres to their servers, or make key in front of stations (`AnchorAccess`). One that moves has no
    fibre: without anchors the key of its last hop comes from the fallback of the key source.

    The publisher has QKD boxes only where key is asked of it, or where no key could be relayed without it.

    Parameters
    ----------
    fibres:
        What they are laid over.
    space:
        The satellites: trusted nodes whose links are filled pass by pass.
    position:
        Where a device is now.

    Attributes
    ----------
    links:
        All key links, by their ends.
    visited:
        Those that make key only while a device stands in front of an anchor.
    capacity:
        Mean key rate [bit/s] of those along fibres, while nobody listens.

    Raises
    ------
    ScenarioError
        If two nodes that need QKD keys have no path of links within reach, or tags or satellites are asked for without
        QKD.
    """

    def __init__(self, fibres: Fibres, space: SpaceNetwork, position: Callable[[str], Point]) -> None:
        self._aloft = [ends_of(satellite, s) for satellite, stations in space.stations.items() for s in stations]
        self._scenario = scenario = fibres.scenario
        self._placement = placement = fibres.placement
        self._ctx = ctx = fibres.ctx
        self._laid = fibres
        self._payers = [who for who, way in scenario.authentications.items() if way.key_bit(first=True) > 0.0]
        self._tags = bool(self._payers)
        qkd, access = scenario.keys.qkd, scenario.key_access
        self._anchors: Anchors | None = None
        self.visited: Collection[Ends] = ()
        self.capacity: dict[Ends, float] = {}
        if qkd is None:
            self._refuse_without_qkd()
            self.links: dict[Ends, KeyLink] = {}
            return
        if isinstance(access, AnchorAccess):
            sites = {server: placement.positions[server] for server in placement.servers}
            devices, moves = tuple(placement.home), scenario.moves
            self._anchors = Anchors(ctx, access, sites, devices, position, scenario.key_store, moves=moves)
            self.visited = self._anchors.links.keys()
            if access.qkd.blocks(0.0, rng=ctx.streams.fresh("qkd")) is not None:
                self._refuse_unauthenticated()
        elif scenario.moves:
            self._refuse_fibres_to_the_moving()
        lengths = self._lengths(qkd)
        self._refuse_apart(qkd, lengths)
        self.links = {ends: self._link(qkd, ends, length) for ends, length in lengths.items()}
        self.capacity = {ends: self._rate(qkd, ends, length) for ends, length in lengths.items()}
        self.links |= {ends: KeyLink(ctx, ends, scenario.key_store) for ends in self._aloft}
        if self._anchors is not None:
            self.links |= self._anchors.links
        space.listeners.append(self._from_above)

    def upkeep(self, duration: float) -> None:
        """Charge QKD terminals, which run whether key is drawn or not, for ``duration`` [s]; write down their key.

        The devices of a cell share one receiver at their server in time; every backhaul link has a pair of its own. A
        station's receiver runs while a satellite sends; what the satellite takes comes from the Sun. An anchor's
        receiver always runs, a device's sender while it is in front of one.
        """
        model, charge = self._scenario.energy.qkd, self._ctx.energy.charge
        if self.links:
            for server in self._placement.servers:
                if self._fibres(server) or self._anchors is not None:
                    charge(server, "qkd", model.receiver_energy(duration))
        if self._anchors is not None:
            for device in self._placement.home:
                charge(device, "qkd", model.transmitter_energy(self._anchors.contact_s(device)))
        for (first, second), link in self.links.items():
            link.close_round()
            if (first, second) in self._aloft or (first, second) in self.visited:
                continue
            charge(first, "qkd", model.transmitter_energy(duration))
            if second not in self._placement.home and first not in self._placement.home:
                charge(second, "qkd", model.receiver_energy(duration))

    def on_meeting(self, told: Callable[[str, str], object]) -> None:
        """Let ``told`` know of every device that comes to an anchor, and which."""
        if self._anchors is not None:
            self._anchors.met = told

    def pairs(self) -> Iterator[Ends]:
        """Every two nodes that ask for QKD keys."""
        servers = self._placement.servers
        devices = {server: self._laid.reached[server] if self._anchors else self._fibres(server) for server in servers}
        for server in servers:
            yield from (ends_of(server, device) for device in devices[server])
        yield from (ends_of(*pair) for pair in itertools.combinations(servers, 2))
        if self._tags:
            yield from (ends_of("publisher", server) for server in servers)
            for server in servers:
                yield from (ends_of(*pair) for pair in itertools.combinations(devices[server], 2))

    def _fibres(self, server: str) -> Sequence[str]:
        """The devices with a fibre to ``server``."""
        return () if self._anchors is not None or self._scenario.moves else self._laid.reached[server]

    def _from_above(self, satellite: str, station: str, block: KeyBlock) -> None:
        """A pass has become a block of key at a station."""
        receiver = self._scenario.energy.qkd.receiver_energy(block.duration_s)
        self._ctx.energy.charge(station, "qkd", receiver)
        self.links[ends_of(satellite, station)].put_block(block)

    def _lengths(self, qkd: QKD) -> dict[Ends, float]:
        """Metres of fibre [m] of every link within reach."""
        lengths = {
            ends_of(device, server): self._laid.length(device, server)
            for server in self._placement.servers
            for device in self._fibres(server)
        }
        lengths |= {ends_of(a, b): edge["length"] for a, b, edge in self._laid.backhaul.edges(data=True)}
        within = {ends: length for ends, length in lengths.items() if self._rate(qkd, ends, length) > 0.0}
        spared = {ends: length for ends, length in within.items() if "publisher" not in ends}
        return within if self._apart(spared) else spared

    def _link(self, qkd: QKD, ends: Ends, length: float) -> KeyLink:
        """One link: in blocks if its protocol makes them, else at a steady rate that follows the eavesdropper."""
        users = self._users(ends)
        source = qkd.blocks(length, users=users, rng=self._ctx.streams.fresh("qkd", *ends))
        if source is not None:
            self._refuse_unauthenticated()
            return KeyLink(self._ctx, ends, self._scenario.key_store, BlockMaker(self._ctx, source))
        link = KeyLink(self._ctx, ends, self._scenario.key_store)
        self._follow(link, qkd, length, users)
        return link

    def _follow(self, link: KeyLink, qkd: QKD, length: float, users: int) -> None:
        """Set the rate of a steady link, now and whenever somebody begins or ends to listen."""
        now = self._ctx.now
        link.set_rate(qkd.under(qkd.eavesdropping.share_at(now)).key_rate(length, users))
        change = qkd.eavesdropping.next_change(now)
        if change < float("inf"):
            self._ctx.at(change, partial(self._follow, link, qkd, length, users))

    def _users(self, ends: Ends) -> int:
        """The devices of a cell take turns at their server's receiver."""
        home = self._placement.home
        server = home.get(ends[0]) or home.get(ends[1])
        return len(self._fibres(server)) if server else 1

    def _rate(self, qkd: QKD, ends: Ends, length: float) -> float:
        """Mean key rate [bit/s] of a link, while nobody listens."""
        return _undisturbed(qkd).key_rate(length, self._users(ends))

    def _apart(self, lengths: Mapping[Ends, float]) -> Ends | None:
        """The first two nodes that need keys and have no path of links between them."""
        import networkx as nx

        parts = {
            node: number
            for number, part in enumerate(nx.connected_components(nx.Graph([*lengths, *self._aloft, *self.visited])))
            for node in part
        }
        return next(
            (
                ends
                for ends in self.pairs()
                if any(node not in parts for node in ends) or parts[ends[0]] != parts[ends[1]]
            ),
            None,
        )

    def _refuse_apart(self, qkd: QKD, lengths: Mapping[Ends, float]) -> None:
        """Refuse a world in which two nodes wait for keys that can never come."""
        apart = self._apart(lengths)
        if apart is None or (self._scenario.keys.fallback() is not None and not self._tags):
            return
        first, second = apart
        if self._anchors is not None and (first in self._placement.home or second in self._placement.home):
            self._refuse_out_of_reach(apart)
        share, reach = _undisturbed(qkd).eavesdropping.share, _undisturbed(qkd).reach()
        spy = f" with an eavesdropper on {share:.0%} of the pulses" if share else ""
        advice = "move them closer, or use keys=KEMKeys()" if reach else "use keys=KEMKeys()"
        backhaul = self._laid.backhaul
        straight = backhaul.has_edge(first, second)
        length = backhaul.edges[first, second]["length"] if straight else self._laid.length(first, second)
        raise ScenarioError(
            f"no QKD key reaches from {first} to {second}, nor is relayed: their fibre is {length / km:.4g} km and the "
            f"reach {reach / km:.4g} km{spy} (error rate {_undisturbed(qkd).error_rate(length):.3g}); {advice}"
        )

    def _refuse_unauthenticated(self) -> None:
        """Refuse stores that hold too little to authenticate the first block with."""
        store = self._scenario.key_store
        if store.minimum < store.block_tags:
            raise ScenarioError(
                f"KeyStore.minimum must be >= block_tags = {store.block_tags:g} bit, got {store.minimum!r}; a link "
                "that cannot authenticate its first block never makes key"
            )

    def _refuse_out_of_reach(self, apart: Ends) -> None:
        """Refuse a device that stays where no anchor reaches."""
        device = next(end for end in apart if end in self._placement.home)
        nearest = min(self._placement.distance(device, server) for server in self._placement.servers)
        reach = getattr(self._scenario.key_access, "reach", 0.0)
        raise ScenarioError(
            f"{device} stays {nearest:.4g} m from the nearest anchor, whose reach is {reach:.4g} m, so that it never "
            "gets a QKD key; let it move, raise AnchorAccess.reach, or use keys=EitherKeys()"
        )

    def _refuse_fibres_to_the_moving(self) -> None:
        """Refuse a world in which devices that move would have to get QKD keys."""
        asking = self._payers[0] if self._tags else f"{type(self._scenario.keys).__name__} (Scenario.keys)"
        if self._tags or self._scenario.keys.fallback() is None:
            raise ScenarioError(
                f"{asking} asks for QKD keys at devices, and devices that move have no fibre over which to get "
                "any; use key_access=AnchorAccess(), keys=EitherKeys() with QKD between servers only, or "
                "keys=KEMKeys() and signatures"
            )

    def _refuse_without_qkd(self) -> None:
        scenario = self._scenario
        if isinstance(scenario.key_access, AnchorAccess):
            raise ScenarioError(
                f"AnchorAccess brings QKD keys to devices, and {type(scenario.keys).__name__} uses none; use "
                "keys=QKDKeys(), HybridKeys() or EitherKeys(), or leave key_access out"
            )
        for satellite in scenario.satellites:
            if satellite.relay is None:
                raise ScenarioError(
                    f"{satellite.name} brings QKD keys, and {type(scenario.keys).__name__} uses none; use "
                    "keys=QKDKeys(), HybridKeys() or EitherKeys(), or give it relay=SatelliteRelay() to carry messages"
                )
        if self._tags:
            raise ScenarioError(
                f"{self._payers[0]} pays its tags with QKD keys, and {type(scenario.keys).__name__} (Scenario.keys) "
                "has none; use keys=QKDKeys(), HybridKeys() or EitherKeys()"
            )
        if scenario.sealing.unconditional:
            raise ScenarioError(
                f"{type(scenario.sealing).__name__} needs keys that no computer can find, and "
                f"{type(scenario.keys).__name__} has none; use keys=QKDKeys(), or sealing=AES256()"
            )


def _undisturbed(qkd: QKD) -> QKD:
    """The boxes as they work when the eavesdropper is away, if she ever is."""
    return qkd if qkd.eavesdropping.lasting else qkd.under(0.0)

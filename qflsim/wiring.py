"""The wiring of one world: bands, links and routes between its nodes, and the QKD pools beside them."""

import itertools
from collections.abc import Callable, Sequence
from functools import cache, partial

from .checks import ScenarioError
from .crypto.keypool import KeyPool
from .network.background import harmonic_efficiency
from .network.cell import Channel
from .network.placement import Placement
from .nodes.context import Context
from .nodes.media import Available, Band, Carrier, FibreLink, RadioLink
from .scenario import Scenario
from .units import km

__all__ = ["Wiring"]

Route = Sequence[Carrier]


class Wiring:
    """Links between the placed nodes of a scenario.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.

    Raises
    ------
    ScenarioError
        If background traffic overloads a cell, or a link that needs QKD keys lies out of reach.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._scenario = scenario
        self._placement = placement
        self._ctx = ctx
        self.channels: dict[str, Channel] = {
            device: scenario.access.draw(self._distance(device, home), ctx.streams.fresh("channel", device))
            for device, home in placement.home.items()
        }
        self._access_bands = {server: self._access_band(server) for server in placement.servers}
        self._sidelink_bands = {server: Band(ctx, scenario.sidelink.bandwidth) for server in placement.servers}
        self.route = cache(self._route)
        self.pools = {ends: self._pool(*ends) for ends in self._keyed()} if scenario.keys.qkd else {}

    def reached(self, server: str) -> tuple[str, ...]:
        """Devices of ``server`` that its base station reaches in both directions."""
        devices = self._placement.devices(server)
        return tuple(d for d in devices if self.channels[d].efficiency_up and self.channels[d].efficiency_down)

    def upkeep(self, duration: float) -> None:
        """Charge QKD terminals, which run whether key is drawn or not, for ``duration`` [s].

        The devices of a cell share one receiver at their server in time; every backhaul link has a pair of its own.
        """
        if not self.pools:
            return
        model, charge = self._scenario.energy.qkd, self._ctx.energy.charge
        for server in self._placement.servers:
            if self.reached(server):
                charge(server, "qkd", model.receiver_energy(duration))
        for first, second in self.pools:
            charge(first, "qkd", model.transmitter_energy(duration))
            if second not in self._placement.home and first not in self._placement.home:
                charge(second, "qkd", model.receiver_energy(duration))

    def _distance(self, first: str, second: str) -> float:
        return self._placement.distance(first, second)

    def _route(self, source: str, destination: str) -> Route:
        """Carriers from ``source`` to ``destination``; empty if one of them is in outage."""
        home = self._placement.home
        if source in home and destination in home:
            if home[source] == home[destination]:
                direct = self._sidelink(source, destination)
                if direct:
                    return direct
            return self._joined(
                [(source, home[source]), (home[source], home[destination]), (home[destination], destination)]
            )
        if source in home and destination != home[source]:
            return self._joined([(source, home[source]), (home[source], destination)])
        if destination in home and source != home[destination]:
            return self._joined([(source, home[destination]), (home[destination], destination)])
        if source in home:
            return self._up(source)
        return self._down(destination) if destination in home else self._fibre(source, destination)

    def _joined(self, legs: Sequence[tuple[str, str]]) -> Route:
        """The routes of several legs one after the other; empty if one of them is."""
        routes = [self.route(*leg) for leg in legs if leg[0] != leg[1]]
        return tuple(itertools.chain(*routes)) if all(routes) else ()

    def _access_band(self, server: str) -> Band:
        return Band(self._ctx, self._scenario.access.bandwidth, self._background(server))

    def _background(self, server: str) -> Available | None:
        """What the cell's other devices leave of its access band."""
        traffic, topology, access = self._scenario.background, self._scenario.topology, self._scenario.access
        if traffic is None or not traffic.density:
            return None
        rng = self._ctx.streams.fresh("background", server)
        try:
            efficiency = harmonic_efficiency(
                access, topology.radius, self._ctx.streams.fresh("crowd"), nearest=topology.nearest
            )
            return traffic.cell(topology.area, access.bandwidth, efficiency, rng).at
        except ValueError as error:
            raise ScenarioError(str(error)) from None

    def _up(self, device: str) -> Route:
        access, models = self._scenario.access, self._scenario.energy
        server = self._placement.home[device]
        efficiency = self.channels[device].efficiency_up
        if not efficiency:
            return ()

        def charge(size_bit: float) -> None:
            airtime = access.airtime(size_bit, efficiency)
            self._ctx.energy.charge(device, "radio", models.device_radio.transmit_energy(access.device_power, airtime))
            self._ctx.energy.charge(server, "radio", models.station.idle_energy(airtime))

        return (self._radio("access-up", self._access_bands[server], efficiency, device, server, charge),)

    def _down(self, device: str) -> Route:
        access, models = self._scenario.access, self._scenario.energy
        server = self._placement.home[device]
        efficiency = self.channels[device].efficiency_down
        if not efficiency:
            return ()

        def charge(size_bit: float) -> None:
            airtime = access.airtime(size_bit, efficiency)
            station = models.station.idle_energy(airtime) + models.station.load_energy(access.station_power, airtime)
            self._ctx.energy.charge(server, "radio", station)
            self._ctx.energy.charge(device, "radio", models.device_radio.receive_energy(airtime))

        return (self._radio("access-down", self._access_bands[server], efficiency, server, device, charge),)

    def _sidelink(self, source: str, destination: str) -> Route:
        sidelink, radio = self._scenario.sidelink, self._scenario.energy.device_radio
        channel = sidelink.draw_pair(source, destination, self._distance(source, destination), self._ctx.streams)
        efficiency = channel.efficiency_up
        if not efficiency:
            return ()

        def charge(size_bit: float) -> None:
            airtime = sidelink.airtime(size_bit, efficiency)
            self._ctx.energy.charge(source, "radio", radio.transmit_energy(sidelink.power, airtime))
            self._ctx.energy.charge(destination, "radio", radio.receive_energy(airtime))

        band = self._sidelink_bands[self._placement.home[source]]
        return (self._radio("sidelink", band, efficiency, source, destination, charge),)

    def _radio(
        self, medium: str, band: Band, efficiency: float, source: str, destination: str, charge: Callable[[float], None]
    ) -> RadioLink:
        model = self._scenario.sidelink if medium == "sidelink" else self._scenario.access
        stream = partial(self._ctx.streams, "access-delay", medium)
        return RadioLink(self._ctx, medium, band, efficiency, lambda label: model.access_delay(stream(*label)), charge)

    def _fibre(self, source: str, destination: str) -> Route:
        backhaul, model = self._scenario.backhaul, self._scenario.energy.fibre

        def charge(size_bit: float) -> None:
            self._ctx.energy.charge(source, "network", model.energy(size_bit, backhaul.hops))

        return (FibreLink(self._ctx, backhaul.queue(self._distance(source, destination)), charge),)

    def _keyed(self) -> list[tuple[str, str]]:
        """Links that draw session keys: every reached device with its server, and every two servers."""
        servers = self._placement.servers
        access = [(min(d, s), max(d, s)) for s in servers for d in self.reached(s)]
        return [*access, *((min(pair), max(pair)) for pair in itertools.combinations(servers, 2))]

    def _pool(self, first: str, second: str) -> KeyPool:
        """The QKD pool of a link along its fibre; the devices of a cell take turns at their server's receiver."""
        qkd, home = self._scenario.keys.qkd, self._placement.home
        if qkd is None:
            raise ValueError(f"{self._scenario.keys.name} has no QKD")
        length = self._scenario.backhaul.length(self._distance(first, second))
        server = home.get(first) or home.get(second)
        users = len(self.reached(server)) if server else 1
        rate = qkd.key_rate(length, users)
        if not rate:
            tapped = qkd.eavesdropping.share
            spy = f" with an eavesdropper on {tapped:.0%} of the pulses" if tapped else ""
            reach = qkd.reach()
            advice = "move them closer, or use keys=KEMKeys()" if reach else "use keys=KEMKeys()"
            raise ScenarioError(
                f"no QKD key reaches from {first} to {second}: their fibre is {length / km:.4g} km and the reach "
                f"{reach / km:.4g} km{spy} (error rate {qkd.error_rate(length):.3g}); {advice}"
            )
        return KeyPool(rate, self._scenario.key_pool)

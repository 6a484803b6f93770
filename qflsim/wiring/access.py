"""The radio side of one world: the bands of its cells, and the links between devices and stations."""

import math
from collections.abc import Callable
from functools import partial

from qflsim.checks import ScenarioError
from qflsim.network.background import harmonic_efficiency
from qflsim.network.cell import Channel
from qflsim.network.layouts import Point
from qflsim.network.placement import Placement
from qflsim.network.surroundings import Surroundings
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier, Label
from qflsim.nodes.radio import Available, Band, RadioLink
from qflsim.scenario import Scenario

__all__ = ["AccessNetwork"]


class AccessNetwork:
    """Bands and radio links between the placed nodes of a scenario.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.

    Attributes
    ----------
    position:
        Tells where a node is now [m]. Who moves devices puts a function here that knows their trajectories.
    serving:
        The station that serves each device now. Who changes an entry also moves the device's flows, see `Band.move`.
    bands, sidelink_bands:
        The bands of each station's cell.

    Raises
    ------
    ScenarioError
        If background traffic overloads a cell.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._scenario = scenario
        self._placement = placement
        self._ctx = ctx
        self.position: Callable[[str], Point] = placement.positions.__getitem__
        self.serving: dict[str, str] = dict(placement.home)
        sites = {server: placement.positions[server] for server in placement.servers}
        self._surroundings = Surroundings(scenario.access, sites, ctx.streams)
        self._kept: dict[str, tuple[str, Point, Channel]] = {}
        self.bands = {server: self._band(server) for server in placement.servers}
        self.sidelink_bands = {server: Band(ctx, scenario.sidelink.bandwidth) for server in placement.servers}

    def channel(self, device: str, server: str, position: Point) -> Channel:
        """The radio between ``server`` and ``device`` at a ``position`` [m]: the one place where channels come from."""
        return self._surroundings.channel(server, position)

    def serving_channel(self, device: str) -> Channel:
        """The channel of ``device``, where it is now, to the station that serves it."""
        server, position = self.serving[device], self.position(device)
        kept = self._kept.get(device)
        if kept is None or kept[:2] != (server, position):
            kept = self._kept[device] = (server, position, self.channel(device, server, position))
        return kept[2]

    @property
    def channels(self) -> dict[str, Channel]:
        """The channel of every device to the station that serves it, as it is now."""
        return {device: self.serving_channel(device) for device in self.serving}

    def reaches(self, device: str) -> bool:
        """Whether the station that serves ``device`` reaches it in both directions."""
        channel = self.serving_channel(device)
        return bool(channel.efficiency_up and channel.efficiency_down)

    def up(self, device: str) -> Carrier:
        """The link from ``device`` to the station that serves it."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]

        def charge(airtime: float) -> None:
            self._ctx.energy.charge(device, "radio", models.device_radio.transmit_energy(access.device_power, airtime))
            self._ctx.energy.charge(server, "radio", models.station.idle_energy(airtime))

        def efficiency() -> float:
            return self.serving_channel(device).efficiency_up

        return self._radio("access-up", (device, server), self.bands[server], efficiency, charge)

    def down(self, device: str) -> Carrier:
        """The link to ``device`` from the station that serves it."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]

        def charge(airtime: float) -> None:
            station = models.station.idle_energy(airtime) + models.station.load_energy(access.station_power, airtime)
            self._ctx.energy.charge(server, "radio", station)
            self._ctx.energy.charge(device, "radio", models.device_radio.receive_energy(airtime))

        def efficiency() -> float:
            return self.serving_channel(device).efficiency_down

        return self._radio("access-down", (server, device), self.bands[server], efficiency, charge)

    def sidelink(self, source: str, destination: str) -> Carrier | None:
        """The direct link between two devices of one cell; ``None`` in outage."""
        sidelink, radio = self._scenario.sidelink, self._scenario.energy.device_radio
        distance = math.dist(self.position(source), self.position(destination))
        efficiency = sidelink.draw_pair(source, destination, distance, self._ctx.streams).efficiency_up
        if not efficiency:
            return None

        def charge(airtime: float) -> None:
            self._ctx.energy.charge(source, "radio", radio.transmit_energy(sidelink.power, airtime))
            self._ctx.energy.charge(destination, "radio", radio.receive_energy(airtime))

        band = self.sidelink_bands[self.serving[source]]
        return self._radio("sidelink", (source, destination), band, lambda: efficiency, charge)

    def _band(self, server: str) -> Band:
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

    def _radio(
        self,
        medium: str,
        ends: tuple[str, str],
        band: Band,
        efficiency: Callable[[], float],
        charge: Callable[[float], None],
    ) -> RadioLink:
        model = self._scenario.sidelink if medium == "sidelink" else self._scenario.access
        stream = partial(self._ctx.streams, "access-delay", medium)

        def delay(label: Label) -> float:
            return model.access_delay(stream(*label))

        return RadioLink(self._ctx, medium, ends, band, efficiency, model.timing.failure_time, delay, charge)

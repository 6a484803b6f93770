"""The radio side of one world: the bands of its cells, and the links between devices and stations."""

from collections.abc import Callable
from functools import partial

from qflsim.checks import ScenarioError
from qflsim.network.background import harmonic_efficiency
from qflsim.network.cell import Channel
from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.media import Available, Band, Carrier, RadioLink
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

    Raises
    ------
    ScenarioError
        If background traffic overloads a cell.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._scenario = scenario
        self._placement = placement
        self._ctx = ctx
        self.serving: dict[str, str] = dict(placement.home)
        self.channels: dict[str, Channel] = {
            device: scenario.access.draw(placement.distance(device, home), ctx.streams.fresh("channel", device))
            for device, home in placement.home.items()
        }
        self._bands = {server: self._band(server) for server in placement.servers}
        self._sidelink_bands = {server: Band(ctx, scenario.sidelink.bandwidth) for server in placement.servers}

    def reaches(self, device: str) -> bool:
        """Whether the station that serves ``device`` reaches it in both directions."""
        channel = self.channels[device]
        return bool(channel.efficiency_up and channel.efficiency_down)

    def up(self, device: str) -> Carrier | None:
        """The link from ``device`` to the station that serves it; ``None`` in outage."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]
        efficiency = self.channels[device].efficiency_up
        if not efficiency:
            return None

        def charge(size_bit: float) -> None:
            airtime = access.airtime(size_bit, efficiency)
            self._ctx.energy.charge(device, "radio", models.device_radio.transmit_energy(access.device_power, airtime))
            self._ctx.energy.charge(server, "radio", models.station.idle_energy(airtime))

        return self._radio("access-up", self._bands[server], efficiency, charge)

    def down(self, device: str) -> Carrier | None:
        """The link to ``device`` from the station that serves it; ``None`` in outage."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]
        efficiency = self.channels[device].efficiency_down
        if not efficiency:
            return None

        def charge(size_bit: float) -> None:
            airtime = access.airtime(size_bit, efficiency)
            station = models.station.idle_energy(airtime) + models.station.load_energy(access.station_power, airtime)
            self._ctx.energy.charge(server, "radio", station)
            self._ctx.energy.charge(device, "radio", models.device_radio.receive_energy(airtime))

        return self._radio("access-down", self._bands[server], efficiency, charge)

    def sidelink(self, source: str, destination: str) -> Carrier | None:
        """The direct link between two devices of one cell; ``None`` in outage."""
        sidelink, radio = self._scenario.sidelink, self._scenario.energy.device_radio
        distance = self._placement.distance(source, destination)
        efficiency = sidelink.draw_pair(source, destination, distance, self._ctx.streams).efficiency_up
        if not efficiency:
            return None

        def charge(size_bit: float) -> None:
            airtime = sidelink.airtime(size_bit, efficiency)
            self._ctx.energy.charge(source, "radio", radio.transmit_energy(sidelink.power, airtime))
            self._ctx.energy.charge(destination, "radio", radio.receive_energy(airtime))

        return self._radio("sidelink", self._sidelink_bands[self.serving[source]], efficiency, charge)

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

    def _radio(self, medium: str, band: Band, efficiency: float, charge: Callable[[float], None]) -> RadioLink:
        model = self._scenario.sidelink if medium == "sidelink" else self._scenario.access
        stream = partial(self._ctx.streams, "access-delay", medium)
        return RadioLink(self._ctx, medium, band, efficiency, lambda label: model.access_delay(stream(*label)), charge)

"""The radio side of one world: the bands of its cells, and the links between devices and stations."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from qflsim.network.cell import Channel
from qflsim.network.interference import Interference, noise_rise
from qflsim.network.layouts import Point
from qflsim.network.placement import Placement
from qflsim.network.surroundings import Surroundings
from qflsim.network.timing import Access
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier, Label
from qflsim.nodes.radio import Band, RadioLink
from qflsim.scenario import Scenario

from .crowds import gather_crowds

__all__ = ["AccessNetwork"]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a device hears at its place: its station, and the interference of the others over the noise."""

    server: str
    position: Point
    channel: Channel
    heard: Mapping[str, float]


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
    loads:
        Mean background load of each station's cell, a share of its band.
    bands, sidelink_bands:
        The bands of each station's cell.
    interrupted:
        Devices that have no link to any station just now: they are being handed over.
    off:
        Devices without power. Who changes either also lets the bands `Band.refresh`.

    Raises
    ------
    ScenarioError
        If background traffic overloads a cell.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._scenario = scenario
        self._ctx = ctx
        self.position: Callable[[str], Point] = placement.positions.__getitem__
        self.serving: dict[str, str] = dict(placement.home)
        self._kept: dict[str, _Kept] = {}
        sites = {server: placement.positions[server] for server in placement.servers}
        cell, topology = scenario.access, scenario.topology
        self._surroundings = Surroundings(cell, sites, ctx.streams)
        self._interference = Interference(cell, sites, topology.radius, topology.nearest, self._surroundings)
        self._heard = {server: self._interference.at_station(server) for server in sites}
        crowds = gather_crowds(scenario, self._heard, ctx.streams)
        self.loads = {server: crowd.load if crowd else 0.0 for server, crowd in crowds.items()}
        self._activity = dict(self.loads)
        self.bands = {
            server: Band(ctx, cell.bandwidth, crowd.at if crowd else None, partial(self._flips, server))
            for server, crowd in crowds.items()
        }
        self.sidelink_bands = {server: Band(ctx, scenario.sidelink.bandwidth) for server in sites}
        self.interrupted: set[str] = set()
        self.off: set[str] = set()
        self._lucks: dict[tuple[str, str], tuple[float, float]] = {}
        self._pairs: dict[tuple[str, str], tuple[Point, Point, float]] = {}

    def select_stations(self) -> None:
        """Let every device be served by the station that it hears best from where it is now."""
        for device in self.serving:
            place = self.position(device)
            heard = {server: self.channel(device, server, place).snr_down for server in self.bands}
            self.serving[device] = max(heard, key=lambda server: heard[server])

    def channel(self, device: str, server: str, position: Point) -> Channel:
        """The radio between ``server`` and ``device`` at a ``position`` [m]: the one place where channels come from."""
        return self._surroundings.channel(server, position)

    def serving_channel(self, device: str) -> Channel:
        """The channel of ``device``, where it is now, to the station that serves it."""
        return self._now(device).channel

    @property
    def channels(self) -> dict[str, Channel]:
        """The channel of every device to the station that serves it, as it is now."""
        return {device: self.serving_channel(device) for device in self.serving}

    def sinr(self, device: str, activity: Mapping[str, float] | None = None) -> tuple[float, float]:
        """Signal over noise and interference of ``device``'s uplink and downlink (ratios).

        Parameters
        ----------
        activity:
            How much each cell sends, 0 to 1; left out, as it does now.
        """
        return self._disturbed(self._now(device), self._activity if activity is None else activity)

    def reaches(self, device: str) -> bool:
        """Whether the station that serves ``device`` reaches it in both directions, beside the background traffic."""
        return device not in self.off and self._audible(self._now(device))

    def would_reach(self, device: str, server: str) -> bool:
        """Whether the station of ``server`` would reach ``device``, where it is now, if it served it."""
        position = self.position(device)
        heard = self._interference.at_place(server, position)
        return device not in self.off and self._audible(
            _Kept(server, position, self.channel(device, server, position), heard)
        )

    def _audible(self, kept: "_Kept") -> bool:
        """Whether a device and a station hear each other beside the background traffic."""
        cell, (up, down) = self._scenario.access, self._disturbed(kept, self.loads)
        return bool(cell.uplink.efficiency(up) and cell.downlink.efficiency(down))

    def _disturbed(self, kept: "_Kept", sends: Mapping[str, float]) -> tuple[float, float]:
        up, down = noise_rise(self._heard[kept.server], sends), noise_rise(kept.heard, sends)
        return kept.channel.snr_up / up, kept.channel.snr_down / down

    def _now(self, device: str) -> "_Kept":
        """What is known of a device; found anew when it has moved or is served by another station."""
        server, position = self.serving[device], self.position(device)
        kept = self._kept.get(device)
        if kept is None or (kept.server, kept.position) != (server, position):
            channel = self.channel(device, server, position)
            kept = self._kept[device] = _Kept(server, position, channel, self._interference.at_place(server, position))
        return kept

    def _flips(self, server: str, busy: bool) -> None:
        """A cell begins or ends to send: all who hear it are served less or more efficiently from now on."""
        self._activity[server] = 1.0 if busy else self.loads[server]
        if self._scenario.access.interference:
            for other, band in self.bands.items():
                if other != server:
                    band.refresh()

    def connected(self, device: str) -> bool:
        """Whether ``device`` has power and is not being handed over."""
        return device not in self.interrupted and device not in self.off

    def switch_off(self, device: str) -> None:
        """``device`` has no power any more: what is under way to or from it waits in vain, and is lost."""
        self.off.add(device)
        for band in (*self.bands.values(), *self.sidelink_bands.values()):
            band.refresh()

    def switch_on(self, device: str) -> None:
        """``device`` has power again."""
        self.off.discard(device)
        for band in (*self.bands.values(), *self.sidelink_bands.values()):
            band.refresh()

    def up(self, device: str) -> RadioLink:
        """The link from ``device`` to the station that serves it."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]

        def charge(airtime: float) -> None:
            self._ctx.energy.charge(device, "radio", models.device_radio.transmit_energy(access.device_power, airtime))
            self._ctx.energy.charge(server, "radio", models.station.idle_energy(airtime))

        def efficiency() -> float:
            return access.uplink.efficiency(self.sinr(device)[0]) if self.connected(device) else 0.0

        return self._radio("access-up", (device, server), self.bands[server], efficiency, charge)

    def down(self, device: str) -> RadioLink:
        """The link to ``device`` from the station that serves it."""
        access, models = self._scenario.access, self._scenario.energy
        server = self.serving[device]

        def charge(airtime: float) -> None:
            station = models.station.idle_energy(airtime) + models.station.load_energy(access.station_power, airtime)
            self._ctx.energy.charge(server, "radio", station)
            self._ctx.energy.charge(device, "radio", models.device_radio.receive_energy(airtime))

        def efficiency() -> float:
            return access.downlink.efficiency(self.sinr(device)[1]) if self.connected(device) else 0.0

        return self._radio("access-down", (server, device), self.bands[server], efficiency, charge)

    def sidelink(self, source: str, destination: str) -> Carrier | None:
        """The direct link between two devices of one cell; ``None`` if they are in outage now."""
        sidelink, radio = self._scenario.sidelink, self._scenario.energy.device_radio
        if not self._sidelink_efficiency(source, destination):
            return None

        def efficiency() -> float:
            return self._sidelink_efficiency(source, destination)

        def charge(airtime: float) -> None:
            self._ctx.energy.charge(source, "radio", radio.transmit_energy(sidelink.power, airtime))
            self._ctx.energy.charge(destination, "radio", radio.receive_energy(airtime))

        band = self.sidelink_bands[self.serving[source]]
        return self._radio("sidelink", (source, destination), band, efficiency, charge)

    def _sidelink_efficiency(self, source: str, destination: str) -> float:
        """How well two devices hear each other where they are now [bit/s/Hz]; 0 in outage or without power."""
        if source in self.off or destination in self.off:
            return 0.0
        first, second = sorted((source, destination))
        here, there = self.position(first), self.position(second)
        kept = self._pairs.get((first, second))
        if kept is None or kept[:2] != (here, there):
            kept = self._pairs[first, second] = (here, there, self._heard_by(first, second, math.dist(here, there)))
        return kept[2]

    def _heard_by(self, first: str, second: str, distance: float) -> float:
        sidelink = self._scenario.sidelink
        if (first, second) not in self._lucks:
            self._lucks[first, second] = sidelink.luck(first, second, self._ctx.streams)
        return sidelink.channel(distance, *self._lucks[first, second]).efficiency_up

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

        def access(label: Label, size_bit: float, efficiency: float) -> Access:
            return model.access(size_bit, efficiency, stream(*label))

        return RadioLink(self._ctx, medium, ends, band, efficiency, model.timing.failure_time, access, charge)

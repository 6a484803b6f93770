"""Devices on the move: one process that measures them all, hands them over and takes what they were sending along."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from qflsim.network.cell import Channel
from qflsim.network.handover import Handover, Monitor
from qflsim.network.layouts import Point
from qflsim.network.mobility import Trajectory
from qflsim.trace import Handover as HandoverRecord, Position

from .context import Context
from .fabric import Fabric
from .membership import Membership
from .radio import Band, Flow, RadioLink

__all__ = ["Cells", "Roaming"]


class Cells(Protocol):
    """What moves when devices move: who serves them, over which bands and links."""

    serving: dict[str, str]
    bands: dict[str, Band]
    sidelink_bands: dict[str, Band]
    interrupted: set[str]

    def channel(self, device: str, server: str, position: Point) -> Channel:
        """The radio between ``server`` and ``device`` at a ``position`` [m]."""

    def reaches(self, device: str) -> bool:
        """Whether the station that serves ``device`` reaches it in both directions."""

    def would_reach(self, device: str, server: str) -> bool:
        """Whether the station of ``server`` would reach ``device``, where it is now, if it served it."""

    def up(self, device: str) -> RadioLink:
        """The link from ``device`` to the station that serves it."""

    def down(self, device: str) -> RadioLink:
        """The link to ``device`` from the station that serves it."""


class Roaming:
    """All devices that move.

    Every measurement period they are where their trajectories say, until the next; all transfers under way go on
    with the links that there are then, and each device's monitor decides on a handover. What the device was sending
    or being sent goes on in the new cell after the interruption, the rest of the latter after it was forwarded from
    station to station.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    cells:
        Bands, links and serving stations.
    rule:
        When a device is handed over.
    patience:
        Length of an outage [s] after which a device looks for another station.
    positions:
        Where every node stands at time 0.
    trajectories:
        The way of every device.
    membership:
        Which server each device trains for; only written down here.
    record_period:
        Time between two records of all places [s].
    changed:
        Called when messages may have to take other ways.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        cells: Cells,
        rule: Handover,
        patience: float,
        positions: Mapping[str, Point],
        trajectories: Mapping[str, Trajectory],
        membership: Membership,
        record_period: float,
        changed: Callable[[], None],
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._cells = cells
        self._rule = rule
        self._patience = patience
        self._trajectories = trajectories
        self._membership = membership
        self._record_period = record_period
        self._changed = changed
        self._places = dict(positions)
        self._heard: dict[str, dict[str, Channel]] = {}
        self._monitors = {device: Monitor(rule) for device in trajectories}
        self._out_since: dict[str, float] = {}
        self._recorded = math.ceil(ctx.now / record_period)

    def place(self, node: str) -> Point:
        """Where a node was at the last measurement [m]; devices move, others do not."""
        return self._places[node]

    def run(self) -> Generator[Any, Any, None]:
        """Measure for ever."""
        measurements = round(self._ctx.now / self._rule.period)
        while True:
            self._measure()
            measurements += 1
            yield self._ctx.env.timeout(max(0.0, measurements * self._rule.period - self._ctx.now))

    def _measure(self) -> None:
        if self._move():
            self._changed()
            for band in (*self._cells.bands.values(), *self._cells.sidelink_bands.values()):
                band.refresh()
        for device in self._trajectories:
            if device not in self._cells.interrupted:
                self._judge(device)
        if self._ctx.now >= self._recorded * self._record_period:
            self._recorded += 1
            for device in self._trajectories:
                self._record_place(device)

    def _move(self) -> bool:
        """Put every device where it is now; whether one of them has moved."""
        moved = False
        for device, way in self._trajectories.items():
            place = way.at(self._ctx.now)
            if place != self._places[device]:
                self._places[device] = place
                self._heard.pop(device, None)
                moved = True
        return moved

    def _judge(self, device: str) -> None:
        """Hand the device over if its monitor says so, or if it has been without a station for too long."""
        now, cells, serving = self._ctx.now, self._cells, self._cells.serving[device]
        heard = {station: c.snr_down_db for station, c in self._hears(device).items() if c.snr_down}
        if cells.reaches(device):
            self._out_since.pop(device, None)
            target = self._monitors[device].measure(now, serving, heard)
            if target is not None and cells.would_reach(device, target):
                self._hand_over(device, target, "a3", self._rule.interruption)
            return
        self._monitors[device].forget()
        since = self._out_since.setdefault(device, now)
        if now - since >= self._patience * (1 - 1e-9):
            ready = [station for station in heard if station != serving and cells.would_reach(device, station)]
            if ready:
                del self._out_since[device]
                best = max(ready, key=lambda station: heard[station])
                self._hand_over(device, best, "recovery", now - since + self._rule.interruption)

    def _hears(self, device: str) -> dict[str, Channel]:
        """The channels of a device to all stations from where it is."""
        if device not in self._heard:
            place, channel = self._places[device], self._cells.channel
            self._heard[device] = {station: channel(device, station, place) for station in self._cells.bands}
        return self._heard[device]

    def _hand_over(self, device: str, target: str, cause: str, interruption: float) -> None:
        cells, source = self._cells, self._cells.serving[device]
        band = cells.bands[source]
        sending = [flow for flow in band.flows if flow.link.ends == (device, source)]
        receiving = [flow for flow in band.flows if flow.link.ends == (source, device)]
        cells.serving[device] = target
        cells.interrupted.add(device)
        self._monitors[device].forget()
        self._changed()
        link = cells.up(device)
        for flow in sending:
            band.move(flow, link)
        rests = [band.withdraw(flow) for flow in receiving]
        for flow in receiving:
            self._forward(flow, source, device)
        self._ctx.after(self._rule.interruption, partial(self._resume, device))
        self._record(device, source, target, cause, interruption, sending, receiving, sum(rests))

    def _resume(self, device: str) -> None:
        """The interruption is over: what waited for the new station's band goes on."""
        self._cells.interrupted.discard(device)
        self._cells.bands[self._cells.serving[device]].refresh()

    def _forward(self, flow: Flow, station: str, device: str) -> None:
        """The rest of a transfer to ``device`` lies at ``station``: send it on to the one that serves it."""
        serving = self._cells.serving[device]
        if serving == station:
            self._cells.down(device).adopt(flow)
        else:
            onward = partial(self._forward, flow, serving, device)
            self._fabric.send("forwarded", station, serving, flow.rest_bit, onward, flow.lost)

    def _record(
        self,
        device: str,
        source: str,
        target: str,
        cause: str,
        interruption: float,
        sending: Sequence[Flow],
        receiving: Sequence[Flow],
        forwarded_bit: float,
    ) -> None:
        (east, north), heard = self._places[device], self._hears(device)
        self._ctx.record(
            HandoverRecord(
                round=self._ctx.round,
                time_s=self._ctx.now,
                device=device,
                source=source,
                target=target,
                cause=cause,
                task_server=self._membership.server_of(device),
                east_m=east,
                north_m=north,
                snr_before_db=heard[source].snr_down_db,
                snr_after_db=heard[target].snr_down_db,
                interruption_s=interruption,
                sending=len(sending),
                receiving=len(receiving),
                forwarded_bit=forwarded_bit,
            )
        )

    def _record_place(self, device: str) -> None:
        (east, north), serving = self._places[device], self._cells.serving[device]
        self._ctx.record(
            Position(
                round=self._ctx.round,
                time_s=self._ctx.now,
                device=device,
                east_m=east,
                north_m=north,
                server=serving,
                task_server=self._membership.server_of(device),
                reached=self._cells.reaches(device),
                snr_down_db=self._hears(device)[serving].snr_down_db,
            )
        )

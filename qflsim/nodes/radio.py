"""Radio links on the timeline: transfers that share a band, change their efficiency on the way, and can be lost.

The sharing itself is computed by a pure model (`SharedBand`); here ends of transfers become events with callbacks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from qflsim.network.sharing import SharedBand
from qflsim.network.timing import Access

from .context import Context
from .media import Action, Label

__all__ = ["Available", "Band", "Flow", "RadioLink"]

Available = Callable[[float], tuple[float, float]]
"""Of a time [s]: the share of the band that background traffic leaves, and the time until which that holds."""

_LAST = 1e-6  # [bit] left at least when a transfer goes on, so that one interrupted on its very last bit still ends


@dataclass(slots=True, eq=False)
class Flow:
    """A transfer that a band carries, or that waits on it for its link to come back from an outage.

    Parameters
    ----------
    link:
        The link that it goes over, which knows its efficiency.
    rest_bit:
        Bits still to be sent when the efficiency changed last [bit].
    efficiency:
        Spectral efficiency since then [bit/s/Hz]; 0 while it waits.
    sent, lost:
        What follows on its last bit, or on its being given up; one of them is called, once.
    """

    link: "RadioLink"
    rest_bit: float
    sent: Action
    lost: Action
    efficiency: float = 0.0
    name: str = ""
    outages: int = 0


class Band:
    """A radio band that all concurrent transfers of a cell share, beside its background traffic.

    The next thing to happen on the band, the end of a transfer or a change of the background load, stands as one
    event; whenever a transfer starts, the event is set anew and the outdated one is told by its number and ignored.

    A transfer whose link falls into outage keeps its remaining bits and waits; if that lasts longer than the link's
    patience, it is lost.

    Parameters
    ----------
    ctx:
        The run's shared services.
    bandwidth:
        Width of the band [Hz].
    available:
        What background traffic leaves of it; left out, all of it is there.
    flipped:
        Told when the first transfer comes onto an empty band, and when the last one has left.
    """

    def __init__(
        self,
        ctx: Context,
        bandwidth: float,
        available: Available | None = None,
        flipped: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self._ctx = ctx
        self._bandwidth = bandwidth
        self._shared = SharedBand(bandwidth)
        self._available = available
        self._holds_until = 0.0
        self._flipped = flipped
        self._busy = False
        self._flows: dict[str, Flow] = {}
        self._started = 0
        self._event = 0

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The transfers on this band, in order of their start here; those in outage too."""
        return tuple(self._flows.values())

    def start(self, link: "RadioLink", size_bit: float, sent: Action, lost: Action) -> Flow:
        """Begin a transfer of ``size_bit`` [bit] over ``link``; at its end ``sent`` or ``lost`` is called."""
        flow = Flow(link, size_bit, sent, lost)
        self.put(flow)
        return flow

    def refresh(self) -> None:
        """Ask the links of all transfers how good they are now: somebody moved, or interference changed."""
        if not self._flows:
            return
        self._look_at_background()
        going_on = {}
        for name, flow in list(self._flows.items()):
            efficiency = flow.link.efficiency()
            if efficiency == flow.efficiency:
                continue
            if flow.efficiency and efficiency:
                self._settle(flow)
                flow.efficiency = going_on[name] = efficiency
            elif efficiency:
                self._resume(flow, efficiency)
            else:
                self._pause(flow)
        if going_on:
            self._shared.rescale(self._ctx.now, going_on)
        self._await_next()

    def withdraw(self, flow: Flow) -> float:
        """Take a transfer off the band; returns its remaining bits. Neither of its callbacks is called by this band."""
        self._look_at_background()
        if flow.efficiency:
            self._settle(flow)
            self._shared.cancel(self._ctx.now, flow.name)
        del self._flows[flow.name]
        self._await_next()
        return flow.rest_bit

    def move(self, flow: Flow, link: "RadioLink") -> None:
        """Go on with the remaining bits of a transfer of this band over another ``link``, on that link's band."""
        self.withdraw(flow)
        link.adopt(flow)

    def put(self, flow: Flow) -> None:
        """Begin, or go on with, a transfer that is on no band; its link is one of this band's."""
        self._look_at_background()
        self._started += 1
        flow.name = str(self._started)
        self._flows[flow.name] = flow
        efficiency = flow.link.efficiency()
        if efficiency:
            self._resume(flow, efficiency)
        else:
            self._wait(flow)
        self._await_next()

    def _resume(self, flow: Flow, efficiency: float) -> None:
        flow.efficiency = efficiency
        flow.outages += 1  # whatever outage it waited through is over
        self._shared.start(self._ctx.now, flow.name, max(flow.rest_bit, _LAST), efficiency)

    def _pause(self, flow: Flow) -> None:
        self._settle(flow)
        self._shared.cancel(self._ctx.now, flow.name)
        self._wait(flow)

    def _wait(self, flow: Flow) -> None:
        """Give the transfer up if this outage outlasts the patience of its link."""
        flow.efficiency = 0.0
        self._ctx.after(flow.link.patience, partial(self._give_up, flow, flow.name, flow.outages))

    def _give_up(self, flow: Flow, name: str, outage: int) -> None:
        if self._flows.get(name) is flow and flow.outages == outage:
            del self._flows[name]
            self._await_next()
            flow.lost()

    def _settle(self, flow: Flow) -> None:
        """Book the airtime of the bits that went at the efficiency so far."""
        rest_bit = min(flow.rest_bit, self._shared.remaining(self._ctx.now, flow.name))
        self._charge(flow, flow.rest_bit - rest_bit)
        flow.rest_bit = rest_bit

    def _charge(self, flow: Flow, size_bit: float) -> None:
        flow.link.charge(size_bit / (flow.efficiency * self._bandwidth))

    def _await_next(self) -> None:
        """Set the event of what happens next, after every change; tell first if the band became empty or busy."""
        if self._busy != bool(self._flows):
            self._busy = not self._busy
            self._flipped(self._busy)
        self._event += 1
        upcoming = self._shared.next_completion()
        if upcoming is None:
            return
        event, end = self._event, upcoming[0]
        if self._available is not None and self._holds_until < end:
            self._ctx.at(self._holds_until, lambda: self._background_changes(event))
        else:
            self._ctx.at(end, lambda: self._transfers_end(event))

    def _transfers_end(self, event: int) -> None:
        if event != self._event:
            return
        ended = [self._flows.pop(name) for name in self._shared.complete(self._ctx.now)]
        self._await_next()
        for flow in ended:
            self._charge(flow, flow.rest_bit)
            flow.sent()

    def _background_changes(self, event: int) -> None:
        if event == self._event:
            self._look_at_background()
            self._await_next()

    def _look_at_background(self) -> None:
        if self._available is not None and self._ctx.now >= self._holds_until:
            share, self._holds_until = self._available(self._ctx.now)
            self._shared.set_available(self._ctx.now, share)


class RadioLink:
    """One direction between two antennas: time on the band, then slot and processing delay.

    Parameters
    ----------
    medium:
        ``access-up``, ``access-down`` or ``sidelink``.
    ends:
        Sender and receiver.
    band:
        The band that the link shares.
    efficiency:
        Tells the spectral efficiency of the link now [bit/s/Hz]; 0 is outage.
    patience:
        Length [s] of an outage after which a message is given up.
    access:
        What slots and repetitions do to the message that a label names, of a size [bit] and at an efficiency
        [bit/s/Hz].
    charge:
        Books the energy of both ends for a time on the air [s].
    """

    def __init__(
        self,
        ctx: Context,
        medium: str,
        ends: tuple[str, str],
        band: Band,
        efficiency: Callable[[], float],
        patience: float,
        access: Callable[[Label, float, float], Access],
        charge: Callable[[float], None],
    ) -> None:
        self.medium = medium
        self.ends = ends
        self.band = band
        self.efficiency = efficiency
        self.patience = patience
        self.charge = charge
        self._ctx = ctx
        self._access = access

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Share the band until the last bit is sent, then wait for slots, decoding and repetitions."""

        def sent() -> None:
            access = self._access(label, size_bit, flow.efficiency)
            self._ctx.after(access.delay_s, lost if access.lost else arrived)

        flow = self.band.start(self, size_bit, sent, lost)

    def adopt(self, flow: Flow) -> None:
        """Go on with a transfer that was withdrawn from another link's band."""
        flow.link = self
        self.band.put(flow)

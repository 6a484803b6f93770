"""Media that carry messages on the timeline: radio links on a shared band, and fibres with a queue.

The queueing itself is computed by pure models (`SharedBand`, `FifoQueue`); here their completions become events with
callbacks. No process is started for a message.
"""

from collections.abc import Callable
from typing import Protocol

from qflsim.network.fibre import FifoQueue
from qflsim.network.sharing import SharedBand

from .context import Context

__all__ = ["Action", "Available", "Band", "Carrier", "FibreLink", "Label", "RadioLink", "nothing"]

Action = Callable[[], object]

Label = tuple[str, str, str]
"""Sender, receiver and kind of a message: what its random delays are named after, whatever else is on the air."""

Available = Callable[[float], tuple[float, float]]
"""Of a time [s]: the share of the band that background traffic leaves, and the time until which that holds."""


def nothing() -> None:
    """What a node does with a verified message that it does not have to act on."""


class Carrier(Protocol):
    """One direction of one link: takes bits, calls back when the last one has arrived."""

    medium: str

    def carry(self, label: Label, size_bit: float, arrived: Action) -> None:
        """Send ``size_bit`` of the message that ``label`` names and call ``arrived`` when the last bit is there."""


class Band:
    """A radio band that all concurrent transfers of a cell share, beside its background traffic.

    The next thing to happen on the band, the end of a transfer or a change of the background load, stands as one
    event; whenever a transfer starts, the event is set anew and the outdated one is told by its number and ignored.
    """

    def __init__(self, ctx: Context, bandwidth: float, available: Available | None = None) -> None:
        self._ctx = ctx
        self._shared = SharedBand(bandwidth)
        self._available = available
        self._holds_until = 0.0
        self._arrived: dict[str, Action] = {}
        self._flows = 0
        self._event = 0

    def carry(self, size_bit: float, efficiency: float, arrived: Action) -> None:
        """Start a transfer at ``efficiency`` [bit/s/Hz]; ``arrived`` is called at its end."""
        self._look_at_background()
        self._flows += 1
        flow = str(self._flows)
        self._arrived[flow] = arrived
        self._shared.start(self._ctx.now, flow, size_bit, efficiency)
        self._await_next()

    def _await_next(self) -> None:
        self._event += 1
        upcoming = self._shared.next_completion()
        if upcoming is None:
            return
        event, end = self._event, upcoming[0]
        if self._available is not None and self._holds_until < end:
            self._ctx.at(self._holds_until, lambda: self._background_changes(event))
        else:
            self._ctx.at(end, lambda: self._transfer_ends(event))

    def _transfer_ends(self, event: int) -> None:
        if event != self._event:
            return
        ended = self._shared.complete(self._ctx.now)
        self._await_next()
        for flow in ended:
            self._arrived.pop(flow)()

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
    band:
        The band that the link shares.
    efficiency:
        Spectral efficiency of the link [bit/s/Hz], > 0.
    delay:
        Slot and processing delay [s] of the message that a label names.
    charge:
        Books the energy of both ends for a number of bits.
    """

    def __init__(
        self,
        ctx: Context,
        medium: str,
        band: Band,
        efficiency: float,
        delay: Callable[[Label], float],
        charge: Callable[[float], None],
    ) -> None:
        self.medium = medium
        self._ctx = ctx
        self._band = band
        self._efficiency = efficiency
        self._delay = delay
        self._charge = charge

    def carry(self, label: Label, size_bit: float, arrived: Action) -> None:
        """Share the band until the last bit is sent, then wait for slots and decoding."""
        self._charge(size_bit)
        self._band.carry(size_bit, self._efficiency, lambda: self._ctx.after(self._delay(label), arrived))


class FibreLink:
    """One direction of a fibre: a queue at its head, then switches and the time of flight."""

    medium = "fibre"

    def __init__(self, ctx: Context, queue: FifoQueue, charge: Callable[[float], None]) -> None:
        self._ctx = ctx
        self._queue = queue
        self._charge = charge

    def carry(self, label: Label, size_bit: float, arrived: Action) -> None:
        """Queue ``size_bit`` behind what was sent before."""
        self._charge(size_bit)
        self._ctx.at(self._queue.send(self._ctx.now, size_bit), arrived)

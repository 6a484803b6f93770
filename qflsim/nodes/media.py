"""Media that carry messages on the timeline: a shared radio band and a fibre pair.

The queueing itself is computed by pure models (`qflsim.network.sharing.SharedBand`, `FifoQueue`); here their
completions become events with callbacks. No process is started for a message.
"""

from collections.abc import Callable
from typing import Protocol

from qflsim.network.background import BackgroundLoad
from qflsim.network.fibre import FifoQueue
from qflsim.network.sharing import SharedBand

from .context import Context

__all__ = ["Band", "Carrier", "FibrePair"]

Action = Callable[[], None]


class Carrier(Protocol):
    """One direction of one link: takes bits, calls back when the last one has arrived."""

    medium: str

    def carry(self, size_bit: float, arrived: Action) -> None:
        """Send ``size_bit`` and call ``arrived`` when the last bit is there."""


class Band:
    """A radio band that all concurrent transfers of a cell share, beside its background traffic.

    The next completion of the shared band stands as one event; whenever a transfer starts, the event is set anew
    and the outdated one is recognised by its number and ignored.
    """

    def __init__(self, ctx: Context, bandwidth_hz: float, background: BackgroundLoad | None = None) -> None:
        self._ctx = ctx
        self._shared = SharedBand(bandwidth_hz)
        self._background = background
        self._arrived: dict[int, Action] = {}
        self._next_flow = 0
        self._event = 0

    def carry(self, size_bit: float, efficiency: float, arrived: Action) -> None:
        """Start a transfer at ``efficiency`` [bit/s/Hz]; ``arrived`` is called at its end."""
        self._look_at_background()
        flow, self._next_flow = self._next_flow, self._next_flow + 1
        self._arrived[flow] = arrived
        self._shared.start(self._ctx.now, flow, size_bit, efficiency)
        self._set_event()

    def _set_event(self) -> None:
        upcoming = self._shared.next_completion()
        self._event += 1
        times = [] if upcoming is None else [upcoming[0]]
        if times and self._background is not None:
            times.append(self._background.next_change(self._ctx.now))
        if times:
            event = self._event
            self._ctx.at(min(times), lambda: self._happen(event))

    def _happen(self, event: int) -> None:
        if event != self._event:
            return
        self._look_at_background()
        finished = self._shared.complete(self._ctx.now)
        self._set_event()
        for flow in finished:
            self._arrived.pop(flow)()

    def _look_at_background(self) -> None:
        if self._background is not None:
            self._shared.set_available(self._ctx.now, self._background.available(self._ctx.now))


class FibrePair:
    """One direction of a fibre: a queue at its head, then the time of flight."""

    medium = "fibre"

    def __init__(self, ctx: Context, queue: FifoQueue, charge: Callable[[float], None]) -> None:
        self._ctx = ctx
        self._queue = queue
        self._charge = charge

    def carry(self, size_bit: float, arrived: Action) -> None:
        """Queue ``size_bit`` behind what was sent before."""
        self._charge(size_bit)
        self._ctx.at(self._queue.send(self._ctx.now, size_bit), arrived)

"""Media that carry messages on the timeline: what all of them promise, and fibres with a queue.

The queueing itself is computed by a pure model (`FifoQueue`); here its completions become events with callbacks. No
process is started for a message. Radio links are in `radio`.
"""

from collections.abc import Callable
from typing import Protocol

from qflsim.network.fibre import FifoQueue

from .context import Context

__all__ = ["Action", "Carrier", "FibreLink", "Label", "nothing"]

Action = Callable[[], object]

Label = tuple[str, str, str]
"""Sender, receiver and kind of a message: what its random delays are named after, whatever else is on the air."""


def nothing() -> None:
    """What a node does with a verified message that it does not have to act on."""


class Carrier(Protocol):
    """One direction of one link: takes bits, calls back when the last one has arrived, or when the message is lost."""

    medium: str
    ends: tuple[str, str]

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Send ``size_bit`` of the message that ``label`` names.

        ``arrived`` is called when the last bit is there, or ``lost`` when the link has given the message up: one of
        the two, once, and not before `carry` has returned.
        """


class FibreLink:
    """One direction of a fibre: a queue at its head, switches and the time of flight, and the far end's intake.

    Parameters
    ----------
    ctx:
        The run's shared services.
    queue:
        What leaves at the near end, one message after the other.
    intake:
        What the far end takes in, from this fibre and all others that end there.
    charge:
        Books the energy of a number of bits.
    """

    medium = "fibre"

    def __init__(
        self,
        ctx: Context,
        ends: tuple[str, str],
        queue: FifoQueue,
        intake: FifoQueue,
        charge: Callable[[float], None],
    ) -> None:
        self.ends = ends
        self._ctx = ctx
        self._queue = queue
        self._intake = intake
        self._charge = charge
        self._up = True
        self._number = 0
        self._under_way: dict[int, Action] = {}  # whom to tell of the loss of each message in the queue or in flight
        self.lost = 0
        """Messages lost since the fibre last failed."""

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Queue ``size_bit`` behind what was sent before; a fibre that is down loses it."""
        if not self._up:
            self.lost += 1
            self._ctx.after(0.0, lost)
            return
        self._charge(size_bit)
        self._number += 1
        number = self._number
        self._under_way[number] = lost
        self._ctx.at(self._queue.send(self._ctx.now, size_bit), lambda: self._take_in(number, size_bit, arrived))

    def fail(self) -> list[Action]:
        """Go down; whom to tell of every message that is lost by that."""
        self._up = False
        victims = list(self._under_way.values())
        self._under_way.clear()
        self._queue.clear(self._ctx.now)
        self.lost = len(victims)
        return victims

    def repair(self) -> None:
        """Be there again, with nothing on it."""
        self._up = True

    def _take_in(self, number: int, size_bit: float, arrived: Action) -> None:
        """The last bit has come out; what a failure has taken on the way is not there any more."""
        if self._under_way.pop(number, None) is not None:
            self._ctx.at(self._intake.send(self._ctx.now, size_bit), arrived)

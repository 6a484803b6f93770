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

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Send ``size_bit`` of the message that ``label`` names.

        ``arrived`` is called when the last bit is there, or ``lost`` when the link has given the message up: one of
        the two, once, and not before `carry` has returned.
        """


class FibreLink:
    """One direction of a fibre: a queue at its head, then switches and the time of flight. It loses nothing."""

    medium = "fibre"

    def __init__(self, ctx: Context, queue: FifoQueue, charge: Callable[[float], None]) -> None:
        self._ctx = ctx
        self._queue = queue
        self._charge = charge

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Queue ``size_bit`` behind what was sent before."""
        self._charge(size_bit)
        self._ctx.at(self._queue.send(self._ctx.now, size_bit), arrived)

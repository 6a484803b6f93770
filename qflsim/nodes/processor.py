"""The classical processor of a node: one task after another, each with its time and its joules."""

from collections.abc import Callable

from qflsim.crypto.processors import Cost

from .context import Context

__all__ = ["Processor"]


class Processor:
    """A node's processor, serving tasks in the order in which they come.

    Work is booked by arithmetic on the time until which the processor is busy: one event per task, no process.
    """

    def __init__(self, ctx: Context, node: str) -> None:
        self._ctx = ctx
        self._node = node
        self._busy_until = 0.0

    def do(self, cost: Cost, cause: str, then: Callable[[], None]) -> None:
        """Queue a task; ``then`` is called when it is done, its energy is charged to ``cause``."""
        start = max(self._ctx.now, self._busy_until)
        self._busy_until = start + cost.time_s
        self._ctx.energy.charge(self._node, cause, cost.energy_j)
        self._ctx.at(self._busy_until, then)

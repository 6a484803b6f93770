"""An ordinary processor on the timeline: what a node without a QPU trains and evaluates a network on."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from qflsim.energy import ComputeEnergy
from qflsim.learning.stragglers import Speeds

from .context import Context
from .processor import TaskProcessor

__all__ = ["ArithmeticProcessor"]


class ArithmeticProcessor(TaskProcessor):
    """The processor of one node, as far as it trains and evaluates; whatever else it computes does not wait for that.

    Parameters
    ----------
    ctx, node, speeds:
        See `TaskProcessor`.
    compute:
        Time and energy of its operations.
    """

    def __init__(self, ctx: Context, node: str, speeds: Speeds, compute: ComputeEnergy) -> None:
        super().__init__(ctx, node, speeds)
        self._compute = compute

    def for_task(self, ctx: Context) -> "ArithmeticProcessor":
        """The same processor, for the jobs of another task: all queue for it."""
        processor = copy(self)
        processor._ctx = ctx
        return processor

    def duration(self, submissions: Sequence[int]) -> float:
        """Time [s] of so many operations."""
        return self.slowdown * self._compute.time(self._compute.cycles(sum(submissions)))

    def _spend(self, submissions: Sequence[int], share: float) -> dict[str, Any]:
        operations = sum(submissions)
        joules = share * self.slowdown * self._compute.energy(self._compute.cycles(operations))
        self._ctx.energy.charge(self._node, "computing", joules)
        return {
            "operations": operations, "arithmetic_s": share * self.duration(submissions), "computing_j": joules,
        }  # fmt: skip

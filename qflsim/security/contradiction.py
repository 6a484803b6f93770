"""Devices that sign two updates in one round."""

from dataclasses import dataclass, replace

import numpy as np

from qflsim.learning.aggregation import Update
from qflsim.security.held import HeldNodes

__all__ = ["TwoUpdates"]


@dataclass(frozen=True, kw_only=True)
class TwoUpdates(HeldNodes):
    """Devices that sign two different updates in a round: the one they trained, and its negative.

    Both signatures hold, so that both stand in their committee's block, and together they are proof of equivocation:
    neither is aggregated, and the task's contract slashes the deposit.

    *Scope*: all members of the committee receive both. Of the servers among its nodes nothing is asked.

    *Validation*: the model learned is the one learned without these devices.
    """

    def contradict(self, now: float, update: Update, rng: np.random.Generator) -> Update | None:
        """The negative of the update."""
        return replace(update, parameters=-update.parameters) if self.active(now) else None

"""Validators that lie in a broadcast over lists as well as the lists allow."""

from dataclasses import dataclass

import numpy as np

from qflsim.chain.agreement import Agreement, Replica
from qflsim.chain.broadcast import ListBroadcast
from qflsim.chain.deception import DeceivingReplica
from qflsim.chain.seat import Seat
from qflsim.security.held import HeldNodes

__all__ = ["ForgedLists"]


@dataclass(frozen=True, kw_only=True)
class ForgedLists(HeldNodes):
    """Validators that show places of their lists so that a lie has the best chance, see `DeceivingReplica`.

    As senders they tell half of the receivers another block, as receivers they claim to have been told one. The other
    block is ready: an adversary that tries many for one that suits its lists has a better chance.

    *Scope*: each for itself. Where the lists of a decision do not allow it, a sender shows what is true of both blocks,
    and is found out.
    """

    def suits(self, agreement: Agreement) -> None:
        """Refuse protocols without lists."""
        if not isinstance(agreement, ListBroadcast):
            raise ValueError(
                f"ForgedLists must be used with a broadcast over lists, got {type(agreement).__name__}; use "
                "agreement=DetectableBroadcast(), or Equivocation there"
            )

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A deceiver."""
        if not self.active(now) or not isinstance(seat.protocol, ListBroadcast):
            return None
        return DeceivingReplica(seat, seat.protocol)

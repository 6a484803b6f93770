"""A validator's place in a committee, for whoever takes it: the protocol's own replica, or one that fails or lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qflsim.chain.agreement import Agreement, Draws, Message, Proposal, Replica, Validate

__all__ = ["Fate", "Play", "Seat"]


def _rival(proposal: Proposal) -> Proposal:
    return replace(proposal, digest=f"rival of {proposal.digest}")


@dataclass(frozen=True, kw_only=True)
class Seat:
    """What there is to know at one place.

    Parameters
    ----------
    protocol, me, members, validate, draws, memory:
        As for `Agreement.seat`.
    rival:
        Another block that would do as well as a proposal, to show to somebody else.
    accomplices:
        Members that the same adversary holds, ``me`` included, in the order of ``members``.
    shared:
        What the accomplices of one height tell each other, under names of their own; it takes no message.
    """

    protocol: Agreement
    me: str
    members: tuple[str, ...]
    draws: Draws
    validate: Validate | None = None
    memory: object = None
    rival: Callable[[Proposal], Proposal] = _rival
    accomplices: tuple[str, ...] = ()
    shared: dict[str, Any] = field(default_factory=dict)

    def joined(self, accomplices: tuple[str, ...], shared: dict[str, Any]) -> "Seat":
        """The same place, held by an adversary that holds others too."""
        return replace(self, accomplices=accomplices, shared=shared)

    def honest(self) -> Replica:
        """The replica that follows the protocol."""
        return self.protocol.seat(self.me, self.members, validate=self.validate, draws=self.draws, memory=self.memory)


Play = Callable[[Seat], Replica]
"""Makes the replica that takes a seat."""

Fate = Callable[[float, str, str, Message], Sequence[float]]
"""Of time [s], sender, receiver and message: how much later [s] than by its link each copy arrives; none, if lost."""

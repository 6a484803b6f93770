"""A validator that is two in one name, whatever its protocol: each half of the others deals with one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.chain.agreement import (
    Abort,
    Broadcast,
    CancelTimer,
    Decide,
    Effect,
    Effects,
    Entangle,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
)
from qflsim.chain.lists import Pair
from qflsim.chain.seat import Seat
from qflsim.quantum.singlets import Entries

__all__ = ["EquivocatingReplica", "sides"]


def sides(seat: Seat, rng: np.random.Generator) -> Mapping[str, int]:
    """Two halves, 0 and 1, of the members that are no accomplices; drawn by the first that asks, then the same."""
    if "sides" not in seat.shared:
        honest = [name for name in seat.members if name not in seat.accomplices]
        order = rng.permutation(len(honest)).tolist()
        seat.shared["sides"] = {honest[place]: rank % 2 for rank, place in enumerate(order)}
    halves: Mapping[str, int] = seat.shared["sides"]
    return halves


@dataclass
class _Copy:
    """One of the two replicas that speak in one name."""

    replica: Replica
    side: int


class EquivocatingReplica(Replica):
    """A member that is two: each half of the others deals with a replica of its own, and both sign with one name [1]_.

    The two follow the protocol, but propose different blocks and know nothing of each other. So one half is shown one
    block and the votes for it, the other half another: equivocation in whatever way the protocol leaves open.
    Accomplices are split alike, and each of their halves hears the other accomplices' same half.

    Parameters
    ----------
    seat:
        Its place.
    halves:
        0 or 1 for every member that is no accomplice.

    References
    ----------
    .. [1] S. Bano et al., "Twins: BFT systems made robust", OPODIS (2021).
    """

    def __init__(self, seat: Seat, halves: Mapping[str, int]) -> None:
        self._seat = seat
        self._halves = halves
        self._copies = (_Copy(seat.honest(), 0), _Copy(seat.honest(), 1))
        self._said: dict[int, tuple[Message, int]] = seat.shared.setdefault("said", {})
        self._decided: set[int] = set()

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin with two different proposals."""
        rival = None if proposal is None else self._seat.rival(proposal)
        first, second = self._copies
        return (
            *self._split(first, first.replica.start(now, proposal, height)),
            *self._split(second, second.replica.start(now, rival, height)),
        )

    def handle(self, now: float, message: Message) -> Effects:
        """Let the half that the sender belongs to answer."""
        if message.sender in self._halves:
            side = self._halves[message.sender]
        else:
            side = self._said.get(id(message), (message, 0))[1]
        copy = self._copies[side]
        return self._split(copy, copy.replica.handle(now, message))

    def read(self, now: float, height: int, entries: Mapping[Pair, Entries]) -> Effects:
        """Let both halves know what this member holds."""
        return tuple(
            new
            for copy in self._copies
            for effect in copy.replica.read(now, height, entries)
            for new in self._say(copy.side, effect)
        )

    def expire(self, now: float, timer: str) -> Effects:
        """Let the half whose timer it is react."""
        side, _, name = timer.partition(" ")
        copy = self._copies[int(side)]
        return self._split(copy, copy.replica.expire(now, name))

    def close(self, now: float) -> Effects:
        """Let both rest."""
        return tuple(effect for copy in self._copies for effect in self._split(copy, copy.replica.close(now)))

    def leader(self, view: int, height: int | None = None) -> str:
        """As both have it."""
        return self._copies[0].replica.leader(view, height)

    @property
    def memory(self) -> object:
        """That of the first half."""
        return self._copies[0].replica.memory

    def _split(self, copy: _Copy, effects: Effects) -> Effects:
        return tuple(new for effect in effects for new in self._say(copy.side, effect))

    def _say(self, side: int, effect: Effect) -> Sequence[Effect]:
        match effect:
            case Broadcast(message=message):
                self._said[id(message)] = (message, side)
                return [Send(to, message) for to in self._audience(side)]
            case Send(to=to, message=message):
                self._said[id(message)] = (message, side)
                return [effect] if to in self._audience(side) else []
            case SetTimer(name=name, delay=delay):
                return [SetTimer(f"{side} {name}", delay)]
            case CancelTimer(name=name):
                return [CancelTimer(f"{side} {name}")]
            case Entangle():
                return [effect] if side == 0 else []
            case Decide(height=height) | Abort(height=height):
                known = height in self._decided
                self._decided.add(height)
                return [] if known else [effect]
        return [effect]

    def _audience(self, side: int) -> list[str]:
        accomplices = [name for name in self._seat.accomplices if name != self._seat.me]
        return accomplices + [name for name, half in self._halves.items() if half == side]

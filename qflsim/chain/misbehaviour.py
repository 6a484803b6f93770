"""Validators that fail or lie, made of replicas that do neither, whatever their protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

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
from qflsim.chain.blocktree import BlockMessage
from qflsim.chain.lists import ListMessage, Pair
from qflsim.chain.seat import Seat
from qflsim.quantum.singlets import Entries

__all__ = ["CrashingReplica", "EquivocatingReplica", "PerjuringReplica", "WithholdingReplica", "sides"]


class _Changed(Replica):
    """A replica whose effects go through somebody's hands."""

    def __init__(self, seat: Seat) -> None:
        self._me = seat.me
        self._others = tuple(name for name in seat.members if name != seat.me)
        self._inner = seat.honest()

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """As the replica inside, changed."""
        return self._changed(self._inner.start(now, proposal, height))

    def handle(self, now: float, message: Message) -> Effects:
        """As the replica inside, changed."""
        return self._changed(self._inner.handle(now, message))

    def expire(self, now: float, timer: str) -> Effects:
        """As the replica inside, changed."""
        return self._changed(self._inner.expire(now, timer))

    def read(self, now: float, height: int, entries: Mapping[Pair, Entries]) -> Effects:
        """As the replica inside, changed."""
        return self._changed(self._inner.read(now, height, entries))

    def close(self, now: float) -> Effects:
        """As the replica inside."""
        return self._inner.close(now)

    def leader(self, view: int, height: int | None = None) -> str:
        """As the replica inside."""
        return self._inner.leader(view, height)

    @property
    def memory(self) -> object:
        """As the replica inside."""
        return self._inner.memory

    def _changed(self, effects: Effects) -> Effects:
        return tuple(new for effect in effects for new in self._change(effect))

    def _change(self, effect: Effect) -> Sequence[Effect]:
        """What is done in place of ``effect``."""
        return (effect,)

    def _addressed(self, effect: Broadcast | Send) -> tuple[str, ...]:
        return self._others if isinstance(effect, Broadcast) else (effect.to,)

    def _proposes(self, message: Message) -> bool:
        """Whether ``message`` carries a block that this member puts forward itself."""
        if isinstance(message, BlockMessage):
            return message.block.proposer == self._me
        leads = message.payload_byte > 0 and message.kind != "decision"
        return leads and self._inner.leader(message.view, message.height) == self._me


class WithholdingReplica(_Changed):
    """A member that keeps its blocks from all but some.

    Parameters
    ----------
    seat:
        Its place.
    reached:
        Who gets the blocks that it proposes; nobody, and it is a silent leader.
    """

    def __init__(self, seat: Seat, reached: Sequence[str] = ()) -> None:
        super().__init__(seat)
        self._reached = frozenset(reached)

    def _change(self, effect: Effect) -> Sequence[Effect]:
        if not isinstance(effect, Broadcast | Send) or not self._proposes(effect.message):
            return (effect,)
        return [Send(to, effect.message) for to in self._addressed(effect) if to in self._reached]


class PerjuringReplica(_Changed):
    """A member that tells each other member another vote: for what it found good, or for anything else it has heard of.

    Parameters
    ----------
    seat:
        Its place.
    rng:
        Decides who is told what.
    share:
        How often it lies.
    """

    def __init__(self, seat: Seat, rng: np.random.Generator, share: float = 0.5) -> None:
        super().__init__(seat)
        self._rng = rng
        self._share = share
        self._heard = ["nothing that anybody proposed"]

    def handle(self, now: float, message: Message) -> Effects:
        """As the replica inside, perjured; what is proposed is remembered."""
        if message.digest and message.digest not in self._heard:
            self._heard.append(message.digest)
        return super().handle(now, message)

    def _change(self, effect: Effect) -> Sequence[Effect]:
        if not isinstance(effect, Broadcast | Send):
            return (effect,)
        message = effect.message
        unsigned = not message.signatures and not isinstance(message, ListMessage)
        if message.payload_byte or message.evidence or not message.digest or unsigned:
            return (effect,)
        return [Send(to, self._told(message)) for to in self._addressed(effect)]

    def _told(self, vote: Message) -> Message:
        if self._rng.random() >= self._share:
            return vote
        return replace(vote, digest=self._heard[int(self._rng.integers(len(self._heard)))])


class CrashingReplica(_Changed):
    """A member that stops, and maybe comes back as it was.

    While it is down it neither hears nor says anything; what is sent to it is lost. When it comes back it remembers
    what it knew, and its timers that have run out meanwhile run out at once.

    Parameters
    ----------
    seat:
        Its place.
    start_s, end_s:
        From when [s] until when it is down.
    """

    def __init__(self, seat: Seat, start_s: float, end_s: float) -> None:
        super().__init__(seat)
        self._start_s, self._end_s = start_s, end_s
        self._missed: list[Callable[[float], Effects]] = []

    def _down(self, now: float) -> bool:
        return self._start_s <= now < self._end_s

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin, or begin when it is back."""
        back = []
        if self._start_s < self._end_s < float("inf") and now < self._end_s:
            back = [SetTimer(f"recovery {height}", self._end_s - now)]
        if self._down(now):
            self._missed.append(lambda later: self._inner.start(later, proposal, height))
            return tuple(back)
        return (*back, *self._inner.start(now, proposal, height))

    def handle(self, now: float, message: Message) -> Effects:
        """Hear nothing while down."""
        return () if self._down(now) or self._missed else self._inner.handle(now, message)

    def read(self, now: float, height: int, entries: Mapping[Pair, Entries]) -> Effects:
        """Know of no list that was made while it was down."""
        return () if self._down(now) or self._missed else self._inner.read(now, height, entries)

    def expire(self, now: float, timer: str) -> Effects:
        """Take in timers, late ones when it is back."""
        if timer.startswith("recovery"):
            missed, self._missed = self._missed, []
            return tuple(effect for what in missed for effect in what(now))
        if self._down(now):
            self._missed.append(lambda later: self._inner.expire(later, timer))
            return ()
        return self._inner.expire(now, timer)


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

"""Validators that fail or lie, made of replicas that do neither, whatever their protocol; see also `equivocation`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from qflsim.chain.agreement import (
    Broadcast,
    Effect,
    Effects,
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

__all__ = ["CrashingReplica", "PerjuringReplica", "WithholdingReplica"]


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

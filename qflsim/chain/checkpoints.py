"""Checkpoints of PBFT: what a quorum vouches for is forgotten, and nobody runs too far ahead of it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from qflsim.chain.agreement import Message, Votes

__all__ = ["CHECKPOINT", "STATE", "Checkpoints", "Progress", "StateMessage", "extended"]

CHECKPOINT, STATE = "checkpoint", "state"


def extended(state: str, blocks: Iterable[str]) -> str:
    """Digest of a state after blocks with these digests: SHA-256 over the state before and each of them in turn."""
    for digest in blocks:
        state = hashlib.sha256(f"{state}/{digest}".encode()).hexdigest()
    return state


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a chain has come, for members of its next height.

    Parameters
    ----------
    low:
        Heights below are covered by a stable checkpoint: the low water mark.
    state:
        Digest of the state after all heights decided.
    marks:
        Checkpoints taken that are not stable yet: height and digest.
    """

    low: int
    state: str
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StateMessage(Message):
    """A block whose votes are forgotten, with the digests of those after it, up to a checkpoint shown as evidence."""

    following: tuple[str, ...]

    @property
    def header_byte(self) -> int:
        """A hash for each block that follows."""
        return 32 * len(self.following)


class Checkpoints:
    """What one member of PBFT knows of checkpoints [1]_.

    Parameters
    ----------
    members, quorum:
        Who may vote, and how many of them make a checkpoint stable.
    period, window:
        Heights from checkpoint to checkpoint, and from the low to the high water mark.
    progress:
        What was known when this member came in; None at the beginning of a chain.

    References
    ----------
    .. [1] M. Castro, B. Liskov, "Practical Byzantine Fault Tolerance", OSDI (1999), section 4.3.
    """

    def __init__(
        self, members: frozenset[str], quorum: int, period: int, window: int, progress: Progress | None
    ) -> None:
        self._members, self._quorum, self._period, self._window = members, quorum, period, window
        known = progress or Progress(0, "")
        self.low = known.low
        self._state: str | None = known.state
        self._marks = dict(known.marks)
        self._votes: defaultdict[tuple[int, str], dict[str, Message]] = defaultdict(dict)
        self._heard: set[str] = set()  # who voted for the stable checkpoint
        self.proof = Votes()

    @property
    def progress(self) -> Progress | None:
        """What the next height must know; None if this member fell behind and knows no state."""
        return None if self._state is None else Progress(self.low, self._state, tuple(sorted(self._marks.items())))

    def begin(self, height: int) -> None:
        """Take a chain that begins above height 0 as it is found."""
        self.low = height // self._period * self._period

    def allows(self, height: int) -> bool:
        """Whether a height lies below the high water mark."""
        return height < self.low + self._window

    def decided(self, height: int, digest: str) -> None:
        """Note a decision, after those of all heights before; take a checkpoint if one is due."""
        if self._state is None:
            return
        self._state = extended(self._state, [digest])
        if (height + 1) % self._period == 0 and height + 1 > self.low:
            self._marks[height + 1] = self._state

    def skipped(self) -> None:
        """Forget the state: a height was left without a decision of one's own."""
        self._state = None

    def due(self, height: int) -> tuple[int, str] | None:
        """The latest checkpoint taken before ``height`` that is not stable."""
        open_marks = [mark for mark in self._marks.items() if self.low < mark[0] <= height]
        return max(open_marks, default=None)

    def vote(self, message: Message) -> bool:
        """Count a vote for a checkpoint, or the votes shown in a message; whether it became stable by them."""
        highest = float("inf") if message.evidence else self.low + self._window
        for vote in message.evidence or (message,):
            in_place = vote.kind == CHECKPOINT and vote.sender in self._members
            if in_place and self.low < vote.height <= highest and vote.height % self._period == 0:
                voters = self._votes[vote.height, vote.digest]
                voters[vote.sender] = vote
                if len(voters) >= self._quorum:
                    self._settle(vote.height, voters)
                    return True
        return False

    def repeats(self, message: Message) -> bool:
        """Whether a vote is for what is stable already, and not the first of its sender: it lacks the proof."""
        if message.height != self.low or message.evidence:
            return message.height < self.low and not message.evidence
        again = message.sender in self._heard
        self._heard.add(message.sender)
        return again

    def covers(self, message: StateMessage) -> bool:
        """Whether a block and those after it lead from the own state to a checkpoint that a quorum vouches for."""
        votes = message.evidence if isinstance(message.evidence, Votes) else Votes(message.evidence)
        if self._state is None or not votes or len(votes.voters & self._members) < self._quorum:
            return False
        reached = extended(self._state, [message.digest, *message.following])
        first, end = votes[0], message.height + 1 + len(message.following)
        return (first.kind, first.height, first.digest) == (CHECKPOINT, end, reached)

    def _settle(self, height: int, voters: dict[str, Message]) -> None:
        """Make a checkpoint the low water mark and forget what led to it."""
        self.low = height
        self.proof = Votes(voters[name] for name in sorted(voters))
        self._heard = set(voters)
        self._marks = {mark: digest for mark, digest in self._marks.items() if mark > height}
        for old in [key for key in self._votes if key[0] <= height]:
            del self._votes[old]

"""What the replicas of a protocol do alike, whatever their protocol: heights, early messages, timers, decisions."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from qflsim.chain.agreement import (
    Agreement,
    CancelTimer,
    Decide,
    Effect,
    Effects,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
    Validate,
    Votes,
)
from qflsim.chain.quorums import check_height, seated

__all__ = ["DECISION", "HeightReplica"]

DECISION = "decision"


@dataclass(slots=True)
class _Timers:
    """Timers that run, each with what it is for; their names are never used twice."""

    running: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def add(self, height: int, purpose: str) -> str:
        """Start a timer; its name."""
        self.count += 1
        name = f"{height}/{self.count}"
        self.running[name] = purpose
        return name


class HeightReplica(Replica):
    """One validator that decides height after height; its protocol says what it does within one.

    Messages for a later height are kept until then. Who decided keeps the decision and its proof, and gives both to a
    member that turns out to lack them.

    Parameters
    ----------
    protocol, me, members, validate:
        As for `Agreement.replica`.
    timeout:
        Time [s] of a timer in view 0; 2^v times that in view v.
    """

    def __init__(
        self, protocol: Agreement, me: str, members: tuple[str, ...], validate: Validate | None, timeout: float
    ) -> None:
        self._committee = seated(protocol, me, members)
        self._me = me
        self._known, self._quorum = self._committee.known, self._committee.quorum
        self._validate = validate or _accept
        self._timeout = timeout
        self._timers = _Timers()
        self._decisions: dict[int, Message] = {}  # as this replica, or the one that reported it, put it
        self._sizes: dict[int, int] = {}  # bytes of the blocks decided
        self._early: defaultdict[int, list[Message]] = defaultdict(list)
        self._react = {**self._reactions(), DECISION: self._on_decision}
        self._height = -1
        self._view = 0

    @abstractmethod
    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        """What to do on a message of each kind, while the height is undecided."""

    @abstractmethod
    def _begin(self) -> list[Effect]:
        """Forget the height before and enter view 0 of the present one."""

    @abstractmethod
    def _time_out(self, purpose: str) -> list[Effect]:
        """What to do when the timer set for ``purpose`` ran out."""

    @abstractmethod
    def _proves(self, decision: Message) -> bool:
        """Whether a decision that another member reports is to be believed."""

    @abstractmethod
    def _asks(self, message: Message) -> bool:
        """Whether ``message``, which came after this replica's decision, shows that its sender lacks it."""

    def leader(self, view: int, height: int | None = None) -> str:
        """Member (height + view) mod n."""
        return self._committee.in_turn((self._height if height is None else height) + view)

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin at view 0; messages that came early are taken in now."""
        check_height(height, self._height)
        effects = self._stop_timers()
        self._height, self._view, self._own = height, 0, proposal
        self._blocks = {proposal.digest: proposal.size_byte} if proposal else {}  # blocks at hand, by digest
        self._report: Message | None = None  # what others say was decided
        effects += self._begin()
        if self._early:
            effects += self._take_early(now)
        return tuple(effects)

    def _take_early(self, now: float) -> list[Effect]:
        """Take in what came early for this height, and forget what came for those before."""
        effects: list[Effect] = []
        for message in self._early.pop(self._height, ()):
            effects += self.handle(now, message)
        for old in [early for early in self._early if early < self._height]:
            del self._early[old]
        return effects

    def handle(self, now: float, message: Message) -> Effects:
        """Take in a message; one for a later height is kept until then."""
        react = self._react.get(message.kind)
        if react is None or message.sender not in self._known:
            return ()
        height = message.height
        if height != self._height:
            return self._handle_other(message)
        if height in self._decisions:
            return tuple(self._tell(message)) if self._asks(message) else ()
        effects = react(message)
        if self._report is not None:
            effects = effects + self._follow_report()
        return tuple(effects)

    def _handle_other(self, message: Message) -> Effects:
        """Take in a message about another height than the present one."""
        if message.height > self._height:
            self._early[message.height].append(message)
        elif message.height in self._decisions and self._asks(message):
            return tuple(self._tell(message))
        return ()

    def expire(self, now: float, timer: str) -> Effects:
        """Take in that a timer ran out; one of an earlier view or height changes nothing."""
        purpose = self._timers.running.pop(timer, None)
        return () if purpose is None else tuple(self._time_out(purpose))

    def _on_decision(self, message: Message) -> list[Effect]:
        """Believe what others decided, with proof."""
        if self._proves(message):
            self._report = message
            if message.payload_byte:
                self._blocks.setdefault(message.digest, message.payload_byte)
        return []

    def _follow_report(self) -> list[Effect]:
        """Decide as others did, as soon as the block is at hand."""
        report = self._report
        if report is None or report.digest not in self._blocks or self._height in self._decisions:
            return []
        view = report.evidence[0].view if report.evidence else report.view
        self._decisions[self._height] = report if report.view == view else replace(report, view=view)
        return self._close(view, report.digest)

    def _decide(self, view: int, digest: str, evidence: tuple[Message, ...]) -> list[Effect]:
        """Decide, and keep the decision for who will ask."""
        self._decisions[self._height] = self._message(
            DECISION, digest, view=view, payload_byte=self._blocks[digest], evidence=evidence
        )
        return self._close(view, digest)

    def _close(self, view: int, digest: str) -> list[Effect]:
        self._sizes[self._height] = self._blocks[digest]
        return [Decide(self._height, digest, view), *self._stop_timers()]

    def _announcement(self) -> Message:
        """The decision at this height for those who have the block."""
        return replace(self._decisions[self._height], payload_byte=0)

    def _tell(self, asking: Message) -> list[Effect]:
        """Answer with the decision; the block goes along only if it is another than the one that was asked with."""
        decision = self._decisions[asking.height]
        size = 0 if asking.digest == decision.digest else self._sizes[asking.height]
        return [Send(asking.sender, replace(decision, sender=self._me, payload_byte=size))]

    def _message(
        self,
        kind: str,
        digest: str,
        *,
        view: int | None = None,
        payload_byte: int = 0,
        evidence: tuple[Message, ...] = (),
    ) -> Message:
        """A message of this replica, in its present view by default, with the signatures of what it proves with."""
        shown_view = self._view if view is None else view
        message = Message(self._me, kind, self._height, shown_view, digest, 1, payload_byte)
        if evidence:
            message.evidence = shown = evidence if isinstance(evidence, Votes) else Votes(evidence)
            message.signatures += shown.signatures
        return message

    def _ballot(self, kind: str, digest: str) -> Message:
        """The commonest message: a vote, which is a name under a digest and nothing else."""
        return Message(self._me, kind, self._height, self._view, digest)

    def _set_timer(self, purpose: str, factor: float = 1.0) -> SetTimer:
        return SetTimer(self._timers.add(self._height, purpose), factor * self._timeout * 2.0**self._view)

    def _stop_timers(self) -> list[Effect]:
        running = self._timers.running
        if not running:
            return []
        stopped: list[Effect] = [CancelTimer(name) for name in running]
        running.clear()
        return stopped


def _accept(digest: str) -> bool:
    return True

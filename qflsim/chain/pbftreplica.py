"""One validator of PBFT: votes, view changes, checkpoints."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from qflsim.chain.agreement import (
    Broadcast,
    Decide,
    Effect,
    Effects,
    Message,
    Proposal,
    Replica,
    Send,
    Validate,
)
from qflsim.chain.checkpoints import CHECKPOINT, STATE, Checkpoints, Progress, StateMessage
from qflsim.chain.countdown import Countdown
from qflsim.chain.decisions import Decisions
from qflsim.chain.quorums import check_height, seated
from qflsim.chain.votes import (
    COMMIT,
    DECISION,
    NEW_VIEW,
    PRE_PREPARE,
    PREPARE,
    VIEW_CHANGE,
    Rules,
    VoteLog,
    latest_prepared,
    without_blocks,
)

if TYPE_CHECKING:
    from qflsim.chain.pbft import PBFT

__all__ = ["PBFTReplica"]


class PBFTReplica(Replica):
    """One validator of PBFT."""

    def __init__(self, protocol: "PBFT", me: str, members: tuple[str, ...], validate: Validate | None) -> None:
        self._protocol = protocol
        self._me = me
        self._committee = seated(protocol, me, members)
        self._known, self._quorum = self._committee.known, self._committee.quorum
        self._validate = validate or (lambda digest: True)
        self._decisions = Decisions(me)
        self.resume(None)
        self._early: defaultdict[int, list[Message]] = defaultdict(list)
        self._react: dict[str, Callable[[Message], list[Effect]]] = {
            PRE_PREPARE: self._on_pre_prepare, PREPARE: self._on_vote, COMMIT: self._on_vote,
            VIEW_CHANGE: self._on_view_change, NEW_VIEW: self._on_new_view, DECISION: self._on_decision,
            STATE: self._on_state,
        }  # fmt: skip
        self._height = -1
        self._countdown = Countdown(-1)

    def resume(self, progress: Progress | None) -> None:
        """Go on from where others have come; None to begin with the chain."""
        protocol = self._protocol
        self._fresh = progress is None
        self.checkpoints = Checkpoints(self._known, self._quorum, protocol.checkpoint_period, protocol.window, progress)

    @property
    def memory(self) -> Progress | None:
        """How far the chain has come."""
        return self.checkpoints.progress

    def leader(self, view: int, height: int | None = None) -> str:
        """Member (height + view) mod n."""
        return self._committee.in_turn((self._height if height is None else height) + view)

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin at view 0; the leader proposes at once. Messages that came early are taken in now."""
        check_height(height, self._height)
        effects = self._leave_height(height)
        self._height = height
        self._own = proposal
        self._view = 0
        self._active = True  # False between asking for a view and hearing from its leader
        self._log = VoteLog()
        self._rules = Rules(self._known, self._quorum, height, self.leader)
        self._repeats = 0  # requests repeated at this height; each doubles the time-out as a new view does
        self._words: dict[int, Message] = {}  # the leader's proposal accepted in each view
        self._committed: dict[int, str] = {}  # digest this replica committed to in each view
        self._prepared: tuple[Message, ...] = ()
        self._countdown = Countdown(height)
        self._waits = not self.checkpoints.allows(height)
        effects += [*self._tell_checkpoint(), *self._set_timer()]
        self._waits = not self.checkpoints.allows(height)  # one's own word may have been what lacked
        for old in [early for early in self._early if early < height]:
            del self._early[old]
        return tuple(effects if self._waits else effects + self._open(now))

    def _leave_height(self, following: int) -> list[Effect]:
        """Stop waiting for the height before, and note if it was left without a decision."""
        effects = self._countdown.stop()
        if self._height < 0 and self._fresh:
            self.checkpoints.begin(following)
        elif self._height >= 0 and (following != self._height + 1 or effects):
            self.checkpoints.skipped()
        return effects

    def _open(self, now: float) -> list[Effect]:
        """Propose, as the leader, and take in what came early."""
        effects: list[Effect] = []
        proposal, self._waits = self._own, False
        if proposal is not None and self.leader(0) == self._me:
            word = self._message(PRE_PREPARE, proposal.digest, payload_byte=proposal.size_byte)
            effects += [Broadcast(word), *self._accept_word(word)]
        for message in self._early.pop(self._height, ()):
            effects += self.handle(now, message)
        return effects

    def handle(self, now: float, message: Message) -> Effects:
        """Take in a message; one for a later height is kept until then."""
        if message.kind == CHECKPOINT and message.sender in self._known:
            return tuple(self._on_checkpoint(now, message))
        react = self._react.get(message.kind)
        if react is None or message.sender not in self._known:
            return ()
        if message.height > self._height or (self._waits and message.height == self._height):
            if self.checkpoints.allows(message.height) or message.height == self._height:
                self._early[message.height].append(message)
            return ()
        if message.height in self._decisions:
            return self._decisions.tell(message)
        if message.height < self._height:
            return self._decisions.tell_forgotten(message, self.checkpoints)
        return tuple(react(message))

    def expire(self, now: float, timer: str) -> Effects:
        """Ask for the next view, or ask again if too few have asked for the present one."""
        if not self._countdown.expire(timer):
            return ()
        if self._waits:
            self._repeats += 1
            return (*self._tell_checkpoint(), *self._set_timer())
        askers = {*self._log.changes(self._view), *self._log.askers_beyond(self._view)}
        if not self._active and len(askers) < self._quorum:
            self._repeats += 1
            return (Broadcast(self._log.changes(self._view)[self._me]), *self._set_timer())
        return tuple(self._change_view(self._view + 1))

    def _on_pre_prepare(self, message: Message) -> list[Effect]:
        """The first leader's proposal; later leaders must justify theirs by a new-view."""
        if message.view != 0 or message.sender != self.leader(0) or 0 in self._words:
            return []
        return self._accept_word(message)

    def _accept_word(self, word: Message) -> list[Effect]:
        self._words[word.view] = word
        return self._advance()

    def _on_vote(self, message: Message) -> list[Effect]:
        self._log.add(message)
        return self._advance()

    def _advance(self) -> list[Effect]:
        """Vote and decide as far as the log allows."""
        effects: list[Effect] = []
        word = self._words.get(self._view)
        if self._active and word is not None and self._view not in self._committed and self._validate(word.digest):
            effects += self._vote(word)
        for view, digest in self._committed.items():
            commits = self._log.votes(COMMIT, view, digest)
            if len(commits) >= self._quorum:
                evidence = tuple(commits[sender] for sender in sorted(commits))[: self._quorum]
                return effects + self._decide(view, digest, self._words[view].payload_byte, evidence)
        return effects

    def _vote(self, word: Message) -> list[Effect]:
        """Prepare the leader's word; commit to it once a quorum has prepared it."""
        effects: list[Effect] = []
        prepares = self._log.votes(PREPARE, word.view, word.digest)
        leader = word.sender
        if self._me != leader and self._me not in prepares:
            prepares[self._me] = self._message(PREPARE, word.digest)
            effects.append(Broadcast(prepares[self._me]))
        if 1 + len(prepares) - (leader in prepares) >= self._quorum:
            others = [prepares[sender] for sender in sorted(prepares) if sender != leader]
            self._prepared = (word, *others[: self._quorum - 1])
            self._committed[word.view] = word.digest
            commit = self._message(COMMIT, word.digest)
            self._log.add(commit)
            effects.append(Broadcast(commit))
        return effects

    def _decide(self, view: int, digest: str, payload_byte: int, evidence: tuple[Message, ...]) -> list[Effect]:
        decision = self._message(DECISION, digest, payload_byte=payload_byte, evidence=evidence)
        self._decisions.add(replace(decision, view=view, signatures=1 + len(evidence)))
        self.checkpoints.decided(self._height, digest)
        self._decisions.forget(min(self.checkpoints.low, self._height))
        return [Decide(self._height, digest, view), *self._countdown.stop()]

    def _tell_checkpoint(self) -> list[Effect]:
        """Tell the others of the latest checkpoint that is not stable; who waits for theirs, of a stable one."""
        mark = self.checkpoints.due(self._height)
        if mark is None and not self._waits:
            return []
        mark = mark or (self.checkpoints.low, "")
        vote = replace(self._message(CHECKPOINT, mark[1]), height=mark[0], view=0)
        self.checkpoints.vote(vote)
        return [Broadcast(vote)]

    def _on_checkpoint(self, now: float, message: Message) -> list[Effect]:
        """Count; once it is stable forget what lies below, and go on if the high water mark was in the way."""
        checkpoints = self.checkpoints
        if checkpoints.repeats(message) and checkpoints.proof:
            proof = checkpoints.proof
            shown = self._message(CHECKPOINT, proof[0].digest, signatures=1 + len(proof), evidence=proof)
            return [Send(message.sender, replace(shown, height=checkpoints.low, view=0))]
        if not checkpoints.vote(message):
            return []
        self._decisions.forget(min(checkpoints.low, self._height))
        return self._open(now) if self._waits and checkpoints.allows(self._height) else []

    def _on_state(self, message: Message) -> list[Effect]:
        """Decide as a stable checkpoint shows that the others did."""
        if not isinstance(message, StateMessage) or not self.checkpoints.covers(message):
            return []
        self.checkpoints.vote(message)
        return self._decide(self._view, message.digest, message.payload_byte, ())

    def _on_decision(self, message: Message) -> list[Effect]:
        commits = message.evidence
        if not self._rules.committed(commits) or commits[0].digest != message.digest:
            return []
        return self._decide(commits[0].view, message.digest, message.payload_byte, commits)

    def _change_view(self, view: int) -> list[Effect]:
        """Leave the present view and ask for ``view`` with proof of what was prepared."""
        word = self._words.get(max(self._words, default=0))
        self._view, self._active = view, False
        signatures = 1 + len(self._prepared)
        request = self._message(
            VIEW_CHANGE, word.digest if word else "", signatures=signatures, evidence=self._prepared
        )
        self._log.add_change(request)
        return [Broadcast(request), *self._set_timer(), *self._lead()]

    def _on_view_change(self, message: Message) -> list[Effect]:
        """Join when f + 1 ask for later views: one of them is correct; answer who asks again after the new-view."""
        if not self._rules.asks(message):
            return []
        is_new = self._log.add_change(message)
        if not is_new and message.view == self._view and self._active and self.leader(self._view) == self._me:
            return [Send(message.sender, self._new_view)]
        askers = self._log.askers_beyond(self._view)
        if len(askers) > self._committee.tolerated:
            return self._change_view(min(askers.values()))
        return self._lead()

    def _lead(self) -> list[Effect]:
        """Open the view that a quorum asked for, if it is this replica's to lead and there is something to propose."""
        requests = self._log.changes(self._view)
        if self._active or self.leader(self._view) != self._me or len(requests) < self._quorum:
            return []
        asked = [requests[sender] for sender in sorted(requests)]
        latest = latest_prepared(asked)
        proposal = self._own if latest is None else Proposal(latest.digest, latest.payload_byte)
        if proposal is None:
            return []
        evidence = without_blocks(asked)
        signatures = 1 + sum(request.signatures for request in evidence)
        self._new_view = self._message(
            NEW_VIEW, proposal.digest, payload_byte=proposal.size_byte, signatures=signatures, evidence=evidence
        )
        return [Broadcast(self._new_view), *self._enter(self._new_view)]

    def _on_new_view(self, message: Message) -> list[Effect]:
        is_late = message.view < self._view or (message.view == self._view and self._active)
        if is_late or message.sender != self.leader(message.view) or not self._rules.justified(message):
            return []
        return self._enter(message)

    def _enter(self, new_view: Message) -> list[Effect]:
        """Take part in a new view; its proposal stands as a pre-prepare."""
        self._view, self._active = new_view.view, True
        word = replace(new_view, kind=PRE_PREPARE, signatures=1, evidence=())
        return [*self._set_timer(), *self._accept_word(word)]

    def _message(
        self,
        kind: str,
        digest: str,
        *,
        signatures: int = 1,
        payload_byte: int = 0,
        evidence: tuple[Message, ...] = (),
    ) -> Message:
        return Message(self._me, kind, self._height, self._view, digest, signatures, payload_byte, evidence)

    def _set_timer(self) -> list[Effect]:
        """Restart the timer of the view: twice as long in each view."""
        return self._countdown.start(self._protocol.view_timeout * 2.0 ** (self._view + self._repeats))

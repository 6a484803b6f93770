"""HotStuff: three phases of votes that only the leader collects, so that messages grow with n, not with its square."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Broadcast, Effect, Message, Proposal, Send, Validate, Votes
from qflsim.chain.heights import HeightReplica
from qflsim.checks import quantity

__all__ = ["HotStuff", "HotStuffReplica"]

PREPARE, PRE_COMMIT, COMMIT, NEW_VIEW = "prepare", "pre-commit", "commit", "new-view"
PHASES = (PREPARE, PRE_COMMIT, COMMIT)
VOTE = {phase: f"{phase}-vote" for phase in PHASES}
PHASE_OF = {vote: phase for phase, vote in VOTE.items()}
FOLLOWING = {PREPARE: PRE_COMMIT, PRE_COMMIT: COMMIT}
BEFORE = {after: VOTE[phase] for phase, after in FOLLOWING.items()}  # votes that open a phase


@dataclass(frozen=True, kw_only=True)
class HotStuff(Agreement):
    """Basic HotStuff [1]_: prepare, pre-commit, commit, decide, each sent by the leader with proof of the one before.

    The leader sends the block (prepare) and collects a quorum of votes for it. Their certificate opens the next phase
    (pre-commit), whose certificate opens the third (commit), at which members lock themselves to the block; the
    certificate of that one is the decision. When a view's time is over, members send the next leader the latest
    certificate of a first phase that they saw (new-view); it proposes what the latest of a quorum of these certifies.
    A locked member votes for another block only if a certificate later than its lock comes with it.

    n correct validators exchange 3 (n-1) proposals, 3 (n-1) votes and n-1 decisions, 7(n-1) messages, and all have
    decided after seven delays.

    Parameters
    ----------
    view_timeout:
        Time [s] that view 0 lasts; view v lasts 2^v times that. 2 s (assumption, as for `PBFT`; it must exceed
        seven message delays and the time to verify three quorums of signatures).

    References
    ----------
    .. [1] M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT consensus with linearity and
       responsiveness", PODC (2019), algorithm 2.

    *Scope*: a certificate is a quorum of separate signatures, all sent and all verified, where [1]_ combines them into
    one threshold signature: messages are linear in n, bytes are not. The leader of view v at height h is member
    (h + v) mod n; nobody is locked when a height begins, so that view 0 needs no new-view, with which it
    would be 8(n-1) messages and eight delays. Views follow the clock at every member, so that members
    that begin together stay together. A new-view carries the block that it certifies. One block at a time: chained
    HotStuff sends one proposal and one vote per block and member, 2(n-1) messages, each of which is a later phase of
    the blocks before it too, so that a block is final only when three more follow.

    *Validation*: 7(n-1) messages and seven delays for n = 4 to 64; no two decisions under f Byzantine members and
    random schedules, while f + 1, smaller quorums or no lock break it; decisions with f crashed, none with f + 1; mean
    latency over normally distributed delays by order statistics.
    """

    name: ClassVar[str] = "HotStuff"

    view_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "HotStuffReplica":
        """The part of ``me`` among ``members``."""
        return HotStuffReplica(self, me, members, validate, self.view_timeout)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: 7(n - 1)."""
        return 7 * (validators - 1)


def follows_lock(digest: str, justification: tuple[Message, ...], lock: tuple[Message, ...]) -> bool:
    """Whether a locked member may vote for a block: its own, or one with a certificate later than the lock."""
    if not lock or lock[0].digest == digest:
        return True
    return bool(justification) and justification[0].view > lock[0].view


class HotStuffReplica(HeightReplica):
    """One validator of basic HotStuff."""

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        return {
            **dict.fromkeys(PHASES, self._on_word),
            **dict.fromkeys(PHASE_OF, self._on_vote),
            NEW_VIEW: self._on_new_view,
        }

    def _begin(self) -> list[Effect]:
        self._words: dict[tuple[int, str], Message] = {}  # what the leader of each view said in each phase
        self._voted: set[tuple[int, str]] = set()
        self._votes: defaultdict[tuple[int, str, str], dict[str, Message]] = defaultdict(dict)
        self._requests: defaultdict[int, dict[str, Message]] = defaultdict(dict)
        self._prepared: tuple[Message, ...] = ()  # latest certificate of a first phase
        self._lock: tuple[Message, ...] = ()  # latest certificate of a second phase
        return self._enter(0)

    def _time_out(self, purpose: str) -> list[Effect]:
        return self._enter(self._view + 1)

    def _proves(self, decision: Message) -> bool:
        votes = decision.evidence
        return self._certified(votes, COMMIT) and votes[0].digest == decision.digest

    def _asks(self, message: Message) -> bool:
        return message.kind == NEW_VIEW

    def _enter(self, view: int) -> list[Effect]:
        """Begin a view; from the second on, show its leader the latest certificate at hand."""
        self._view, self._leader = view, self.leader(view)
        effects: list[Effect] = [self._set_timer("view")]
        if view:
            effects += self._request()
        return effects + self._advance()

    def _request(self) -> list[Effect]:
        digest = self._prepared[0].digest if self._prepared else ""
        request = self._message(NEW_VIEW, digest, payload_byte=self._blocks.get(digest, 0), evidence=self._prepared)
        leader = self.leader(self._view)
        if leader != self._me:
            return [Send(leader, request)]
        self._requests[self._view][self._me] = request
        return []

    def _on_new_view(self, message: Message) -> list[Effect]:
        """Note a member's latest certificate; it may come before this replica enters the view itself."""
        proof = message.evidence
        proven = self._certified(proof, PREPARE) and proof[0].view < message.view and proof[0].digest == message.digest
        if self.leader(message.view) != self._me or message.view < self._view or (proof and not proven):
            return []
        self._requests[message.view].setdefault(message.sender, message)
        return self._advance()

    def _on_word(self, message: Message) -> list[Effect]:
        """What the leader says, once per phase, with proof of the phase before."""
        view = message.view
        place = (view, message.kind)
        if view < self._view or place in self._words:
            return []
        if message.sender != (self._leader if view == self._view else self.leader(view)):
            return []
        if not self._justified(message):
            return []
        self._words[place] = message
        if view != self._view:
            return []
        early = message.kind == PREPARE and len(self._words) > 1  # what came before the proposal can be voted for now
        return self._vote_all() if early else self._vote(message)

    def _justified(self, word: Message) -> bool:
        proof = word.evidence
        if word.kind == PREPARE:
            certified = self._certified(proof, PREPARE) and proof[0].view < word.view
            return not proof or (certified and proof[0].digest == word.digest)
        certified = self._committee.certified(proof, BEFORE[word.kind], self._height)
        return certified and proof[0].view == word.view and proof[0].digest == word.digest

    def _certified(self, votes: tuple[Message, ...], phase: str) -> bool:
        return self._committee.certified(votes, VOTE[phase], self._height)

    def _on_vote(self, message: Message) -> list[Effect]:
        votes = self._votes[message.view, message.kind, message.digest]
        votes.setdefault(message.sender, message)
        if len(votes) < self._quorum or message.view != self._view:
            return []
        word = self._words.get((self._view, PHASE_OF[message.kind]))
        return self._collect(word) if word is not None and word.sender == self._me else []

    def _advance(self) -> list[Effect]:
        """Propose, vote and collect votes as far as what was heard in the present view allows."""
        leads = self._leader == self._me
        effects = self._propose() if leads else []
        if not self._words:
            return effects
        effects += self._vote_all()
        for phase in PHASES if leads else ():
            word = self._words.get((self._view, phase))
            if word is not None and self._height not in self._decisions:
                effects += self._collect(word)
        return effects

    def _vote_all(self) -> list[Effect]:
        """Vote for what the leader said in each phase of the present view; it may have come in any order."""
        effects: list[Effect] = []
        for phase in PHASES:
            word = self._words.get((self._view, phase))
            if word is not None:
                effects += self._vote(word)
        return effects

    def _propose(self) -> list[Effect]:
        """As the leader: the block with the latest certificate of a quorum's, else one of its own."""
        requests = self._requests[self._view]
        waits = self._view and len(requests) < self._committee.quorum
        if waits or (self._view, PREPARE) in self._words:
            return []
        shown = [request for request in requests.values() if request.evidence]
        latest = max(shown, key=lambda request: request.evidence[0].view, default=None)
        proposal = self._own if latest is None else Proposal(latest.digest, latest.payload_byte)
        if proposal is None:
            return []
        self._blocks.setdefault(proposal.digest, proposal.size_byte)
        return self._say(PREPARE, proposal.digest, proposal.size_byte, latest.evidence if latest else ())

    def _say(self, phase: str, digest: str, payload_byte: int, evidence: tuple[Message, ...]) -> list[Effect]:
        word = self._message(phase, digest, payload_byte=payload_byte, evidence=evidence)
        self._words[self._view, phase] = word
        return [Broadcast(word)]

    def _vote(self, word: Message) -> list[Effect]:
        """Vote once per phase: in the first as the lock allows, in the others with the block at hand."""
        kind, digest, leader = word.kind, word.digest, word.sender
        place = (word.view, kind)
        if place in self._voted:
            return []
        if kind == PREPARE:
            if not self._validate(digest) or not follows_lock(digest, word.evidence, self._lock):
                return []
            self._blocks.setdefault(digest, word.payload_byte)
        elif digest not in self._blocks:
            return []
        elif kind == PRE_COMMIT:
            self._prepared = word.evidence
        else:
            self._lock = word.evidence
        self._voted.add(place)
        vote = self._ballot(VOTE[kind], digest)
        if leader != self._me:
            return [Send(leader, vote)]
        self._votes[word.view, vote.kind, digest][self._me] = vote
        return []

    def _collect(self, word: Message) -> list[Effect]:
        """As the leader: open the next phase, or decide, with a quorum of votes."""
        votes, following = self._votes[word.view, VOTE[word.kind], word.digest], FOLLOWING.get(word.kind)
        if len(votes) < self._quorum or (word.view, following) in self._words:
            return []
        certificate = Votes(votes[sender] for sender in sorted(votes)[: self._committee.quorum])
        if following is None:
            return [*self._decide(word.view, word.digest, certificate), Broadcast(self._announcement())]
        return [*self._say(following, word.digest, 0, certificate), *self._advance()]

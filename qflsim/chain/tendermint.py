"""Tendermint: propose, prevote, precommit; a member that precommits stays locked to its block."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Broadcast, Effect, Message, Proposal, Send, Validate
from qflsim.chain.heights import HeightReplica
from qflsim.checks import quantity

__all__ = ["Tendermint", "TendermintReplica"]

PROPOSE, PREVOTE, PRECOMMIT, ASK, ANSWER = "propose", "prevote", "precommit", "ask", "answer"
NIL = ""


@dataclass(frozen=True, kw_only=True)
class Tendermint(Agreement):
    """Tendermint [1]_, the protocol behind CometBFT and, but for its round changes, IBFT and QBFT [2]_.

    The leader sends the block (propose), all tell all whether they would have it (prevote), and whoever sees a quorum
    for it locks itself to it and tells all (precommit); a quorum of precommits decides. A member that waits too long
    votes for nothing (nil), and when a quorum's precommits bring no decision goes on to the next view. There it
    prevotes only for the block that it is locked to, unless the proposal shows a quorum of prevotes that is no
    older than the lock. There is no view change: the votes themselves carry what a later leader must know.

    n correct validators exchange (n-1) + 2n(n-1) = (n-1)(2n+1) messages and decide after three delays.

    Parameters
    ----------
    view_timeout:
        Time [s] to wait in view 0 for the proposal, and, each time anew, for votes that agree once a quorum has voted;
        2^v times that in view v. 2 s (assumption, as for `PBFT`; it must exceed the time to receive and check a block).

    References
    ----------
    .. [1] E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT consensus", arXiv:1807.04938 (2018),
       algorithm 1.
    .. [2] H. Moniz, "The Istanbul BFT Consensus Algorithm", arXiv:2002.03613 (2020).

    *Scope*: the leader of view v at height h is member (h + v) mod n. Time-outs double as in [2]_, where [1]_ adds a
    constant. Everybody sends to everybody where [1]_ gossips; instead of gossip, a proposal of an earlier block carries
    the prevotes that justify it, as in [2]_, and who hears nothing new for a time-out asks the others (ask), who pass
    on all the votes that they know of its view (answer), or the decision with its proof. One height at a time.

    *Validation*: (n-1)(2n+1) messages and three delays for n = 4 to 64; no two decisions under f Byzantine members and
    random schedules, while f + 1, smaller quorums or no lock break it; decisions with f crashed, none with f + 1.
    """

    name: ClassVar[str] = "Tendermint"

    view_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "TendermintReplica":
        """The part of ``me`` among ``members``."""
        return TendermintReplica(self, me, members, validate, self.view_timeout)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: (n - 1)(2n + 1)."""
        return (validators - 1) * (2 * validators + 1)


@dataclass(frozen=True, slots=True)
class Lock:
    """The block that a replica precommitted to last; none yet in view -1."""

    view: int = -1
    digest: str = NIL

    def allows(self, digest: str, shown_view: int) -> bool:
        """Whether to prevote for a block whose proposal shows a quorum of prevotes in ``shown_view``, or -1."""
        return self.digest == digest or self.view <= shown_view


class TendermintReplica(HeightReplica):
    """One validator of Tendermint."""

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        votes = dict.fromkeys((PREVOTE, PRECOMMIT), self._on_vote)
        return {PROPOSE: self._on_propose, **votes, ASK: self._on_ask, ANSWER: self._on_answer}

    def _begin(self) -> list[Effect]:
        self._words: dict[int, Message] = {}  # the proposal of each view
        self._votes: defaultdict[tuple[str, int], dict[str, Message]] = defaultdict(dict)
        self._tally: Counter[tuple[str, int, str]] = Counter()
        self._latest: dict[str, int] = {}  # the latest view in which each member was heard
        self._lock = Lock()
        self._shown: tuple[Message, ...] = ()  # latest quorum of prevotes for one block: the valid value of [1]_
        return self._enter(0)

    def _proves(self, decision: Message) -> bool:
        votes = decision.evidence
        return self._committee.certified(votes, PRECOMMIT, self._height) and votes[0].digest == decision.digest

    def _asks(self, message: Message) -> bool:
        return message.kind == ASK or message.view > self._decisions[message.height].view

    def _enter(self, view: int) -> list[Effect]:
        """Begin a view; its leader proposes the latest block that a quorum prevoted, else one of its own."""
        effects = self._stop_timers()
        self._view, self._step = view, PROPOSE
        self._waits: set[str] = set()  # kinds of votes whose disagreement is being waited out
        self._said: list[Message] = []
        self._heard = False
        self._asked = 0
        effects += [self._set_timer(PROPOSE)]
        if self.leader(view) == self._me:
            effects += self._propose()
        return effects + self._advance()

    def _propose(self) -> list[Effect]:
        digest = self._shown[0].digest if self._shown else NIL
        proposal = Proposal(digest, self._blocks[digest]) if self._shown else self._own
        if proposal is None:
            return []
        word = self._message(PROPOSE, proposal.digest, payload_byte=proposal.size_byte, evidence=self._shown)
        self._words[self._view] = word
        self._said.append(word)
        return [Broadcast(word)]

    def _cast(self, kind: str, digest: str) -> list[Effect]:
        """Vote, and wait for the votes of the others."""
        vote = self._message(kind, digest)
        self._note(vote)
        self._said.append(vote)
        waits = [] if self._step != PROPOSE else [self._set_timer(ASK)]
        self._step = kind
        return [Broadcast(vote), *waits]

    def _on_propose(self, message: Message) -> list[Effect]:
        """The leader's proposal; one of an earlier block must show a quorum that prevoted it."""
        shown = message.evidence
        if message.sender != self.leader(message.view) or message.view in self._words:
            return []
        if shown and not self._justified(message):
            return []
        self._words[message.view] = message
        self._blocks.setdefault(message.digest, message.payload_byte)
        return self._hear(message)

    def _justified(self, word: Message) -> bool:
        votes = word.evidence
        certified = self._committee.certified(votes, PREVOTE, self._height)
        return certified and votes[0].view < word.view and votes[0].digest == word.digest

    def _on_vote(self, message: Message) -> list[Effect]:
        return self._hear(message) if self._note(message) else []

    def _note(self, vote: Message) -> bool:
        """Count a vote; False if its sender has voted already."""
        votes = self._votes[vote.kind, vote.view]
        if vote.sender in votes:
            return False
        votes[vote.sender] = vote
        self._tally[vote.kind, vote.view, vote.digest] += 1
        return True

    def _on_ask(self, message: Message) -> list[Effect]:
        """Pass on all that is known of the asker's view, and what this replica said in a later one of its own."""
        view = message.view
        word = self._words.get(view)
        votes = (*self._votes[PREVOTE, view].values(), *self._votes[PRECOMMIT, view].values())
        known = votes if word is None or message.digest else (word, *votes)
        answer = [self._message(ANSWER, NIL, evidence=known)] if known else []
        return [Send(message.sender, told) for told in (*answer, *(self._said if self._view > view else ()))]

    def _on_answer(self, message: Message) -> list[Effect]:
        """Take in what others said as if they had said it to this replica."""
        effects: list[Effect] = []
        for told in message.evidence:
            known = told.sender in self._committee.members and told.kind in (PROPOSE, PREVOTE, PRECOMMIT)
            if known and told.height == self._height and self._height not in self._decisions:
                effects += self._react[told.kind](told)
        return effects

    def _hear(self, message: Message) -> list[Effect]:
        """Go on; with more than f members in later views, one of them correct, join the earliest of these."""
        self._heard = True
        effects = self._try_to_decide() if message.kind != PREVOTE else []
        if effects:
            return effects
        if message.view > self._view:
            self._latest[message.sender] = max(message.view, self._latest.get(message.sender, 0))
            later = sorted((view for view in self._latest.values() if view > self._view), reverse=True)
            if len(later) > self._committee.tolerated:
                return self._enter(later[self._committee.tolerated])
        return self._advance() if message.view == self._view else []

    def _advance(self) -> list[Effect]:
        """Vote as far as the votes of the present view allow."""
        effects: list[Effect] = []
        word = self._words.get(self._view)
        if word is not None and self._step == PROPOSE:
            shown_view = word.evidence[0].view if word.evidence else -1
            good = self._validate(word.digest) and self._lock.allows(word.digest, shown_view)
            effects += self._cast(PREVOTE, word.digest if good else NIL)
        if self._step != PROPOSE:
            effects += self._count_prevotes(word)
        effects += self._wait_out(PRECOMMIT)
        return effects + self._try_to_decide() if effects else []

    def _count_prevotes(self, word: Message | None) -> list[Effect]:
        """Lock and precommit with a quorum for the block, precommit nil with a quorum for nil."""
        is_news = not self._shown or self._shown[0].view < self._view
        if word is not None and is_news and self._validate(word.digest):
            self._shown = self._agreeing(PREVOTE, self._view, word.digest) or self._shown
            if self._step == PREVOTE and self._shown and self._shown[0].view == self._view:
                self._lock = Lock(self._view, word.digest)
                return self._cast(PRECOMMIT, word.digest)
        if self._step == PREVOTE and self._agreeing(PREVOTE, self._view, NIL):
            return self._cast(PRECOMMIT, NIL)
        return self._wait_out(PREVOTE) if self._step == PREVOTE else []

    def _wait_out(self, kind: str) -> list[Effect]:
        """Once a quorum has voted, whatever for, give those who agree one more time-out to become a quorum."""
        if kind in self._waits or len(self._votes[kind, self._view]) < self._committee.quorum:
            return []
        self._waits.add(kind)
        return [self._set_timer(kind)]

    def _agreeing(self, kind: str, view: int, digest: str) -> tuple[Message, ...]:
        """A quorum of votes for one digest; empty if there is none."""
        if self._tally[kind, view, digest] < self._committee.quorum:
            return ()
        votes = self._votes[kind, view]
        return tuple(votes[name] for name in sorted(votes) if votes[name].digest == digest)[: self._committee.quorum]

    def _try_to_decide(self) -> list[Effect]:
        for view, word in self._words.items():
            if self._tally[PRECOMMIT, view, word.digest] >= self._committee.quorum:
                return self._decide(view, word.digest, self._agreeing(PRECOMMIT, view, word.digest))
        return []

    def _time_out(self, purpose: str) -> list[Effect]:
        match purpose:
            case "propose" if self._step == PROPOSE:
                return [*self._cast(PREVOTE, NIL), *self._advance()]
            case "prevote" if self._step == PREVOTE:
                return [*self._cast(PRECOMMIT, NIL), *self._advance()]
            case "precommit":
                return self._enter(self._view + 1)
            case "ask":
                return self._ask()
        return []

    def _ask(self) -> list[Effect]:
        """Ask the others, each time twice as patiently, unless something new came since the last time."""
        stalled, self._heard = not self._heard, False
        self._asked += stalled
        timer = self._set_timer(ASK, 2.0**self._asked)
        word = self._words.get(self._view)
        return [Broadcast(self._message(ASK, word.digest if word else NIL)), timer] if stalled else [timer]

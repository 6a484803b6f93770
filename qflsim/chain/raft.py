"""Raft: a leader copies its log to a majority; members may stop, but never lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Broadcast, Effect, Message, Proposal, Send, Validate
from qflsim.chain.heights import HeightReplica
from qflsim.checks import quantity

__all__ = ["Raft", "RaftReplica"]

APPEND, ACKNOWLEDGE = "append-entries", "append-acknowledgement"
REQUEST_VOTE, VOTE = "request-vote", "vote"
ELECTION, HEARTBEAT = "election", "heartbeat"


@dataclass(frozen=True, kw_only=True)
class Raft(Agreement):
    """Raft [1]_, one block after the other: crash faults only, f < n/2.

    The leader sends the block to all (append-entries), each stores and acknowledges it, and with a majority, itself
    included, the leader has decided; it says so to all (decision). Who hears no leader for its election time-out
    stands for the next term (request-vote). It gets a member's vote, of which there is one per term, if its log is at
    least as new as that member's, and leads with a majority. Each time-out is twice that of the term before.

    n correct validators exchange 3(n-1) messages: 2(n-1) until the leader has decided after two delays, and n-1 for the
    others to know after the third.

    Parameters
    ----------
    election_timeout:
        Least time [s] without word of a leader after which a member stands for election in term 1; 2^t times that t
        terms later. 2 s (assumption, as `PBFT.view_timeout`: the 0.15 to 0.3 s of [1]_ are for machines in one room).

    References
    ----------
    .. [1] D. Ongaro, J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC (2014).

    *Scope*: a term is a view. The first leader at height h, member h mod n, counts as elected in term 0, so that
    proposing goes round. Time-outs are not random: they lie evenly over [T, 2T), as those of [1]_ do on average, in
    the order of members after that leader. One height at a time, so that the log is one entry: a new leader sends the
    entry it holds again in its own term, which stands for the entry of its own by which [1]_ commits older ones. Until
    it has decided a leader repeats its entry every T/2 (assumption), which is also its heartbeat; afterwards it is
    silent, and a member that missed the decision gets it when it stands for election. Raft signs nothing, but here
    the world signs each message, as for every other protocol. No pre-vote, no change of members, no log compaction.

    *Validation*: 3(n-1) messages; two delays at the leader, three elsewhere; (n-1) + (n-2) messages to elect after the
    leader died; no two decisions over random schedules with losses; decisions with f of 2f + 1 crashed, none with
    f + 1; one lying leader forks; mean latency over normally distributed delays by order statistics.
    """

    name: ClassVar[str] = "Raft"

    election_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "RaftReplica":
        """The part of ``me`` among ``members``."""
        return RaftReplica(self, me, members, validate, self.election_timeout)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: 3(n - 1)."""
        return 3 * (validators - 1)

    def tolerated(self, validators: int) -> int:
        """Crashed validators f that n can bear: floor((n - 1)/2)."""
        return (validators - 1) // 2

    def quorum(self, validators: int) -> int:
        """Members needed, the leader included: a majority, floor(n/2) + 1."""
        return validators // 2 + 1


class RaftReplica(HeightReplica):
    """One member of Raft."""

    def leader(self, view: int, height: int | None = None) -> str:
        """The member elected in term ``view``, as far as is known here; else the first to stand for it."""
        known = self._leaders if height is None or height == self._height else {}
        return known.get(view) or super().leader(view, height)

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        return {
            APPEND: self._on_append,
            ACKNOWLEDGE: self._on_acknowledgement,
            REQUEST_VOTE: self._on_request,
            VOTE: self._on_vote,
        }

    def _begin(self) -> list[Effect]:
        members = self._committee.members
        first = super().leader(0)
        self._leaders: dict[int, str] = {0: first}
        self._entry: Message | None = None  # what the leader of the latest term sent
        self._voted_for: dict[int, str] = {}
        self._supporters: set[str] = set()  # who acknowledged or, before that, who voted, in the present term
        self._rank = (members.index(self._me) - members.index(first) - 1) % len(members)
        if first == self._me and self._own is not None:
            return self._replicate(self._own)
        return self._await_leader()

    def _time_out(self, purpose: str) -> list[Effect]:
        return self._stand() if purpose == ELECTION else self._repeat()

    def _proves(self, decision: Message) -> bool:
        """Nobody lies."""
        return True

    def _asks(self, message: Message) -> bool:
        late = message.view > self._decisions[message.height].view
        return late and message.kind in (APPEND, REQUEST_VOTE)

    def _await_leader(self) -> list[Effect]:
        """Wait for a leader, each member a little longer than the one before it."""
        return [*self._stop_timers(), self._set_timer(ELECTION, 1.0 + self._rank / len(self._committee.members))]

    def _replicate(self, proposal: Proposal) -> list[Effect]:
        """Lead the present term."""
        word = self._message(APPEND, proposal.digest, payload_byte=proposal.size_byte)
        self._leaders[self._view] = self._me
        self._entry = word
        self._supporters = {self._me}
        return [Broadcast(word), *self._stop_timers(), self._set_timer(HEARTBEAT, 0.5), *self._commit()]

    def _repeat(self) -> list[Effect]:
        """Send the entry again; who has acknowledged it gets word without the block."""
        word = self._entry
        if word is None:
            return []
        light = replace(word, payload_byte=0)
        others = [name for name in self._committee.members if name != self._me]
        sent = [Send(name, light if name in self._supporters else word) for name in others]
        return [*sent, self._set_timer(HEARTBEAT, 0.5)]

    def _commit(self) -> list[Effect]:
        if self._entry is None or len(self._supporters) < self._committee.quorum:
            return []
        return [*self._decide(self._view, self._entry.digest, ()), Broadcast(self._announcement())]

    def _on_append(self, message: Message) -> list[Effect]:
        """Follow the leader of the present or a later term: store its entry and acknowledge."""
        if message.view < self._view:
            return []
        self._view = message.view
        self._leaders[message.view] = message.sender
        if not message.payload_byte and message.digest not in self._blocks:
            return self._await_leader()
        if not self._validate(message.digest):
            return []
        self._blocks.setdefault(message.digest, message.payload_byte)
        self._entry = message
        return [Send(message.sender, self._message(ACKNOWLEDGE, message.digest)), *self._await_leader()]

    def _on_acknowledgement(self, message: Message) -> list[Effect]:
        if message.view != self._view or self._leaders.get(self._view) != self._me:
            return []
        self._supporters.add(message.sender)
        return self._commit()

    def _stand(self) -> list[Effect]:
        """Ask for votes in the next term, showing how new the own log is."""
        self._view += 1
        self._voted_for[self._view] = self._me
        self._supporters = {self._me}
        log = () if self._entry is None else (replace(self._entry, payload_byte=0),)
        request = self._message(REQUEST_VOTE, self._entry.digest if self._entry else "", evidence=log)
        request = replace(request, signatures=1)  # nobody lies, so that the entry is shown without its signature
        return [Broadcast(request), *self._await_leader(), *self._win()]

    def _on_request(self, message: Message) -> list[Effect]:
        """Vote for the first that asks in a term, unless its log is older than the own one."""
        if message.view < self._view:
            return []
        steps_down = message.view > self._view and self._leaders.get(self._view) == self._me
        self._view = message.view
        taken = self._view in self._voted_for or self._view in self._leaders
        if taken or _newest_term(message.evidence) < _newest_term((self._entry,)):
            return self._await_leader() if steps_down else []
        self._voted_for[self._view] = message.sender
        return [Send(message.sender, self._message(VOTE, "")), *self._await_leader()]

    def _on_vote(self, message: Message) -> list[Effect]:
        mine = self._voted_for.get(self._view) == self._me and self._view not in self._leaders
        if message.view != self._view or not mine:
            return []
        self._supporters.add(message.sender)
        return self._win()

    def _win(self) -> list[Effect]:
        """Lead with a majority of votes: with the entry at hand, else with a block of one's own, else let others do."""
        if len(self._supporters) < self._committee.quorum:
            return []
        entry = self._entry
        proposal = self._own if entry is None else Proposal(entry.digest, self._blocks[entry.digest])
        if proposal is None:
            self._rank = len(self._committee.members) - 1
            return self._await_leader()
        return self._replicate(proposal)


def _newest_term(log: tuple[Message | None, ...]) -> int:
    """Term of the entry in a log; -1 if it is empty."""
    return max((entry.view for entry in log if entry is not None), default=-1)

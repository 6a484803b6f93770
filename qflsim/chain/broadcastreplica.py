"""One member of a broadcast over lists: sender or receiver, from the lists to the verdict."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from qflsim.chain.agreement import Abort, Effect, Effects, Entangle, Message, Proposal, Send, Validate
from qflsim.chain.heights import HeightReplica
from qflsim.chain.lists import ListMessage, Mask, Pair, packed, proving, right, word
from qflsim.quantum.listrisks import Thresholds
from qflsim.quantum.singlets import Entries

if TYPE_CHECKING:
    from qflsim.chain.broadcast import ListBroadcast

__all__ = ["CLAIM", "COMMAND", "VERDICT", "BroadcastReplica", "Checks"]

COMMAND, CLAIM, VERDICT = "command", "claim", "verdict"

NEAREST = 0.4
"""Share of places in which two blocks must demand different bits to tell who lies (assumption)."""


class Checks(NamedTuple):
    """How lists are looked at."""

    states: int
    """Places of a list."""
    stretched: bool
    """See `qflsim.chain.lists.word`."""
    mutual: bool
    """Whether all receivers show each other what they have; else the first one the others."""
    limits: Callable[[int], Thresholds]
    """T, A and Q for a number of places."""

    def word(self, digest: str) -> Entries:
        """What a block demands."""
        return word(digest, self.states, self.stretched)


class BroadcastReplica(HeightReplica):
    """One member.

    Parameters
    ----------
    checks:
        How lists are looked at.
    protocol, me, members, validate, timeout:
        As for `HeightReplica`.
    """

    def __init__(
        self,
        protocol: "ListBroadcast",
        checks: Checks,
        me: str,
        members: tuple[str, ...],
        validate: Validate | None,
        timeout: float,
    ) -> None:
        super().__init__(protocol, me, members, validate, timeout)
        self._lists = protocol.lists
        self._checks = checks
        self._unread: dict[int, Mapping[Pair, Entries]] = {}  # entries of heights that have not begun here

    def read(self, now: float, height: int, entries: Mapping[Pair, Entries]) -> Effects:
        """Take in the own entries: the sender shows where they bear it out, a receiver looks at what it was shown."""
        if height > self._height:
            self._unread[height] = entries
        if height != self._height or self._over:
            return ()
        self._entries.update(entries)
        if self._me == self.leader(0):
            return tuple(self._command())
        return (self._set_timer(COMMAND), *self._look())

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        return {COMMAND: self._on_command, CLAIM: self._on_claim, VERDICT: self._on_verdict}

    def _begin(self) -> list[Effect]:
        self._over = False
        self._receivers = tuple(name for name in self._committee.members if name != self.leader(0))
        self._entries: dict[Pair, Entries] = {}
        self._told: ListMessage | None = None  # what the sender told
        self._shown: dict[Pair, Mask] = {}  # places that the sender showed, of the own lists
        self._claims: dict[str, ListMessage] = {}
        self._verdicts: dict[str, bool] = {}
        if self._me != self.leader(0) or self._own is None:
            early = self._unread.pop(self._height, None)
            return [] if early is None else list(self.read(0.0, self._height, early))
        if len(self._receivers) < 2:
            return self._command()
        return [Entangle(self._height, self._lists(self._receivers), self._checks.states)]

    def _proves(self, decision: Message) -> bool:
        """Nobody is believed: proofs are in the lists."""
        return False

    def _asks(self, message: Message) -> bool:
        """Nobody is told later."""
        return False

    def _time_out(self, purpose: str) -> list[Effect]:
        if self._over:
            return []
        if purpose == COMMAND:
            return self._abort("the sender is silent") if self._told is None else []
        return self._settle() if purpose == CLAIM else self._abort("too few members accept")

    def _command(self) -> list[Effect]:
        """Tell every receiver the block, and where the lists that it holds a part of bear it out."""
        block = self._own
        if block is None or self._over:
            return []
        demanded = self._checks.word(block.digest)
        places = {pair: proving(entries, demanded) for pair, entries in self._entries.items()}
        told: list[Effect] = [
            Send(name, self._message_of(COMMAND, block, {pair: m for pair, m in places.items() if name in pair}))
            for name in self._receivers
        ]
        self._verdicts = {self._me: True}
        return [*told, self._set_timer(VERDICT, 3.0), *self._count()]

    def _message_of(self, kind: str, block: Proposal | str, places: Mapping[Pair, Mask]) -> ListMessage:
        digest, size = (block.digest, block.size_byte) if isinstance(block, Proposal) else (block, 0)
        return ListMessage(
            sender=self._me, kind=kind, height=self._height, view=0, digest=digest, signatures=0, payload_byte=size,
            places=packed(places),
        )  # fmt: skip

    def _on_command(self, message: Message) -> list[Effect]:
        if message.sender != self.leader(0) or not isinstance(message, ListMessage) or self._told is not None:
            return []
        self._told = message
        self._blocks.setdefault(message.digest, message.payload_byte)
        return self._look()

    def _look(self) -> list[Effect]:
        """Accept what the sender told, or not, when that and the own lists are at hand."""
        told = self._told
        if told is None or self._over or len(self._entries) < len(self._receivers) - 1:
            return []
        self._shown = told.shown(self._checks.states)
        found = self._right(told.digest, self._shown)
        reason = "" if self._validate(told.digest) else "the block is not sound"
        if not all(self._enough(found.get(pair), self._shown.get(pair), self._checks.states) for pair in self._entries):
            reason = "the sender's places do not fit the own list"
        if reason:
            return [*self._claim("", {}), *self._abort(reason)]
        return [*self._claim(told.digest, found), self._set_timer(CLAIM), *self._settle_if_complete()]

    def _right(self, digest: str, shown: Mapping[Pair, Mask]) -> dict[Pair, Mask]:
        """Of the places shown those that are right by the own lists."""
        demanded = self._checks.word(digest)
        return {pair: shown[pair] & right(held, demanded) for pair, held in self._entries.items() if pair in shown}

    def _enough(self, found: Mask | None, shown: Mask | None, places: int) -> bool:
        """Whether so many right ones, among all that were shown, are enough to believe the sender."""
        if found is None or shown is None:
            return False
        length, tolerated, _ = self._checks.limits(places)
        count = int(found.sum())
        return count >= length and int(shown.sum()) - count <= tolerated

    def _claim(self, digest: str, found: Mapping[Pair, Mask]) -> list[Effect]:
        """Show every other receiver the right places of the list that one has with it."""
        others = [name for name in self._receivers if name != self._me]
        if not self._checks.mutual and self._me != self._receivers[0]:
            return []
        return [
            Send(name, self._message_of(CLAIM, digest, {pair: m for pair, m in found.items() if name in pair}))
            for name in others
        ]

    def _on_claim(self, message: Message) -> list[Effect]:
        if message.sender not in self._receivers or not isinstance(message, ListMessage):
            return []
        self._claims.setdefault(message.sender, message)
        return self._settle_if_complete()

    def _settle_if_complete(self) -> list[Effect]:
        heard = self._receivers if self._checks.mutual else self._receivers[:1]
        complete = all(name in self._claims for name in heard if name != self._me)
        return self._settle() if complete and self._shown_accepted() else []

    def _shown_accepted(self) -> bool:
        return self._told is not None and (bool(self._shown) or len(self._receivers) < 2) and not self._over

    def _settle(self) -> list[Effect]:
        """Decide what the sender told unless another receiver proves that it told something else."""
        told = self._told
        if told is None or self._over:
            return []
        for claim in self._claims.values():
            reason = self._contradicts(told.digest, claim) if claim.digest not in ("", told.digest) else ""
            if reason:
                return self._abort(reason)
        self._over = True
        return [*self._decide(0, told.digest, ()), Send(self.leader(0), self._message_of(VERDICT, told.digest, {}))]

    def _contradicts(self, digest: str, claim: ListMessage) -> str:
        """Why the claim of another block is to be believed; empty if it is not."""
        pair = next(pair for pair in self._entries if claim.sender in pair)
        other = self._checks.word(claim.digest)
        differ = self._checks.word(digest) != other
        places = int(differ.sum())
        if places < NEAREST * self._checks.states:
            return "two blocks whose words are too near to tell who lies"
        shown = self._shown[pair] & differ
        if not self._enough(self._right(digest, {pair: shown})[pair], shown, places):
            return "the sender's places do not fit where two blocks differ"
        proof = claim.shown(self._checks.states).get(pair, differ & ~differ) & differ
        length, _, refuting = self._checks.limits(places)
        wrong = int((proof & ~right(self._entries[pair], other)).sum())
        return "the sender told another block" if int(proof.sum()) >= length and wrong < refuting else ""

    def _on_verdict(self, message: Message) -> list[Effect]:
        if message.sender not in self._receivers or self._me != self.leader(0) or self._own is None:
            return []
        self._verdicts.setdefault(message.sender, message.digest == self._own.digest)
        return self._count()

    def _count(self) -> list[Effect]:
        """Decide as the sender when enough receivers have."""
        if self._over or self._own is None:
            return []
        if sum(self._verdicts.values()) >= self._committee.quorum:
            self._over = True
            return self._decide(0, self._own.digest, ())
        return self._abort("too few members accept") if len(self._verdicts) > len(self._receivers) else []

    def _abort(self, reason: str) -> list[Effect]:
        """Decide on nothing, and tell the sender."""
        self._over = True
        told: list[Effect] = []
        if self._me != self.leader(0):
            told = [Send(self.leader(0), self._message_of(VERDICT, "", {}))]
        return [*told, Abort(self._height, reason), *self._stop_timers()]

"""How the transactions of several nodes come together at a committee before it agrees on their block."""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import Any

import simpy

from qflsim.chain.audit import signatures_in
from qflsim.chain.transactions import SignedTransaction
from qflsim.network.dissemination import Item, Obtain

from .computer import Computer
from .context import Context
from .fabric import Fabric
from .notary import Notary
from .spread import About

__all__ = ["Gathering"]


class Gathering:
    """Transactions on their way from every member of a committee to every other.

    What does not pass its receiver's check is rejected and not kept. Nobody waits for another one from its sender.

    Parameters
    ----------
    ctx, fabric, notary:
        The run's shared services, its links, and who checks what arrives.
    kind:
        What the messages are called in the traces.
    leader:
        The member that will propose the block.
    members:
        The computers of the committee, by node; each sends transactions of its own.
    rounds:
        For members whose transactions are of an earlier round, which one that is.
    senders:
        Those members who send transactions; left out, all.
    counting, needed:
        Those members of whose transactions so many are enough; left out, all.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        notary: Notary,
        kind: str,
        leader: str,
        members: Mapping[str, Computer],
        *,
        rounds: Mapping[str, int] | None = None,
        senders: Collection[str] | None = None,
        counting: Collection[str] | None = None,
        needed: int | None = None,
    ) -> None:
        self._ctx = ctx
        self._disseminator = fabric.disseminator
        self._group = self._disseminator.passing_group(f"{kind} {leader}", tuple(members))
        self._notary = notary
        self._round = ctx.round
        self.rounds = rounds or {}
        self._counting = frozenset(members if counting is None else counting)
        self._senders = frozenset(members if senders is None else senders)
        self._needed = len(self._senders) if needed is None else needed
        self._kind = kind
        self.leader = leader
        self.members = members
        self._held: dict[str, set[str]] = {member: set() for member in members}
        self._transactions: dict[str, set[SignedTransaction]] = {member: set() for member in members}
        self._excused: set[str] = set()
        self._heard: set[str] = set()  # by the leader: what it holds and what it rejected
        self._awaited: list[tuple[str, frozenset[str], simpy.Event]] = []
        self.complete: simpy.Event = ctx.env.event()
        """The leader has heard from all senders, or holds the transactions of enough of them."""
        self.arrived_s: dict[str, float] = {}
        """When [s] the leader came to hold each member's transactions."""

    @property
    def at_leader(self) -> list[str]:
        """Members whose transactions the leader holds, by name."""
        return sorted(self._held[self.leader])

    def excuse(self, member: str) -> None:
        """Nobody waits for ``member`` any more: it said that it goes."""
        if member in self.members:
            self._excused.add(member)
            if not self.complete.triggered and self._enough():
                self.complete.succeed()

    def rejected(self, member: str) -> bool:
        """Whether the leader has got something from ``member``, and not kept it."""
        return member in self._heard - self._held[self.leader]

    @property
    def heard(self) -> frozenset[str]:
        """Members of whom something has come to the leader so far, itself included once it has shared."""
        return frozenset(self._heard)

    @property
    def all_rejected(self) -> list[str]:
        """Members of whom the leader holds nothing because what came was not what they signed, by name."""
        return sorted(self._heard - self._held[self.leader])

    def holding(self, member: str, senders: Iterable[str]) -> simpy.Event:
        """The event of ``member`` holding the verified transactions of all ``senders``."""
        event: simpy.Event = self._ctx.env.event()
        self._awaited.append((member, frozenset(senders), event))
        self._tell(member)
        return event

    def held_by(self, member: str) -> Collection[SignedTransaction]:
        """The verified transactions that ``member`` holds."""
        return self._transactions[member]

    def sign_and_share(self, sender: str, transactions: Sequence[SignedTransaction]) -> Generator[Any, Any, None]:
        """Sign each transaction, then share them."""
        for _ in transactions:
            yield self.members[sender].signed()
        self.share(sender, transactions)

    def share(self, sender: str, transactions: Sequence[SignedTransaction]) -> None:
        """Let ``sender``'s signed transactions come to every other member, which verifies and keeps them."""
        self._receive(sender, sender, transactions)
        signatures = sum(signatures_in(transaction) for transaction in transactions)
        size_bit = 8.0 * sum(transaction.size_byte for transaction in transactions)
        item = Item(name=self._group.name(sender), kind=self._kind, size_bit=size_bit, head_bit=size_bit)

        def got(member: str, obtain: Obtain, checked: Callable[[bool], None]) -> None:
            self.members[member].verify(signatures, lambda: checked(self._receive(member, sender, transactions)))

        about = About(chain=f"{self._kind} {self.leader}", height=0)
        self._disseminator.spread(self._group, item, about, sender, got)

    def _receive(self, member: str, sender: str, transactions: Sequence[SignedTransaction]) -> bool:
        """Keep what ``sender`` sent if all of it is right; whether it is."""
        round = self.rounds.get(sender, self._round)
        right = all(self._notary.accepts(member, self._kind, sender, item, round) for item in transactions)
        if right:
            self._held[member].add(sender)
            self._transactions[member].update(transactions)
            self._tell(member)
        if member == self.leader:
            self._heard.add(sender)
            if sender in self._held[member]:
                self.arrived_s.setdefault(sender, self._ctx.now)
            if not self.complete.triggered and self._enough():
                self.complete.succeed()
        return right

    def _enough(self) -> bool:
        """Whether the leader need not wait for more."""
        return (
            self._heard | self._excused >= self._senders
            or len(self._held[self.leader] & self._counting) >= self._needed
        )

    def _tell(self, member: str) -> None:
        """Succeed the events that what ``member`` holds now fulfils."""
        for waiting, senders, event in self._awaited:
            if waiting == member and not event.triggered and senders <= self._held[member]:
                event.succeed()

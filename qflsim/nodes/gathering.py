"""How the transactions of several nodes come together at a committee before it agrees on their block."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import simpy

from qflsim.chain.audit import signatures_in
from qflsim.chain.transactions import SignedTransaction

from .computer import Computer
from .context import Context
from .fabric import Fabric
from .notary import Notary

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
    """

    def __init__(
        self, ctx: Context, fabric: Fabric, notary: Notary, kind: str, leader: str, members: Mapping[str, Computer]
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._notary = notary
        self._round = ctx.round
        self._kind = kind
        self.leader = leader
        self.members = members
        self._held: dict[str, set[str]] = {member: set() for member in members}
        self._heard: set[str] = set()  # by the leader: what it holds and what it rejected
        self._awaited: list[tuple[str, frozenset[str], simpy.Event]] = []
        self.complete: simpy.Event = ctx.env.event()
        """The leader has heard from all members."""

    @property
    def at_leader(self) -> list[str]:
        """Members whose transactions the leader holds, by name."""
        return sorted(self._held[self.leader])

    def holding(self, member: str, senders: Iterable[str]) -> simpy.Event:
        """The event of ``member`` holding the verified transactions of all ``senders``."""
        event: simpy.Event = self._ctx.env.event()
        self._awaited.append((member, frozenset(senders), event))
        self._tell(member)
        return event

    def sign_and_share(self, sender: str, transactions: Sequence[SignedTransaction]) -> Generator[Any, Any, None]:
        """Sign each transaction, then share them."""
        for _ in transactions:
            yield self.members[sender].signed()
        self.share(sender, transactions)

    def share(self, sender: str, transactions: Sequence[SignedTransaction]) -> None:
        """Send ``sender``'s signed transactions to every other member, which verifies and keeps them."""
        self._receive(sender, sender, transactions)
        signatures = sum(signatures_in(transaction) for transaction in transactions)
        size_bit = 8.0 * sum(transaction.size_byte for transaction in transactions)
        for member, computer in self.members.items():
            if member != sender:
                received = partial(self._receive, member, sender, transactions)
                arrived = partial(computer.verify, signatures, received)
                self._fabric.send(self._kind, sender, member, size_bit, arrived)

    def _receive(self, member: str, sender: str, transactions: Sequence[SignedTransaction]) -> None:
        """Keep what ``sender`` sent if all of it is right."""
        if all(self._notary.accepts(member, self._kind, sender, item, self._round) for item in transactions):
            self._held[member].add(sender)
            self._tell(member)
        if member == self.leader:
            self._heard.add(sender)
            if not self.complete.triggered and self._heard >= self.members.keys():
                self.complete.succeed()

    def _tell(self, member: str) -> None:
        """Succeed the events that what ``member`` holds now fulfils."""
        for waiting, senders, event in self._awaited:
            if waiting == member and not event.triggered and senders <= self._held[member]:
                event.succeed()

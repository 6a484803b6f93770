"""How the transactions of several nodes come together at a committee before it agrees on their block."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import simpy

from qflsim.chain.transactions import SignedTransaction

from .computer import Computer
from .context import Context
from .fabric import Fabric

__all__ = ["Gathering"]


class Gathering:
    """Transactions on their way from every member of a committee to every other.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    kind:
        What the messages are called in the traces.
    leader:
        The member that will propose the block.
    members:
        The computers of the committee, by node; each sends transactions of its own.
    """

    def __init__(self, ctx: Context, fabric: Fabric, kind: str, leader: str, members: Mapping[str, Computer]) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._kind = kind
        self.leader = leader
        self.members = members
        self._held: dict[str, set[str]] = {member: set() for member in members}
        self._awaited: list[tuple[str, frozenset[str], simpy.Event]] = []
        self.complete = self.holding(leader, members)

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
        self._hold(sender, sender)
        size_bit = 8.0 * sum(transaction.size_byte for transaction in transactions)
        for member, computer in self.members.items():
            if member != sender:
                keep = partial(self._hold, member, sender)
                self._fabric.send(
                    self._kind, sender, member, size_bit, partial(computer.verify, len(transactions), keep)
                )

    def _hold(self, member: str, sender: str) -> None:
        self._held[member].add(sender)
        self._tell(member)

    def _tell(self, member: str) -> None:
        """Succeed the events that what ``member`` holds now fulfils."""
        for waiting, senders, event in self._awaited:
            if waiting == member and not event.triggered and senders <= self._held[member]:
                event.succeed()

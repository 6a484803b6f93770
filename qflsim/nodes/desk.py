"""Where a shard takes wishes of payments and writes them into blocks."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.ledger import Chain
from qflsim.chain.payments import ShardAccounts
from qflsim.chain.transactions import SignedTransaction, Transaction

from .computer import Computer
from .context import Context
from .ledger import Ledger
from .notary import Notary
from .seats import Seats

__all__ = ["RETRY_S", "Desk", "Make", "Place"]

RETRY_S = 1.0
"""Time [s] after which a shard that has decided nothing, or has no validators yet, is asked again: an assumption."""

Make = Callable[[dict[str, Any]], Sequence[Transaction]]
"""Makes what is to be written, of its origin: sender, task, round, time_s."""
Place = tuple[Block, int]
"""A block, and the number of a transaction in it."""


@dataclass(frozen=True, eq=False)
class _Wish:
    """What a client wants written, proofs of what allows it, and the event of its standing on the chain."""

    make: Make
    proofs: Sequence[Place]
    written: simpy.Event


class Desk:
    """Where one shard takes wishes: all that wait are written into one block, when the chain is free.

    Parameters
    ----------
    ctx:
        The run's shared services, as the task's whose shard it is.
    ledger, seats, servers:
        The shard chain, who validates it, and the computers of the servers that may join it.
    notary:
        Signs what the shard's leader writes.
    accounts:
        The accounts in the shard.
    """

    def __init__(
        self,
        ctx: Context,
        ledger: Ledger,
        seats: Seats,
        servers: Sequence[Computer],
        notary: Notary,
        accounts: ShardAccounts,
    ) -> None:
        self._ctx = ctx
        self._ledger = ledger
        self._seats = seats
        self._servers = tuple(servers)
        self._notary = notary
        self.accounts = accounts
        self._waiting: list[_Wish] = []
        self._bell: simpy.Event = ctx.env.event()

    @property
    def chain(self) -> Chain:
        """The shard chain."""
        return self._ledger.chain

    @property
    def leader(self) -> str:
        """Who writes now; empty as long as nobody has a seat in the shard."""
        seats = self._seats.among(self._servers)
        return seats[(self._ctx.round - 1) % len(seats)].node if seats else ""

    def ask(self, make: Make, proofs: Sequence[Place]) -> simpy.Event:
        """The event of a wish standing on the chain; its value is the `Place` of the first transaction of it."""
        wish = _Wish(make, proofs, self._ctx.env.event())
        self._waiting.append(wish)
        self._ring()
        return wish.written

    def run(self) -> Generator[Any, Any, None]:
        """Write block after block."""
        while True:
            yield self._bell
            self._bell = self._ctx.env.event()
            wishes, self._waiting = self._waiting, []
            if wishes and not (yield from self._write(wishes)):
                self._waiting[:0] = wishes  # nothing was decided: they are written with what comes next
                self._ctx.after(RETRY_S, self._ring)

    def _ring(self) -> None:
        if not self._bell.triggered:
            self._bell.succeed()

    def _write(self, wishes: Sequence[_Wish]) -> Generator[Any, Any, bool]:
        seats, leader = self._seats.among(self._servers), self.leader
        if not leader:
            return False
        computer = next(seat for seat in seats if seat.node == leader)
        origin: dict[str, Any] = {
            "sender": leader,
            "task": self._ctx.task,
            "round": self._ctx.round,
            "time_s": self._ctx.now,
        }
        written: list[tuple[_Wish, SignedTransaction]] = []
        signed: list[SignedTransaction] = []
        for wish in wishes:
            made = wish.make(origin)
            for item in (*(CrossChainReceipt.of(*proof, **origin) for proof in wish.proofs), *made):
                yield computer.signed()
                signed.append(self._notary.sign_for_chain(item))
            written.append((wish, signed[-len(made)]))
        metadata = ModelMetadata(task=self._ctx.task)
        done = yield from self._ledger.commit(seats, leader, signed, metadata, round=origin["round"])
        if not done.holds(signed):
            return False
        for wish, first in written:
            (block,) = [block for block in done.blocks if first in block.transactions]
            wish.written.succeed((block, block.transactions.index(first)))
        return True

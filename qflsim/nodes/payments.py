"""Payments on the timeline: desks at which shards write what payments ask for, and the client who sees them through."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import simpy

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.merkle import proof_length
from qflsim.chain.payments import Credit, CrossShardTraffic, Lock, Release, ShardAccounts
from qflsim.chain.transactions import SignedTransaction, Transaction
from qflsim.trace import Payment

from .computer import Computer
from .context import Context
from .draft import HASH_BYTE
from .fabric import Fabric
from .ledger import Ledger
from .notary import Notary
from .seats import Seats

__all__ = ["Desk", "Payments"]

REQUEST_BYTE = 128  # a payment's number, its accounts and amounts, and its client's identity: an assumption


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
    def leader(self) -> str:
        """Who writes now."""
        seats = self._seats.among(self._servers)
        return seats[(self._ctx.round - 1) % len(seats)].node

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
                self._ctx.after(1.0, self._ring)

    def _ring(self) -> None:
        if not self._bell.triggered:
            self._bell.succeed()

    def _write(self, wishes: Sequence[_Wish]) -> Generator[Any, Any, bool]:
        seats, leader = self._seats.among(self._servers), self.leader
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


class Payments:
    """The client of all payments between accounts of several shards.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and links.
    traffic:
        Who pays how often.
    client:
        The node that asks.
    desks:
        Those of all shards.
    patience:
        Time [s] after which a message that has not arrived is sent again.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        traffic: CrossShardTraffic,
        client: str,
        desks: Sequence[Desk],
        patience: float,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._traffic = traffic
        self._client = client
        self.desks = tuple(desks)
        self._patience = patience
        self._number = 0

    def run(self, going: Callable[[], bool]) -> Generator[Any, Any, None]:
        """Payments come as long as ``going()``."""
        env, rng = self._ctx.env, self._ctx.streams("payments")
        for desk in self.desks:
            env.process(desk.run())
        while True:
            yield env.timeout(float(rng.exponential(1.0 / self._traffic.rate)))
            if not going():
                return
            self._number += 1
            env.process(self._pay(self._number, self._traffic.draw(len(self.desks), rng)))

    def _pay(self, number: int, accounts: Sequence[tuple[int, int]]) -> Generator[Any, Any, None]:
        """Lock at all payers' shards, then credit at the payee's, or release where one has refused."""
        env, began, amount = self._ctx.env, self._ctx.now, self._traffic.amount
        (home, payee), payers = accounts[0], accounts[1:]
        owed: dict[int, Counter[int]] = {}
        for shard, account in payers:
            owed.setdefault(shard, Counter())[account] += amount
        touched, total = {home, *owed}, amount * len(payers)
        if touched == {home}:
            deal = _Deal(self.desks[home].accounts, number, owed[home], payee)
            yield env.process(self._written(home, deal.at_once, ()))
            self._record(number, began, touched, accepted=deal.accepted is True, blocks=1, proofs=())
            return
        deals = {shard: _Deal(self.desks[shard].accounts, number, owed[shard], None) for shard in sorted(owed)}
        asked = {shard: env.process(self._written(shard, deal.lock, ())) for shard, deal in deals.items()}
        yield env.all_of(list(asked.values()))
        places: dict[int, Place] = {shard: _value(process) for shard, process in asked.items()}
        refused = [places[shard] for shard, deal in deals.items() if not deal.accepted]
        if refused:
            holding = [shard for shard, deal in deals.items() if deal.accepted]
            yield env.all_of(
                [env.process(self._written(shard, deals[shard].release, refused[:1])) for shard in holding]
            )
            for shard in holding:
                deals[shard].give_back()
            self._record(number, began, touched, accepted=False, blocks=len(deals) + len(holding), proofs=refused[:1])
            return
        proofs = [place for shard, place in places.items() if shard != home]
        credit = partial(_credit, number, payee, total)
        yield env.process(self._written(home, credit, proofs))
        for shard in deals:
            self.desks[shard].accounts.spend(number)
        self.desks[home].accounts.credit(payee, total)
        self._record(number, began, touched, accepted=True, blocks=len(deals) + 1, proofs=proofs)

    def _written(self, shard: int, make: Make, proofs: Sequence[Place]) -> Generator[Any, Any, Place]:
        """Ask a shard's leader, wait for the block, and get its receipt; proofs travel with the request."""
        desk = self.desks[shard]
        leader = desk.leader
        request_byte = REQUEST_BYTE + sum(_proof_byte(proof) for proof in proofs)
        yield from self._told("payment", self._client, leader, request_byte)
        place: Place = yield desk.ask(make, proofs)
        yield from self._told("payment-receipt", leader, self._client, _proof_byte(place))
        return place

    def _told(self, kind: str, source: str, destination: str, size_byte: int) -> Generator[Any, Any, None]:
        """Send a message, again and again until it has arrived."""
        while True:
            arrived = self._fabric.delivered(kind, source, destination, 8.0 * size_byte)
            yield arrived | self._ctx.env.timeout(self._patience)
            if arrived.triggered:
                return

    def _record(
        self, number: int, began: float, touched: Collection[int], *, accepted: bool, blocks: int,
        proofs: Sequence[Place],
    ) -> None:  # fmt: skip
        self._ctx.record(
            Payment(
                round=self._ctx.round,
                number=number,
                asked_s=began,
                ended_s=self._ctx.now,
                accounts=self._traffic.accounts,
                shards=len(touched),
                committed=accepted,
                blocks=blocks,
                proof_byte=sum(_proof_byte(proof) for proof in proofs),
            )
        )


class _Deal:
    """What one shard's payers owe to a payment, and whether the shard has locked it.

    The shard decides once; if the block that says so is not decided, the next says the same.
    """

    def __init__(self, accounts: ShardAccounts, payment: int, owed: Mapping[int, int], payee: int | None) -> None:
        self._accounts = accounts
        self._payment = payment
        self._owed = dict(sorted(owed.items()))
        self._payee = payee
        self.accepted: bool | None = None

    def lock(self, origin: dict[str, Any]) -> list[Transaction]:
        """Lock, or refuse."""
        if self.accepted is None:
            self.accepted = self._accounts.lock(self._payment, self._owed)
        return [Lock(**origin, **self._movement(), accepted=self.accepted)]

    def at_once(self, origin: dict[str, Any]) -> list[Transaction]:
        """Lock and credit in one block, for all accounts are in this shard."""
        decided, locked = self.accepted is not None, self.lock(origin)
        if not self.accepted or self._payee is None:
            return locked
        total = sum(self._owed.values())
        if not decided:
            self._accounts.spend(self._payment)
            self._accounts.credit(self._payee, total)
        return [*locked, *_credit(self._payment, self._payee, total, origin)]

    def release(self, origin: dict[str, Any]) -> list[Transaction]:
        """Say that what was locked goes back."""
        return [Release(**origin, **self._movement())]

    def give_back(self) -> None:
        """What was locked goes back."""
        self._accounts.release(self._payment, self._owed)

    def _movement(self) -> dict[str, Any]:
        return {"payment": self._payment, "accounts": tuple(self._owed), "amounts": tuple(self._owed.values())}


def _value(process: simpy.Process) -> Any:
    """What a process has returned."""
    return process.value


def _credit(payment: int, payee: int, total: int, origin: dict[str, Any]) -> list[Transaction]:
    return [Credit(**origin, payment=payment, accounts=(payee,), amounts=(total,))]


def _proof_byte(place: Place) -> int:
    """Bytes of the proof of a transaction: it, hashes up to the root, header and certificate."""
    block, position = place
    transaction = block.transactions[position]
    path = HASH_BYTE * proof_length(len(block.transactions), position)
    return len(transaction.payload) + path + block.header_byte + block.certificate_byte

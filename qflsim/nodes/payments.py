"""Payments on the timeline: the client who sees them through, at the desks of their shards."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import simpy

from qflsim.chain.merkle import proof_length
from qflsim.chain.paymentbook import PaymentBook
from qflsim.chain.payments import Credit, CrossShardTraffic, Lock, Release, ShardAccounts
from qflsim.chain.transactions import Transaction
from qflsim.trace import Payment

from .context import Context
from .desk import RETRY_S, Desk, Make, Place
from .draft import HASH_BYTE
from .fabric import Fabric

__all__ = ["Payments"]

REQUEST_BYTE = 128  # a payment's number, its accounts and amounts, and its client's identity: an assumption


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
    book:
        What stands on the chains of payments already, if they go on from an earlier run. The client, who asked for
        them, knows all payments up to now, and sees through those that are not over.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        traffic: CrossShardTraffic,
        client: str,
        desks: Sequence[Desk],
        patience: float,
        book: PaymentBook | None = None,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._book = PaymentBook({}) if book is None else book
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
        wait = self._take_up(rng)
        while True:
            yield env.timeout(wait)
            if not going():
                return
            self._number += 1
            env.process(self._pay(self._number, env.now, self._traffic.draw(len(self.desks), rng)))
            wait = self._interval(rng)

    def _interval(self, rng: np.random.Generator) -> float:
        return float(rng.exponential(1.0 / self._traffic.rate))

    def _take_up(self, rng: np.random.Generator) -> float:
        """Ask again for what was asked before now and is not over; returns the time [s] until the next payment."""
        asked = self._interval(rng)
        while asked <= self._ctx.now:
            self._number += 1
            accounts = self._traffic.draw(len(self.desks), rng)
            home, *payers = (self.desks[shard].chain.name for shard, _ in accounts)
            if not self._book.over(self._number, payers, home):
                self._ctx.env.process(self._pay(self._number, asked, accounts))
            asked += self._interval(rng)
        return asked - self._ctx.now

    def _pay(self, number: int, began: float, accounts: Sequence[tuple[int, int]]) -> Generator[Any, Any, None]:
        """Lock at all payers' shards, then credit at the payee's, or release where one has refused."""
        env, amount = self._ctx.env, self._traffic.amount
        (home, payee), payers = accounts[0], accounts[1:]
        owed: dict[int, Counter[int]] = {}
        for shard, account in payers:
            owed.setdefault(shard, Counter())[account] += amount
        touched, total = {home, *owed}, amount * len(payers)
        if touched == {home}:
            deal = self._deal(home, number, owed[home], payee)
            yield env.process(self._written(home, deal.at_once, ()))
            self._record(number, began, touched, accepted=deal.accepted is True, blocks=1, proofs=())
            return
        deals = {shard: self._deal(shard, number, owed[shard]) for shard in sorted(owed)}
        asked = {
            shard: env.process(self._written(shard, deal.lock, (), self._standing(number, Lock.kind, shard)))
            for shard, deal in deals.items()
        }
        yield env.all_of(list(asked.values()))
        places: dict[int, Place] = {shard: _value(process) for shard, process in asked.items()}
        refused = [places[shard] for shard, deal in deals.items() if not deal.accepted]
        if refused:
            holding = [shard for shard, deal in deals.items() if deal.accepted]
            held = [shard for shard in holding if self._standing(number, Release.kind, shard) is None]
            yield env.all_of([env.process(self._written(shard, deals[shard].release, refused[:1])) for shard in held])
            for shard in held:
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

    def _deal(self, shard: int, number: int, owed: Mapping[int, int], payee: int | None = None) -> "_Deal":
        """What the payers in a shard owe, and what that has decided already."""
        lock = self._book.find(number, Lock.kind, self.desks[shard].chain.name)
        return _Deal(self.desks[shard].accounts, number, owed, payee, None if lock is None else lock.accepted)

    def _standing(self, number: int, kind: str, shard: int) -> Place | None:
        """Where a transaction of a payment stands already."""
        chain = self.desks[shard].chain
        found = self._book.find(number, kind, chain.name)
        return None if found is None else (chain.blocks[found.height], found.position)

    def _written(
        self, shard: int, make: Make, proofs: Sequence[Place], standing: Place | None = None
    ) -> Generator[Any, Any, Place]:
        """Ask a shard's leader, wait for the block, and get its receipt; proofs travel with the request."""
        if standing is not None:
            return standing
        desk = self.desks[shard]
        while not desk.leader:
            yield self._ctx.env.timeout(RETRY_S)
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

    def __init__(
        self, accounts: ShardAccounts, payment: int, owed: Mapping[int, int], payee: int | None, accepted: bool | None
    ) -> None:  # fmt: skip
        self._accounts = accounts
        self._payment = payment
        self._owed = dict(sorted(owed.items()))
        self._payee = payee
        self.accepted = accepted
        self._credited = False

    def lock(self, origin: dict[str, Any]) -> list[Transaction]:
        """Lock, or refuse."""
        if self.accepted is None:
            self.accepted = self._accounts.lock(self._payment, self._owed)
        return [Lock(**origin, **self._movement(), accepted=self.accepted)]

    def at_once(self, origin: dict[str, Any]) -> list[Transaction]:
        """Lock and credit in one block, for all accounts are in this shard."""
        locked = self.lock(origin)
        if not self.accepted or self._payee is None:
            return locked
        total = sum(self._owed.values())
        if not self._credited:
            self._accounts.spend(self._payment)
            self._accounts.credit(self._payee, total)
            self._credited = True
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

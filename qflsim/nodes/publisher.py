"""The task publisher: announces the task on the global chain; servers join and become the task's shard."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from qflsim.chain.block import ModelMetadata
from qflsim.chain.transactions import Join, Shard, SignedTransaction, Task, Transaction

from .clerk import Clerk
from .computer import Computer
from .context import Context
from .fabric import Fabric
from .gathering import Gathering
from .ledger import Ledger
from .notary import Notary
from .seats import Seats
from .server import Server

__all__ = ["Publisher", "TaskOffer"]


@dataclass(frozen=True)
class TaskOffer:
    """What the publisher announces: model structure, data needs, rounds and reward."""

    name: str
    model: str
    samples: int
    rounds: int
    reward: float


class Publisher:
    """Who wants a model trained.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    computer:
        What it computes with.
    offer:
        The task.
    notary:
        Signs and checks transactions.
    clerk:
        Keeps the task's contract.
    global_chain, shard_chain:
        The chains it writes on, and the servers after it.
    seats:
        Who validates the shard chain.
    validators:
        The computers of all servers, which validate the global chain with it.
    patience:
        Time [s] after which the shard is formed without servers whose joining has not arrived.
    idleness:
        Time [s] for which servers without any device wait for one to come.
    arrival, renew:
        The event of a device coming, and what lets it be a member of the server that serves it.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        computer: Computer,
        offer: TaskOffer,
        notary: Notary,
        clerk: Clerk,
        global_chain: Ledger,
        shard_chain: Ledger,
        seats: Seats,
        validators: Sequence[Computer],
        patience: float,
        idleness: float,
        arrival: Callable[[], simpy.Event],
        renew: Callable[[], None],
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._patience = patience
        self._idleness = idleness
        self._arrival = arrival
        self._renew = renew
        self._silent: set[str] = set()  # servers that were waited for in vain, and not heard since
        self._joined: tuple[Gathering, tuple[str, ...]] | None = None  # the last gathering, and who was to join
        self.computer = computer
        self.offer = offer
        self._notary = notary
        self._clerk = clerk
        self._global = global_chain
        self._validators = tuple(validators)
        self._shard = shard_chain
        self._seats = seats

    def announce(self, servers: Sequence[Server]) -> Generator[Any, Any, list[Server]]:
        """Step 1: task on the global chain, ``servers`` join, their membership on the shard chain; returns the shard.

        All servers validate the global chain, whether the task is for them or not.
        """
        terms = self._clerk.terms(self.computer.node)
        for _ in (*terms, "task"):
            yield self.computer.signed()
        task = self._sign(
            Task(**self._origin(self.computer.node), model=self.offer.model, samples=self.offer.samples,
                 rounds=self.offer.rounds, reward=self.offer.reward)
        )  # fmt: skip
        validators = [self.computer, *self._validators]
        metadata = ModelMetadata(task=self.offer.name)
        offered = [*terms, task]
        done = yield from self._global.commit(validators, self.computer.node, offered, metadata, round=self._ctx.round)
        if not done.holds([task]):
            return []
        return (yield from self._form_shard(servers))

    def _form_shard(self, servers: Sequence[Server]) -> Generator[Any, Any, list[Server]]:
        """Servers with eligible devices join; the validators of the shard, one in turn, write its membership."""
        joining = yield from self._ready(servers)
        if not joining:
            return []
        yield from self._seats.open_round()
        self._recall()
        seats = self._seats.among([server.computer for server in joining])
        seats = [seat for seat in seats if seat.node not in self._silent] or seats
        if not seats:
            return []
        leader = seats[(self._ctx.round - 1) % len(seats)]
        joins = {server.name: [self._join(server), *server.moves(), server.select()] for server in joining}
        involved = {computer.node: computer for computer in (*(server.computer for server in joining), *seats)}
        awaited = [name for name in joins if name not in self._silent] or list(joins)
        gathering = Gathering(
            self._ctx, self._fabric, self._notary, "join", leader.node, involved, senders=awaited, counting=awaited,
        )  # fmt: skip
        self._joined = gathering, tuple(joins)
        for name, join in joins.items():
            self._ctx.env.process(gathering.sign_and_share(name, join))
        began = self._ctx.now
        yield gathering.complete | self._ctx.env.timeout(self._patience)
        if gathering.complete.triggered and not gathering.heard.issuperset(joins):
            yield self._ctx.env.timeout(self._ctx.now - began)  # as long again for those that may be back
        members = [server for server in joining if server.name in gathering.at_leader]
        if not members or (leader.node in joins and leader.node not in gathering.at_leader):
            return []
        yield leader.signed()
        shard = self._sign(Shard(**self._origin(leader.node), servers=tuple(server.name for server in members)))
        transactions = [*(item for server in members for item in joins[server.name]), shard]
        validators = self._seats.among([server.computer for server in members])
        metadata = ModelMetadata(task=self.offer.name)
        done = yield from self._shard.commit(validators, leader.node, transactions, metadata)
        if not done.holds(transactions):
            return []
        for server in members:
            server.stated()
        return members

    def _ready(self, servers: Sequence[Server]) -> Generator[Any, Any, list[Server]]:
        """Servers with devices for a round; if there are none at all, they wait some time for one to come."""
        ends = self._ctx.now + self._idleness
        while True:
            joining = [server for server in servers if server.ready()]
            left = ends - self._ctx.now
            if joining or left <= 0.0:
                return joining
            yield self._arrival() | self._ctx.env.timeout(left)
            self._renew()

    def _recall(self) -> None:
        """A server that was waited for in vain is not waited for until the end again, until its joining is heard.

        A leader that heard nobody else is taken to be the one that is cut off.
        """
        if self._joined is None:
            return
        gathering, names = self._joined
        others = set(names) - {gathering.leader}
        if others and not others & gathering.heard:
            self._silent |= {gathering.leader} & set(names)
        else:
            self._silent = set(names) - gathering.heard
        self._joined = None

    def _join(self, server: Server) -> SignedTransaction:
        eligible = server.eligible()
        samples = sum(candidate.samples for candidate in eligible)
        return self._sign(Join(**self._origin(server.name), devices=len(eligible), samples=samples))

    def _origin(self, sender: str) -> dict[str, Any]:
        return {"sender": sender, "task": self.offer.name, "round": self._ctx.round, "time_s": self._ctx.now}

    def _sign(self, transaction: Transaction) -> SignedTransaction:
        return self._notary.sign_for_chain(transaction)

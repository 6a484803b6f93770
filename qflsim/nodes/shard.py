"""The shard of one task: carries local blocks across, mixes models, and writes the global model."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.transactions import (
    GlobalModel,
    IntermediateModel,
    SignedTransaction,
    digest_of,
    read_transaction,
)
from qflsim.learning.aggregation import Update, mean_loss
from qflsim.learning.averaging import disagreement, global_mean, mix
from qflsim.learning.codec import Codec
from qflsim.learning.cost import averaging_cycles
from qflsim.learning.mixing import Mixing

from .clerk import Clerk
from .computer import Computer
from .context import Context
from .contribution import Contribution
from .device import Floats
from .fabric import Fabric
from .gathering import Gathering
from .keys import KeyService
from .ledger import Ledger
from .notary import Notary
from .seats import Seats
from .server import Server
from .waiting import until

__all__ = ["Mixed", "TaskShard"]


@dataclass
class Mixed:
    """What came of mixing in a round.

    Parameters
    ----------
    model:
        The global model, shape (parameters,); ``None`` if there is none.
    before, after:
        Disagreement of the members' models before the first step and when it was over; NaN if nobody mixed.
    """

    model: Floats | None = None
    before: float = float("nan")
    after: float = float("nan")


class TaskShard:
    """The servers that joined the task, acting together.

    Parameters
    ----------
    ctx, fabric, keys:
        The run's shared services, links and session keys.
    task:
        Name of the task.
    mixing:
        How servers average.
    notary:
        Signs and checks transactions.
    clerk:
        Keeps the task's contract.
    validators:
        The computers of the publisher and all servers, which validate the global chain.
    global_chain, shard_chain:
        The chains written on.
    seats:
        Who validates the shard chain.
    patience:
        Time [s] after which local blocks, receipts and models that have not arrived are done without.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        keys: KeyService,
        task: str,
        mixing: Mixing,
        notary: Notary,
        clerk: Clerk,
        validators: Sequence[Computer],
        global_chain: Ledger,
        shard_chain: Ledger,
        seats: Seats,
        patience: float,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._keys = keys
        self._task = task
        self._mixing = mixing
        self._notary = notary
        self._clerk = clerk
        self._validators = tuple(validators)
        self._global = global_chain
        self._shard = shard_chain
        self._seats = seats
        self._patience = patience
        self._intermediate: dict[str, str] = {}  # digest of the last model that each server wrote on the shard chain
        self._crossed: tuple[Block, ...] = ()  # blocks of the shard chain that hold this round's models

    def cross_chain(self, contributions: Mapping[Server, Contribution]) -> Generator[Any, Any, list[Server]]:
        """Step 4: local blocks go up, their receipts onto the shard chain.

        Returns
        -------
        list
            The servers whose block got there; they go on with the aggregate that stands on the chain.
        """
        env = self._ctx.env
        yield from until(env, [server.fetch_block(own) for server, own in contributions.items()], self._patience)
        carrying = [server for server, own in contributions.items() if own.model is not None]
        if not carrying:
            return []
        seats = self._seats.among([server.computer for server in carrying])
        leader = seats[(self._ctx.round - 1) % len(seats)]
        receipts = {server.name: self._receipt(server, contributions[server]) for server in carrying}
        involved = {computer.node: computer for computer in (*(server.computer for server in carrying), *seats)}
        gathering = Gathering(
            self._ctx, self._fabric, self._notary, "receipt", leader.node, involved, senders=list(receipts)
        )
        for name, own in receipts.items():
            env.process(gathering.sign_and_share(name, own))
        yield gathering.complete | env.timeout(self._patience)
        present = [server for server in carrying if server.name in gathering.at_leader]
        if not present:
            return []
        names = [server.name for server in present]
        samples = sum(contributions[server].samples for server in present)
        transactions = [transaction for name in names for transaction in receipts[name]]
        done = yield from self._shard.commit(
            seats,
            leader.node,
            transactions,
            ModelMetadata(task=self._task, samples=samples, contributors=len(present)),
            {seat.node: gathering.holding(seat.node, names) for seat in seats},
            holds=gathering.held_by,
        )
        if not done.holds(transactions):
            return []
        self._crossed = done.blocks
        for server in present:
            server.parameters = _aggregate_of(contributions[server])
        return present

    def mix(
        self, members: Sequence[Server], contributions: Mapping[Server, Contribution], present: Sequence[Server]
    ) -> Generator[Any, Any, Mixed]:
        """The first half of step 5: all members exchange their models over the mixing graph and average, step by step.

        A member without a block in this round takes part with no samples: it hears, and passes on. If an exchange does
        not end in time, nobody averages any more, there is no global model, and members keep what they have by then.
        """
        masses = np.array([contributions[s].samples if s in present else 0 for s in members], dtype=np.float64)
        if not masses.any():
            return Mixed()
        matrix = self._mixing.matrix(len(members), self._ctx.streams.fresh("mixing", str(self._ctx.round)))
        models = _models(members)
        done = Mixed(before=disagreement(models))
        for _ in range(self._mixing.steps):
            mixed = yield from self._step(members, matrix, masses)
            done.after = disagreement(_models(members))
            if mixed is None:
                return done
            models, masses = mixed, matrix @ masses
        done.model = self._codec.as_sent(global_mean(models, masses), "global")
        return done

    def _step(self, members: Sequence[Server], matrix: Floats, masses: Floats) -> Generator[Any, Any, Floats | None]:
        """One step of mixing: models go over the graph, hop after hop, and every member averages what it has then.

        Returns
        -------
        array or None
            Everybody's model before it is written in the task's format, shape (members, parameters); ``None`` if an
            exchange did not end in time.
        """
        for hop in self._mixing.exchanges(matrix):
            exchanges = [self._exchange(members[i], members[j]) for i, j in hop]
            if not (yield from until(self._ctx.env, exchanges, self._patience)):
                return None
        yield from self._average(members, np.count_nonzero(matrix, axis=1))
        mixed = mix(matrix, _models(members), masses)
        for server, model in zip(members, mixed, strict=True):
            server.parameters = self._codec.as_sent(model, server.name)
        return mixed

    def _exchange(self, sender: Server, receiver: Server) -> Generator[Any, Any, None]:
        """One model from server to server, signed, sealed and verified."""
        yield sender.computer.signed()
        model = self._notary.sign(sender.model_transaction())
        seal_byte = yield from self._keys.session(sender.name, receiver.name, "mixing", model.size_byte)
        yield self._fabric.delivered("mixed-model", sender.name, receiver.name, 8.0 * (model.size_byte + seal_byte))
        yield receiver.computer.verified()
        if not self._notary.accepts(receiver.name, "mixed-model", sender.name, model, self._ctx.round):
            yield self._ctx.env.event()  # a right one never comes: who waits for it waits with an end

    def _average(self, members: Sequence[Server], models: Sequence[int]) -> Generator[Any, Any, None]:
        """Each member computes the mean of as many models as its row of the mixing matrix names."""
        work = zip(members, models, strict=True)
        yield self._ctx.env.all_of(
            [s.computer.computed(averaging_cycles(len(s.parameters), int(count))) for s, count in work]
        )

    def store_global(
        self, model: Floats, present: Sequence[Server], updates: Sequence[Update]
    ) -> Generator[Any, Any, bool]:
        """The second half of step 5: a global block with the global model and what settles the round; if it stands.

        The leader can compute it: all intermediate models stand on the shard chain, or are had by their digests. With
        it goes the proof that the leader's own does, in a block that the shard certified.
        """
        leader = present[(self._ctx.round - 1) % len(present)]
        if not (yield from self._holds_all(leader, present)):
            return False
        samples, loss, packed = sum(update.samples for update in updates), mean_loss(updates), self._packed(model)
        proof = [self._notary.sign_for_chain(receipt) for receipt in self._proof(leader)]
        settlement = self._clerk.settlement(leader.name, [server.name for server in present])
        for _ in ("model", *proof, *settlement):
            yield leader.computer.signed()
        transaction = GlobalModel(
            **self._origin(leader), digest=digest_of(packed), samples=samples, loss=loss,
            parameters=self._written(self._global, leader.name, packed, model),
            servers=tuple(server.name for server in present), accuracy=float("nan"),
        )  # fmt: skip
        metadata = ModelMetadata(
            task=self._task, digest=digest_of(packed), loss=loss, samples=samples, contributors=len(updates)
        )
        signed = self._notary.sign_for_chain(transaction)
        written = [*proof, signed, *settlement]
        done = yield from self._global.commit(self._validators, leader.name, written, metadata, round=self._ctx.round)
        if not done.holds([*proof, signed]):
            return False
        outsiders = sorted({validator.node for validator in self._validators} - {server.name for server in present})
        reading = [
            self._ctx.stores.contents.obtained(n, self._global.chain.name, [digest_of(packed)]) for n in outsiders
        ]
        yield self._ctx.env.all_of(reading)
        return True

    def _proof(self, leader: Server) -> list[CrossChainReceipt]:
        """The receipt of the leader's intermediate model, which stands on the shard chain."""
        return [
            CrossChainReceipt.of(block, position, **self._origin(leader))
            for block in self._crossed
            for position, item in enumerate(block.transactions)
            if _is_model_of(item, leader.name)
        ]

    def _holds_all(self, leader: Server, present: Sequence[Server]) -> Generator[Any, Any, bool]:
        """Whether the leader has, or gets, every intermediate model that the global one is made of."""
        models = [self._intermediate[server.name] for server in present if server.name in self._intermediate]
        had: set[str] = yield self._ctx.stores.contents.obtained(leader.name, self._shard.chain.name, models)
        return had.issuperset(models)

    def _receipt(self, server: Server, own: Contribution) -> list[SignedTransaction]:
        """What a server writes on the shard chain: receipts of its local blocks, its verdict, its aggregate.

        Each receipt carries header and certificate of a block, and proves one of the transactions in it, which the
        block's own hash draws: a server that hides others' content is found out before it knows which.
        """
        if not own.blocks:
            return []
        origin = self._origin(server)
        aggregate = _aggregate_of(own)
        packed = self._packed(aggregate)
        self._intermediate[server.name] = digest_of(packed)
        receipts = [CrossChainReceipt.of(block, drawn(block), **origin) for block, _ in own.certified]
        model = IntermediateModel(
            **origin, digest=digest_of(packed), samples=own.samples, loss=mean_loss(own.updates),
            parameters=self._written(self._shard, server.name, packed, aggregate),
            devices=tuple(update.device for update in own.updates),
        )  # fmt: skip
        signed = [self._notary.sign_for_chain(receipt) for receipt in receipts]
        return [*signed, self._clerk.verdict(server.name, own.scores), self._notary.sign_for_chain(model)]

    @property
    def _codec(self) -> Codec:
        return self._ctx.stores.codec

    def _packed(self, model: Floats) -> bytes:
        return self._codec.pack(model, "global")

    def _written(self, chain: Ledger, sender: str, packed: bytes, model: Floats) -> bytes:
        """What a transaction carries of a model, after its sender has deposited the rest where it is to be kept."""
        contents, name = self._ctx.stores.contents, chain.chain.name
        carried = contents.write(name, packed, len(model))
        contents.deposit(sender, name, packed)
        return carried

    def _origin(self, server: Server) -> dict[str, Any]:
        return {"sender": server.name, "task": self._task, "round": self._ctx.round, "time_s": self._ctx.now}


def drawn(block: Block) -> int:
    """Number of the transaction that a block's hash draws, from 0; the bundle of other users is not drawn."""
    signed = [place for place, item in enumerate(block.transactions) if item.signature]
    return signed[int.from_bytes(block.hash, "big") % len(signed)]


def _models(members: Sequence[Server]) -> Floats:
    return np.stack([server.parameters for server in members])


def _is_model_of(item: SignedTransaction, server: str) -> bool:
    fields = read_transaction(item.payload)
    return bool(fields["kind"] == IntermediateModel.kind and fields["sender"] == server)


def _aggregate_of(contribution: Contribution) -> Floats:
    """The aggregate that a server made of its devices' updates in this round."""
    if contribution.model is None:
        raise RuntimeError("a server without an aggregate has nothing to carry across")
    return contribution.model

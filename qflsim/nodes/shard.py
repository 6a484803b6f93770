"""The shard of one task: carries local blocks across, mixes models, and writes the global model."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

from qflsim.chain.block import ModelMetadata
from qflsim.chain.transactions import (
    GlobalModel,
    IntermediateModel,
    Receipt,
    SignedTransaction,
    digest_of,
    pack_parameters,
)
from qflsim.crypto.signatures import SignatureScheme
from qflsim.learning.mixing import Mixing, mix

from .computer import Computer
from .context import Context
from .device import Floats, as_sent
from .fabric import Fabric
from .keys import KeyService
from .ledger import Ledger
from .server import Contribution, Server
from .spread import Spread

__all__ = ["TaskShard"]


class TaskShard:
    """The servers that joined the task, acting together.

    Parameters
    ----------
    ctx, fabric, keys, spread:
        The run's shared services, links, session keys, and how transactions get to a committee.
    task:
        Name of the task.
    mixing:
        How servers average.
    scheme:
        Signature scheme of transactions.
    publisher:
        The publisher's computer; it validates the global chain too.
    global_chain, shard_chain:
        The chains written on.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        keys: KeyService,
        spread: Spread,
        task: str,
        mixing: Mixing,
        scheme: SignatureScheme,
        publisher: Computer,
        global_chain: Ledger,
        shard_chain: Ledger,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._keys = keys
        self._spread = spread
        self._task = task
        self._mixing = mixing
        self._scheme = scheme
        self._publisher = publisher
        self._global = global_chain
        self._shard = shard_chain

    def cross_chain(self, members: Mapping[Server, Contribution]) -> Generator[Any, Any, list[Server]]:
        """Step 4: local blocks go up, their receipts onto the shard chain; returns the servers whose block is there."""
        env = self._ctx.env
        yield env.all_of([env.process(server.fetch_block(own)) for server, own in members.items()])
        carrying = [server for server, own in members.items() if own.block is not None]
        if not carrying:
            return []
        leader = carrying[(self._ctx.round - 1) % len(carrying)]
        own = {server: self._receipt(server, members[server]) for server in carrying}
        arrived = yield from self._spread.to_members({s.computer: own[s] for s in carrying}, leader.name, "receipt")
        present = [server for server in carrying if server.name in arrived]
        transactions = [transaction for server in present for transaction in own[server]]
        metadata = ModelMetadata(
            task=self._task, samples=sum(members[s].samples for s in present), contributors=len(present)
        )
        validators = [server.computer for server in carrying]
        block = yield from self._shard.commit(
            validators, leader.name, transactions, metadata, known=len(present) == len(carrying)
        )
        return present if block is not None else []

    def mix(self, members: Sequence[Server], contributions: Mapping[Server, Contribution]) -> Generator[Any, Any, None]:
        """The first half of step 5: servers exchange their models over the mixing graph and average."""
        rng = self._ctx.streams.fresh("mixing", str(self._ctx.round))
        matrix = self._mixing.matrix(len(members), rng)
        env = self._ctx.env
        for hop in self._mixing.exchanges(matrix):
            yield env.all_of([env.process(self._exchange(members[i], members[j])) for i, j in hop])
        models = np.stack([server.parameters for server in members])
        samples = np.array([contributions[server].samples for server in members], dtype=np.float64)
        for server, model in zip(members, mix(matrix, models, samples), strict=True):
            server.parameters = as_sent(model)

    def _exchange(self, sender: Server, receiver: Server) -> Generator[Any, Any, None]:
        """One model from server to server, sealed, signed and verified."""
        seal_byte = yield from self._keys.session(sender.name, receiver.name, "mixing")
        yield sender.computer.signed()
        size_byte = sender.model_transaction().size_byte + seal_byte
        yield self._fabric.delivered("mixed-model", sender.name, receiver.name, 8.0 * size_byte)
        yield receiver.computer.verified()

    def store_global(
        self, members: Sequence[Server], servers: Sequence[Server], contributions: Mapping[Server, Contribution]
    ) -> Generator[Any, Any, bool]:
        """The second half of step 5: the mean of the mixed models goes into a global block; whether it got there.

        The leader can compute that mean: all intermediate models stand on the shard chain.
        """
        leader = members[(self._ctx.round - 1) % len(members)]
        samples = sum(contributions[server].samples for server in members)
        loss = _mean_loss([contributions[server] for server in members])
        packed = pack_parameters(global_model(members))
        yield leader.computer.signed()
        transaction = GlobalModel(
            **self._origin(leader), digest=digest_of(packed), samples=samples, loss=loss, parameters=packed,
            servers=tuple(server.name for server in members), accuracy=float("nan"),
        ).signed(self._scheme)  # fmt: skip
        metadata = ModelMetadata(
            task=self._task,
            digest=digest_of(packed),
            loss=loss,
            samples=samples,
            contributors=sum(len(contributions[server].updates) for server in members),
        )
        validators = [self._publisher, *(server.computer for server in servers)]
        block = yield from self._global.commit(validators, leader.name, [transaction], metadata, known=False)
        return block is not None

    def _receipt(self, server: Server, own: Contribution) -> list[SignedTransaction]:
        """What a server writes on the shard chain: its local block's header and certificate, and its aggregate."""
        block = own.block
        if block is None or block.certificate is None:
            return []
        origin = self._origin(server)
        packed = pack_parameters(server.parameters)
        receipt = Receipt(
            **origin, source=block.header.chain, header=block.header.encode(), certificate=block.certificate.encode()
        )
        model = IntermediateModel(
            **origin, digest=digest_of(packed), samples=own.samples, loss=own.loss, parameters=packed,
            devices=tuple(update.device for update in own.updates),
        )  # fmt: skip
        return [receipt.signed(self._scheme), model.signed(self._scheme)]

    def _origin(self, server: Server) -> dict[str, Any]:
        return {"sender": server.name, "task": self._task, "round": self._ctx.round, "time_s": self._ctx.now}


def global_model(servers: Sequence[Server]) -> Floats:
    """The global model: the mean of the servers' models, as it is sent."""
    return as_sent(np.mean([server.parameters for server in servers], axis=0))


def _mean_loss(contributions: Sequence[Contribution]) -> float:
    """Sample-weighted mean training loss [nat] over all updates; NaN without any."""
    weights = [own.samples for own in contributions if own.samples]
    losses = [own.loss for own in contributions if own.samples]
    return float(np.average(losses, weights=weights)) if weights else float("nan")

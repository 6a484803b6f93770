"""A device: trains on its private data on its own QPU or processor, signs its update and sends it to its peers."""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.transactions import (
    SignedTransaction,
    Update as UpdateTransaction,
    digest_of,
    read_transaction,
)
from qflsim.learning.aggregation import Update
from qflsim.learning.batcher import Pending
from qflsim.learning.task import LearningTask

from .computer import Computer
from .context import Context
from .notary import Notary
from .processor import TaskProcessor, Work
from .stores import Stores

__all__ = ["Device", "Floats", "parameters_in", "update_in"]

Floats = NDArray[np.float64]


def parameters_in(item: SignedTransaction, stores: Stores) -> Floats:
    """The model that a signed transaction is about, as its receiver sees it."""
    return stores.codec.unpack(stores.contents.read(item))


def update_in(item: SignedTransaction, stores: Stores) -> Update:
    """The update that a signed transaction states."""
    fields, packed = read_transaction(item.payload), stores.contents.read(item)
    device = fields["sender"]
    whose, round = (fields["task"], device), fields["round"]
    parameters = stores.codec.unpack_update(whose, round, packed) if packed else np.zeros(0)
    return Update(device=device, parameters=parameters, samples=fields["samples"], loss=float(fields["loss"]))


class Device:
    """A NISQ client of one server.

    Parameters
    ----------
    ctx:
        The run's shared services.
    name, task_name:
        Its name, and the learning task's.
    computer, processor:
        What it computes with.
    task:
        The learning task.
    notary:
        Signs its updates.
    """

    def __init__(
        self,
        ctx: Context,
        name: str,
        task_name: str,
        computer: Computer,
        processor: TaskProcessor,
        task: LearningTask,
        notary: Notary,
    ) -> None:
        self._ctx = ctx
        self.name = name
        self.computer = computer
        self.processor = processor
        self._task_name = task_name
        self._task = task
        self._notary = notary

    @property
    def samples(self) -> int:
        """Training samples it holds."""
        return self._task.samples(self.name)

    @property
    def training_s(self) -> float:
        """Time [s] that it trains, queueing left out."""
        return self.processor.duration(self._task.submissions(self.name))

    def train(
        self, parameters: Floats, server: str, round: int, chain: str
    ) -> Generator[Any, Any, list[SignedTransaction]]:
        """Train from the given model of ``server`` and ``round``; returns the update for ``chain``, signed.

        There are two of them if the device is made to contradict itself.
        """
        update = yield from self.learn(parameters, server, round)
        cycles = self._ctx.stores.codec.compression.cycles(len(parameters))
        if cycles:
            yield self.computer.computed(cycles)
        other = self._notary.contradicted(update)
        signed = []
        for stated in (self._notary.trained(update), *([] if other is None else [other])):
            yield self.computer.signed()
            signed.append(self._notary.sign_for_chain(self._transaction(stated, parameters, chain, round)))
        return signed

    def learn(self, parameters: Floats, server: str, round: int) -> Generator[Any, Any, Update]:
        """Train from the given model in ``round``, for ``server``, or for nobody if it is empty; returns what came."""
        submissions = self._task.submissions(self.name)
        rng = self._ctx.streams.fresh("train", self.name, str(round))
        handed_in: list[Pending[Any, Any]] = []

        def start() -> None:
            handed_in.append(self._task.train(self.name, parameters, rng))

        def finish() -> float:
            return self._task.last_epoch_loss(handed_in[0].result())

        try:
            work = Work("train", server, submissions, self._task.drawn(self.name), start, finish)
            yield from self.processor.run(work)
        except BaseException:  # interrupted at the deadline: nobody will ask for the result
            for pending in handed_in:
                pending.cancel()
            raise
        result = handed_in[0].result()
        yield self.computer.computed(self._task.optimizer_cycles(len(parameters), len(submissions)))
        return Update(
            device=self.name,
            parameters=result.parameters,
            samples=self._task.drawn(self.name),
            loss=self._task.last_epoch_loss(result),
        )

    def _transaction(self, update: Update, start: Floats, chain: str, round: int) -> UpdateTransaction:
        stores = self._ctx.stores
        packed = stores.codec.pack_update((self._task_name, self.name), round, update.parameters, start)
        carried = stores.contents.write(chain, packed, len(start))
        stores.contents.deposit(self.name, chain, packed)
        return UpdateTransaction(
            sender=self.name,
            task=self._task_name,
            round=round,
            time_s=self._ctx.now,
            digest=digest_of(packed),
            samples=update.samples,
            loss=update.loss,
            parameters=carried,
        )

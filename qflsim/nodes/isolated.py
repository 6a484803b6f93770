"""Isolated training: the devices of a task, each with a model of its own, and the records that each round leaves."""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from qflsim.learning.aggregation import Update
from qflsim.learning.task import Score
from qflsim.quantum.native import NativeCircuit

from .books import Books
from .closing import Learnt, StepTimes, record_round
from .context import Context
from .device import Device, Floats
from .evaluator import Evaluator
from .ledger import Ledger
from .shard import Mixed

__all__ = ["IsolatedRounds"]

DEVICES = "devices"
"""What evaluations call the mean over the devices' own models."""


class IsolatedRounds:
    """All rounds of one task that nobody learns together, as one process.

    Parameters
    ----------
    ctx:
        The run's shared services, as the task's.
    rounds:
        How many rounds there are.
    devices:
        Who trains.
    initial:
        The model that everybody begins with, shape (parameters,).
    evaluator:
        Evaluates models on the task's test samples.
    books:
        What the run spends, whichever task it is for.
    ledgers:
        The chains of the run, on which nothing is written.
    """

    def __init__(
        self,
        ctx: Context,
        rounds: int,
        devices: Sequence[Device],
        initial: Floats,
        evaluator: Evaluator,
        books: Books,
        ledgers: Sequence[Ledger],
    ) -> None:
        self._ctx = ctx
        self._rounds = rounds
        self._devices = tuple(devices)
        self._evaluator = evaluator
        self._books = books
        self.ledgers = tuple(ledgers)
        self._models = dict.fromkeys(self._devices, initial)

    @property
    def model(self) -> Floats:
        """The model of the first device, which stands for all where one model is asked for."""
        return self._models[self._devices[0]]

    def run(self) -> Generator[Any, Any, None]:
        """Evaluate the initial model, then go through all rounds."""
        self._evaluator.evaluate(DEVICES, self.model, self._ctx.now)
        for number in range(1, self._rounds + 1):
            yield from self._round(number)

    def _round(self, number: int) -> Generator[Any, Any, None]:
        """Everybody trains; the round ends when the last is done."""
        ctx = self._ctx
        ctx.begin_round(number)
        started, updates = ctx.now, dict[str, Update]()
        yield ctx.env.all_of([ctx.env.process(self._train(device, updates)) for device in self._devices])
        if number == self._rounds:
            self._books.leave()
        self._close(started, [updates[device.name] for device in self._devices])

    def _train(self, device: Device, updates: dict[str, Update]) -> Generator[Any, Any, None]:
        update = yield from device.learn(self._models[device], "", self._ctx.round)
        self._models[device], updates[device.name] = update.parameters, update

    def _close(self, started: float, updates: Sequence[Update]) -> None:
        """Settle energy, evaluate every device's model, and record the round."""
        ctx, ended = self._ctx, self._ctx.now
        spent = self._books.close(ctx.round, (), ended)
        own = [self._evaluator.evaluate(device.name, self._models[device], ended) for device in self._devices]
        mean = Score(
            samples=own[0].samples,
            accuracy=float(np.mean([score.accuracy for score in own])),
            loss=float(np.mean([score.loss for score in own])),
        )
        self._evaluator.record(DEVICES, "engine", mean, ended)
        times = StepTimes(started, published=started, distributed=started, trained=ended, crossed=ended, ended=ended)
        learnt = Learnt(selected=len(self._devices), updates=updates, aggregated=0, score=mean, own=own, mixed=Mixed())
        record_round(ctx, times, learnt, spent)

    def check_on_aer(self, native: NativeCircuit, samples: Floats, shots: int, seed: int) -> dict[str, float]:
        """Run the first device's final model on Aer through PennyLane; see `Evaluator.check_on_aer`."""
        name = f"{self._devices[0].name}-sample"
        return self._evaluator.check_on_aer(name, self.model, native, samples, shots, seed)

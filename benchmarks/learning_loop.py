"""Federated learning without a timeline: data, splits, training, engine and aggregation of qflsim in a plain loop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import qflsim as qfl
from qflsim.learning.aggregation import Update
from qflsim.learning.loss import accuracy
from qflsim.learning.neural import NeuralBackend
from qflsim.quantum.training import SoftmaxHead, TrainingJob
from qflsim.streams import Streams


@dataclass(frozen=True, kw_only=True)
class Federation:
    """Devices with data of their own, and one server.

    Parameters
    ----------
    model, data, split, training:
        What is learned, from what, how it is scattered, and what a device does in a round.
    devices:
        How many there are.
    chosen:
        How many of them, drawn anew, train in a round.
    seed:
        Of all that is drawn but the data.
    """

    model: qfl.Network
    data: qfl.Data
    split: qfl.Split
    training: qfl.LocalTraining
    devices: int
    chosen: int
    seed: int

    def accuracies(self, every: int) -> Iterator[tuple[int, float]]:
        """Round and test accuracy of the global model, after every so many rounds; it never ends by itself."""
        streams, engine = Streams(self.seed), NeuralBackend(self.model)
        head, labels = SoftmaxHead(self.model.outputs), self.data.train_y
        shares = self.split.split(labels, self.devices, streams("split"))
        held = [engine.encode(self.data.train_x[share]) for share in shares]
        test, parameters = engine.encode(self.data.test_x), self.model.initial(streams("initial"))
        number = 0
        while True:
            number += 1
            names = np.sort(streams("select").choice(self.devices, self.chosen, replace=False)).tolist()
            jobs = [
                TrainingJob(
                    parameters, held[k], labels[shares[k]],
                    self.training.schedule(len(shares[k]), streams.fresh("train", str(k), str(number))),
                    self.training.optimizer,
                )
                for k in names
            ]  # fmt: skip
            updates = [
                Update(device=f"{k:03d}", parameters=result.parameters, samples=len(shares[k]), loss=0.0)
                for k, result in zip(names, engine.train(jobs, head=head), strict=True)
            ]
            parameters = qfl.FedAvg().aggregate(parameters, updates)
            if number % every == 0:
                yield number, accuracy(engine.expectations(parameters, test), self.data.test_y, self.model.outputs)

    def until(self, target: float, *, limit: int, every: int = 1) -> list[tuple[int, float]]:
        """Rounds and accuracies until one reaches the target, or ``limit`` rounds are over."""
        curve = []
        for number, value in self.accuracies(every):
            curve.append((number, value))
            if value >= target or number + every > limit:
                break
        return curve


def rounds_to(curve: Sequence[tuple[int, float]], target: float) -> float:
    """Rounds after which an accuracy is reached, as [1]_ count: best so far, interpolated; infinite if it never is.

    References
    ----------
    .. [1] H. B. McMahan et al., AISTATS 2017, arXiv:1602.05629, section 3.
    """
    before = (0, 0.0)
    for number, value in curve:
        if value >= target:
            share = (target - before[1]) / (value - before[1])
            return before[0] + share * (number - before[0])
        before = (number, max(value, before[1]))
    return float("inf")

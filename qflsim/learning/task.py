"""The learning task of one run: model, data and engine together, as devices and servers use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.batcher import Pending, TrainingBatch
from qflsim.learning.cost import optimizer_cycles
from qflsim.learning.datasets import Data
from qflsim.learning.loss import accuracy, cross_entropy
from qflsim.learning.training import LocalTraining
from qflsim.quantum.training import Backend, SoftmaxHead, TrainingJob, TrainingResult

__all__ = ["Effort", "LearningTask", "Score", "spread_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Score:
    """How good a model is on the test samples."""

    samples: int
    accuracy: float
    loss: float


def spread_of(scores: Sequence[Score]) -> dict[str, float]:
    """Mean, standard deviation, minimum and maximum of several models' accuracies and their mean loss, by column."""
    accuracies = np.array([score.accuracy for score in scores])
    return {
        "own_accuracy": float(accuracies.mean()),
        "own_accuracy_std": float(accuracies.std()),
        "own_accuracy_min": float(accuracies.min()),
        "own_accuracy_max": float(accuracies.max()),
        "own_loss": float(np.mean([score.loss for score in scores])),
    }


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What one sample takes: circuits of a QPU, or floating-point operations of a processor.

    Parameters
    ----------
    training:
        For its loss and gradient.
    evaluation:
        For the outputs alone.
    """

    training: int
    evaluation: int


class LearningTask:
    """What is learned, and the numbers of it.

    Parameters
    ----------
    engine:
        Computes exact expectations of the task's circuit, or the network's outputs, for evaluation.
    trainer:
        Computes trainings.
    training:
        What a device does in a round.
    data:
        All samples.
    shares:
        Indices of each device's training samples, by device.
    head:
        What makes classes of the model's outputs.
    effort:
        What a sample takes of the device.

    Raises
    ------
    ValueError
        If a device holds fewer samples than it is to draw in a round; one without any is left out.
    """

    def __init__(
        self,
        engine: Backend,
        trainer: Backend,
        training: LocalTraining,
        data: Data,
        shares: Mapping[str, NDArray[np.int64]],
        *,
        head: SoftmaxHead,
        effort: Effort,
    ) -> None:
        self._engine = engine
        self._trainer = trainer
        self._training = training
        self._head = head
        training.check_shares({device: len(rows) for device, rows in shares.items()})
        self._effort = effort
        self._encoded = {device: trainer.encode(data.train_x[rows]) for device, rows in shares.items()}
        self._labels = {device: data.train_y[rows] for device, rows in shares.items()}
        self._test = engine.encode(data.test_x)
        self._test_labels = data.test_y
        self._last: tuple[bytes, Floats] = (b"", np.empty(0))
        self._batch: TrainingBatch[TrainingJob, TrainingResult] = TrainingBatch(self._train)

    def _train(self, jobs: Sequence[TrainingJob]) -> list[TrainingResult]:
        return self._trainer.train(jobs, head=self._head)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that hold training samples of it, or could."""
        return tuple(self._labels)

    def samples(self, device: str) -> int:
        """Training samples that ``device`` holds."""
        return len(self._labels[device])

    def drawn(self, device: str) -> int:
        """Training samples that ``device`` uses in one round."""
        return self._training.drawn(self.samples(device))

    @property
    def test_samples(self) -> int:
        """Number of test samples."""
        return len(self._test_labels)

    def submissions(self, device: str) -> list[int]:
        """Circuits of each submission of one local training to the device's QPU, or operations of each step."""
        return self._training.submissions(self.samples(device), self._effort.training)

    def evaluation(self, samples: int) -> list[int]:
        """Circuits, or operations, of evaluating a model on ``samples`` samples."""
        return [samples * self._effort.evaluation]

    def optimizer_cycles(self, parameters: int, steps: int) -> float:
        """Cycles of the optimizer's steps on a device's processor."""
        return optimizer_cycles(self._training.optimizer.operations, parameters, steps)

    def train(self, device: str, parameters: Floats, rng: np.random.Generator) -> Pending[TrainingJob, TrainingResult]:
        """Hand in a local training that starts from ``parameters``; ``rng`` draws and orders the samples."""
        return self._batch.submit(
            TrainingJob(
                parameters=parameters,
                data=self._encoded[device],
                labels=self._labels[device],
                batches=self._training.schedule(self.samples(device), rng),
                optimizer=self._training.optimizer,
                seed=int(rng.integers(2**63)),
            )
        )

    def last_epoch_loss(self, result: TrainingResult) -> float:
        """Mean training loss [nat] over the steps of the last epoch."""
        steps = len(result.losses) // self._training.epochs
        return float(np.mean(result.losses[-steps:]))

    def expectations(self, parameters: Floats) -> Floats:
        """<Z> of every qubit, or the network's outputs, for all test samples, shape (samples, outputs)."""
        model = parameters.tobytes()
        if self._last[0] != model:  # servers often have the same model
            self._last = model, self._engine.expectations(parameters, self._test)
        return self._last[1]

    def score(self, parameters: Floats, rows: slice = slice(None)) -> Score:
        """Accuracy and loss of a model on all test samples, or on some."""
        return self.score_of(self.expectations(parameters)[rows], parameters, rows)

    def score_of(self, expectations: Floats, parameters: Floats, rows: slice = slice(None)) -> Score:
        """Accuracy and loss that follow from a model's expectations of some test samples, by default of the first."""
        labels = self._test_labels[rows][: len(expectations)]
        logits, classes = self._head.logits(expectations, parameters), self._head.classes
        return Score(
            samples=len(labels),
            accuracy=accuracy(logits, labels, classes),
            loss=cross_entropy(logits, labels, classes),
        )

"""What a training job is: parameters, data, labels, batches and an optimizer; and what comes out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.optimizers import Optimizer

__all__ = ["Backend", "EncodedData", "SoftmaxHead", "TrainingJob", "TrainingResult", "descend"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SoftmaxHead:
    """The last stage of a classifier: log-softmax of ``classes`` logits, and the mean cross-entropy [nat].

    Parameters
    ----------
    classes:
        Number of classes, at least 2.
    linear:
        Whether the logits are a trained linear layer W e + b of all outputs e, whose weights (classes, outputs) and
        biases (classes,) follow the circuit's parameters; otherwise they are the first ``classes`` outputs.
    """

    classes: int
    linear: bool = False

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"SoftmaxHead.classes must be at least 2, got {self.classes}")

    def extra_parameters(self, outputs: int) -> int:
        """Trained numbers beyond the circuit's."""
        return self.classes * (outputs + 1) if self.linear else 0

    def logits(self, outputs: Floats, parameters: Floats | None = None) -> Floats:
        """Logits (samples, classes); a linear layer takes the end of ``parameters``."""
        if not self.linear or parameters is None:
            return outputs[:, : self.classes]
        width = outputs.shape[1]
        layer = parameters[len(parameters) - self.extra_parameters(width) :]
        weights, biases = layer[: self.classes * width].reshape(self.classes, width), layer[self.classes * width :]
        return outputs @ weights.T + biases

    def loss(self, outputs: Floats, labels: NDArray[np.int64], parameters: Floats | None = None) -> float:
        """Mean cross-entropy [nat] of outputs (samples, outputs)."""
        logits = self.logits(outputs, parameters)
        shifted = logits - logits.max(axis=1, keepdims=True)
        chosen = shifted[np.arange(len(labels)), labels]
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen))

    def slope(
        self, outputs: Floats, labels: NDArray[np.int64], parameters: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Derivatives of `loss` by the outputs (samples, outputs), and by the layer's parameters."""
        logits = self.logits(outputs, parameters)
        share = np.exp(logits - logits.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        share[np.arange(len(labels)), labels] -= 1.0
        share /= len(labels)
        if not self.linear or parameters is None:
            result = np.zeros_like(outputs)
            result[:, : self.classes] = share
            return result, np.empty(0)
        width = outputs.shape[1]
        start = len(parameters) - self.extra_parameters(width)
        weights = parameters[start : start + self.classes * width].reshape(self.classes, width)
        return share @ weights, np.concatenate([(share.T @ outputs).ravel(), share.sum(axis=0)])


@dataclass(frozen=True, eq=False)
class EncodedData:
    """A data set as the circuit sees it, computed once.

    Attributes
    ----------
    values:
        One row per sample, (samples, ...).
    angles:
        Encoding angles (samples, angles) where data are uploaded again between trained gates.
    """

    values: Floats
    angles: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, index: NDArray[np.int64]) -> "EncodedData":
        """Some of the samples."""
        return EncodedData(self.values[index], None if self.angles is None else self.angles[index])


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """Local training on one device.

    Parameters
    ----------
    parameters:
        Where it starts, (parameters,).
    data, labels:
        Encoded samples and their classes 0.. (samples,).
    batches:
        Samples of each step, (steps, batch), rows padded with -1 at the end.
    optimizer:
        The optimizer.
    seed:
        Of the shots, where a back end draws any.
    """

    parameters: NDArray[np.float64]
    data: EncodedData
    labels: NDArray[np.int64]
    batches: NDArray[np.int64]
    optimizer: Optimizer
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a job leaves.

    Attributes
    ----------
    parameters:
        Trained parameters (parameters,).
    losses:
        Loss [nat] of every step, before its update (steps,).
    executions:
        Circuits that a QPU would run for it.
    """

    parameters: NDArray[np.float64]
    losses: NDArray[np.float64]
    executions: int = 0


class Backend(Protocol):
    """Anything that evaluates and trains a compiled circuit: the fast engine, Aer, or a user's own."""

    def encode(self, samples: NDArray[np.float64]) -> EncodedData:
        """Prepare a data set (samples, features)."""

    def expectations(self, parameters: NDArray[np.float64], data: EncodedData) -> NDArray[np.float64]:
        """<Z> of every qubit as read out, (samples, qubits)."""

    def loss_and_gradient(
        self,
        parameters: NDArray[np.float64],
        data: EncodedData,
        labels: NDArray[np.int64],
        *,
        head: SoftmaxHead | None = None,
    ) -> tuple[float, NDArray[np.float64]]:
        """Loss of all samples and its derivative by the parameters."""

    def train(self, jobs: Sequence[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run the jobs; results in the order of the jobs."""


def descend(
    job: TrainingJob, gradient_of: Callable[[Floats, EncodedData, NDArray[np.int64]], tuple[float, Floats]]
) -> tuple[Floats, Floats]:
    """A job's steps one by one: the parameters after them, and the loss of every step.

    Parameters
    ----------
    job:
        The job.
    gradient_of:
        Loss and gradient for parameters, samples and their labels.
    """
    theta, losses = job.parameters.astype(np.float64), np.empty(len(job.batches))
    moments = np.zeros((2, len(theta)))
    for step, batch in enumerate(job.batches, start=1):
        used = batch[batch >= 0]
        losses[step - 1], gradient = gradient_of(theta, job.data.rows(used), job.labels[used])
        theta = job.optimizer.step(theta, gradient, moments, step)
    return theta, losses


def executions(batches: NDArray[np.int64], circuits: int) -> int:
    """Circuits for all samples of all steps, ``circuits`` for each of them."""
    return int((batches >= 0).sum()) * circuits


def check_job(job: TrainingJob, *, parameters: int, classes: int) -> None:
    """Refuse a job whose arrays do not fit together."""
    if job.parameters.shape != (parameters,):
        raise ValueError(f"job.parameters must have shape ({parameters},), got {job.parameters.shape}")
    if not np.isfinite(job.parameters).all():
        raise ValueError("job.parameters must be finite")
    labels = job.labels
    if labels.shape != (len(job.data),):
        raise ValueError(f"job.labels must have shape ({len(job.data)},), got {labels.shape}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(f"job.labels must be 0..{classes - 1}, got {labels.min()}..{labels.max()}")
    batches = job.batches
    if batches.ndim != 2 or (batches.size and (batches[:, 0].min() < 0 or batches.max() >= len(labels))):
        raise ValueError(
            f"job.batches must be (steps, batch) with at least one sample number 0..{len(labels) - 1} in every row"
        )

"""What a training job is: parameters, data, labels, batches and an optimizer; and what comes out of it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.optimizers import Adam

__all__ = ["Adam", "Backend", "EncodedData", "SoftmaxHead", "TrainingJob", "TrainingResult"]


@dataclass(frozen=True)
class SoftmaxHead:
    """The readout of a classifier: log-softmax of the first ``classes`` outputs, and the mean cross-entropy [nat]."""

    classes: int

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"SoftmaxHead.classes must be at least 2, got {self.classes}")

    def loss(self, outputs: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
        """Mean cross-entropy [nat] of outputs (samples, >= classes)."""
        logits = outputs[:, : self.classes]
        shifted = logits - logits.max(axis=1, keepdims=True)
        chosen = shifted[np.arange(len(labels)), labels]
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen))

    def slope(self, outputs: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Derivative of `loss` by the outputs, zero beyond ``classes``."""
        logits = outputs[:, : self.classes]
        share = np.exp(logits - logits.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        share[np.arange(len(labels)), labels] -= 1.0
        result = np.zeros_like(outputs)
        result[:, : self.classes] = share / len(labels)
        return result


@dataclass(frozen=True, eq=False)
class EncodedData:
    """A data set as the circuit sees it, computed once: ``values`` has one row per sample."""

    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


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
    """

    parameters: NDArray[np.float64]
    data: EncodedData
    labels: NDArray[np.int64]
    batches: NDArray[np.int64]
    optimizer: Adam


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a job leaves: trained parameters (parameters,) and the loss of every step before its update (steps,)."""

    parameters: NDArray[np.float64]
    losses: NDArray[np.float64]


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

    def train(self, jobs: list[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run the jobs; results in the order of the jobs."""


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

"""The fast engine: exact noisy expectation values and gradients in microseconds.

Observables are pulled backwards through the trained part of the circuit in the Pauli basis (Heisenberg picture), so
that the cost of a step hardly grows with the batch; `sweeps` has the formulas and docs/background/engine.md the story.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.items import Rotation, divide
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.program import LANES, build_program
from qflsim.quantum.training import Adam, EncodedData, SoftmaxHead, TrainingJob, TrainingResult, check_job

__all__ = ["FastEngine"]


class FastEngine:
    """Exact expectation values, gradients and training of one compiled circuit.

    Parameters
    ----------
    native:
        The compiled circuit.
    threads:
        Jobs computed at once; by default as many as the process may use cores. Results do not depend on it.

    Raises
    ------
    ValueError
        If data enter after the first trained gate.

    Notes
    -----
    *Scope*: infinitely many shots; <Z> of each qubit with its readout error.
    *Validation*: equals Aer's density-matrix method to 1e-9, and its gradient parameter-shift rules
    (tests/quantum/test_against_aer.py).
    """

    def __init__(self, native: NativeCircuit, *, threads: int | None = None) -> None:
        self.native = native
        self.threads = _cores() if threads is None else threads
        if self.threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        first, second = divide(native.items())
        if any(isinstance(item, Rotation) and item.angle.features for item in second):
            raise ValueError("circuit encodes data after a trained gate, which FastEngine does not support")
        self._encoder = build_program(first, qubits=native.qubits, kind="features")
        self._program = build_program(second, qubits=native.qubits, kind="parameters")
        self._observables = _readout_observables(native, native.qubits)

    def encode(self, samples: NDArray[np.float64]) -> EncodedData:
        """Encoded states of samples, (samples, features) -> (samples, 4^qubits)."""
        from qflsim.quantum import sweeps

        phi = self.native.encode(samples)
        out = np.empty((len(phi), 4**self.native.qubits))
        sweeps.encode(self._encoder, phi, _ground_state(self.native.qubits), out)
        return EncodedData(out)

    def expectations(self, parameters: NDArray[np.float64], data: EncodedData) -> NDArray[np.float64]:
        """<Z> of every logical qubit as read out, readout errors included, (samples, qubits)."""
        from qflsim.quantum import sweeps

        out = np.empty((len(data), self.native.qubits))
        sweeps.evaluate(self._program, self._checked(parameters), self._observables, data.values, out)
        return out

    def loss_and_gradient(
        self,
        parameters: NDArray[np.float64],
        data: EncodedData,
        labels: NDArray[np.int64],
        *,
        head: SoftmaxHead | None = None,
    ) -> tuple[float, NDArray[np.float64]]:
        """Mean cross-entropy [nat] of all samples, and its derivative by the parameters (parameters,)."""

        labels = np.asarray(labels, dtype=np.int64)
        frozen = (0.0, 0.0, 0.0, 1.0)  # Adam with rate 0
        job = TrainingJob(np.asarray(parameters), data, labels, np.arange(len(labels))[None, :], Adam())
        head = head or SoftmaxHead(self.native.qubits)
        self._check(job, head)
        _, losses, gradient = self._run(job, head, frozen)
        return float(losses[0]), gradient

    def train(self, jobs: Sequence[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run all jobs, in parallel; each result depends on its own job alone."""
        for job in jobs:
            self._check(job, head)
        if len(jobs) < 2 or self.threads == 1:
            return [self._train(job, head) for job in jobs]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(lambda job: self._train(job, head), jobs))

    def _check(self, job: TrainingJob, head: SoftmaxHead) -> None:
        if head.classes > self.native.qubits:
            raise ValueError(
                f"{head.classes} classes need as many outputs, but the circuit has {self.native.qubits} qubits"
            )
        check_job(job, parameters=self.native.parameters, classes=head.classes)

    def _train(self, job: TrainingJob, head: SoftmaxHead) -> TrainingResult:
        optimizer = job.optimizer
        adam = (optimizer.rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon)
        parameters, losses, _ = self._run(job, head, adam)
        return TrainingResult(parameters, losses)

    def _run(
        self, job: TrainingJob, head: SoftmaxHead, adam: tuple[float, float, float, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Parameters after the job, the loss of every step and the last gradient."""
        from qflsim.quantum import sweeps

        parameters = np.array(job.parameters, dtype=np.float64)
        losses, gradient = np.empty(len(job.batches)), np.zeros(len(parameters))
        labels = np.ascontiguousarray(job.labels, dtype=np.int64)
        batches = np.ascontiguousarray(job.batches, dtype=np.int64)
        observables = self._observables[: _groups(head.classes)]
        data = job.data.values
        sweeps.train(
            self._program, parameters, observables, data, labels, batches, head.classes, adam, losses, gradient
        )
        return parameters, losses, gradient

    def _checked(self, parameters: Any) -> NDArray[np.float64]:
        result = np.ascontiguousarray(parameters, dtype=np.float64)
        if result.shape != (self.native.parameters,) or not np.isfinite(result).all():
            raise ValueError(f"parameters must be {self.native.parameters} finite numbers, got shape {result.shape}")
        return result


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _groups(outputs: int) -> int:
    return -(-outputs // LANES)


def _ground_state(qubits: int) -> NDArray[np.float64]:
    """Pauli expectation values of |0...0>: 1 for every string of I and Z, else 0."""
    state = np.ones(1)
    for _ in range(qubits):
        state = np.kron(state, np.array([1.0, 0.0, 0.0, 1.0]))
    return state


def _readout_observables(native: NativeCircuit, outputs: int) -> NDArray[np.float64]:
    """What a readout of Z on each logical qubit measures, in groups of LANES: (groups, 4^n, LANES).

    With P(read | true) the mean of the read +-1 is a<Z> + b, a and b being half the difference and half the sum of
    the means read for true 0 and true 1.
    """
    result = np.zeros((_groups(outputs), 4**native.qubits, LANES))
    for k in range(outputs):
        confusion = native.readout(k)
        zero, one = confusion @ np.array([1.0, -1.0])
        place = 3 * 4 ** (native.qubits - 1 - native.final[k])
        result[k // LANES, place, k % LANES] = (zero - one) / 2
        result[k // LANES, 0, k % LANES] = (zero + one) / 2
    return result

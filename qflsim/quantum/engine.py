"""The fast engine: exact noisy expectation values and gradients in microseconds.

Observables are pulled backwards through the trained part of the circuit in the Pauli basis (Heisenberg picture), so
that the cost of a step hardly grows with the batch; `sweeps` has the formulas and docs/background/engine.md the story.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.items import Rotation, divide
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.optimizers import SGD, Rule
from qflsim.quantum.program import LANES, build_program
from qflsim.quantum.readouts import BasisProbabilities, PauliZ, Readout, observable_groups
from qflsim.quantum.training import (
    EncodedData,
    Floats,
    SoftmaxHead,
    TrainingJob,
    TrainingResult,
    check_job,
    descend,
    executions,
)

__all__ = ["FastEngine"]

_MEMORY = 2 << 30  # bytes that all jobs in flight may take together, unless one alone needs more


class FastEngine:
    """Exact expectation values, gradients and training of one compiled circuit.

    Parameters
    ----------
    native:
        The compiled circuit.
    readout:
        What it gives out: <Z> of every qubit, or the probabilities of all bit strings.
    threads:
        Jobs computed at once; by default as many as the process may use cores, fewer where their memory would pass
        2 GiB. Results do not depend on it.
    precision:
        "double", or "single" for observables and encoded states of 4 bytes a number: half the memory, and up to twice
        the speed from 5 qubits on, where a step waits for memory. Angles, parameters and optimizers stay doubles.

    Notes
    -----
    *Scope*: infinitely many shots (`shots.ShotBackend` draws finite ones). One job of n qubits keeps the observables
    before each of B blocks, 32 B 4^n bytes for up to four outputs: 1.1 MB for the paper's circuit on manila, about
    0.5 GB for one of 8 qubits; half of it in single precision. Where data are uploaded again between trained gates,
    the cost grows with the batch.
    *Validation*: equals Aer's density-matrix method to 1e-9 (1e-5 in single precision), and its gradient
    parameter-shift rules (tests/quantum/test_against_aer.py).
    """

    def __init__(
        self,
        native: NativeCircuit,
        *,
        readout: Readout | None = None,
        threads: int | None = None,
        precision: Literal["double", "single"] = "double",
    ) -> None:
        if precision not in ("double", "single"):
            raise ValueError(f"precision must be 'double' or 'single', got {precision!r}")
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self.native = native
        self._kind: Any = np.float64 if precision == "double" else np.float32
        self.readout = readout or PauliZ()
        self.outputs = self.readout.outputs(native.qubits)
        first, second = divide(native.items())
        self.reuploads = any(isinstance(item, Rotation) and bool(item.angle.features) for item in second)
        self._encoder = build_program(first, qubits=native.qubits, parameters=0)
        self._program = build_program(second, qubits=native.qubits, parameters=native.parameters)
        self._observables = self._side_by_side(self.readout, range(min(self.outputs, LANES)))
        per_job = self._observables.nbytes * (len(self._program.dense) + 1)
        self.threads = threads or max(1, min(_cores(), _MEMORY // per_job))

    def encode(self, samples: Floats) -> EncodedData:
        """Encoded states of samples, (samples, features) -> (samples, 4^qubits)."""
        from qflsim.quantum import sweeps

        phi = self.native.encode(samples)
        out = np.empty((len(phi), 4**self.native.qubits))
        sweeps.encode(self._encoder, phi, _ground_state(self.native.qubits), out)
        return EncodedData(out.astype(self._kind, copy=False), phi if self.reuploads else None)

    def expectations(self, parameters: Floats, data: EncodedData) -> Floats:
        """All outputs as read out, readout errors included, (samples, outputs); <Z> of each qubit by default."""
        return self._evaluate(parameters, data, self.readout)

    def probabilities(self, parameters: Floats, data: EncodedData) -> Floats:
        """Probability of every string of read bits, (samples, 2^qubits), qubit 0 most significant."""
        return self._evaluate(parameters, data, BasisProbabilities())

    def loss_and_gradient(
        self,
        parameters: Floats,
        data: EncodedData,
        labels: NDArray[np.int64],
        *,
        head: SoftmaxHead | None = None,
    ) -> tuple[float, Floats]:
        """Mean cross-entropy [nat] of all samples, and its derivative by the parameters (parameters,)."""
        labels = np.asarray(labels, dtype=np.int64)
        frozen = (0.0, 0.0, 0.0, 0.0, 0.0)  # descent with rate 0
        job = TrainingJob(np.asarray(parameters), data, labels, np.arange(len(labels))[None, :], SGD())
        head = head or SoftmaxHead(self.outputs)
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
        if head.classes > self.outputs and not head.linear:
            raise ValueError(
                f"{head.classes} classes need as many outputs, but the circuit has {self.outputs}; "
                "take fewer classes or a linear layer"
            )
        parameters = self.native.parameters + head.extra_parameters(self.outputs)
        check_job(job, parameters=parameters, classes=head.classes)

    def _train(self, job: TrainingJob, head: SoftmaxHead) -> TrainingResult:
        rule = job.optimizer.rule
        if rule is None:
            parameters, losses = descend(job, partial(self.loss_and_gradient, head=head))
        else:
            parameters, losses, _ = self._run(job, head, rule)
        return TrainingResult(parameters, losses, executions(job.batches, 1 + self.native.circuits_per_gradient))

    def _run(self, job: TrainingJob, head: SoftmaxHead, rule: Rule) -> tuple[Floats, Floats, Floats]:
        """Parameters after the job, the loss of every step and the last gradient."""
        from qflsim.quantum import steps

        used = self.outputs if head.linear else head.classes
        task = self._task(self._groups(used), used, job.data, job.labels, head)
        parameters = np.array(job.parameters, dtype=np.float64)
        losses, gradient = np.empty(len(job.batches)), np.zeros(len(parameters))
        batches = np.ascontiguousarray(job.batches, dtype=np.int64)
        steps.train(self._program, parameters, self._variables(task), task, batches, rule, losses, gradient)
        return parameters, losses, gradient

    def _evaluate(self, parameters: Floats, data: EncodedData, readout: Readout) -> Floats:
        """All outputs of a readout, as many at a time as stand side by side."""
        from qflsim.quantum import steps

        theta = np.ascontiguousarray(parameters, dtype=np.float64)
        if theta.ndim != 1 or len(theta) < self.native.parameters or not np.isfinite(theta).all():
            raise ValueError(f"parameters must be {self.native.parameters} finite numbers, got shape {theta.shape}")
        count = readout.outputs(self.native.qubits)
        out = np.empty((len(data), count))
        for first in range(0, count, LANES):
            some = range(first, min(first + LANES, count))
            task = self._task(self._side_by_side(readout, some), len(some), data, np.empty(0), None)
            part = np.empty((len(data), len(some)))
            steps.evaluate(self._program, theta, self._variables(task), task, part)
            out[:, first : first + len(some)] = part
        return out

    def _groups(self, outputs: int) -> Floats:
        if outputs <= LANES:
            return self._observables
        return self._side_by_side(self.readout, range(outputs))

    def _side_by_side(self, readout: Readout, outputs: range) -> Floats:
        """Observables of some outputs in the engine's precision."""
        groups: Floats = observable_groups(self.native, readout, outputs).astype(self._kind, copy=False)
        return groups

    def _task(self, observables: Floats, outputs: int, data: EncodedData, labels: Any, head: SoftmaxHead | None) -> Any:
        from qflsim.quantum import steps

        phi = data.angles if data.angles is not None else np.empty((len(data), 0))
        labels = np.ascontiguousarray(labels, dtype=np.int64)
        classes, linear = (head.classes, int(head.linear)) if head else (0, 0)
        values = np.ascontiguousarray(data.values, dtype=self._kind)
        return steps.Task(observables, outputs, values, phi, labels, classes, linear)

    def _variables(self, task: Any) -> int:
        """Numbers that angles depend on."""
        return self.native.parameters + int(task.phi.shape[1])


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ground_state(qubits: int) -> Floats:
    """Pauli expectation values of |0...0>: 1 for every string of I and Z, else 0."""
    state: Floats = np.ones(1)
    for _ in range(qubits):
        state = np.kron(state, np.array([1.0, 0.0, 0.0, 1.0]))
    return state

"""Finite shots: what a QPU would really report, and gradients estimated from it.

The probabilities of all joint readings are exact (readout errors included); S shots of one circuit are one draw from
the multinomial distribution, so that the readings of different qubits are correlated as they should be. A derivative
comes from shifted circuits (parameter shift), or along one random direction per step (SPSA).

References
----------
.. [1] M. Schuld et al., "Evaluating analytic gradients on quantum hardware", Phys. Rev. A 99, 032331 (2019).
.. [2] J. C. Spall, "Multivariate stochastic approximation using a simultaneous perturbation gradient approximation",
   IEEE Trans. Autom. Control 37, 332 (1992).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.training import (
    Backend,
    EncodedData,
    Floats,
    SoftmaxHead,
    TrainingJob,
    TrainingResult,
    check_job,
    descend,
    executions,
)

__all__ = ["SPSA", "ExactGradient", "GradientMethod", "ParameterShift", "SampledGradient", "ShotBackend"]

Points = list[tuple[Floats, Floats]]


class GradientMethod(Part, ABC):
    """How a device gets the derivative of its loss, and how many circuits that costs its QPU."""

    @abstractmethod
    def circuits(self, native: NativeCircuit) -> int:
        """Circuits per sample and step, the unshifted one left out."""

    @abstractmethod
    def backend(self, native: NativeCircuit, shots: int) -> Backend:
        """What computes trainings by this method at ``shots`` per circuit."""


@dataclass(frozen=True, kw_only=True)
class ExactGradient(GradientMethod):
    """The limit of many shots: parameter shift's circuits and their time, with exact numbers.

    Notes
    -----
    *Scope*: shots set the time and the energy of a training and leave its path alone. The error this hides: each
    two-term derivative of <Z> has variance (Var+ + Var-)/(4 S) at S shots, at most 1/(2 S).
    """

    def circuits(self, native: NativeCircuit) -> int:
        """Two or four per parameter, as in `ParameterShift`."""
        return native.circuits_per_gradient

    def backend(self, native: NativeCircuit, shots: int) -> Backend:
        """The fast engine."""
        return FastEngine(native)


class SampledGradient(GradientMethod):
    """A derivative that is estimated from the shots of some circuits."""

    def backend(self, native: NativeCircuit, shots: int) -> Backend:
        """The fast engine with finite shots."""
        return ShotBackend(native, shots=shots, method=self)

    @abstractmethod
    def points(self, native: NativeCircuit, rng: np.random.Generator) -> Points:
        """Shifts of the parameters, each with what its outputs are weighted with: (shift, weights by parameter)."""


@dataclass(frozen=True, kw_only=True)
class ParameterShift(SampledGradient):
    """Shift rules: two circuits for a rotation, four for a controlled rotation.

    Notes
    -----
    *Scope*: unbiased at any number of shots. Every shifted circuit is computed, 240 a step for the paper's model, so
    that a training takes some fifty times as long to compute as with `ExactGradient`.

    *Validation*: the variance of a two-term derivative of <Z> is (Var+ + Var-)/(4 S) for S shots [1]_
    (tests/quantum/test_shots.py).

    References
    ----------
    .. [1] M. Schuld et al., Phys. Rev. A 99, 032331 (2019).
    """

    def circuits(self, native: NativeCircuit) -> int:
        """Two or four per parameter."""
        return native.circuits_per_gradient

    def points(self, native: NativeCircuit, rng: np.random.Generator) -> Points:
        """One point per shift of each parameter, weighted for that parameter alone."""
        found: Points = []
        for p, rule in enumerate(native.shift_rules):
            for shift, coefficient in zip(rule.shifts, rule.coefficients, strict=True):
                unit = np.zeros(native.parameters)
                unit[p] = 1.0
                found.append((unit * shift, unit * coefficient))
        return found


@dataclass(frozen=True, kw_only=True)
class SPSA(SampledGradient):
    """Simultaneous perturbation: two circuits per step, along a random direction of +-1 for every parameter.

    Parameters
    ----------
    spread:
        Length c of the perturbation [rad]. Assumption: 0.1, of the order of Spall's c for noisy losses [1]_.

    References
    ----------
    .. [1] J. C. Spall, "Implementation of the simultaneous perturbation algorithm for stochastic optimization", IEEE
       Trans. Aerosp. Electron. Syst. 34, 817 (1998).
    """

    spread: float = quantity(0.1, unit="rad", above=0.0, advice="write e.g. 0.1")

    def circuits(self, native: NativeCircuit) -> int:
        """Two, whatever the number of parameters."""
        return 2

    def points(self, native: NativeCircuit, rng: np.random.Generator) -> Points:
        """Both ends of the perturbation."""
        direction = rng.choice([-1.0, 1.0], native.parameters)
        return [(s * self.spread * direction, s * direction / (2 * self.spread)) for s in (1.0, -1.0)]


class ShotBackend:
    """The fast engine with finite shots, in the same interface.

    Parameters
    ----------
    native:
        The compiled circuit.
    shots:
        Shots of every circuit.
    method:
        How gradients are estimated.
    seed:
        Of the draws of `expectations` and `loss_and_gradient`; `train` draws by the seed of each job.

    Notes
    -----
    *Scope*: independent shots from the exact joint distribution; no drift, no crosstalk.
    *Validation*: chi-square against Aer's counts, variance of expectation values and derivatives
    (tests/quantum/test_shots.py).
    """

    def __init__(
        self, native: NativeCircuit, *, shots: int, method: SampledGradient | None = None, seed: int = 0
    ) -> None:
        if shots < 1:
            raise ValueError(f"shots must be at least 1, got {shots}; give e.g. 1024")
        self.native, self.shots, self.method = native, shots, method or ParameterShift()
        self._engine = FastEngine(native)
        self._rng = np.random.default_rng(seed)
        strings = np.arange(1 << native.qubits)[:, None]
        self._signs = 1.0 - 2.0 * (strings >> np.arange(native.qubits)[::-1] & 1)

    def encode(self, samples: Floats) -> EncodedData:
        """Encoded states of samples, (samples, features) -> (samples, 4^qubits)."""
        return self._engine.encode(samples)

    def counts(
        self, parameters: Floats, data: EncodedData, rng: np.random.Generator | None = None
    ) -> NDArray[np.int64]:
        """How often each string of bits is read, (samples, 2^qubits), qubit 0 most significant."""
        exact = np.clip(self._engine.probabilities(parameters, data), 0.0, None)
        exact /= exact.sum(axis=1, keepdims=True)
        return (rng or self._rng).multinomial(self.shots, exact)

    def expectations(self, parameters: Floats, data: EncodedData, rng: np.random.Generator | None = None) -> Floats:
        """Mean reading of every qubit over the shots, (samples, qubits)."""
        result: Floats = self.counts(parameters, data, rng) @ self._signs / self.shots
        return result

    def loss_and_gradient(
        self,
        parameters: Floats,
        data: EncodedData,
        labels: NDArray[np.int64],
        *,
        head: SoftmaxHead | None = None,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, Floats]:
        """Loss of all samples and its derivative, all estimated from shots."""
        rng, head = rng or self._rng, head or SoftmaxHead(self.native.qubits)
        theta, labels = np.asarray(parameters, dtype=float), np.asarray(labels, dtype=np.int64)
        count = self.native.parameters
        outputs = self.expectations(theta, data, rng)
        slope, layer = head.slope(outputs, labels, theta)
        gradient = np.concatenate([np.zeros(count), layer])
        for shift, weights in self.method.points(self.native, rng):
            moved = self.expectations(theta[:count] + shift, data, rng)
            gradient[:count] += weights * float(np.sum(slope * moved))
        return head.loss(outputs, labels, theta), gradient

    def train(self, jobs: Sequence[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run all jobs, in parallel; each draws its shots by its own seed."""
        for job in jobs:
            extra = head.extra_parameters(self.native.qubits)
            check_job(job, parameters=self.native.parameters + extra, classes=head.classes)
        with ThreadPoolExecutor(self._engine.threads) as pool:
            return list(pool.map(lambda job: self._train(job, head), jobs))

    def _train(self, job: TrainingJob, head: SoftmaxHead) -> TrainingResult:
        rng = np.random.default_rng(job.seed)
        theta, losses = descend(job, partial(self.loss_and_gradient, head=head, rng=rng))
        return TrainingResult(theta, losses, executions(job.batches, 1 + self.method.circuits(self.native)))

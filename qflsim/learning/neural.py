"""Training of classical networks with JAX: one compiled loop over all steps of a device.

Every device's training is a call of its own, and the calls run side by side on the cores: its bits cannot depend on
which others train. One call over all devices at once (``jax.vmap``) is no faster on a CPU where a step has work to do,
and saves some 5 microseconds a step of a network of a hundred parameters. Sizes are padded to powers of two, so that
few calls compile; what is padded is never computed on, or counts with weight zero.

References
----------
.. [1] J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs", https://docs.jax.dev.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.networks import Network
from qflsim.quantum.optimizers import SGD, Rule
from qflsim.quantum.training import (
    EncodedData,
    Floats,
    SoftmaxHead,
    TrainingJob,
    TrainingResult,
    check_job,
    descend,
)

__all__ = ["NeuralBackend"]

_ROWS = 256  # samples evaluated in one call

# One thread inside a call: matrix products cut up for several give other bits on other machines.
_OPTIONS = {"xla_cpu_multi_thread_eigen": False}


class NeuralBackend:
    """Computes outputs, gradients and trainings of one network.

    Parameters
    ----------
    network:
        The network.
    precision:
        "single", or "double" to compare with finite differences.
    threads:
        Jobs computed at once; by default as many as the process may use cores. Results do not depend on it.

    Notes
    -----
    *Validation*: gradients against finite differences and a perceptron in NumPy; steps against those of the optimizers
    in NumPy; the same bits however jobs are grouped (tests/learning/test_neural.py).
    """

    def __init__(
        self, network: Network, *, precision: Literal["single", "double"] = "single", threads: int | None = None
    ) -> None:
        self.network = network
        self._kind: Any = np.float64 if precision == "double" else np.float32
        self._threads = threads or _cores()

    def encode(self, samples: Floats) -> EncodedData:
        """Samples (samples, features) in the network's precision."""
        return EncodedData(np.ascontiguousarray(samples, dtype=self._kind))

    def expectations(self, parameters: Floats, data: EncodedData) -> Floats:
        """The network's outputs, (samples, outputs)."""
        theta = self._vector(parameters)
        parts = [data.values[first : first + _ROWS] for first in range(0, len(data), _ROWS)]
        found = [np.asarray(self._call(_outputs(self.network), theta, _padded(part, 0)))[: len(part)] for part in parts]
        return np.concatenate(found).astype(np.float64)

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
        job = TrainingJob(np.asarray(parameters), data, labels, np.arange(len(labels))[None, :], SGD())
        self._check(job, head)
        weights = np.full(len(labels), 1.0 / len(labels), dtype=self._kind)
        samples = (_padded(data.values, 0), _padded(labels.astype(np.int32), 0), _padded(weights, 0))
        loss, gradient = self._call(_slope(self.network), self._vector(parameters), *samples)
        return float(loss), np.asarray(gradient, dtype=np.float64)

    def train(self, jobs: Sequence[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run all jobs, side by side; each result depends on its own job alone."""
        for job in jobs:
            self._check(job, head)
        if len(jobs) < 2 or self._threads == 1:
            return [self._train(job) for job in jobs]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._train, jobs))

    def _check(self, job: TrainingJob, head: SoftmaxHead | None) -> None:
        if head is not None and (head.linear or head.classes != self.network.outputs):
            raise ValueError(f"a network of {self.network.outputs} outputs has one a class, got {head}")
        check_job(job, parameters=self.network.parameters, classes=self.network.outputs)

    def _train(self, job: TrainingJob) -> TrainingResult:
        rule, steps = job.optimizer.rule, len(job.batches)
        if rule is None:
            theta, losses = descend(job, self.loss_and_gradient)
            return TrainingResult(theta, losses)
        theta, losses = self._call(
            _training(self.network, bool(rule[0])),
            self._vector(job.parameters),
            _padded(job.data.values, 0),
            _padded(job.labels.astype(np.int32), 0),
            _padded(job.batches.astype(np.int32), -1),
            steps,
            *self._numbers(rule, _power_of_two(steps)),
        )
        return TrainingResult(np.asarray(theta, dtype=np.float64), np.asarray(losses, dtype=np.float64)[:steps])

    def _numbers(self, rule: Rule, steps: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Numbers of the optimizer, and both bias corrections of every step, rounded once."""
        _, rate, first, second, epsilon = rule
        numbers = [rate, first, 1.0 - first, second, 1.0 - second, epsilon]
        count = np.arange(1, steps + 1)
        corrections = np.stack([1.0 - first**count, 1.0 - second**count], axis=1)
        return np.array(numbers, dtype=self._kind), corrections.astype(self._kind)

    def _vector(self, parameters: Floats) -> NDArray[Any]:
        theta = np.asarray(parameters, dtype=self._kind)
        if theta.shape != (self.network.parameters,) or not np.isfinite(theta).all():
            raise ValueError(f"parameters must be {self.network.parameters} finite numbers, got shape {theta.shape}")
        return theta

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A compiled function, in the backend's precision whatever the rest of the process computes in."""
        import jax

        with jax.enable_x64(self._kind is np.float64):
            return jax.device_get(function(*arguments))


# Kept for all backends of a network, so that a sweep of runs compiles once.
@lru_cache(maxsize=64)
def _outputs(network: Network) -> Callable[..., Any]:
    return _compiled(partial(_forward, network))


@lru_cache(maxsize=64)
def _slope(network: Network) -> Callable[..., Any]:
    import jax

    return _compiled(jax.value_and_grad(partial(_loss, network)))


@lru_cache(maxsize=64)
def _training(network: Network, adaptive: bool) -> Callable[..., Any]:
    return _compiled(partial(_trained, network, adaptive))


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    compiled: Callable[..., Any] = jax.jit(function, compiler_options=_OPTIONS)
    return compiled


def _forward(network: Network, theta: Any, x: Any) -> Any:
    return network.forward(x, network.arrays(theta))


def _loss(network: Network, theta: Any, x: Any, labels: Any, weights: Any) -> Any:
    """Cross-entropy [nat] of samples that count with ``weights``."""
    import jax
    import jax.numpy as jnp

    logs = jax.nn.log_softmax(_forward(network, theta, x))
    return -jnp.sum(weights * jnp.take_along_axis(logs, labels[:, None], axis=1)[:, 0])


def _trained(
    network: Network, adaptive: bool, theta: Any, x: Any, labels: Any, batches: Any, steps: Any, numbers: Any,
    corrections: Any,
) -> Any:  # fmt: skip
    """Parameters after the first ``steps`` batches by an optimizer from a zero state, and the loss of every step."""
    import jax
    import jax.numpy as jnp

    def step(number: Any, state: Any) -> Any:
        theta, mean, square, losses = state
        batch = batches[number]
        weights = (batch >= 0).astype(theta.dtype)
        loss, slope = jax.value_and_grad(partial(_loss, network))(
            theta, x[batch], labels[batch], weights / weights.sum()
        )
        if adaptive:
            theta, mean, square = _adam(theta, slope, mean, square, numbers, corrections[number])
        else:
            mean = numbers[1] * mean + slope
            theta = theta - numbers[0] * mean
        return theta, mean, square, losses.at[number].set(loss)

    nothing = jnp.zeros_like(theta)
    theta, _, _, losses = jax.lax.fori_loop(
        0, steps, step, (theta, nothing, nothing, jnp.zeros(len(batches), theta.dtype))
    )
    return theta, losses


def _adam(theta: Any, slope: Any, mean: Any, square: Any, numbers: Any, corrections: Any) -> tuple[Any, Any, Any]:
    """One step of Adam: parameters and both moments after it."""
    import jax.numpy as jnp

    rate, first, first_rest, second, second_rest, epsilon = numbers
    mean = first * mean + first_rest * slope
    square = second * square + second_rest * slope * slope
    step = rate * (mean / corrections[0]) / (jnp.sqrt(square / corrections[1]) + epsilon)
    return theta - step, mean, square


def _padded(rows: NDArray[Any], value: int) -> NDArray[Any]:
    """Rows up to a power of two, so that data of many lengths are computed by few programs."""
    more = _power_of_two(len(rows)) - len(rows)
    return np.concatenate([rows, np.full((more, *rows.shape[1:]), value, dtype=rows.dtype)]) if more else rows


def _power_of_two(count: int) -> int:
    return 1 << max(count - 1, 0).bit_length()


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

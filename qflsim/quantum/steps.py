"""Compiled training: loss and gradient of a batch, and an optimizer over many of them, one job at a time.

A batch is one group of samples where data enter the circuit at its start: the trained part is the same for all. Where
data are uploaded again between trained gates, every sample is a group of its own.

References
----------
.. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from qflsim.quantum.program import Floats, Ints
from qflsim.quantum.sweeps import measure, new_work, observe, push_gradient
from qflsim.quantum.vectors import compiled, inlined, kernel

__all__ = ["Task", "evaluate", "train"]


class Task(NamedTuple):
    """What a job learns from."""

    observables: Floats  # (groups, 4^n, LANES) what is read out at the end
    outputs: int  # how many of them are outputs
    data: Floats  # (samples, 4^n) encoded states
    phi: Floats  # (samples, encoding angles) where data are uploaded again, else (samples, 0)
    labels: Ints  # (samples,)
    classes: int
    linear: int  # 1 if a linear layer stands between outputs and classes


@inlined
def _bind(work: Any, parameters: Any, phi: Any, sample: int) -> None:
    """Variables = circuit parameters, then the encoding angles of one sample."""
    angles = phi.shape[1]
    count = len(work.variables) - angles
    for p in range(count):
        work.variables[p] = parameters[p]
    for k in range(angles):
        work.variables[count + k] = phi[sample, k]


@compiled
def evaluate(program: Any, parameters: Any, variables: int, task: Any, out: Any) -> None:
    """Outputs of all samples, to out (samples, outputs)."""
    work = new_work(program, len(task.observables), 0, 0, variables, task.observables)
    index = np.arange(len(task.data))
    size = max(len(index), 1) if task.phi.shape[1] == 0 else 1
    for first in range(0, len(index), size):
        _bind(work, parameters, task.phi, first)
        observe(program, work, task.observables)
        measure(task.data, index[first : first + size], work, out[first : first + size])


@inlined
def _logit(work: Any, parameters: Any, task: Any, s: int, c: int) -> float:
    """Output c, or row c of the linear layer: the parameters end with its weights (classes, outputs) and biases."""
    if task.linear == 0:
        return work.outputs[s, c]  # type: ignore[no-any-return]  # Numba is untyped
    first = len(parameters) - task.classes * (task.outputs + 1)
    result = parameters[first + task.classes * task.outputs + c]
    for q in range(task.outputs):
        result += parameters[first + c * task.outputs + q] * work.outputs[s, q]
    return result  # type: ignore[no-any-return]  # Numba is untyped


@inlined
def _slope(work: Any, parameters: Any, layer: Any, task: Any, s: int, c: int, value: float) -> None:
    """Pass the derivative by logit c on to the outputs, and to the layer's weights and biases."""
    if task.linear == 0:
        work.slope[s, c] = value
        return
    first = len(parameters) - task.classes * (task.outputs + 1)
    for q in range(task.outputs):
        work.slope[s, q] += value * parameters[first + c * task.outputs + q]
        layer[c * task.outputs + q] += value * work.outputs[s, q]
    layer[task.classes * task.outputs + c] += value


@kernel
def _cross_entropy(work: Any, parameters: Any, layer: Any, task: Any, index: Any, total: int) -> float:
    """Sum of -log softmax of the samples ``index``, divided by ``total``; derivatives to ``work.slope``."""
    loss = 0.0
    for s in range(len(index)):
        label = task.labels[index[s]]
        highest = _logit(work, parameters, task, s, 0)
        for c in range(1, task.classes):
            highest = max(highest, _logit(work, parameters, task, s, c))
        norm = 0.0
        for c in range(task.classes):
            norm += math.exp(_logit(work, parameters, task, s, c) - highest)
        loss += math.log(norm) - (_logit(work, parameters, task, s, label) - highest)
        for q in range(task.outputs):
            work.slope[s, q] = 0.0
        for c in range(task.classes):
            share = math.exp(_logit(work, parameters, task, s, c) - highest) / norm
            _slope(work, parameters, layer, task, s, c, (share - (1.0 if c == label else 0.0)) / total)
    return loss / total


@kernel
def _step(program: Any, work: Any, parameters: Any, layer: Any, task: Any, index: Any) -> float:
    """Loss and gradient of one batch."""
    for p in range(len(work.gradient)):
        work.gradient[p] = 0.0
    for p in range(len(layer)):
        layer[p] = 0.0
    loss, size = 0.0, len(index) if task.phi.shape[1] == 0 else 1
    for first in range(0, len(index), size):
        group = index[first : first + size]
        _bind(work, parameters, task.phi, group[0])
        observe(program, work, task.observables)
        measure(task.data, group, work, work.outputs)
        loss += _cross_entropy(work, parameters, layer, task, group, len(index))
        push_gradient(program, work, task.data, group)
    return loss


@compiled
def train(
    program: Any, parameters: Any, variables: int, task: Any, batches: Any, rule: Any, losses: Any, gradient: Any
) -> None:
    """An optimizer from a zero state over all batches (rows padded with -1); ``parameters`` change in place.

    ``rule`` is the optimizer in numbers, `optimizers.Rule`. The loss of every step goes to ``losses``, the last
    derivative to ``gradient``.
    """
    work = new_work(program, len(task.observables), batches.shape[1], task.outputs, variables, task.observables)
    layer = np.zeros(task.linear * task.classes * (task.outputs + 1))
    moments = np.zeros((2, len(parameters)))
    trained = len(parameters) - len(layer)
    for step in range(len(batches)):
        used = 0
        while used < batches.shape[1] and batches[step, used] >= 0:
            used += 1
        losses[step] = _step(program, work, parameters, layer, task, batches[step, :used])
        for p in range(len(parameters)):
            gradient[p] = work.gradient[p] if p < trained else layer[p - trained]
        if rule[0] != 0.0:
            _adam(parameters, gradient, moments, step + 1, rule)
        else:
            _descend(parameters, gradient, moments, rule)


@kernel
def _adam(parameters: Any, gradient: Any, moments: Any, step: int, rule: Any) -> None:
    """One update of Adam, algorithm 1 of Kingma and Ba."""
    _, rate, beta1, beta2, epsilon = rule
    for p in range(len(parameters)):
        moments[0, p] = beta1 * moments[0, p] + (1.0 - beta1) * gradient[p]
        moments[1, p] = beta2 * moments[1, p] + (1.0 - beta2) * gradient[p] * gradient[p]
        mean = moments[0, p] / (1.0 - beta1**step)
        spread = moments[1, p] / (1.0 - beta2**step)
        parameters[p] -= rate * mean / (math.sqrt(spread) + epsilon)


@kernel
def _descend(parameters: Any, gradient: Any, moments: Any, rule: Any) -> None:
    """One update of gradient descent with momentum."""
    _, rate, momentum, _, _ = rule
    for p in range(len(parameters)):
        moments[0, p] = momentum * moments[0, p] + gradient[p]
        parameters[p] -= rate * moments[0, p]

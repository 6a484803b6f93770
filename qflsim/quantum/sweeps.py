"""Compiled passes over a whole circuit: encode samples, pull observables back, push gradients through, train.

The observables are pulled backwards through the trained part of the circuit once per step; each sample then costs one
inner product. The derivative of the loss is a second pass, forwards, of the adjoint vector

    lambda = sum_samples (dloss/d<O>) r(sample),

whose products with the stored observables give the derivative by every block entry (reverse-mode differentiation in
the Heisenberg picture).

References
----------
.. [1] T. Jones, J. Gacon, "Efficient calculation of gradients in classical simulations of variational quantum
   algorithms", arXiv:2009.02823 (2020): the adjoint method, here for channels and with stored intermediates.
.. [2] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
"""

import math
from typing import Any

import numpy as np

from qflsim.quantum.angles import angle_gradient, angles_of, fill_values, parameter_gradient
from qflsim.quantum.kernels import backward, entry_gradient, forward
from qflsim.quantum.program import LANES
from qflsim.quantum.vectors import add, compiled, load, multiply_add, splat, store, zero

__all__ = ["encode", "evaluate", "gradient_of", "train"]


@compiled
def new_values(program):
    """Block entries in every lane, those of fixed blocks filled in."""
    values = np.zeros((len(program.values), LANES))
    for e in range(len(program.values)):
        for k in range(LANES):
            values[e, k] = program.values[e]
    return values


@compiled
def encode(program, phi, start, out):
    """States of samples: run the encoding part on ``start`` (4^n,); phi (samples, angles) -> out (samples, 4^n)."""
    blocks, samples = len(program.dense), len(phi)
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty((len(program.angle_constant), 3))
    x, y = np.empty((program.size, LANES)), np.empty((program.size, LANES))
    for first in range(0, samples, LANES):
        for k in range(LANES):
            angles_of(program, phi[min(first + k, samples - 1)], angles)
            fill_values(program, angles, products, values, k)
            x[:, k] = start
        for b in range(blocks):
            forward(program, b, values, x, y)
            x, y = y, x
        for k in range(min(LANES, samples - first)):
            out[first + k] = x[:, k]


@compiled
def pull_back(program, values, observables, states):
    """Observables before every block: states[g, b] for group g; states[g, blocks] are those at the end."""
    blocks = len(program.dense)
    for g in range(len(observables)):
        states[g, blocks] = observables[g]
        for b in range(blocks - 1, -1, -1):
            backward(program, b, values, states[g, b + 1], states[g, b])


@compiled
def measure(data, index, states, out):
    """<O_q> of the samples ``index``: inner products of encoded states and pulled-back observables."""
    outputs, total = out.shape[1], np.empty((1, LANES))
    for g in range(len(states)):
        pulled = states[g, 0]
        for s in range(len(index)):
            row, even, odd = data[index[s]], zero(), zero()
            for p in range(0, len(row), 2):
                even = multiply_add(splat(row[p]), load(pulled, p), even)
                odd = multiply_add(splat(row[p + 1]), load(pulled, p + 1), odd)
            store(total, 0, add(even, odd))
            for k in range(min(LANES, outputs - g * LANES)):
                out[s, g * LANES + k] = total[0, k]


@compiled
def cross_entropy(outputs, labels, index, classes, slope):
    """Mean of -log softmax over the first ``classes`` outputs; its derivative by the outputs goes to ``slope``."""
    samples, loss = len(index), 0.0
    for s in range(samples):
        highest = outputs[s, 0]
        for c in range(1, classes):
            highest = max(highest, outputs[s, c])
        norm = 0.0
        for c in range(classes):
            norm += math.exp(outputs[s, c] - highest)
        label = labels[index[s]]
        loss += math.log(norm) - (outputs[s, label] - highest)
        for c in range(classes):
            share = math.exp(outputs[s, c] - highest) / norm
            slope[s, c] = (share - (1.0 if c == label else 0.0)) / samples
    return loss / samples


@compiled
def push_gradient(program, values, angles, products, states, data, index, slope, gradient):
    """Derivative by every parameter, given that by the outputs (``slope``): one pass forwards per group."""
    blocks, size = len(program.dense), program.size
    x, y = np.empty((size, LANES)), np.empty((size, LANES))
    entries, by_angle = np.zeros(256), np.zeros(len(angles))
    for g in range(len(states)):
        adjoint(data, index, slope, g, x)
        for b in range(blocks):
            if program.factor_ptr[b + 1] > program.factor_ptr[b]:
                entry_gradient(program, b, x, states[g, b + 1], entries)
                angle_gradient(program, b, angles, products, entries, by_angle)
            forward(program, b, values, x, y)
            x, y = y, x
    parameter_gradient(program, by_angle, gradient)


@compiled
def adjoint(data, index, slope, group, x):
    """x[:, k] = sum over samples of slope * encoded state, for the outputs of one group."""
    weight = np.zeros((len(index), LANES))
    for s in range(len(index)):
        for k in range(min(LANES, slope.shape[1] - group * LANES)):
            weight[s, k] = slope[s, group * LANES + k]
    for p in range(len(x)):
        result = zero()
        for s in range(len(index)):
            result = multiply_add(splat(data[index[s], p]), load(weight, s), result)
        store(x, p, result)


@compiled
def evaluate(program, parameters, observables, data, out):
    """Expectation values of all samples, (samples, outputs)."""
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty((len(program.angle_constant), 3))
    angles_of(program, parameters, angles)
    fill_values(program, angles, products, values, -1)
    states = np.empty((len(observables), len(program.dense) + 1, program.size, LANES))
    pull_back(program, values, observables, states)
    measure(data, np.arange(len(data)), states, out)


@compiled
def gradient_of(program, parameters, observables, data, labels, classes, gradient):
    """Mean cross-entropy of all samples; its derivative by the parameters goes to ``gradient``."""
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty((len(program.angle_constant), 3))
    states = np.empty((len(observables), len(program.dense) + 1, program.size, LANES))
    index = np.arange(len(data))
    return _step(
        program, parameters, observables, data, labels, index, classes, values, products, angles, states, gradient
    )


@compiled
def _step(program, parameters, observables, data, labels, index, classes, values, products, angles, states, gradient):
    """Loss and gradient of one batch."""
    outputs = np.empty((len(index), classes))
    slope = np.empty((len(index), classes))
    angles_of(program, parameters, angles)
    fill_values(program, angles, products, values, -1)
    pull_back(program, values, observables, states)
    measure(data, index, states, outputs)
    loss = cross_entropy(outputs, labels, index, classes, slope)
    push_gradient(program, values, angles, products, states, data, index, slope, gradient)
    return loss


@compiled
def train(program, parameters, observables, data, labels, batches, classes, adam, losses):
    """Adam from a zero state over all batches (rows padded with -1); ``parameters`` change in place.

    ``adam`` holds rate, beta1, beta2 and epsilon.
    """
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty((len(program.angle_constant), 3))
    states = np.empty((len(observables), len(program.dense) + 1, program.size, LANES))
    gradient = np.empty(len(parameters))
    first, second = np.zeros(len(parameters)), np.zeros(len(parameters))
    for step in range(len(batches)):
        used = 0
        while used < batches.shape[1] and batches[step, used] >= 0:
            used += 1
        index = batches[step, :used]
        losses[step] = _step(
            program, parameters, observables, data, labels, index, classes, values, products, angles, states, gradient
        )
        _adam(parameters, gradient, first, second, step + 1, adam)


@compiled
def _adam(parameters, gradient, first, second, step, adam):
    """One update of Adam, algorithm 1 of Kingma and Ba."""
    rate, beta1, beta2, epsilon = adam
    for p in range(len(parameters)):
        first[p] = beta1 * first[p] + (1.0 - beta1) * gradient[p]
        second[p] = beta2 * second[p] + (1.0 - beta2) * gradient[p] * gradient[p]
        mean = first[p] / (1.0 - beta1**step)
        spread = second[p] / (1.0 - beta2**step)
        parameters[p] -= rate * mean / (math.sqrt(spread) + epsilon)

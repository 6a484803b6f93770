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

import numpy as np
from numba import njit

from qflsim.quantum.kernels import (
    OPTIONS,
    angle_gradient,
    angles_of,
    backward,
    entry_gradient,
    fill_values,
    forward,
)
from qflsim.quantum.program import LANES

__all__ = ["encode", "evaluate", "gradient_of", "train"]


@njit(**OPTIONS)
def new_values(program):
    """Block entries in every lane, those of fixed blocks filled in."""
    values = np.zeros((len(program.values), LANES))
    for e in range(len(program.values)):
        for k in range(LANES):
            values[e, k] = program.values[e]
    return values


@njit(**OPTIONS)
def encode(program, phi, start, out):
    """States of samples: run the encoding part on ``start`` (4^n,); phi (samples, angles) -> out (samples, 4^n)."""
    blocks, samples = len(program.dense), len(phi)
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty(len(program.angle_constant))
    x, y = np.empty((program.size, LANES)), np.empty((program.size, LANES))
    for first in range(0, samples, LANES):
        for k in range(LANES):
            angles_of(program, phi[min(first + k, samples - 1)], angles)
            fill_values(program, angles, products, values, k, 1)
            x[:, k] = start
        for b in range(blocks):
            forward(program, b, values, x, y)
            x, y = y, x
        for k in range(min(LANES, samples - first)):
            out[first + k] = x[:, k]


@njit(**OPTIONS)
def pull_back(program, values, observables, states):
    """Observables before every block: states[g, b] for group g; states[g, blocks] are those at the end."""
    blocks = len(program.dense)
    for g in range(len(observables)):
        states[g, blocks] = observables[g]
        for b in range(blocks - 1, -1, -1):
            backward(program, b, values, states[g, b + 1], states[g, b])


@njit(**OPTIONS)
def measure(data, index, states, out):
    """<O_q> of the samples ``index``: inner products of encoded states and pulled-back observables."""
    samples, outputs = len(index), out.shape[1]
    total = np.empty(LANES)
    for g in range(len(states)):
        pulled = states[g, 0]
        for s in range(samples):
            row = data[index[s]]
            for k in range(LANES):
                total[k] = 0.0
            for p in range(len(row)):
                for k in range(LANES):
                    total[k] += row[p] * pulled[p, k]
            for k in range(min(LANES, outputs - g * LANES)):
                out[s, g * LANES + k] = total[k]


@njit(**OPTIONS)
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


@njit(**OPTIONS)
def push_gradient(program, values, angles, products, states, data, index, slope, gradient):
    """Derivative by every parameter, given that by the outputs (``slope``): one pass forwards per group."""
    blocks, size = len(program.dense), program.size
    x, y = np.empty((size, LANES)), np.empty((size, LANES))
    entries = np.empty((256, LANES))
    summed = np.empty(256)
    by_angle = np.zeros(len(angles))
    for g in range(len(states)):
        adjoint(data, index, slope, g, x)
        for b in range(blocks):
            if program.factor_ptr[b + 1] > program.factor_ptr[b]:
                entry_gradient(program, b, x, states[g, b + 1], entries)
                for e in range(program.entry_ptr[b + 1] - program.entry_ptr[b]):
                    summed[e] = (entries[e, 0] + entries[e, 1]) + (entries[e, 2] + entries[e, 3])
                angle_gradient(program, b, angles, products, summed, by_angle)
            forward(program, b, values, x, y)
            x, y = y, x
    gradient[:] = 0.0
    for a in range(len(angles)):
        for t in range(program.angle_ptr[a], program.angle_ptr[a + 1]):
            gradient[program.angle_index[t]] += program.angle_factor[t] * by_angle[a]


@njit(**OPTIONS)
def adjoint(data, index, slope, group, x):
    """x[:, k] = sum over samples of slope * encoded state, for the outputs of one group."""
    outputs = slope.shape[1]
    x[:] = 0.0
    weight = np.zeros(LANES)
    for s in range(len(index)):
        for k in range(LANES):
            q = group * LANES + k
            weight[k] = slope[s, q] if q < outputs else 0.0
        row = data[index[s]]
        for p in range(len(row)):
            for k in range(LANES):
                x[p, k] += row[p] * weight[k]


@njit(**OPTIONS)
def evaluate(program, parameters, observables, data, out):
    """Expectation values of all samples, (samples, outputs)."""
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty(len(program.angle_constant))
    angles_of(program, parameters, angles)
    fill_values(program, angles, products, values, 0, LANES)
    states = np.empty((len(observables), len(program.dense) + 1, program.size, LANES))
    pull_back(program, values, observables, states)
    measure(data, np.arange(len(data)), states, out)


@njit(**OPTIONS)
def gradient_of(program, parameters, observables, data, labels, classes, gradient):
    """Mean cross-entropy of all samples; its derivative by the parameters goes to ``gradient``."""
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty(len(program.angle_constant))
    states = np.empty((len(observables), len(program.dense) + 1, program.size, LANES))
    index = np.arange(len(data))
    return _step(
        program, parameters, observables, data, labels, index, classes, values, products, angles, states, gradient
    )


@njit(**OPTIONS)
def _step(program, parameters, observables, data, labels, index, classes, values, products, angles, states, gradient):
    """Loss and gradient of one batch."""
    outputs = np.empty((len(index), classes))
    slope = np.empty((len(index), classes))
    angles_of(program, parameters, angles)
    fill_values(program, angles, products, values, 0, LANES)
    pull_back(program, values, observables, states)
    measure(data, index, states, outputs)
    loss = cross_entropy(outputs, labels, index, classes, slope)
    push_gradient(program, values, angles, products, states, data, index, slope, gradient)
    return loss


@njit(**OPTIONS)
def train(program, parameters, observables, data, labels, batches, classes, adam, losses):
    """Adam from a zero state over all batches (rows padded with -1); ``parameters`` change in place.

    ``adam`` holds rate, beta1, beta2 and epsilon.
    """
    values, products = new_values(program), np.empty(max(program.stored, 1))
    angles = np.empty(len(program.angle_constant))
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


@njit(**OPTIONS)
def _adam(parameters, gradient, first, second, step, adam):
    """One update of Adam, algorithm 1 of Kingma and Ba."""
    rate, beta1, beta2, epsilon = adam
    for p in range(len(parameters)):
        first[p] = beta1 * first[p] + (1.0 - beta1) * gradient[p]
        second[p] = beta2 * second[p] + (1.0 - beta2) * gradient[p] * gradient[p]
        mean = first[p] / (1.0 - beta1**step)
        spread = second[p] / (1.0 - beta2**step)
        parameters[p] -= rate * mean / (math.sqrt(spread) + epsilon)

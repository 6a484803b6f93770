"""Compiled passes over a whole circuit: encode samples, pull observables back, push gradients through.

The observables are pulled backwards through the trained part of the circuit once per step; each sample then costs one
inner product. The derivative of the loss is a second pass, forwards, of the adjoint vector

    lambda = sum_samples (dloss/d<O>) r(sample),

whose products with the stored observables give the derivative by every block entry (reverse-mode differentiation in
the Heisenberg picture).

References
----------
.. [1] T. Jones, J. Gacon, "Efficient calculation of gradients in classical simulations of variational quantum
   algorithms", arXiv:2009.02823 (2020): the adjoint method, here for channels and with stored intermediates.
"""

from typing import Any, NamedTuple

import numpy as np

from qflsim.quantum.angles import angle_gradient, angles_of, fill_values, parameter_gradient
from qflsim.quantum.kernels import backward, entry_gradient, forward
from qflsim.quantum.program import LANES, Floats
from qflsim.quantum.vectors import add, compiled, inlined, kernel, load, multiply_add, splat, store, zero

__all__ = ["encode", "measure", "new_work", "observe", "push_gradient"]


class Work(NamedTuple):
    """Memory of one job."""

    values: Floats  # (entries, LANES) entries of all blocks
    products: Floats  # partial products of the factors of blocks
    angles: Floats  # (angles, 3) angle, cosine, sine
    by_angle: Floats  # (angles,) derivative
    states: Floats  # (groups, blocks + 1, 4^n, LANES) observables before each block
    buffers: Floats  # (2, 4^n, LANES)
    entries: Floats  # (256,) derivatives by the entries of one block
    scratch: Floats  # (2, 256)
    outputs: Floats  # (samples, outputs)
    slope: Floats  # (samples, outputs) derivative of the loss by the outputs
    weight: Floats  # (samples, LANES)
    variables: Floats  # (parameters + encoding angles,) what angles depend on
    gradient: Floats  # (parameters + encoding angles,)


@compiled
def new_work(program: Any, groups: int, samples: int, outputs: int, variables: int, like: Any) -> Any:
    """Memory for batches of up to ``samples`` samples, entries of fixed blocks filled in.

    What stands in lanes has the precision of the array ``like``; angles, and what is summed over lanes, are doubles.
    """
    values = np.zeros((len(program.values), LANES), like.dtype)
    for e in range(len(program.values)):
        for k in range(LANES):
            values[e, k] = program.values[e]
    angles = len(program.angle_constant)
    return Work(
        values,
        np.empty(max(program.stored, 1)),
        np.empty((angles, 3)),
        np.empty(angles),
        np.empty((groups, len(program.dense) + 1, program.size, LANES), like.dtype),
        np.empty((2, program.size, LANES), like.dtype),
        np.zeros(256),
        np.zeros((2, 256)),
        np.empty((samples, outputs)),
        np.empty((samples, outputs)),
        np.zeros((samples, LANES), like.dtype),
        np.zeros(variables),
        np.zeros(variables),
    )


@compiled
def encode(program: Any, phi: Any, start: Any, out: Any) -> None:
    """States of samples: run the encoding part on ``start`` (4^n,); phi (samples, angles) -> out (samples, 4^n)."""
    work = new_work(program, 0, 0, 0, 0, out)
    samples = len(phi)
    for first in range(0, samples, LANES):
        for k in range(LANES):
            angles_of(program, phi[min(first + k, samples - 1)], work.angles)
            fill_values(program, work.angles, work.products, work.values, k)
            for p in range(program.size):
                work.buffers[0, p, k] = start[p]
        last = _run(program, work)
        for k in range(min(LANES, samples - first)):
            for p in range(program.size):
                out[first + k, p] = work.buffers[last, p, k]


@kernel
def _run(program: Any, work: Any) -> int:
    """Apply all blocks to the states in buffer 0; the number of the buffer that holds the result."""
    at = 0
    for b in range(len(program.dense)):
        forward(program, b, work.values, work.buffers[at], work.buffers[1 - at])
        at = 1 - at
    return at


@kernel
def observe(program: Any, work: Any, observables: Any) -> None:
    """Pull the observables back through the circuit that ``work.variables`` define.

    states[g, b] are those of group g before block b, states[g, blocks] those at the end.
    """
    angles_of(program, work.variables, work.angles)
    fill_values(program, work.angles, work.products, work.values, -1)
    blocks = len(program.dense)
    for g in range(len(observables)):
        for p in range(program.size):
            store(work.states[g, blocks], p, load(observables[g], p))
        for b in range(blocks - 1, -1, -1):
            backward(program, b, work.values, work.states[g, b + 1], work.states[g, b])


@kernel
def measure(data: Any, index: Any, work: Any, out: Any) -> None:
    """<O_q> of the samples ``index``: inner products of encoded states and pulled-back observables."""
    for g in range(len(work.states)):
        pulled = work.states[g, 0]
        for s in range(len(index)):
            i = index[s]
            even, odd = zero(pulled), zero(pulled)
            for p in range(0, len(pulled), 2):
                even = multiply_add(splat(pulled, data[i, p]), load(pulled, p), even)
                odd = multiply_add(splat(pulled, data[i, p + 1]), load(pulled, p + 1), odd)
            store(work.buffers[0], 0, add(even, odd))
            for k in range(min(LANES, out.shape[1] - g * LANES)):
                out[s, g * LANES + k] = work.buffers[0, 0, k]


@kernel
def push_gradient(program: Any, work: Any, data: Any, index: Any) -> None:
    """Add to the gradient the derivative by every variable, given that by the outputs: one pass per group."""
    for a in range(len(work.by_angle)):
        work.by_angle[a] = 0.0
    for g in range(len(work.states)):
        _adjoint(data, index, work, g)
        at = 0
        for b in range(len(program.dense)):
            if program.factor_ptr[b + 1] > program.factor_ptr[b]:
                entry_gradient(program, b, work.buffers[at], work.states[g, b + 1], work.entries)
                angle_gradient(program, b, work.angles, work.products, work.entries, work.scratch, work.by_angle)
            forward(program, b, work.values, work.buffers[at], work.buffers[1 - at])
            at = 1 - at
    parameter_gradient(program, work.by_angle, work.gradient)


@inlined
def _adjoint(data: Any, index: Any, work: Any, group: int) -> None:
    """Buffer 0 = sum over samples of slope * encoded state, for the outputs of one group."""
    buffer = work.buffers[0]
    for s in range(len(index)):
        for k in range(LANES):
            q = group * LANES + k
            work.weight[s, k] = work.slope[s, q] if q < work.slope.shape[1] else 0.0
    for p in range(0, work.buffers.shape[1], 4):  # four sums at once: one alone waits for each of its additions
        r0, r1, r2, r3 = zero(buffer), zero(buffer), zero(buffer), zero(buffer)
        for s in range(len(index)):
            i, w = index[s], load(work.weight, s)
            r0 = multiply_add(splat(buffer, data[i, p]), w, r0)
            r1 = multiply_add(splat(buffer, data[i, p + 1]), w, r1)
            r2 = multiply_add(splat(buffer, data[i, p + 2]), w, r2)
            r3 = multiply_add(splat(buffer, data[i, p + 3]), w, r3)
        for k, r in enumerate((r0, r1, r2, r3)):
            store(buffer, p + k, r)

"""Fusing: whatever changes places, the product stays."""

import numpy as np
from hypothesis import given, settings, strategies as st

from qflsim.quantum import pauli
from qflsim.quantum.blocks import fuse
from qflsim.quantum.gates import lower
from qflsim.quantum.items import Angle, Channel, Rotation, divide

QUBITS = 3
WIRES = tuple(range(QUBITS))


def damping(strength):
    return pauli.from_kraus([np.diag([1.0, np.sqrt(1 - strength)]), np.array([[0.0, np.sqrt(strength)], [0.0, 0.0]])])


def random_items(rng, count):
    """Native gates followed by relaxation or depolarizing errors, with parameters and data in their angles."""
    items = []
    for k in range(count):
        name = rng.choice(["rz", "sx", "cx", "cz", "crx", "rx", "ccx"], p=[0.3, 0.15, 0.2, 0.1, 0.1, 0.1, 0.05])
        wires = tuple(int(w) for w in rng.permutation(QUBITS)[: {"rz": 1, "sx": 1, "rx": 1, "ccx": 3}.get(name, 2)])
        parametrised = name in ("rz", "rx", "crx")
        angle = Angle(rng.normal(), {k: 1.0}, {0: 0.5} if rng.random() < 0.2 else {})
        items += lower(str(name), wires, (angle,) if parametrised else ())
        for w in wires:
            if rng.random() < 0.5:
                items.append(Channel((w,), damping(rng.uniform(0, 0.2))))
        if len(wires) == 2 and rng.random() < 0.5:
            items.append(Channel(wires, np.diag([1.0] + [0.9] * 15)))
    return items


def product(items, angle_of):
    """Transfer matrix of items in order, on all qubits."""
    result = np.eye(4**QUBITS)
    for item in items:
        matrix = pauli.rotation(item.axis, angle_of(item.angle)) if isinstance(item, Rotation) else item.matrix
        result = pauli.embed(matrix, item.wires, WIRES) @ result
    return result


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 25))
def test_dividing_and_fusing_leave_the_product(seed, count):
    rng = np.random.default_rng(seed)
    theta, phi = rng.uniform(-3, 3, count), rng.uniform(-3, 3, 1)

    def angle_of(angle):
        parts = [angle.constant, *(f * theta[p] for p, f in angle.parameters.items())]
        return sum(parts) + sum(f * phi[k] for k, f in angle.features.items())

    items = random_items(rng, count)
    first, second = divide(items)
    fused = [item for part in (first, second) for block in fuse(part) for item in block.items]
    assert not any(isinstance(item, Rotation) and item.angle.parameters for item in first)
    assert np.abs(product(items, angle_of) - product(fused, angle_of)).max() < 1e-11


def test_rotations_pass_the_control_and_its_relaxation():
    relaxed = pauli.embed(damping(0.1), (0,), (0, 1)) @ lower("cx", (0, 1), ())[0].matrix
    rz = [Rotation((0,), (3,), Angle(0.0, {k: 1.0})) for k in range(2)]
    blocks = fuse([rz[0], Channel((0, 1), relaxed), rz[1]])
    assert [block.wires for block in blocks] == [(0, 1), (0,)]
    on_target = Rotation((1,), (3,), Angle(0.0, {0: 1.0}))
    assert len(fuse([on_target, Channel((0, 1), relaxed), on_target])) == 3


def test_a_controlled_rotation_leaves_its_local_half_to_the_block_before():
    layer = [item for name in ("rx", "ry", "rz") for item in lower(name, (1,), (Angle(0.0, {0: 1.0}),))]
    blocks = fuse(layer + lower("crx", (0, 1), (Angle(0.0, {1: 1.0}),)))
    assert [(block.wires, len(block.items)) for block in blocks] == [((1,), 4), ((0, 1), 1)]
    assert int(blocks[1].pattern().sum()) == 24

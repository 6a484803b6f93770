"""Every gate's rotations against PennyLane's and Qiskit's own matrices."""

import numpy as np
import pennylane as qml
import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping

from qflsim.quantum import gates, pauli
from qflsim.quantum.items import Angle, Channel

QISKIT = get_standard_gate_name_mapping()


def matrix(items, qubits):
    """Transfer matrix of items on wires 0.. with constant angles."""
    result = np.eye(4**qubits)
    wires = tuple(range(qubits))
    for item in items:
        factor = item.matrix if isinstance(item, Channel) else pauli.rotation(item.axis, item.angle.constant)
        result = pauli.embed(factor, item.wires, wires) @ result
    return result


@pytest.mark.parametrize("name", sorted(gates.PENNYLANE_GATES))
def test_gate_equals_pennylane(name):
    operation = getattr(qml, name.removeprefix("Adjoint(").removesuffix(")"))
    qubits = operation.num_wires or 1
    angles = np.random.default_rng(1).uniform(-3, 3, operation.num_params)
    built = operation(*angles, wires=range(qubits))
    built = qml.adjoint(built) if name.startswith("Adjoint") else built
    expected = pauli.from_unitary(qml.matrix(built, wire_order=range(qubits)))
    items = gates.lower(gates.PENNYLANE_GATES[name], tuple(range(qubits)), tuple(Angle(a) for a in angles))
    assert np.allclose(matrix(items, qubits), expected, atol=1e-13)


@pytest.mark.parametrize("name", sorted(gates.ROTATIONS))
def test_gate_equals_qiskit(name):
    kind = QISKIT[name]
    angles = np.random.default_rng(2).uniform(-3, 3, len(kind.params))
    unitary = kind.base_class(*angles).to_matrix()
    little_endian = pauli.from_unitary(unitary)
    wires = tuple(range(kind.num_qubits))
    expected = pauli.embed(little_endian, tuple(reversed(wires)), wires)
    items = gates.lower(name, wires, tuple(Angle(a) for a in angles))
    assert np.allclose(matrix(items, kind.num_qubits), expected, atol=1e-13)


def test_unknown_gates_are_refused_by_name():
    with pytest.raises(ValueError, match="xyz"):
        gates.lower("xyz", (0,), ())
    with pytest.raises(ValueError, match="cu3"):
        gates.lower("cu3", (0, 1), (Angle(0.1),) * 3)

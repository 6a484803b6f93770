"""Circuits and noise models that several tests use."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from qiskit_aer import noise as aer

from qflsim.quantum.native import NativeCircuit, compile_circuit
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.snapshots import load_snapshot


def ring(qubits: int, layers: int) -> Any:
    """The paper's circuit: RX RY encoding, then layers of RX RY RZ and a ring of CRX; and its parameter count."""

    def circuit(x: Any, parameters: Any) -> None:
        weights = parameters.reshape(layers, 4, qubits)
        for q in range(qubits):
            qml.RX(x[q], wires=q)
            qml.RY(x[q], wires=q)
        for layer in weights:
            for q in range(qubits):
                qml.RX(layer[0, q], wires=q)
                qml.RY(layer[1, q], wires=q)
                qml.RZ(layer[2, q], wires=q)
            for q in range(qubits):
                qml.CRX(layer[3, q], wires=[q, (q + 1) % qubits])

    return circuit, layers * 4 * qubits


ONE = ["RX", "RY", "RZ", "PhaseShift"]
TWO = ["CRX", "CRY", "CRZ", "IsingXX", "IsingYY", "IsingZZ", "ControlledPhaseShift"]
FIXED_ONE = ["Hadamard", "S", "T", "SX", "PauliX", "PauliY"]
FIXED_TWO = ["CNOT", "CZ", "SWAP", "CY"]


def random_circuit(rng: np.random.Generator, qubits: int, *, depth: int = 10) -> Any:
    """A circuit of random gates with data at the start and trained angles after it; and its parameter count."""
    plan: list[tuple[str, tuple[int, ...], int]] = []
    used = 0
    for _ in range(depth):
        kind = rng.integers(6 if qubits > 1 else 3)
        pair = tuple(int(q) for q in rng.permutation(qubits)[:2])
        names, wires, angles = [
            (ONE, pair[:1], 1),
            (["Rot", "U3"], pair[:1], 3),
            (FIXED_ONE, pair[:1], 0),
            (TWO, pair, 1),
            (TWO, pair, 1),
            (FIXED_TWO, pair, 0),
        ][kind]
        plan.append((names[rng.integers(len(names))], wires, angles))
        used += angles
    shared = rng.integers(2)  # in half of the circuits the first parameter is used twice

    def circuit(x: Any, parameters: Any) -> None:
        for q in range(qubits):
            qml.RY(x[q % len(x)], wires=q)
            qml.RZ(0.5 * x[0] + 0.25, wires=q)
        if shared:
            qml.RX(parameters[0], wires=0)
        k = 0
        for name, wires, angles in plan:
            getattr(qml, name)(*parameters[k : k + angles], wires=wires)
            k += angles
        qml.RY(parameters[-1], wires=qubits - 1)

    return circuit, used + 1


def _channel(rng: np.random.Generator) -> Any:
    """A random error on one qubit of a random kind."""
    p, q = rng.uniform(0.0, 0.15, 2)
    kinds = [
        lambda: aer.depolarizing_error(p, 1),
        lambda: aer.pauli_error([("X", p), ("Z", q), ("I", 1 - p - q)]),
        lambda: aer.amplitude_damping_error(p),
        lambda: aer.phase_damping_error(p),
        lambda: aer.phase_amplitude_damping_error(p, q),
        lambda: aer.thermal_relaxation_error(50e-6, 50e-6 * rng.uniform(0.3, 1.9), 2e-6, rng.uniform(0, 0.3)),
        lambda: aer.reset_error(p, q),
        lambda: aer.coherent_unitary_error(qml.RX.compute_matrix(p)),
        lambda: aer.kraus_error(
            [np.sqrt(1 - p) * np.eye(2), np.sqrt(p) * np.array([[0, 1], [1, 0]]) @ np.diag([1, 1j])]
        ),
    ]
    return kinds[rng.integers(len(kinds))]()


def random_noise(rng: np.random.Generator, qubits: int) -> DeviceNoise:
    """Random errors on random gates, for all qubits or for some, and asymmetric readout errors."""
    model = aer.NoiseModel(basis_gates=["id", "rz", "rx", "ry", "sx", "cx"])
    for name in ("sx", "rx", "ry", "rz"):
        if rng.random() < 0.6:
            model.add_all_qubit_quantum_error(_channel(rng), name)
        if rng.random() < 0.5:
            model.add_quantum_error(_channel(rng), name, [int(rng.integers(qubits))], warnings=False)
    if qubits > 1 and rng.random() < 0.8:
        pair = _channel(rng).tensor(_channel(rng))
        model.add_all_qubit_quantum_error(pair.compose(aer.depolarizing_error(rng.uniform(0, 0.1), 2)), "cx")
    if qubits > 1 and rng.random() < 0.5:
        wires = [int(q) for q in rng.permutation(qubits)[:2]]
        model.add_quantum_error(_channel(rng).expand(_channel(rng)), "cx", wires, warnings=False)
    for q in range(qubits):
        a, b = rng.uniform(0, 0.2, 2)
        model.add_readout_error([[1 - a, a], [b, 1 - b]], [q], warnings=False)
    return DeviceNoise(model=model)


@pytest.fixture(scope="session")
def circuits() -> Any:
    """The functions of this file."""
    return SimpleNamespace(ring=ring, random_circuit=random_circuit, random_noise=random_noise)


@pytest.fixture(scope="session")
def compiled() -> Any:
    """Compiled circuits, each built once: ring circuit of (qubits, layers) on a snapshot, or on an ideal device."""

    @cache
    def build(name: str | None, qubits: int, layers: int) -> NativeCircuit:
        circuit, parameters = ring(qubits, layers)
        noise = None if name is None else load_snapshot(name).noise(qubits)
        return compile_circuit(circuit, qubits=qubits, features=qubits, parameters=parameters, noise=noise)

    return build

"""Compilation: the compiled circuit is the circuit, and its counts, times and shift rules are right."""

import numpy as np
import pennylane as qml
import pytest
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import compile_circuit
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.snapshots import load_snapshot


def exact(circuit, qubits, x, parameters):
    """<Z> of every qubit by PennyLane's state-vector simulator."""

    @qml.qnode(qml.device("default.qubit", wires=qubits))
    def node():
        circuit(x, parameters)
        return [qml.expval(qml.PauliZ(q)) for q in range(qubits)]

    return np.array(node())


def outputs(native, x, parameters):
    engine = FastEngine(native)
    return engine.expectations(parameters, engine.encode(x[None, :]))[0]


@pytest.mark.parametrize("seed", range(8))
def test_ideal_circuit_equals_the_state_vector(circuits, seed):
    rng = np.random.default_rng(seed)
    qubits = int(rng.integers(1, 5))
    circuit, count = circuits.random_circuit(rng, qubits, depth=12)
    native = compile_circuit(circuit, qubits=qubits, features=2, parameters=count)
    x, parameters = rng.uniform(-3, 3, 2), rng.uniform(-3, 3, count)
    assert np.allclose(outputs(native, x, parameters), exact(circuit, qubits, x, parameters), atol=1e-12)


@pytest.mark.parametrize("name", ["manila", "sherbrooke", "torino"])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_routing_and_translation_keep_the_circuit(circuits, name, level):
    # The snapshot's couplings and gates, but no errors: what is left is the compiler's work and the final layout.
    noisy = load_snapshot(name).noise(4, level=level)
    clean = DeviceNoise(model=NoiseModel(), target=noisy.target, level=level)
    circuit, count = circuits.ring(4, 2)
    native = compile_circuit(circuit, qubits=4, features=4, parameters=count, noise=clean)
    rng = np.random.default_rng(level)
    x, parameters = rng.uniform(-3, 3, 4), rng.uniform(-3, 3, count)
    assert np.allclose(outputs(native, x, parameters), exact(circuit, 4, x, parameters), atol=1e-12)
    pairs = set(noisy.target[load_snapshot(name).gate])
    assert all(gate.qubits in pairs for gate in native.gates if len(gate.qubits) == 2)


def test_templates_and_three_qubit_gates_compile():
    def circuit(x, parameters):
        qml.AngleEmbedding(x, wires=range(3))
        qml.StronglyEntanglingLayers(parameters.reshape(2, 3, 3), wires=range(3))
        qml.Toffoli(wires=[0, 1, 2])
        qml.adjoint(qml.T)(wires=1)
        qml.CRot(*parameters[:3], wires=[2, 0])

    native = compile_circuit(circuit, qubits=3, features=3, parameters=18)
    rng = np.random.default_rng(5)
    x, parameters = rng.uniform(-3, 3, 3), rng.uniform(-3, 3, 18)
    assert np.allclose(outputs(native, x, parameters), exact(circuit, 3, x, parameters), atol=1e-12)


def test_data_may_enter_by_any_function():
    def circuit(x, parameters):
        qml.RY(x[0] * x[1], wires=0)
        qml.RX(np.pi - x[1] ** 2, wires=1)
        qml.CNOT(wires=[0, 1])
        qml.RX(2 * parameters[0] + x[0], wires=0)

    native = compile_circuit(circuit, qubits=2, features=2, parameters=1)
    assert native.encoding.matrix is None
    x, parameters = np.array([0.7, -1.3]), np.array([0.4])
    assert np.allclose(outputs(native, x, parameters), exact(circuit, 2, x, parameters), atol=1e-12)


def test_counts_rules_and_duration(compiled):
    native = compiled("manila", 4, 6)
    assert native.gate_counts["cx"] == pytest.approx(114, abs=15)
    # 72 two-term and 24 four-term parameters: 72 * 2 + 24 * 4 shifted circuits.
    assert native.circuits_per_gradient == 240
    assert {len(rule.shifts) for rule in native.shift_rules} == {2, 4}
    times = {(g.name, g.qubits): native.noise.duration(g.name, g.qubits) for g in native.gates}
    total = sum(times[(g.name, g.qubits)] for g in native.gates)
    busiest = max(sum(times[(g.name, g.qubits)] for g in native.gates if q in g.qubits) for q in range(4))
    assert busiest <= native.duration_s <= total


def test_hand_made_durations_add_up_along_the_longest_chain():
    model = NoiseModel(basis_gates=["rx", "cx"])
    noise = DeviceNoise(model=model, durations={"rx": 2.0, "cx": 5.0})

    def circuit(x, parameters):
        qml.RX(x[0], wires=0)
        qml.RX(parameters[0], wires=0)
        qml.RX(parameters[1], wires=1)
        qml.CNOT(wires=[0, 1])

    native = compile_circuit(circuit, qubits=2, features=1, parameters=2, noise=noise)
    assert native.duration_s == 9.0


def test_compiling_twice_gives_the_same_gates(circuits):
    circuit, count = circuits.ring(3, 2)
    natives = [
        compile_circuit(circuit, qubits=3, features=3, parameters=count, noise=load_snapshot("torino").noise(3))
        for _ in range(2)
    ]
    assert natives[0].gates == natives[1].gates


def test_what_cannot_be_compiled_is_refused_by_name():
    def product(x, parameters):
        qml.RX(x[0] * parameters[0], wires=0)

    def squared(x, parameters):
        qml.RX(parameters[0] ** 2, wires=0)

    def branch(x, parameters):
        (qml.RX if x[0] > 0 else qml.RY)(parameters[0], wires=0)

    def channel(x, parameters):
        qml.DepolarizingChannel(0.1, wires=0)

    def wires(x, parameters):
        qml.RX(parameters[0], wires="a")

    sizes = {"qubits": 1, "features": 1, "parameters": 1}
    for function, message in [
        (product, "affine"),
        (squared, "affine"),
        (branch, "same gates"),
        (channel, "DepolarizingChannel"),
        (wires, "wires 0..0"),
    ]:
        with pytest.raises(ValueError, match=message):
            compile_circuit(function, **sizes)
    with pytest.raises(ValueError, match="1 to 8, got 9"):
        compile_circuit(product, qubits=9, features=1, parameters=1)


def test_noise_that_cannot_be_represented_is_refused_by_name():
    measured = NoiseModel()
    measured.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "measure")
    with pytest.raises(ValueError, match="measure"):
        DeviceNoise(model=measured)
    correlated = NoiseModel()
    correlated.add_readout_error(np.eye(4)[[1, 0, 2, 3]], [0, 1])
    with pytest.raises(ValueError, match="correlated"):
        DeviceNoise(model=correlated)


def test_samples_of_the_wrong_shape_or_value_are_refused(compiled):
    native = compiled(None, 2, 1)
    with pytest.raises(ValueError, match=r"\(samples, 2\)"):
        native.encode(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="finite"):
        native.encode(np.full((3, 2), np.nan))


def test_a_circuit_without_data_or_parameters_compiles():
    native = compile_circuit(lambda x, parameters: qml.RX(0.3, wires=0), qubits=1, features=0, parameters=0, noise=None)
    assert outputs(native, np.zeros(0), np.zeros(0)) == pytest.approx([np.cos(0.3)])
    assert native.circuits_per_gradient == 0

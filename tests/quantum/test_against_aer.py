"""The fast engine against Qiskit Aer's density-matrix method.

``QFLSIM_EXAMPLES=1000`` runs the long version of the random comparison.
"""

import os

import numpy as np
import pennylane as qml
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qflsim.quantum.aer import AerBackend
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import compile_circuit
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.optimizers import Adam
from qflsim.quantum.training import SoftmaxHead, TrainingJob

EXAMPLES = int(os.environ.get("QFLSIM_EXAMPLES", "40"))


@pytest.mark.parametrize("name", ["manila", "nairobi", "sherbrooke", "torino", "fez", None])
def test_snapshots_equal_aer(compiled, name):
    native = compiled(name, 4, 3)
    rng = np.random.default_rng(4)
    samples, parameters = rng.uniform(-3, 3, (3, 4)), rng.uniform(-3, 3, native.parameters)
    fast, aer = FastEngine(native), AerBackend(native)
    expected = aer.expectations(parameters, aer.encode(samples))
    assert np.abs(fast.expectations(parameters, fast.encode(samples)) - expected).max() < 1e-9
    if name is not None:  # the noise is there: readings are far from those of an ideal device
        ideal = compiled(None, 4, 3)
        clean = FastEngine(ideal)
        assert np.abs(clean.expectations(parameters, clean.encode(samples)) - expected).max() > 1e-3


@pytest.mark.parametrize("qubits", [5, 6, 8])
def test_more_qubits_equal_aer(compiled, qubits):
    native = compiled("torino", qubits, 1)
    rng = np.random.default_rng(qubits)
    samples, parameters = rng.uniform(-3, 3, (2, qubits)), rng.uniform(-3, 3, native.parameters)
    aer = AerBackend(native)
    expected = aer.expectations(parameters, aer.encode(samples))
    for fast, tolerance in ((FastEngine(native), 1e-9), (FastEngine(native, precision="single"), 1e-5)):
        assert np.abs(fast.expectations(parameters, fast.encode(samples)) - expected).max() < tolerance


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(seed=st.integers(0, 2**32 - 1), qubits=st.integers(1, 4))
def test_random_circuits_under_random_noise_equal_aer(circuits, seed, qubits):
    rng = np.random.default_rng(seed)
    noise = circuits.random_noise(rng, qubits)
    circuit, count = circuits.random_circuit(rng, qubits, depth=int(rng.integers(2, 12)))
    native = compile_circuit(circuit, qubits=qubits, features=2, parameters=count, noise=noise)
    samples, parameters = rng.uniform(-3, 3, (2, 2)), rng.uniform(-3, 3, count)
    fast, aer = FastEngine(native), AerBackend(native)
    expected = aer.expectations(parameters, aer.encode(samples))
    assert np.abs(fast.expectations(parameters, fast.encode(samples)) - expected).max() < 1e-9
    single = FastEngine(native, precision="single")
    assert np.abs(single.expectations(parameters, single.encode(samples)) - expected).max() < 1e-5
    if qubits > 1:
        labels, head = rng.integers(0, 2, 2), SoftmaxHead(2)
        loss, gradient = fast.loss_and_gradient(parameters, fast.encode(samples), labels, head=head)
        same, shifted = aer.loss_and_gradient(parameters, aer.encode(samples), labels, head=head)
        assert loss == pytest.approx(same, abs=1e-9)
        assert np.abs(gradient - shifted).max() < 1e-9
        loss, gradient = single.loss_and_gradient(parameters, single.encode(samples), labels, head=head)
        assert loss == pytest.approx(same, abs=1e-5)
        assert np.abs(gradient - shifted).max() < 1e-5


def test_errors_on_gates_that_aer_lacks_equal_aer(circuits):
    """Aer's density-matrix method has no CRX; errors on it attach to a matrix labelled crx."""
    model = NoiseModel(basis_gates=["rx", "ry", "rz", "crx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["rx", "ry", "rz"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["crx"])
    circuit, count = circuits.ring(3, 1)
    native = compile_circuit(circuit, qubits=3, features=3, parameters=count, noise=DeviceNoise(model=model))
    assert native.gate_counts["crx"] == 3
    rng = np.random.default_rng(2)
    samples, theta = rng.uniform(-3, 3, (2, 3)), rng.uniform(-3, 3, count)
    fast, aer = FastEngine(native), AerBackend(native)
    expected = aer.expectations(theta, aer.encode(samples))
    assert np.abs(fast.expectations(theta, fast.encode(samples)) - expected).max() < 1e-9
    loss, gradient = fast.loss_and_gradient(theta, fast.encode(samples), np.array([0, 2]))
    same, shifted = aer.loss_and_gradient(theta, aer.encode(samples), np.array([0, 2]))
    assert loss == pytest.approx(same, abs=1e-9)
    assert np.abs(gradient - shifted).max() < 1e-9


def test_data_uploaded_again_between_layers_equals_aer(circuits):
    def circuit(x, parameters):
        for layer in parameters.reshape(3, 2, 2):
            for q in range(2):
                qml.RX(x[q] + layer[0, q], wires=q)
            qml.CNOT(wires=[0, 1])
            for q in range(2):
                qml.RY(layer[1, q], wires=q)

    rng = np.random.default_rng(11)
    noise = circuits.random_noise(rng, 2)
    native = compile_circuit(circuit, qubits=2, features=2, parameters=12, noise=noise)
    samples, theta = rng.uniform(-3, 3, (5, 2)), rng.uniform(-3, 3, 12)
    labels, head = rng.integers(0, 2, 5), SoftmaxHead(2)
    fast, aer = FastEngine(native), AerBackend(native)
    assert fast.reuploads
    expected = aer.expectations(theta, aer.encode(samples))
    assert np.abs(fast.expectations(theta, fast.encode(samples)) - expected).max() < 1e-9
    loss, gradient = fast.loss_and_gradient(theta, fast.encode(samples), labels, head=head)
    same, shifted = aer.loss_and_gradient(theta, aer.encode(samples), labels, head=head)
    assert loss == pytest.approx(same, abs=1e-9)
    assert np.abs(gradient - shifted).max() < 1e-9


@pytest.mark.parametrize("head", [SoftmaxHead(2), SoftmaxHead(3, linear=True)])
def test_training_equals_aer_step_by_step(compiled, head):
    native = compiled("manila", 2, 1)
    rng = np.random.default_rng(8)
    samples, labels = rng.uniform(0, np.pi, (6, 2)), rng.integers(0, 2, 6)
    start = rng.uniform(-1, 1, native.parameters + head.extra_parameters(2))
    batches = np.array([[0, 1, 2, 3], [4, 5, -1, -1], [1, 3, 5, 0]])
    results = []
    for backend in (FastEngine(native), AerBackend(native)):
        data = backend.encode(samples)
        job = TrainingJob(start, data, labels, batches, Adam(rate=0.1))
        results.append(backend.train([job], head=head)[0])
    assert np.abs(results[0].parameters - results[1].parameters).max() < 1e-9
    assert np.abs(results[0].losses - results[1].losses).max() < 1e-9
    assert np.abs(results[0].parameters - start).max() > 0.1
    assert results[0].executions == results[1].executions == 10 * (1 + native.circuits_per_gradient)


def test_aers_shots_scatter_around_the_exact_values(compiled):
    native = compiled("manila", 3, 1)
    rng = np.random.default_rng(1)
    samples, theta = rng.uniform(-3, 3, (30, 3)), rng.uniform(-3, 3, native.parameters)
    fast, aer = FastEngine(native), AerBackend(native, shots=400, seed=3)
    exact = fast.expectations(theta, fast.encode(samples))
    first, second = (aer.expectations(theta, aer.encode(samples)) for _ in range(2))
    assert not np.array_equal(first, second)  # every job has its own shots
    squares = (first - exact) ** 2 / ((1 - exact**2) / 400)
    assert 0.5 < squares.mean() < 1.5  # 90 squares of standard normal deviates: 1 +- 0.15
    with pytest.raises(ValueError, match="shots"):
        AerBackend(native, shots=0)

"""Finite shots: joint distribution, variances, unbiased derivatives, cost."""

import numpy as np
import pytest
from scipy.stats import chisquare

from qflsim.quantum.engine import FastEngine
from qflsim.quantum.optimizers import Adam
from qflsim.quantum.shots import SPSA, ParameterShift, ShotBackend
from qflsim.quantum.training import SoftmaxHead, TrainingJob


@pytest.fixture(scope="module")
def case(compiled):
    native = compiled("manila", 3, 1)
    rng = np.random.default_rng(12)
    return native, rng.uniform(-3, 3, native.parameters), rng.uniform(-3, 3, (2, 3))


def test_counts_have_aers_distribution(case):
    """Aer's own counts are a likely draw from the engine's joint probabilities, readout errors included."""
    from qiskit_aer import AerSimulator

    from qflsim.quantum.aer import bound_circuit

    native, parameters, samples = case
    engine = FastEngine(native)
    exact = engine.probabilities(parameters, engine.encode(samples))
    circuit = bound_circuit(native, parameters, samples[0])
    circuit.measure_all()
    simulator = AerSimulator(method="density_matrix", noise_model=native.noise.model, seed_simulator=3)
    counts = simulator.run(circuit, shots=20_000).result().get_counts()
    read = np.zeros(8)
    for bits, number in counts.items():
        physical = bits[::-1]
        read[int("".join(physical[native.final[k]] for k in range(3)), 2)] += number
    assert chisquare(read, exact[0] * 20_000).pvalue > 1e-3


def test_expectations_scatter_as_shots_must(case):
    native, parameters, samples = case
    backend, exact = ShotBackend(native, shots=100, seed=1), FastEngine(native)
    data = backend.encode(samples)
    draws = np.array([backend.expectations(parameters, data) for _ in range(400)])
    mean = exact.expectations(parameters, data)
    variance = (1 - mean**2) / 100
    assert np.all(np.abs(draws.mean(axis=0) - mean) < 5 * np.sqrt(variance / 400))
    # The sample variance of 400 draws scatters by sqrt(2/400) = 7 %.
    assert np.all(np.abs(draws.var(axis=0) / variance - 1) < 0.35)


def test_readings_of_different_qubits_are_correlated(case):
    native, parameters, samples = case
    backend = ShotBackend(native, shots=50, seed=2)
    data = backend.encode(samples[:1])
    draws = np.array([backend.expectations(parameters, data)[0] for _ in range(2000)])
    chance = FastEngine(native).probabilities(parameters, data)[0]
    signs = 1.0 - 2.0 * np.array(list(np.ndindex(2, 2, 2)))
    expected = (signs.T * chance) @ signs - np.outer(chance @ signs, chance @ signs)
    assert np.allclose(np.cov(draws.T) * 50, expected, atol=0.12)
    assert np.abs(expected - np.diag(np.diag(expected))).max() > 0.05


def test_variance_of_a_shifted_derivative_is_that_of_the_formula(case):
    """Two terms, S shots each: (Var+ + Var-) / (4 S)."""
    native, parameters, samples = case
    shots = 200
    backend, exact = ShotBackend(native, shots=shots, seed=3), FastEngine(native)
    data = backend.encode(samples[:1])
    p = next(k for k, rule in enumerate(native.shift_rules) if len(rule.shifts) == 2)
    rule = native.shift_rules[p]
    points = [parameters + s * np.eye(native.parameters)[p] for s in rule.shifts]
    draws = np.array(
        [
            sum(c * backend.expectations(x, data)[0, 0] for c, x in zip(rule.coefficients, points, strict=True))
            for _ in range(600)
        ]
    )
    variance = sum(1 - exact.expectations(x, data)[0, 0] ** 2 for x in points) / (4 * shots)
    assert draws.var() / variance == pytest.approx(1.0, abs=0.3)


def test_parameter_shift_approaches_the_exact_gradient(case):
    native, parameters, samples = case
    backend, exact = ShotBackend(native, shots=2_000_000, seed=4), FastEngine(native)
    data, labels = backend.encode(samples), np.array([0, 1])
    loss, gradient = backend.loss_and_gradient(parameters, data, labels)
    expected, derivative = exact.loss_and_gradient(parameters, data, labels)
    assert loss == pytest.approx(expected, abs=5e-3)
    assert np.abs(gradient - derivative).max() < 5e-3


def test_spsa_is_the_gradient_on_average(case):
    native, parameters, samples = case
    backend, exact = ShotBackend(native, shots=100_000, method=SPSA(spread=0.05), seed=5), FastEngine(native)
    data, labels = backend.encode(samples), np.array([0, 1])
    draws = np.array([backend.loss_and_gradient(parameters, data, labels)[1] for _ in range(400)])
    _, derivative = exact.loss_and_gradient(parameters, data, labels)
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - derivative) < 5 * error + 1e-3)


def test_executions_and_seeds(case):
    native, parameters, samples = case
    head = SoftmaxHead(2)
    batches = np.array([[0, 1], [1, -1]])
    for method, circuits in ((ParameterShift(), native.circuits_per_gradient), (SPSA(), 2)):
        backend = ShotBackend(native, shots=64, method=method)
        data = backend.encode(samples)
        jobs = [TrainingJob(parameters, data, np.array([0, 1]), batches, Adam(), seed) for seed in (7, 7, 8)]
        first, same, other = backend.train(jobs, head=head)
        assert first.executions == 3 * (1 + circuits)
        assert first.parameters.tobytes() == same.parameters.tobytes() != other.parameters.tobytes()


def test_no_shots_are_refused(case):
    with pytest.raises(ValueError, match="shots must be at least 1, got 0"):
        ShotBackend(case[0], shots=0)

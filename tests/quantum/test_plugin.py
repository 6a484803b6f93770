"""The evaluation through PennyLane's qiskit.aer device."""

import numpy as np
import pennylane as qml
import pytest

from qflsim.quantum.engine import FastEngine
from qflsim.quantum.plugin import evaluate_with_pennylane


@pytest.fixture(scope="module")
def case(compiled):
    native = compiled("manila", 4, 1)
    rng = np.random.default_rng(3)
    return native, rng.uniform(-3, 3, native.parameters), rng.uniform(-3, 3, (40, 4))


def test_estimates_scatter_around_the_exact_values_as_shots_must(case):
    native, parameters, samples = case
    shots = 1000
    engine = FastEngine(native)
    exact = engine.expectations(parameters, engine.encode(samples))
    read = evaluate_with_pennylane(native, parameters, samples, shots=shots, seed=5)
    squares = (read - exact) ** 2 / ((1 - exact**2) / shots)
    # 160 nearly independent squares of standard normal deviates: mean 1, standard deviation sqrt(2/160) = 0.11.
    assert 0.6 < squares.mean() < 1.4
    assert np.sqrt(squares.max()) < 5


def test_equals_the_plugin_as_it_comes(case):
    """The batched device gives, seed for seed, what the unmodified plugin gives."""
    native, parameters, samples = case
    device = qml.device(
        "qiskit.aer",
        wires=4,
        noise_model=native.noise.model,
        optimization_level=0,
        seed_simulator=5,
        max_parallel_threads=1,
    )
    batched = evaluate_with_pennylane(native, parameters, samples[:3], shots=200, seed=5)
    plain = evaluate_with_pennylane(native, parameters, samples[:3], shots=200, seed=5, device=device)
    assert np.array_equal(batched, plain)


def test_no_shots_are_refused(case):
    with pytest.raises(ValueError, match="shots"):
        evaluate_with_pennylane(*case, shots=0, seed=1)

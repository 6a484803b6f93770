"""Optimizers by closed forms and by scikit-learn's, and the same path on every back end."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.quantum.aer import AerBackend
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.optimizers import SGD, Adam, Optimizer
from qflsim.quantum.shots import ShotBackend
from qflsim.quantum.training import SoftmaxHead, TrainingJob


def path(optimizer, gradients, start=0.0):
    theta, moments = np.full(gradients.shape[1], start), np.zeros((2, gradients.shape[1]))
    for step, gradient in enumerate(gradients, start=1):
        theta = optimizer.step(theta, gradient, moments, step)
    return theta


@given(momentum=st.floats(0, 0.99), slope=st.floats(-10, 10), steps=st.integers(1, 50))
def test_momentum_on_a_constant_gradient(momentum, slope, steps):
    theta = path(SGD(rate=0.1, momentum=momentum), np.full((steps, 1), slope))[0]
    gathered = (steps - momentum * (1 - momentum**steps) / (1 - momentum)) / (1 - momentum)
    assert theta == pytest.approx(-0.1 * slope * gathered, rel=1e-9, abs=1e-9)


@given(slope=st.floats(0.01, 1e3))
def test_first_step_of_adam(slope):
    assert path(Adam(), np.array([[slope], [-slope]])[:1])[0] == pytest.approx(-0.01 * slope / (slope + 1e-8))


@pytest.mark.parametrize("optimizer", [SGD(rate=0.1), SGD(rate=0.1, momentum=0.9), Adam(rate=0.1)])
def test_scikit_learn_goes_the_same_way(optimizer):
    from sklearn.neural_network import _stochastic_optimizers as published

    gradients, theta = np.random.default_rng(1).normal(size=(20, 3)), np.zeros(3)
    if isinstance(optimizer, SGD):
        judge = published.SGDOptimizer([theta], 0.1, momentum=optimizer.momentum, nesterov=False)
    else:
        judge = published.AdamOptimizer([theta], 0.1)
    for gradient in gradients:
        judge.update_params([theta], [gradient])
    # scikit-learn's Adam adds epsilon before it corrects the bias
    np.testing.assert_allclose(path(optimizer, gradients), theta, rtol=1e-6)


@dataclass(frozen=True, kw_only=True)
class Own(Optimizer):
    """Descent by one's own hand."""

    operations = 2

    def step(self, parameters, gradient, moments, step):
        return parameters - 0.2 * gradient


@pytest.mark.parametrize("optimizer", [SGD(rate=0.2), SGD(rate=0.2, momentum=0.9), Adam(rate=0.1), Own()])
def test_every_back_end_goes_the_same_way(compiled, optimizer):
    native, rng = compiled("manila", 2, 1), np.random.default_rng(3)
    samples, labels = rng.uniform(-1, 1, (6, 2)), rng.integers(0, 2, 6)
    batches = np.array([[0, 1, 2, 3], [4, 5, -1, -1], [5, 0, 2, -1]])
    start = rng.uniform(-1, 1, native.parameters)

    def trained(backend):
        job = TrainingJob(start, backend.encode(samples), labels, batches, optimizer)
        return backend.train([job], head=SoftmaxHead(2))[0]

    fast, reference = trained(FastEngine(native)), trained(AerBackend(native))
    np.testing.assert_allclose(fast.parameters, reference.parameters, atol=1e-9)
    np.testing.assert_allclose(fast.losses, reference.losses, atol=1e-9)
    sampled = trained(ShotBackend(native, shots=10_000_000))
    np.testing.assert_allclose(sampled.parameters, fast.parameters, atol=5e-3 if optimizer.rule else 1e-3)


def test_ones_own_descent_equals_the_compiled_one(compiled):
    engine, rng = FastEngine(compiled("manila", 2, 1)), np.random.default_rng(4)
    data, labels = engine.encode(rng.uniform(-1, 1, (6, 2))), rng.integers(0, 2, 6)
    start, batches = rng.uniform(-1, 1, engine.native.parameters), rng.permutation(6).reshape(2, 3)
    mine, stock = (
        engine.train([TrainingJob(start, data, labels, batches, optimizer)], head=SoftmaxHead(2))[0]
        for optimizer in (Own(), SGD(rate=0.2))
    )
    np.testing.assert_allclose(mine.parameters, stock.parameters, atol=1e-13)
    assert mine.executions == stock.executions


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"rate": 0.0}, r"SGD\.rate must be > 0"), ({"momentum": 1.0}, r"SGD\.momentum must be < 1"),
     ({"momentum": -0.1}, r"SGD\.momentum must be >= 0")],
)  # fmt: skip
def test_wrong_descent_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        SGD(**wrong)

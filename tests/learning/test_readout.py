"""A linear layer that reads classes from all qubits, trained together with the angles."""

import math

import numpy as np
import pytest

import qflsim as qfl
from qflsim.learning.compiling import compile_task
from qflsim.learning.task import Effort, LearningTask
from qflsim.quantum.shots import ExactGradient, ParameterShift

TEN = tuple(range(10))


@pytest.fixture(scope="module")
def model():
    return qfl.VQC(qubits=4, layers=1, readout=qfl.LinearReadout(classes=10))


@pytest.fixture(scope="module")
def compiled(model):
    return compile_task(model, qfl.IBMSnapshot(), ExactGradient())


def test_the_layer_adds_a_weight_per_qubit_and_class_and_a_bias_per_class(model):
    assert (model.angles, model.parameters, model.outputs) == (16, 16 + 10 * 4 + 10, 10)
    assert qfl.VQC(readout=qfl.LinearReadout(classes=10)).parameters == 96 + 50
    assert qfl.VQC().parameters == qfl.VQC().angles == 96


def test_weights_begin_uniform_and_biases_at_zero(model):
    start = model.initial(np.random.default_rng(3))
    np.testing.assert_array_equal(start[:16], model.initial_angles(np.random.default_rng(3)))
    weights, biases = start[16:56], start[56:]
    limit = math.sqrt(6 / (4 + 10))
    assert 0.8 * limit < np.abs(weights).max() <= limit
    assert not biases.any()


@pytest.mark.parametrize("gradient", [ExactGradient(), ParameterShift()])
def test_circuits_of_a_gradient_are_those_of_the_angles_alone(model, gradient):
    found = [compile_task(own, qfl.IBMSnapshot(), gradient).circuits_per_sample for own in (model, qfl.VQC(layers=1))]
    assert found == [1 + 2 * 12 + 4 * 4] * 2


def test_the_gradient_of_angles_and_layer_equals_finite_differences(model, compiled):
    rng = np.random.default_rng(8)
    data, labels = compiled.engine.encode(rng.uniform(-1.5, 1.5, (7, 4))), rng.integers(0, 10, 7)
    start = model.initial(rng)

    def loss(point):
        logits = compiled.engine.expectations(point, data) @ point[16:56].reshape(10, 4).T + point[56:]
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(7), labels]))

    found, gradient = compiled.engine.loss_and_gradient(start, data, labels, head=model.head(10))
    assert found == pytest.approx(loss(start), abs=1e-12)
    steps = 1e-5 * np.eye(len(start))
    expected = [(loss(start + step) - loss(start - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_ten_digits_are_told_apart_with_four_qubits(model, compiled):
    data = qfl.Digits(classes=TEN).load(np.random.default_rng(1))
    training = qfl.LocalTraining(optimizer=qfl.Adam(rate=0.05), epochs=6, batch=48)
    shares = {"device-1-1": np.arange(len(data.train_y))}
    task = LearningTask(
        compiled.engine, compiled.trainer, training, data, shares, head=model.head(10),
        effort=Effort(training=compiled.circuits_per_sample, evaluation=1),
    )  # fmt: skip
    start = model.initial(np.random.default_rng(2))
    result = task.train("device-1-1", start, np.random.default_rng(3)).result()
    before, after = task.score(start), task.score(result.parameters)
    assert before.loss > math.log(10) - 0.5
    assert after.loss < 1.7
    assert after.accuracy > 0.4  # a tenth would be chance


def test_a_layer_for_other_classes_is_refused_and_the_way_out_named():
    scenario = qfl.Scenario(name="t", model=qfl.VQC(readout=qfl.LinearReadout(classes=10)))
    with pytest.raises(qfl.ScenarioError, match=r"VQC.readout.classes must be 4.* got 10; write readout=LinearReadout"):
        qfl.run(scenario, out="nowhere")
    with pytest.raises(qfl.ScenarioError, match=r"4 at most.* has 10; .*LinearReadout\(classes=10\)"):
        qfl.run(qfl.Scenario(name="t", data=qfl.Digits(classes=TEN)), out="nowhere")
    with pytest.raises(ValueError, match=r"LinearReadout.classes must be >= 2, got 1"):
        qfl.LinearReadout(classes=1)

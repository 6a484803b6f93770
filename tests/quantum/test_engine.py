"""The fast engine's own laws: derivatives, batches, grouping, refusals."""

import subprocess
import sys

import numpy as np
import pytest

from qflsim.quantum.engine import FastEngine
from qflsim.quantum.optimizers import Adam
from qflsim.quantum.readouts import BasisProbabilities, PauliZ
from qflsim.quantum.training import SoftmaxHead, TrainingJob


def job(engine, seed, *, samples=12, steps=5, batch=8, rate=0.05):
    rng = np.random.default_rng(seed)
    data = engine.encode(rng.uniform(0, np.pi, (samples, engine.native.features)))
    labels = rng.integers(0, 2, samples)
    batches = np.array([rng.permutation(samples)[:batch] for _ in range(steps)])
    return TrainingJob(rng.uniform(-1, 1, engine.native.parameters), data, labels, batches, Adam(rate=rate))


@pytest.mark.parametrize("qubits", [2, 3, 5])
def test_gradient_equals_finite_differences(compiled, qubits):
    engine = FastEngine(compiled(None, qubits, 2))
    rng = np.random.default_rng(qubits)
    data = engine.encode(rng.uniform(-3, 3, (6, qubits)))
    labels, theta = rng.integers(0, qubits, 6), rng.uniform(-3, 3, engine.native.parameters)
    _, gradient = engine.loss_and_gradient(theta, data, labels)
    step = 1e-5
    for p in rng.choice(len(theta), 6, replace=False):
        move = np.zeros(len(theta))
        move[p] = step
        high, low = (engine.loss_and_gradient(theta + s * move, data, labels)[0] for s in (1, -1))
        assert gradient[p] == pytest.approx((high - low) / (2 * step), abs=1e-8)


@pytest.mark.parametrize(
    ("readout", "head"),
    [
        (BasisProbabilities(), SoftmaxHead(8)),
        (BasisProbabilities(), SoftmaxHead(10, linear=True)),
        (PauliZ(), SoftmaxHead(4, linear=True)),
    ],
)
def test_gradient_of_other_readouts_equals_finite_differences(compiled, readout, head):
    engine = FastEngine(compiled("manila", 3, 1), readout=readout)
    rng = np.random.default_rng(1)
    data, labels = engine.encode(rng.uniform(-3, 3, (5, 3))), rng.integers(0, head.classes, 5)
    theta = rng.uniform(-1, 1, engine.native.parameters + head.extra_parameters(engine.outputs))
    loss, gradient = engine.loss_and_gradient(theta, data, labels, head=head)
    outputs = engine.expectations(theta, data)
    assert loss == pytest.approx(head.loss(outputs, labels, theta), abs=1e-12)
    for p in rng.choice(len(theta), 8, replace=False):
        move = np.zeros(len(theta))
        move[p] = 1e-5
        high, low = (engine.loss_and_gradient(theta + s * move, data, labels, head=head)[0] for s in (1, -1))
        assert gradient[p] == pytest.approx((high - low) / 2e-5, abs=1e-8)


def test_probabilities_add_up_and_have_the_expectations_as_means(compiled):
    engine = FastEngine(compiled("torino", 3, 1))
    rng = np.random.default_rng(5)
    data, theta = engine.encode(rng.uniform(-3, 3, (4, 3))), rng.uniform(-3, 3, engine.native.parameters)
    chance = engine.probabilities(theta, data).reshape(4, 2, 2, 2)
    assert (chance > 0).all()
    assert np.allclose(chance.sum(axis=(1, 2, 3)), 1.0, atol=1e-12)
    means = [np.moveaxis(chance, 1 + q, 1).sum(axis=(2, 3)) @ [1.0, -1.0] for q in range(3)]
    assert np.allclose(np.stack(means, axis=1), engine.expectations(theta, data), atol=1e-12)


def test_loss_is_that_of_the_head(compiled):
    engine = FastEngine(compiled("manila", 4, 1))
    rng = np.random.default_rng(0)
    data, labels = engine.encode(rng.uniform(-3, 3, (7, 4))), rng.integers(0, 3, 7)
    theta, head = rng.uniform(-3, 3, engine.native.parameters), SoftmaxHead(3)
    loss, _ = engine.loss_and_gradient(theta, data, labels, head=head)
    assert loss == pytest.approx(head.loss(engine.expectations(theta, data), labels), abs=1e-13)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_results_do_not_depend_on_grouping_or_threads(compiled, precision):
    native = compiled("manila", 4, 1)
    engine = FastEngine(native, threads=1, precision=precision)
    jobs = [job(engine, seed, samples=5 + seed, batch=3 + seed % 3) for seed in range(7)]
    head = SoftmaxHead(2)
    together = engine.train(jobs, head=head)
    apart = [engine.train([one], head=head)[0] for one in reversed(jobs)][::-1]
    threaded = FastEngine(native, threads=3, precision=precision).train(jobs[::-1], head=head)[::-1]
    for a, b, c in zip(together, apart, threaded, strict=True):
        assert a.parameters.tobytes() == b.parameters.tobytes() == c.parameters.tobytes()
        assert a.losses.tobytes() == b.losses.tobytes() == c.losses.tobytes()


def test_single_precision_is_single_and_trains_to_nearly_the_same_parameters(compiled):
    double = FastEngine(compiled("manila", 4, 1))
    single = FastEngine(double.native, precision="single")
    expected = double.train([job(double, 3)], head=SoftmaxHead(2))[0]
    found = single.train([job(single, 3)], head=SoftmaxHead(2))[0]
    assert 0.0 < np.abs(found.parameters - expected.parameters).max() < 1e-5
    data = job(double, 3).data  # encoded by the other engine
    assert single.train([job(double, 3)], head=SoftmaxHead(2))[0].parameters.tobytes() == found.parameters.tobytes()
    theta = expected.parameters
    assert 0.0 < np.abs(single.probabilities(theta, data) - double.probabilities(theta, data)).max() < 1e-6


def test_expectations_and_encoding_do_not_depend_on_the_batch(compiled):
    engine = FastEngine(compiled("manila", 4, 1))
    rng = np.random.default_rng(2)
    samples, theta = rng.uniform(-3, 3, (7, 4)), rng.uniform(-3, 3, engine.native.parameters)
    together = engine.expectations(theta, engine.encode(samples))
    apart = np.concatenate([engine.expectations(theta, engine.encode(s[None, :])) for s in samples])
    assert together.tobytes() == apart.tobytes()


def test_padding_is_left_out(compiled):
    engine = FastEngine(compiled(None, 2, 1))
    one = job(engine, 0, steps=1, batch=4)
    batches = np.pad(one.batches, ((0, 0), (0, 3)), constant_values=-1)
    padded = TrainingJob(one.parameters, one.data, one.labels, batches, one.optimizer)
    first, second = engine.train([one, padded], head=SoftmaxHead(2))
    assert first.parameters.tobytes() == second.parameters.tobytes()


def test_training_leaves_its_input_alone_and_lowers_the_loss(compiled):
    engine = FastEngine(compiled("manila", 2, 1))
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, 40)
    data = engine.encode(np.stack([1.0 + labels, rng.uniform(0, 1, 40)], axis=1))
    start = rng.uniform(-1, 1, engine.native.parameters)
    kept = start.copy()
    batches = np.tile(np.arange(40), (60, 1))
    result = engine.train([TrainingJob(start, data, labels, batches, Adam(rate=0.1))], head=SoftmaxHead(2))[0]
    assert start.tobytes() == kept.tobytes()
    assert result.losses[-1] < 0.8 * result.losses[0]


def test_outputs_lie_between_the_readings_of_the_two_outcomes(compiled):
    native = compiled("manila", 4, 1)
    engine = FastEngine(native)
    rng = np.random.default_rng(9)
    read = engine.expectations(rng.uniform(-3, 3, native.parameters), engine.encode(rng.uniform(-3, 3, (20, 4))))
    for k in range(4):
        zero, one = native.readout(k) @ [1.0, -1.0]
        assert zero < 1.0
        assert (read[:, k] < zero).all()
        assert (read[:, k] > one).all()


def test_jobs_that_do_not_fit_are_refused(compiled):
    engine = FastEngine(compiled(None, 2, 1))
    good = job(engine, 0)
    wrong = [
        ({"parameters": np.zeros(3)}, "job.parameters"),
        ({"parameters": np.full(8, np.nan)}, "finite"),
        ({"labels": np.zeros(3, dtype=int)}, "job.labels"),
        ({"labels": np.full(12, 2)}, r"0\.\.1"),
        ({"batches": np.array([[-1, 0]])}, "job.batches"),
        ({"batches": np.array([[0, 12]])}, "job.batches"),
    ]
    fields = {name: getattr(good, name) for name in ("parameters", "data", "labels", "batches", "optimizer")}
    for change, message in wrong:
        with pytest.raises(ValueError, match=message):
            engine.train([TrainingJob(**(fields | change))], head=SoftmaxHead(2))
    with pytest.raises(ValueError, match="3 classes"):
        engine.train([good], head=SoftmaxHead(3))
    with pytest.raises(ValueError, match="threads"):
        FastEngine(engine.native, threads=0)
    with pytest.raises(ValueError, match="precision"):
        FastEngine(engine.native, precision="half")


PROGRAM = """
import numpy as np, pennylane as qml
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import compile_circuit
from qflsim.quantum.snapshots import load_snapshot
def circuit(x, p):
    for q in range(3):
        qml.RY(x[q], wires=q)
        qml.CRX(p[q], wires=[q, (q + 1) % 3])
native = compile_circuit(circuit, qubits=3, features=3, parameters=3, noise=load_snapshot("torino").noise(3))
engine = FastEngine(native)
data = engine.encode(np.linspace(0, 1, 6).reshape(2, 3))
print(engine.expectations(np.array([0.1, 0.2, 0.3]), data).tobytes().hex())
"""


def test_same_bytes_in_every_process(command_environment):
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=command_environment | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1

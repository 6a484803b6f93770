"""What averaging models of devices amounts to, and what labels that are not shared cost it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import qflsim as qfl
from qflsim.learning.aggregation import Update
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import compile_circuit
from qflsim.quantum.training import SoftmaxHead, TrainingJob


@pytest.fixture(scope="module")
def loop():
    """The module of the federated loop that benchmarks/published_learning.py runs."""
    path = Path(__file__).parents[2] / "benchmarks" / "learning_loop.py"
    spec = importlib.util.spec_from_file_location("learning_loop", path)
    module = sys.modules["learning_loop"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("split", [qfl.IID(), qfl.Dirichlet(alpha=0.5), qfl.LabelsPerDevice(labels=1)])
def test_one_full_step_of_every_device_is_one_step_on_all_samples(split):
    # McMahan et al., section 2: FedSGD; the law does not care how samples are scattered
    model, rng = qfl.VQC(qubits=2, layers=1), np.random.default_rng(0)
    data = qfl.Digits(classes=(0, 1), features=2).load(rng)
    engine = FastEngine(compile_circuit(model.circuit, qubits=2, features=2, parameters=model.angles))
    start, head, optimizer = model.initial(rng), SoftmaxHead(2), qfl.SGD(rate=0.5)

    def stepped(rows):
        everything = np.arange(len(rows))[None, :]
        job = TrainingJob(start, engine.encode(data.train_x[rows]), data.train_y[rows], everything, optimizer)
        return engine.train([job], head=head)[0].parameters

    shares = split.split(data.train_y, 4, rng)
    updates = [
        Update(device=str(k), parameters=stepped(rows), samples=len(rows), loss=0.0) for k, rows in enumerate(shares)
    ]
    together = stepped(np.arange(len(data.train_y)))
    np.testing.assert_allclose(qfl.FedAvg().aggregate(start, updates), together, atol=1e-12)
    assert np.abs(together - start).max() > 0.01


def federation(loop, split, seed=0):
    data = qfl.Digits(classes=tuple(range(10)), features=qfl.Pixels()).load(np.random.default_rng(0))
    training = qfl.LocalTraining(batch=10, epochs=4, optimizer=qfl.SGD(rate=0.1, momentum=0.5))
    model = qfl.Perceptron(features=64, hidden=(), outputs=10)
    return loop.Federation(
        model=model, data=data, split=split, training=training, devices=10, chosen=10, seed=seed
    ).until(1.0, limit=3)


def test_fewer_labels_a_device_are_harder(loop):
    # the order that NIID-Bench found, on digits of 8 x 8 pixels
    splits = [qfl.LabelsPerDevice(labels=1), qfl.LabelsPerDevice(labels=2), qfl.IID()]
    best = [max(value for _, value in federation(loop, split)) for split in splits]
    assert best == sorted(best)
    assert best[0] < best[2] - 0.02


def test_a_federation_follows_its_seed(loop):
    first, again, other = (federation(loop, qfl.IID(), seed) for seed in (1, 1, 2))
    assert first == again != other
    assert [number for number, _ in first] == [1, 2, 3]


@pytest.mark.parametrize(
    ("curve", "target", "rounds"),
    [
        ([(1, 0.5), (2, 0.9)], 0.7, 1.5),
        ([(5, 0.5), (10, 0.4), (15, 0.6)], 0.55, 12.5),  # the best so far counts
        ([(1, 0.5)], 0.25, 0.5),
        ([(1, 0.5), (2, 0.6)], 0.7, float("inf")),
    ],
)
def test_rounds_to_an_accuracy(loop, curve, target, rounds):
    assert loop.rounds_to(curve, target) == pytest.approx(rounds)

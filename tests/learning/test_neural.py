"""Training of networks: gradients, steps of the optimizers, and bits that depend on a job alone."""

import numpy as np
import pytest

import qflsim as qfl
from qflsim.learning.neural import NeuralBackend
from qflsim.quantum.training import SoftmaxHead, TrainingJob

SMALL = qfl.Perceptron(features=3, hidden=(5, 4), outputs=3)


def by_hand(network, parameters, x, labels):
    """Loss and gradient of a perceptron, layer by layer in NumPy."""
    arrays, inputs = network.arrays(parameters), [x]
    for weights, biases in zip(arrays[::2], arrays[1::2], strict=True):
        inputs.append(inputs[-1] @ weights + biases)
        if len(inputs) <= len(network.hidden) + 1:
            inputs[-1] = np.maximum(0.0, inputs[-1])
    share = np.exp(inputs[-1] - inputs[-1].max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(share[rows, labels]).mean()
    slope, parts = (share - np.eye(network.outputs)[labels]) / len(labels), []
    for layer in range(len(arrays) // 2 - 1, -1, -1):
        parts = [(inputs[layer].T @ slope).ravel(), slope.sum(axis=0), *parts]
        slope = (slope @ arrays[2 * layer].T) * (inputs[layer] > 0)
    return loss, np.concatenate(parts)


def some_job(network, seed, samples=20, steps=7, batch=6, optimizer=None):
    rng = np.random.default_rng(seed)
    batches = np.stack([rng.permutation(samples)[:batch] for _ in range(steps)])
    batches[-1, batch // 2 :] = -1
    return TrainingJob(
        network.initial(rng), NeuralBackend(network).encode(rng.normal(size=(samples, network.features))),
        rng.integers(0, network.outputs, samples), batches, optimizer or qfl.Adam(rate=0.05),
    )  # fmt: skip


def in_double(job, network):
    data = NeuralBackend(network, precision="double").encode(job.data.values)
    return TrainingJob(job.parameters, data, job.labels, job.batches, job.optimizer)


def head(network):
    return SoftmaxHead(network.outputs)


def test_loss_and_gradient_are_those_of_a_perceptron_written_out():
    rng = np.random.default_rng(5)
    parameters, x, labels = SMALL.initial(rng) + 0.1, rng.normal(size=(11, 3)), rng.integers(0, 3, 11)
    backend = NeuralBackend(SMALL, precision="double")
    loss, gradient = backend.loss_and_gradient(parameters, backend.encode(x), labels)
    expected, slope = by_hand(SMALL, parameters, x, labels)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, atol=1e-13)


@pytest.mark.parametrize(
    "network",
    [
        qfl.ConvNet(side=4, channels=(2,), outputs=3),
        qfl.ConvNet(side=4, channels=(2,), outputs=3, pooling=True, hidden=(4,)),
    ],
)
def test_the_gradient_equals_finite_differences(network):
    rng = np.random.default_rng(6)
    parameters, labels = network.initial(rng) + 0.05, rng.integers(0, 3, 9)
    backend = NeuralBackend(network, precision="double")
    data = backend.encode(rng.random((9, network.features)))

    def loss(point):
        return head(network).loss(backend.expectations(point, data), labels)

    found, gradient = backend.loss_and_gradient(parameters, data, labels)
    assert found == pytest.approx(loss(parameters), rel=1e-12)
    steps = 1e-6 * np.eye(len(parameters))[:: max(1, len(parameters) // 40)]
    differences = [(loss(parameters + step) - loss(parameters - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(gradient[:: max(1, len(parameters) // 40)], differences, atol=2e-9)


@pytest.mark.parametrize("optimizer", [qfl.Adam(rate=0.05), qfl.SGD(rate=0.3), qfl.SGD(rate=0.1, momentum=0.9)])
def test_steps_are_those_of_the_optimizer_in_numpy(optimizer):
    job = in_double(some_job(SMALL, 3, optimizer=optimizer), SMALL)
    result = NeuralBackend(SMALL, precision="double").train([job], head=head(SMALL))[0]
    theta, moments, losses = job.parameters.copy(), np.zeros((2, SMALL.parameters)), []
    for number, batch in enumerate(job.batches, start=1):
        used = batch[batch >= 0]
        loss, gradient = by_hand(SMALL, theta, job.data.values[used], job.labels[used])
        theta = optimizer.step(theta, gradient, moments, number)
        losses.append(loss)
    np.testing.assert_allclose(result.losses, losses, rtol=1e-11)
    np.testing.assert_allclose(result.parameters, theta, atol=1e-11)
    assert result.executions == 0


def test_single_precision_stays_close_to_double():
    job = some_job(SMALL, 4)
    single = NeuralBackend(SMALL).train([job], head=head(SMALL))[0]
    double = NeuralBackend(SMALL, precision="double").train([in_double(job, SMALL)], head=head(SMALL))[0]
    np.testing.assert_allclose(single.parameters, double.parameters, atol=2e-5)
    assert single.losses.dtype == single.parameters.dtype == np.float64


def test_an_optimizer_of_ones_own_steps_too():
    class Halved(qfl.SGD):
        @property
        def rule(self):
            return None

        def step(self, parameters, gradient, moments, step):
            return parameters - 0.5 * self.rate * gradient

    own = some_job(SMALL, 9, optimizer=Halved(rate=0.2))
    stock = some_job(SMALL, 9, optimizer=qfl.SGD(rate=0.1))
    found, expected = (NeuralBackend(SMALL).train([job], head=head(SMALL))[0] for job in (own, stock))
    np.testing.assert_allclose(found.parameters, expected.parameters, atol=1e-6)


@pytest.mark.parametrize("network", [SMALL, qfl.ConvNet(side=4, channels=(2,), outputs=3)])
def test_bits_do_not_depend_on_how_jobs_are_grouped(network):
    """Jobs of different lengths, alone, all together, in another order, and on one thread."""
    jobs = [some_job(network, seed, samples=10 + 5 * seed, steps=3 + seed) for seed in range(4)]

    def bits(results):
        return [result.parameters.tobytes() + result.losses.tobytes() for result in results]

    together = bits(NeuralBackend(network, threads=3).train(jobs, head=head(network)))
    assert bits(NeuralBackend(network, threads=1).train(jobs, head=head(network))) == together
    assert [bits(NeuralBackend(network).train([job], head=head(network)))[0] for job in jobs] == together
    assert bits(NeuralBackend(network).train(jobs[::-1], head=head(network)))[::-1] == together
    assert len(set(together)) == len(jobs)


def test_jobs_that_do_not_fit_are_refused():
    backend, job = NeuralBackend(SMALL), some_job(SMALL, 1)
    with pytest.raises(ValueError, match=r"job.parameters must have shape \(59,\), got \(3,\)"):
        backend.train([TrainingJob(np.zeros(3), job.data, job.labels, job.batches, job.optimizer)], head=head(SMALL))
    with pytest.raises(ValueError, match="a network of 3 outputs has one a class"):
        backend.train([job], head=SoftmaxHead(4))
    with pytest.raises(ValueError, match="parameters must be 59 finite numbers"):
        backend.expectations(np.full(51, np.nan), job.data)

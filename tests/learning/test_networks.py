"""Networks: how many parameters and operations they have, and what they give out."""

import math

import numpy as np
import pytest
from scipy.signal import correlate2d

import qflsim as qfl
from qflsim.learning.neural import NeuralBackend

MCMAHAN = qfl.ConvNet(channels=(32, 64), kernel=5, pooling=True, hidden=(512,), outputs=10)


def outputs(network, parameters, samples):
    backend = NeuralBackend(network, precision="double")
    return backend.expectations(parameters, backend.encode(samples))


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (qfl.Perceptron(), 4 * 10 + 10 + 10 * 4 + 4),
        (qfl.Perceptron(features=784, hidden=(200, 200), outputs=10), 199_210),  # the other network of McMahan et al.
        (qfl.Perceptron(features=4, hidden=(), outputs=3), 15),
        (MCMAHAN, 1_663_370),
        (qfl.ConvNet(), 9 * 8 + 8 + 72 * 16 + 16 + 784 * 10 + 10),
    ],
)
def test_parameters_are_those_of_the_layers(network, parameters):
    assert network.parameters == parameters == len(network.initial(np.random.default_rng(1)))


def test_the_perceptron_has_as_many_parameters_as_the_circuit_beside_it():
    assert abs(qfl.Perceptron().parameters - qfl.VQC(qubits=4, layers=6).parameters) <= 2


def test_operations_are_two_per_multiplication_and_three_times_as_many_with_the_way_back():
    assert qfl.Perceptron().operations == 2 * (40 + 40)
    assert qfl.Perceptron().training_operations == 3 * 160
    strided = 14**2 * 9 * 8 + 7**2 * 72 * 16 + 784 * 10
    pooled = 28**2 * 9 * 8 + 14**2 * 72 * 16 + 784 * 10
    assert (qfl.ConvNet().operations, qfl.ConvNet(pooling=True).operations) == (2 * strided, 2 * pooled)


def test_matrices_begin_uniform_within_the_limit_of_their_shape_and_vectors_at_zero():
    network = qfl.Perceptron(features=200, hidden=(100,), outputs=10)
    first, biases, second, last = network.arrays(network.initial(np.random.default_rng(4)))
    for matrix in (first, second):
        limit = math.sqrt(6 / sum(matrix.shape))
        assert 0.98 * limit < np.abs(matrix).max() <= limit
        assert matrix.var() == pytest.approx(limit**2 / 3, rel=0.1)
    assert not biases.any()
    assert not last.any()


@pytest.mark.parametrize("pooling", [False, True])
def test_a_convolution_is_that_of_scipy(pooling):
    """All convolutions, maxima and layers of one image, written out."""
    network = qfl.ConvNet(side=8, channels=(2, 3), kernel=3, pooling=pooling, hidden=(5,), outputs=4)
    rng = np.random.default_rng(7)
    parameters, image = rng.normal(0, 0.5, network.parameters), rng.random((8, 8))
    arrays, planes = network.arrays(parameters), [image]
    for weights, biases in (arrays[:2], arrays[2:4]):
        kernels = weights.reshape(3, 3, len(planes), -1)
        found = []
        for channel, bias in enumerate(biases):
            full = sum(correlate2d(plane, kernels[:, :, k, channel], mode="same") for k, plane in enumerate(planes))
            half = np.maximum.reduce([full[i::2, j::2] for i in (0, 1) for j in (0, 1)]) if pooling else full[::2, ::2]
            found.append(np.maximum(0.0, half + bias))
        planes = found
    hidden = np.maximum(0.0, np.stack(planes, axis=-1).ravel() @ arrays[4] + arrays[5])
    np.testing.assert_allclose(
        outputs(network, parameters, image.reshape(1, -1))[0], hidden @ arrays[6] + arrays[7], rtol=1e-12
    )


def test_outputs_do_not_depend_on_how_many_samples_are_asked_for():
    network = qfl.Perceptron()
    rng = np.random.default_rng(2)
    parameters, samples = rng.normal(size=94), rng.normal(size=(600, 4))
    np.testing.assert_allclose(
        outputs(network, parameters, samples)[300:301], outputs(network, parameters, samples[300:301])
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": 4}, "ConvNet.kernel must be odd"),
        ({"side": 30}, r"ConvNet.side divisible by 2 for each, got \(8, 16\) and 30"),
        ({"channels": ()}, "ConvNet.channels must be one or more"),
        ({"channels": (8, 0)}, r"ConvNet.channels must be whole numbers >= 1, got \(8, 0\); write e.g."),
        ({"hidden": (0,)}, "ConvNet.hidden must be whole numbers >= 1"),
        ({"outputs": 1}, "ConvNet.outputs must be >= 2"),
    ],
)
def test_a_network_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        qfl.ConvNet(**change)


def test_data_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"784; make them equal, e\.g\. data\.features=4 or model\.features=784"):
        qfl.Perceptron().check_task(features=784, classes=4)
    with pytest.raises(ValueError, match="Perceptron has 4 outputs, one a class, the data set has 10 classes"):
        qfl.Perceptron().check_task(features=4, classes=10)
    with pytest.raises(ValueError, match=r"ConvNet.outputs must be 4, as many as the data set has classes, got 10"):
        qfl.ConvNet().check_task(features=784, classes=4)

"""Classical networks: what a device without a QPU trains, on its processor, in the same rounds."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity
from qflsim.learning.models import Model, glorot_limit

__all__ = ["ConvNet", "Network", "Perceptron"]

MOST_PARAMETERS = 20_000_000
"""Numbers of a model: every device holds one of its own, every server one of each of its devices."""


@dataclass(frozen=True, kw_only=True)
class Network(Model):
    """A classical network: layers of arrays, differentiated by JAX.

    A network of one's own defines ``features``, ``outputs``, ``shapes`` and ``forward``, written with ``jax.numpy``.

    Notes
    -----
    *Scope*: computed in single precision, in which models travel anyway. Matrices begin uniform in
    +-sqrt(6 / (rows + columns)) [1]_, vectors at zero.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
       2010, equation 16.
    """

    @property
    @abstractmethod
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the trained arrays, in the order in which they stand in the parameters."""

    @abstractmethod
    def forward(self, x: Any, arrays: Any) -> Any:
        """Outputs (samples, outputs) of samples ``x`` (samples, features) under trained ``arrays`` of `shapes`."""

    @property
    def parameters(self) -> int:
        """Numbers in all arrays."""
        return sum(math.prod(shape) for shape in self.shapes)

    @property
    def multiplications(self) -> int:
        """Multiplications of one sample on its way forward; by default every entry of a matrix is used once."""
        return sum(math.prod(shape) for shape in self.shapes if len(shape) > 1)

    @property
    def operations(self) -> int:
        """Floating-point operations of one sample on its way forward: a product and a sum per multiplication."""
        return 2 * self.multiplications

    @property
    def training_operations(self) -> int:
        """Floating-point operations of one sample's loss and gradient: the way back takes twice the way forward."""
        return 3 * self.operations

    def arrays(self, parameters: Any) -> list[Any]:
        """The trained arrays in a vector (parameters,)."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        return [
            parameters[end - math.prod(shape) : end].reshape(shape)
            for end, shape in zip(ends.tolist(), self.shapes, strict=True)
        ]

    def initial(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Matrices uniform, vectors zero."""
        return np.concatenate([_initial(shape, rng) for shape in self.shapes])

    def check_task(self, features: int, classes: int) -> None:
        """Refuse data of another number of features or classes, and more parameters than a world has room for."""
        super().check_task(features, classes)
        if self.parameters > MOST_PARAMETERS:
            raise ValueError(
                f"{type(self).__name__} must have <= {MOST_PARAMETERS} parameters (more is too much to simulate), got "
                f"{self.parameters}; use fewer or smaller layers"
            )
        if classes != self.outputs:
            name = type(self).__name__
            raise ValueError(
                f"{name}.outputs must be {classes}, as many as the data set has classes, got {self.outputs}"
            )


def _initial(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    if len(shape) < 2:
        return np.zeros(math.prod(shape))
    limit = glorot_limit(shape[0], shape[-1])
    return rng.uniform(-limit, limit, math.prod(shape))


@dataclass(frozen=True, kw_only=True)
class Perceptron(Network):
    """Fully connected layers with max(0, x) between them.

    Parameters
    ----------
    features:
        Length of a sample.
    hidden:
        Units of each hidden layer; none for softmax regression. The default, 4-10-4, has 94 parameters: next to a
        `VQC` of 4 qubits and 6 layers with its 96.
    outputs:
        Classes.

    Notes
    -----
    *Validation*: loss and gradient equal a perceptron written out in NumPy and finite differences.

    References
    ----------
    .. [1] C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer (2006), chapter 5.
    """

    features: int = quantity(4, at_least=1, advice="write the features of the data set, e.g. 4")
    hidden: tuple[int, ...] = (10,)
    outputs: int = quantity(4, at_least=2, advice="write the number of classes of the data set, e.g. 4")

    def check(self) -> None:
        """Refuse a layer without units."""
        _check_sizes("Perceptron.hidden", self.hidden, "(10,)")

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Weights (inputs, units) and biases (units,) of each layer."""
        return _dense((self.features, *self.hidden, self.outputs))

    def forward(self, x: Any, arrays: Any) -> Any:
        """Layer after layer."""
        return _perceptron(x, arrays)


@dataclass(frozen=True, kw_only=True)
class ConvNet(Network):
    """Convolutions over square grey images, each halving width and height, and fully connected layers behind them.

    A convolution keeps the size (zeros around the image) and max(0, x) follows it. Width and height are halved by a
    stride of two, as in [1]_, or by the maximum of every 2 x 2 pixels, as in [2]_.

    Parameters
    ----------
    side:
        Pixels of a side of the image; a sample has side x side features, row by row.
    channels:
        Channels of each convolution.
    kernel:
        Side of the kernels.
    pooling:
        Whether maxima halve the image, which takes four times the operations, or strides do.
    hidden:
        Units of fully connected layers before the last one.
    outputs:
        Classes.

    Notes
    -----
    *Validation*: ``ConvNet(channels=(32, 64), kernel=5, pooling=True, hidden=(512,), outputs=10)`` has the 1,663,370
    parameters of [2]_; loss and gradient equal finite differences, outputs those of SciPy's correlation.

    References
    ----------
    .. [1] Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural Computation 1, 541
       (1989): convolutions with strides of two and no maxima.
    .. [2] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data", AISTATS
       2017, arXiv:1602.05629, section 3.
    """

    side: int = quantity(28, at_least=4, advice="write the pixels of a side, e.g. 28")
    channels: tuple[int, ...] = (8, 16)
    kernel: int = quantity(3, at_least=1, advice="write an odd number, e.g. 3")
    pooling: bool = False
    hidden: tuple[int, ...] = ()
    outputs: int = quantity(10, at_least=2, advice="write the number of classes of the data set, e.g. 10")

    def check(self) -> None:
        """Refuse even kernels, layers without units, and images that cannot be halved so often."""
        _check_sizes("ConvNet.channels", self.channels, "(8, 16)")
        _check_sizes("ConvNet.hidden", self.hidden, "(512,)")
        if self.kernel % 2 == 0:
            raise ValueError(f"ConvNet.kernel must be odd, so that it has a centre, got {self.kernel}; write e.g. 3")
        if not self.channels or self.side % 2 ** len(self.channels):
            raise ValueError(
                f"ConvNet.channels must be one or more, and ConvNet.side divisible by 2 for each, got {self.channels} "
                f"and {self.side}; 28 pixels can be halved twice"
            )

    @property
    def features(self) -> int:
        """All pixels."""
        return self.side**2

    @property
    def _sides(self) -> list[int]:
        """Sides of the image before each convolution and after the last."""
        return [self.side // 2**layer for layer in range(len(self.channels) + 1)]

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Kernels (kernel x kernel x channels before, channels) and biases, then those of the layers behind."""
        pairs = zip((1, *self.channels), self.channels, strict=False)
        kernels = [shape for before, after in pairs for shape in ((self.kernel**2 * before, after), (after,))]
        return (*kernels, *_dense((self._sides[-1] ** 2 * self.channels[-1], *self.hidden, self.outputs)))

    @property
    def multiplications(self) -> int:
        """A kernel is used at every place that it is computed for."""
        sides = self._sides[:-1] if self.pooling else self._sides[1:]
        places = [side**2 for side in sides]
        matrices = [math.prod(shape) for shape in self.shapes if len(shape) > 1]
        return sum(size * places[layer] if layer < len(places) else size for layer, size in enumerate(matrices))

    def forward(self, x: Any, arrays: Any) -> Any:
        """Convolutions as matrix products over all patches, which XLA computes faster on a CPU than convolutions."""
        import jax

        image, convolutions = x.reshape(-1, self.side, self.side, 1), 2 * len(self.channels)
        for weights, biases in zip(arrays[:convolutions:2], arrays[1:convolutions:2], strict=True):
            image = _patches(image, self.kernel, 1 if self.pooling else 2) @ weights
            image = jax.nn.relu((_largest(image) if self.pooling else image) + biases)
        return _perceptron(image.reshape(image.shape[0], -1), arrays[convolutions:])


def _check_sizes(field: str, sizes: tuple[int, ...], example: str) -> None:
    if any(size < 1 for size in sizes):
        raise ValueError(f"{field} must be whole numbers >= 1, got {sizes!r}; write e.g. {example}")


def _dense(widths: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(shape for before, after in pairwise(widths) for shape in ((before, after), (after,)))


def _perceptron(x: Any, arrays: Any) -> Any:
    import jax

    for weights, biases in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
        x = jax.nn.relu(x @ weights + biases)
    return x @ arrays[-2] + arrays[-1]


def _patches(image: Any, kernel: int, stride: int) -> Any:
    """What a kernel sees at every place, (samples, height, width, kernel x kernel x channels)."""
    import jax.numpy as jnp

    edge, (height, width) = kernel // 2, image.shape[1:3]
    wide = jnp.pad(image, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    rows, columns = range(kernel), range(kernel)
    shifted = [wide[:, i : i + height : stride, j : j + width : stride] for i in rows for j in columns]
    return jnp.concatenate(shifted, axis=-1)


def _largest(image: Any) -> Any:
    """The largest of every 2 x 2 pixels."""
    import jax.numpy as jnp

    halved = jnp.maximum(image[:, ::2], image[:, 1::2])
    return jnp.maximum(halved[:, :, ::2], halved[:, :, 1::2])

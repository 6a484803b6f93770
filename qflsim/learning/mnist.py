"""Handwritten digits of MNIST."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity
from qflsim.learning.datasets import Data, Dataset, as_features, check_classes, draw_subset
from qflsim.learning.features import Features
from qflsim.learning.idx import parse_idx
from qflsim.learning.mnist_files import FILES, read_idx_file

__all__ = ["MNIST"]


@dataclass(frozen=True, kw_only=True)
class MNIST(Dataset):
    """Handwritten digits of 28 x 28 pixels (60,000 for training, 10,000 for testing).

    Parameters
    ----------
    classes:
        The digits to tell apart.
    features:
        What a model sees of an image: a number of principal components, one encoding angle each (`PrincipalAngles`),
        those of `StandardisedAngles`, or `Pixels` for a classical network.
    samples, test_samples:
        Training and test samples kept, drawn at random from those of the classes; ``None`` keeps all.
    folder:
        Where the four files lie; ``None``: the folder in the environment variable ``QFLSIM_DATA``, then the cache
        (``~/.cache/qflsim/mnist``), and if they are in neither they are fetched into the cache.

    Raises
    ------
    FileNotFoundError, ValueError
        By `load`, if a file is nowhere to be had, or is there but damaged.

    Notes
    -----
    *Scope*: the original training and test parts; the projection is fitted on the training samples that are kept.

    *Validation*: SHA-256 of the files, the counts of [1]_ (60,000 and 10,000 images), and the classical ceilings of
    `principal_angles`.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
       Proceedings of the IEEE 86, 2278 (1998).
    """

    classes: tuple[int, ...] = quantity((0, 1, 2, 3), advice="name the digits, e.g. (0, 1, 2)")
    features: int | Features = quantity(
        4, at_least=1, at_most=784, advice="write as many as the model has qubits, e.g. 4, or Pixels()"
    )
    samples: int | None = quantity(None, at_least=2, advice="write e.g. 600, or None for all")
    test_samples: int | None = quantity(None, at_least=2, advice="write e.g. 200, or None for all")
    folder: str | None = None

    def check(self) -> None:
        """Refuse classes that are not two or more digits."""
        check_classes("MNIST", self.classes)

    def load(self, rng: np.random.Generator) -> Data:
        """The digits of the wanted classes, subsets drawn from ``rng``."""
        train_images, train_y = self._part("train", self.samples, "MNIST.samples", rng)
        test_images, test_y = self._part("test", self.test_samples, "MNIST.test_samples", rng)
        train_x, test_x = as_features(self.features).extract(train_images, test_images, 255.0)
        names = tuple(str(digit) for digit in self.classes)
        return Data(train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y, classes=names)

    def _part(
        self, part: str, samples: int | None, name: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Images (samples, 784) and labels of one part."""
        images = parse_idx(read_idx_file(FILES[f"{part}_images"], self.folder), name=f"{part} images", dimensions=3)
        digits = parse_idx(read_idx_file(FILES[f"{part}_labels"], self.folder), name=f"{part} labels", dimensions=1)
        label = np.full(10, -1)
        label[list(self.classes)] = np.arange(len(self.classes))
        wanted = np.flatnonzero(label[digits] >= 0)
        kept = wanted[draw_subset(name, label[digits[wanted]], samples, rng)]
        return images[kept].reshape(len(kept), -1), label[digits[kept]]

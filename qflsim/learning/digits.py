"""Small handwritten digits that come with scikit-learn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity
from qflsim.learning.datasets import Data, Dataset, as_features, check_classes
from qflsim.learning.features import Features

__all__ = ["Digits"]


@dataclass(frozen=True, kw_only=True)
class Digits(Dataset):
    """Handwritten digits of 8 x 8 pixels (1797 in all, 174 to 183 of each).

    Parameters
    ----------
    classes:
        The digits to tell apart.
    test_share:
        Share of each class held out for testing, drawn at random.
    features:
        What a model sees of an image: a number of principal components, one encoding angle each (`PrincipalAngles`),
        those of `StandardisedAngles`, or `Pixels` for a classical network.

    Notes
    -----
    *Scope*: a data set that is there without a network; its digits are easier than those of MNIST.

    *Validation*: sample counts of [1]_; the class shares of both parts agree to one sample.

    References
    ----------
    .. [1] E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository
       (1998), doi:10.24432/C50P49; the test part, as scikit-learn ships it (``sklearn.datasets.load_digits``).
    """

    classes: tuple[int, ...] = quantity((0, 1, 2, 3), advice="name the digits, e.g. (0, 1, 2)")
    test_share: float = quantity(0.2, above=0.0, below=1.0, advice="write a share, e.g. 0.2")
    features: int | Features = quantity(
        4, at_least=1, at_most=64, advice="write as many as the model has qubits, e.g. 4, or Pixels()"
    )

    def check(self) -> None:
        """Refuse classes that are not two or more digits."""
        check_classes("Digits", self.classes)

    def load(self, rng: np.random.Generator) -> Data:
        """The digits of the wanted classes, ``test_share`` of each held out."""
        from sklearn.datasets import load_digits

        images, digits = load_digits(return_X_y=True)
        train, test = _held_out(digits, self.classes, self.test_share, rng)
        train_x, test_x = as_features(self.features).extract(images[train], images[test], 16.0)
        label = np.full(10, -1)
        label[list(self.classes)] = np.arange(len(self.classes))
        return Data(
            train_x=train_x,
            train_y=label[digits[train]],
            test_x=test_x,
            test_y=label[digits[test]],
            classes=tuple(str(digit) for digit in self.classes),
        )


def _held_out(
    digits: NDArray[np.int64], classes: tuple[int, ...], share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the training and of the test samples, in ascending order; each class keeps one of both at least."""
    train, test = [], []
    for digit in classes:
        shuffled = rng.permutation(np.flatnonzero(digits == digit))
        held = min(max(1, round(share * len(shuffled))), len(shuffled) - 1)
        test.append(shuffled[:held])
        train.append(shuffled[held:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))

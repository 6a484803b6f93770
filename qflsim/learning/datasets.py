"""What devices learn from: labelled samples; their features are angles for the circuit's gates, or pixels."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part
from qflsim.learning.features import Features, PrincipalAngles
from qflsim.learning.splits import IID, Split

__all__ = ["Data", "Dataset", "as_features", "check_classes", "draw_subset"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Data:
    """Samples of a data set, ready for a model; the arrays are read-only.

    Parameters
    ----------
    train_x, test_x:
        Features, shape (samples, features): encoding angles [rad] for a circuit, grey values in [0, 1] for a network.
        Single precision is kept, everything else becomes double.
    train_y, test_y:
        Labels 0, 1, ..., len(classes) - 1, shape (samples,).
    classes:
        Name of each label.

    Raises
    ------
    ValueError
        If the shapes do not match, a feature is not finite, a part is empty or a label names no class.
    """

    train_x: NDArray[Any]
    train_y: NDArray[np.int64]
    test_x: NDArray[Any]
    test_y: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            x = getattr(self, f"{part}_x")
            single = isinstance(x, np.ndarray) and x.dtype == np.float32
            x = np.array(x, dtype=np.float32 if single else np.float64)
            y = np.array(getattr(self, f"{part}_y"), dtype=np.int64)
            _check_part(part, x, y, len(self.classes))
            x.flags.writeable = y.flags.writeable = False
            object.__setattr__(self, f"{part}_x", x)
            object.__setattr__(self, f"{part}_y", y)
        if self.train_x.shape[1] != self.test_x.shape[1]:
            shapes = f"{self.train_x.shape} and {self.test_x.shape}"
            raise ValueError(f"Data.train_x and Data.test_x must have the same number of features, got {shapes}")

    @property
    def features(self) -> int:
        """Number of features of a sample."""
        return int(self.train_x.shape[1])


def _check_part(part: str, x: NDArray[Any], y: NDArray[np.int64], classes: int) -> None:
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(y):
        advice = "give (samples, features) and (samples,) with at least one sample"
        raise ValueError(f"Data.{part}_x and Data.{part}_y do not fit: shapes {x.shape} and {y.shape}; {advice}")
    if not np.isfinite(x).all():
        raise ValueError(f"Data.{part}_x must be finite, got NaN or infinity; clean the samples first")
    if y.min() < 0 or y.max() >= classes:
        found = f"{y.min()} to {y.max()}"
        raise ValueError(f"Data.{part}_y must hold labels 0 to {classes - 1}, got {found}; renumber the classes")


@dataclass(frozen=True, kw_only=True)
class Dataset(Part, ABC):
    """A labelled data set, and how it lies scattered over the devices.

    A data set of one's own is a class with one method::

        @dataclass(frozen=True, kw_only=True)
        class Moons(Dataset):
            def load(self, rng):
                x, y = sklearn.datasets.make_moons(500, noise=0.1, random_state=int(rng.integers(2**31)))
                return Data(train_x=x[:400], train_y=y[:400], test_x=x[400:], test_y=y[400:], classes=("a", "b"))

    Parameters
    ----------
    split:
        How the training samples are scattered over the devices.
    """

    split: Split = field(default=IID())

    @abstractmethod
    def load(self, rng: np.random.Generator) -> Data:
        """The samples; ``rng`` decides which are kept or held out for testing, where that is left to chance."""


def as_features(features: int | Features) -> Features:
    """What a data set's ``features`` stand for: a number is that of principal components."""
    return PrincipalAngles(components=features) if isinstance(features, int) else features


def check_classes(owner: str, classes: tuple[int, ...]) -> None:
    """Refuse fewer than two classes, a class named twice, and classes that are not digits."""
    advice = "write e.g. (0, 1, 2, 3)"
    if len(classes) < 2 or len(set(classes)) != len(classes):
        raise ValueError(f"{owner}.classes must name at least two different digits, got {classes!r}; {advice}")
    if not set(classes) <= set(range(10)):
        raise ValueError(f"{owner}.classes must be digits from 0 to 9, got {classes!r}; {advice}")


def draw_subset(
    name: str, labels: NDArray[np.int64], samples: int | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of ``samples`` samples drawn without replacement, in their order; all if ``samples`` is None.

    Raises
    ------
    ValueError
        If more samples are asked for than there are, or a class would be left without a sample.
    """
    if samples is None:
        return np.arange(len(labels), dtype=np.int64)
    if samples > len(labels):
        raise ValueError(f"{name} must be at most {len(labels)}, got {samples}; write None to keep all samples")
    kept = np.sort(rng.choice(len(labels), size=samples, replace=False)).astype(np.int64)
    if len(np.unique(labels[kept])) < len(np.unique(labels)):
        raise ValueError(f"{name}={samples} left a class without a sample; keep more samples")
    return kept

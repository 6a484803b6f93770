"""What devices learn from and how they descend: splits by label, features, steps of optimizers.

References
----------
.. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data", AISTATS 2017,
   arXiv:1602.05629, section 3: 200 shards of 300 samples.
.. [2] Q. Li, Y. Diao, Q. Chen, B. He, "Federated learning on non-IID data silos: an experimental study", ICDE 2022,
   arXiv:2102.02079: a number of labels per party.
.. [3] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 2.
.. [4] scikit-learn, ``StandardScaler`` and ``PCA``.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.features import StandardisedAngles
from qflsim.learning.label_splits import LabelShards, LabelsPerDevice
from qflsim.learning.splits import Dirichlet
from qflsim.quantum.optimizers import SGD, Adam, Optimizer
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]


def comparisons() -> Iterator[Comparison]:
    """Rows on splits, features and optimizers."""
    yield from _splits()
    yield Comparison(
        quantity="standardised components, largest deviation", published=0.0, simulated=_features(), tolerance=1e-9,
        source="scikit-learn", basis="tool",
    )  # fmt: skip
    descents: tuple[tuple[str, Optimizer, int, float, str], ...] = (
        ("Adam, first step on a gradient of 3", Adam(rate=0.01), 1, 0.01 * 3 / (3 + 1e-8), "Kingma, Ba 2015"),
        ("momentum 0.9, steps of a lasting gradient", SGD(rate=0.01, momentum=0.9), 400, 10 * 0.03, "geometric series"),
        ("no momentum, step on a gradient of 3", SGD(rate=0.01), 1, 0.01 * 3, "McMahan et al. 2017"),
    )
    for name, optimizer, steps, published, source in descents:
        yield Comparison(
            quantity=name, published=published, simulated=_last_step(optimizer, steps), tolerance=1e-12,
            basis="formula", source=source,
        )  # fmt: skip


def _splits() -> Iterator[Comparison]:
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat(np.arange(10), 6000))
    shards = LabelShards().split(labels, 100, rng)
    rows = (
        ("samples of a client, two shards of 300", 600, max(map(len, shards)), "McMahan et al. 2017"),
        ("most digits of a client, two shards of 300", 2, max(_known(labels, shards)), "McMahan et al. 2017"),
        ("fewest digits of a client, three per client", 3,
         min(_known(labels, LabelsPerDevice(labels=3).split(labels, 10, rng))), "Li et al. 2022"),
    )  # fmt: skip
    for name, published, simulated, source in rows:
        yield Comparison(
            quantity=name, published=published, simulated=simulated, tolerance=0.0, source=source, basis="value"
        )
    one_class = np.zeros(1000, dtype=np.int64)
    split = Dirichlet(alpha=0.5, minimum=0)
    share = np.array([len(split.split(one_class, 5, rng)[0]) for _ in range(8000)]) / 1000
    yield Comparison(
        quantity="variance of a client's share, alpha 0.5", published=0.2 * 0.8 / 3.5, simulated=float(share.var()),
        tolerance=0.05, relative=True, source="Dirichlet distribution", basis="law",
    )  # fmt: skip


def _known(labels: NDArray[np.int64], parts: list[NDArray[np.int64]]) -> list[int]:
    return [len(np.unique(labels[part])) for part in parts]


def _features() -> float:
    """Largest difference of two components of the digits to scikit-learn's, up to their sign and scale."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    images = load_digits().data
    ours, _ = StandardisedAngles(components=2).extract(images, images[:1], 16.0)
    theirs = PCA(2, svd_solver="full").fit_transform(StandardScaler().fit_transform(images))
    theirs *= np.pi / 2 / np.abs(theirs).max(axis=0) * np.sign((ours * theirs).sum(axis=0))
    return float(np.abs(ours - theirs).max())


def _last_step(optimizer: Optimizer, steps: int) -> float:
    """Length of the last of some steps on a gradient of 3."""
    theta, moments, before = np.zeros(1), np.zeros((2, 1)), np.zeros(1)
    for step in range(1, steps + 1):
        before, theta = theta, optimizer.step(theta, np.full(1, 3.0), moments, step)
    return float(abs(theta - before)[0])

"""How the training samples of a task lie scattered over its devices.

A split covers the samples without overlap, so one device more changes what the others hold; what no split may
depend on is anything but the labels, the number of devices and its own random stream.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["IID", "BalancedDirichlet", "Dirichlet", "Split", "check_enough"]

_DRAWS = 2000  # redraws before a Dirichlet split is given up

Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Split(Part, ABC):
    """A way to scatter samples over clients."""

    @abstractmethod
    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """For each client the indices of its samples, ascending; disjoint, and together all samples.

        Parameters
        ----------
        labels:
            Labels of the training samples, shape (samples,).
        clients:
            Number of clients.
        rng:
            Random stream of the split.

        Raises
        ------
        ValueError
            If the samples do not suffice for the clients.
        """


@dataclass(frozen=True, kw_only=True)
class IID(Split):
    """Every client holds a uniformly random part of the samples, all of the same size up to one sample.

    Notes
    -----
    *Scope*: labels are ignored; class counts follow the multivariate hypergeometric law.

    *Validation*: the IID setting of [1]_ (60,000 shuffled samples, 100 clients of 600).

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, section 3.
    """

    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """Shuffled samples, dealt in equal parts."""
        check_enough(len(labels), clients, 1, "IID")
        return [np.sort(part) for part in np.array_split(rng.permutation(len(labels)), clients)]


@dataclass(frozen=True, kw_only=True)
class Dirichlet(Split):
    """Each class is torn over the clients in random proportions; clients differ in labels and in size.

    For each class k, p_k ~ Dirichlet(alpha, ..., alpha) over the clients, and the shuffled samples of the class are
    cut at the cumulated p_k. Small alpha: few clients hold most of a class; large alpha: IID. As in the published
    code the whole draw is repeated until every client holds ``minimum`` samples.

    Parameters
    ----------
    alpha:
        Concentration; 0.5 is the default of [2]_.
    minimum:
        Fewest samples of a client. The published code asks for 10 of 60,000 samples; the default 2 (an assumption)
        suits the hundreds of samples of a small task.

    Raises
    ------
    ValueError
        If 2000 draws give no client-wise minimum; the law of an accepted draw is conditioned on the minimum.

    Notes
    -----
    *Scope*: label and size skew at once, the class-wise convention; `BalancedDirichlet` is the client-wise one.

    *Validation*: disjoint cover; distance to the class prior vanishes at alpha = 1e6; share of a class that one
    client holds has mean 1/J and variance (1/J)(1 - 1/J)/(J alpha + 1) for J clients.

    References
    ----------
    .. [1] M. Yurochkin et al., "Bayesian nonparametric federated learning of neural networks", ICML 2019,
       arXiv:1905.12022.
    .. [2] Q. Li, Y. Diao, Q. Chen, B. He, "Federated learning on non-IID data silos: an experimental study",
       ICDE 2022, arXiv:2102.02079.
    """

    alpha: float = quantity(0.5, above=0.0, advice="write e.g. 0.5; for equal shares use IID()")
    minimum: int = quantity(2, at_least=0, unit="samples", advice="write e.g. 2")

    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """Every class cut at Dirichlet proportions, redrawn until no client falls short."""
        check_enough(len(labels), clients, self.minimum, "Dirichlet")
        classes, counts = np.unique(labels, return_counts=True)
        for _ in range(_DRAWS):
            shares = rng.dirichlet(np.full(clients, self.alpha), size=len(classes))
            cuts = _cuts(shares, counts)
            if np.diff(cuts, axis=1).sum(axis=0).min() >= self.minimum:
                return _deal(labels, classes, cuts, rng)
        raise ValueError(
            f"Dirichlet(alpha={self.alpha:g}) gave no split of {len(labels)} samples in which each of {clients} "
            f"clients holds {self.minimum}, in {_DRAWS} draws; raise alpha, lower minimum, or use fewer devices"
        )


@dataclass(frozen=True, kw_only=True)
class BalancedDirichlet(Split):
    """Clients of equal size whose class mixtures are drawn at random: label skew without size skew.

    Each client draws q ~ Dirichlet(alpha p) with the class prior p and takes its samples by q without replacement;
    when a class runs out, q is renormalised over the classes that are left.

    Parameters
    ----------
    alpha:
        Concentration: alpha -> 0 gives one class per client while it lasts, alpha -> infinity IID.

    Notes
    -----
    *Scope*: sizes are equal up to one sample; the last clients take what the first have left, so their mixtures are
    less free than the first clients' (so in [1]_, too).

    *Validation*: disjoint cover; one effective class for the first clients at alpha = 1e-3; distance to the prior
    vanishes at alpha = 1e6 up to sampling.

    References
    ----------
    .. [1] T.-M. H. Hsu, H. Qi, M. Brown, "Measuring the effects of non-identical data distribution for federated
       visual classification", arXiv:1909.06335 (2019), section 3.
    """

    alpha: float = quantity(0.5, above=0.0, advice="write e.g. 0.5; for equal shares use IID()")

    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """Client after client takes its samples by its own class mixture."""
        check_enough(len(labels), clients, 1, "BalancedDirichlet")
        classes, left = np.unique(labels, return_counts=True)
        prior = left / len(labels)
        taken = np.zeros((len(classes), clients + 1), dtype=np.int64)
        for client in range(clients):
            size = len(labels) // clients + (client < len(labels) % clients)
            mixture = rng.dirichlet(self.alpha * prior)
            taken[:, client + 1] = _take(size, mixture, left - taken.sum(axis=1), rng)
        return _deal(labels, classes, taken.cumsum(axis=1), rng)


def check_enough(samples: int, clients: int, minimum: int, name: str) -> None:
    """Refuse fewer than one client, and fewer samples than ``minimum`` for each of them."""
    if clients < 1:
        raise ValueError(f"{name} needs at least one client, got {clients}")
    if samples < clients * minimum:
        raise ValueError(
            f"{name} cannot give {minimum} samples to each of {clients} clients out of {samples}; "
            "use fewer devices, more samples, or a smaller minimum"
        )


def _cuts(shares: NDArray[np.float64], counts: Indices) -> Indices:
    """Where each class is cut, shape (classes, clients + 1): 0, floor of the cumulated shares, the class's count."""
    cuts = np.zeros((len(counts), shares.shape[1] + 1), dtype=np.int64)
    cuts[:, 1:] = np.minimum(shares.cumsum(axis=1), 1.0) * counts[:, None]
    cuts[:, -1] = counts  # the shares' sum may round to just below 1
    return cuts


def _deal(labels: Indices, classes: Indices, cuts: Indices, rng: np.random.Generator) -> list[Indices]:
    """Each client's part of every class, the samples of a class shuffled first."""
    shuffled = [rng.permutation(np.flatnonzero(labels == value)) for value in classes]
    clients = cuts.shape[1] - 1
    parts = [[pool[cut[j] : cut[j + 1]] for pool, cut in zip(shuffled, cuts, strict=True)] for j in range(clients)]
    return [np.sort(np.concatenate(part)) for part in parts]


def _take(size: int, mixture: NDArray[np.float64], left: Indices, rng: np.random.Generator) -> Indices:
    """Samples per class of a client that draws ``size`` by ``mixture`` without replacement.

    Draws that hit an empty class are drawn again: the same law as one draw at a time.
    """
    taken = np.zeros_like(left)
    while (missing := size - int(taken.sum())) > 0:
        weight = np.where(left > taken, mixture, 0.0)
        if not weight.sum() > 0.0:  # the mixture is exactly 0 on all classes left: take what there is
            weight = (left - taken).astype(np.float64)
        drawn = rng.multinomial(missing, weight / weight.sum())
        taken += np.minimum(drawn, left - taken)
    return taken

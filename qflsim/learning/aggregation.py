"""How a server makes one model of its devices' models.

Updates are sorted by device first, so that the order of their arrival does not change a single bit of the result.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, ScenarioError, quantity

__all__ = ["Aggregator", "FedAvg", "Krum", "Median", "TrimmedMean", "Update", "aggregated", "krum_order", "mean_loss"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Update:
    """What a device hands to its server after local training.

    Parameters
    ----------
    device:
        Name of the device.
    parameters:
        Its model, shape (parameters,) [rad].
    samples:
        Samples it trained on, as it claims.
    loss:
        Its mean training loss of the last epoch [nat].
    """

    device: str
    parameters: Floats
    samples: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class Aggregator(Part, ABC):
    """A way to make one model of many."""

    @property
    def minimum_updates(self) -> int:
        """Fewest updates it can work with; a server with fewer keeps its model."""
        return 1

    @abstractmethod
    def aggregate(self, parameters: Floats, updates: Sequence[Update]) -> Floats:
        """The new model.

        Parameters
        ----------
        parameters:
            The model that the devices started from, shape (parameters,).
        updates:
            What they handed in, at least `minimum_updates` of them.

        Raises
        ------
        ValueError
            If there are too few updates, or one has another shape or is not finite.
        """

    def stacked(self, parameters: Floats, updates: Sequence[Update]) -> tuple[list[Update], Floats]:
        """The updates by device name, and their models one per row; refuses what cannot be aggregated."""
        name = type(self).__name__
        if len(updates) < self.minimum_updates:
            raise ValueError(f"{name} needs at least {self.minimum_updates} updates, got {len(updates)}")
        ordered = sorted(updates, key=lambda update: update.device)
        for update in ordered:
            if update.parameters.shape != parameters.shape or not np.isfinite(update.parameters).all():
                raise ValueError(
                    f"{name}: the update of {update.device} must be {parameters.shape} finite numbers, "
                    f"got {update.parameters.shape}; drop malformed updates before aggregating"
                )
        return ordered, np.stack([update.parameters for update in ordered])


def aggregated(rule: Aggregator, parameters: Floats, updates: Sequence[Update]) -> Floats:
    """The new model by ``rule``, which may be a user's own.

    Raises
    ------
    ScenarioError
        If what the rule returns is no model of as many finite numbers.
    """
    model = rule.aggregate(parameters, updates)
    if isinstance(model, np.ndarray) and model.shape == parameters.shape and np.isfinite(model).all():
        return model
    shape = f"an array of shape {model.shape}" if isinstance(model, np.ndarray) else f"a {type(model).__name__}"
    got = "numbers that are not finite" if getattr(model, "shape", None) == parameters.shape else shape
    raise ScenarioError(
        f"{type(rule).__name__}.aggregate must return {len(parameters)} finite numbers, one per parameter, got {got}; "
        "check what it returns, e.g. for updates that all lie"
    )


@dataclass(frozen=True, kw_only=True)
class FedAvg(Aggregator):
    """The mean of the models, each weighted by its device's number of samples.

    w = sum over k of (n_k / n) w_k with n = sum over k of n_k.

    Notes
    -----
    *Scope*: a single device can move the result as far as it likes; see `Median`, `TrimmedMean` and `Krum`.

    *Validation*: weighted mean by hand; equal models are returned to the bit.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, algorithm 1.
    """

    def aggregate(self, parameters: Floats, updates: Sequence[Update]) -> Floats:
        """The sample-weighted mean."""
        ordered, models = self.stacked(parameters, updates)
        samples = np.array([update.samples for update in ordered], dtype=np.float64)
        if samples.min() < 0 or not samples.sum() > 0:
            raise ValueError(f"FedAvg needs sample counts >= 0 with a sum > 0, got {samples.astype(int).tolist()}")
        # Deviations from the first model are averaged, so that equal models stay equal to the bit.
        weights = samples / samples.sum()
        return np.asarray(models[0] + (weights[:, None] * (models - models[0])).sum(axis=0))


@dataclass(frozen=True, kw_only=True)
class Median(Aggregator):
    """The median of every parameter by itself.

    Notes
    -----
    *Scope*: sample counts are ignored, for a liar would claim many; withstands fewer than half of the devices.

    *Validation*: hand vectors of [2]_.

    References
    ----------
    .. [1] D. Yin, Y. Chen, K. Ramchandran, P. Bartlett, "Byzantine-robust distributed learning: towards optimal
       statistical rates", ICML 2018, arXiv:1803.01498.
    .. [2] D. J. Beutel et al., "Flower: a friendly federated learning framework", arXiv:2007.14390; the unit tests
       of its aggregation functions.
    """

    def aggregate(self, parameters: Floats, updates: Sequence[Update]) -> Floats:
        """The coordinate-wise median."""
        _, models = self.stacked(parameters, updates)
        return np.asarray(np.median(models, axis=0))


@dataclass(frozen=True, kw_only=True)
class TrimmedMean(Aggregator):
    """The mean of every parameter after its largest and smallest values are cut off.

    Of m values, floor(share m) are dropped at each end.

    Parameters
    ----------
    share:
        Share dropped at each end; at least the share of faulty devices one wants to withstand. The default 0.25 is
        that of the hand vectors of [2]_.

    Notes
    -----
    *Scope*: sample counts are ignored, as in `Median`.

    *Validation*: hand vectors of [2]_, e.g. 1.5 for 0.5, 1, 2, 100.

    References
    ----------
    .. [1] D. Yin, Y. Chen, K. Ramchandran, P. Bartlett, "Byzantine-robust distributed learning: towards optimal
       statistical rates", ICML 2018, arXiv:1803.01498.
    .. [2] D. J. Beutel et al., "Flower: a friendly federated learning framework", arXiv:2007.14390; the unit tests
       of its aggregation functions.
    """

    share: float = quantity(0.25, at_least=0.0, below=0.5, advice="write e.g. 0.25")

    def aggregate(self, parameters: Floats, updates: Sequence[Update]) -> Floats:
        """The coordinate-wise trimmed mean."""
        _, models = self.stacked(parameters, updates)
        cut = int(self.share * len(models))
        kept = np.sort(models, axis=0)[cut : len(models) - cut]
        return np.asarray(kept[0] + (kept - kept[0]).mean(axis=0))


@dataclass(frozen=True, kw_only=True)
class Krum(Aggregator):
    """The models that lie closest to their neighbours; all others are ignored.

    Of m models each is scored by the sum of its squared distances to its m - faulty - 2 nearest neighbours; the mean
    of the ``kept`` models with the smallest scores is returned (Multi-Krum for more than one).

    Parameters
    ----------
    faulty:
        Faulty devices to withstand; m >= 2 faulty + 3 updates are needed.
    kept:
        Models averaged.

    Notes
    -----
    *Scope*: sample counts are ignored; ties go to the first device by name.

    *Validation*: hand vectors of [2]_.

    References
    ----------
    .. [1] P. Blanchard, E. M. El Mhamdi, R. Guerraoui, J. Stainer, "Machine learning with adversaries: Byzantine
       tolerant gradient descent", NeurIPS 2017.
    .. [2] D. J. Beutel et al., "Flower: a friendly federated learning framework", arXiv:2007.14390; the unit tests
       of its aggregation functions.
    """

    faulty: int = quantity(1, at_least=0, advice="write e.g. 1")
    kept: int = quantity(1, at_least=1, advice="write 1, or more for Multi-Krum")

    @property
    def minimum_updates(self) -> int:
        """2 faulty + 3, and at least as many as are kept."""
        return max(2 * self.faulty + 3, self.kept)

    def aggregate(self, parameters: Floats, updates: Sequence[Update]) -> Floats:
        """The mean of the best-scored models."""
        _, models = self.stacked(parameters, updates)
        best = models[krum_order(models, self.faulty)[: self.kept]]
        return np.asarray(best[0] + (best - best[0]).mean(axis=0))


def krum_order(models: Floats, faulty: int) -> NDArray[np.int64]:
    """Rows of ``models`` (models, parameters) from the best Krum score to the worst, ties in their order.

    At least one neighbour is counted, however few models there are.
    """
    neighbours = max(1, len(models) - faulty - 2)
    # Direct differences: the usual expansion of the square loses the small distances between close models.
    squares = np.stack([((models - model) ** 2).sum(axis=1) for model in models])
    scores = np.sort(squares, axis=1)[:, 1 : neighbours + 1].sum(axis=1)
    return np.argsort(scores, kind="stable")


def mean_loss(updates: Sequence[Update]) -> float:
    """Mean training loss [nat] of the updates, each weighted by its device's samples; NaN without any."""
    samples = sum(update.samples for update in updates)
    return sum(update.samples * update.loss for update in updates) / samples if samples else float("nan")

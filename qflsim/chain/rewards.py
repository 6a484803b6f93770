"""How a reward is divided among those who earned it: in whole grains, so that nothing is lost to rounding."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from qflsim.checks import Part

__all__ = [
    "GRAINS_PER_UNIT", "EqualReward", "RewardByContribution", "RewardBySamples", "RewardRule", "Work", "divided",
    "grains", "units_of",
]  # fmt: skip

GRAINS_PER_UNIT = 1_000_000
"""Grains in one unit of a chain's own money, the least amount that there is (design choice)."""


def grains(amount: float) -> int:
    """An amount of money in whole grains."""
    return round(amount * GRAINS_PER_UNIT)


def units_of(amount: int) -> float:
    """Grains as an amount of money; `grains` makes the same number of it again."""
    return amount / GRAINS_PER_UNIT


def divided(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` grains in proportion to ``weights``, to the last grain: the method of largest remainders.

    Each gets the whole grains of its share; those left go to the largest fractions, of equal ones to the first. Weights
    that are all 0 count as equal. No share differs by a grain or more from the exact one.

    Raises
    ------
    ValueError
        If there are grains and nobody to get them, or a weight is negative.
    """
    if not weights:
        if total:
            raise ValueError(f"total must be 0 where nobody gets a share, got {total}")
        return []
    if min(weights) < 0.0:
        raise ValueError(f"weights must be >= 0, got {min(weights)!r}")
    scale = max(weights)
    parts = [weight / scale for weight in weights] if scale > 0.0 else [1.0] * len(weights)
    # in whole numbers from here on, for a float would lose grains of a large total
    whole = [round(part * 2**52) for part in parts]
    all_parts = sum(whole)
    quotients = [divmod(total * part, all_parts) for part in whole]
    shares = [quotient for quotient, _ in quotients]
    by_remainder = sorted(range(len(whole)), key=lambda i: (-quotients[i][1], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


@dataclass(frozen=True)
class Work:
    """What a device did in a round, as it stands on the chains.

    Parameters
    ----------
    device, server:
        Who, and for whom.
    samples:
        Training samples, as its signed update states them.
    contribution:
        What its server measured, in [0, 1], as its verdict states it.
    """

    device: str
    server: str
    samples: int
    contribution: float


@dataclass(frozen=True, kw_only=True)
class RewardRule(Part, ABC):
    """A way to divide a round's reward among the devices whose updates are in the global model."""

    @abstractmethod
    def weights(self, work: Sequence[Work]) -> list[float]:
        """What each of them weighs, >= 0, in their order; only ratios matter. It must follow from ``work`` alone."""


@dataclass(frozen=True, kw_only=True)
class EqualReward(RewardRule):
    """Every device gets as much."""

    def weights(self, work: Sequence[Work]) -> list[float]:
        """All one."""
        return [1.0] * len(work)


@dataclass(frozen=True, kw_only=True)
class RewardBySamples(RewardRule):
    """A device gets as much as it weighs in the average of FedAvg [1]_: in proportion to its samples.

    *Scope*: samples are what the device claims.

    *Validation*: shares are the weights n_k / n of FedAvg, to a grain.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, algorithm 1.
    """

    def weights(self, work: Sequence[Work]) -> list[float]:
        """The samples."""
        return [float(item.samples) for item in work]


@dataclass(frozen=True, kw_only=True)
class RewardByContribution(RewardRule):
    """A device gets as much as its server measured its contribution to be, per sample.

    The measure is how well its change of the model points where the aggregate of all points (the trust score of
    FLTrust [1]_, with another reference), and it weighs the samples as that score weighs updates there.

    References
    ----------
    .. [1] X. Cao, M. Fang, J. Liu, N. Z. Gong, "FLTrust: Byzantine-robust federated learning via trust bootstrapping",
       NDSS 2021, arXiv:2012.13995.
    """

    def weights(self, work: Sequence[Work]) -> list[float]:
        """Contribution times samples."""
        return [item.contribution * item.samples for item in work]

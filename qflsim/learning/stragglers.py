"""Devices that take longer than others: slower machines, and jobs that queue behind those of other users.

References
----------
.. [1] F. Lai et al., "FedScale: benchmarking model and system performance of federated learning at scale", ICML 2022,
   arXiv:2105.11367: device speeds spread over more than an order of magnitude, with a long tail.
.. [2] K. Lee, M. Lam, R. Pedarsani, D. Papailiopoulos, K. Ramchandran, "Speeding up distributed machine learning using
   codes", IEEE Trans. Inf. Theory 64, 1514 (2018), arXiv:1512.02673: shifted-exponential run times.
"""

import math
from abc import ABC
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity

__all__ = ["EqualSpeeds", "LognormalSpeeds", "QueueingDelays", "Speeds"]


@dataclass(frozen=True, kw_only=True)
class Speeds(Part, ABC):
    """How much longer than the QPU's or processor's model says a device's jobs take; both verbs may be left out."""

    def slowdown(self, rng: np.random.Generator) -> float:
        """Factor > 0 on the time of all jobs of one device, drawn once."""
        return 1.0

    def queueing(self, rng: np.random.Generator) -> float:
        """Time [s] that one job queues before it starts, drawn for every training."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class EqualSpeeds(Speeds):
    """All devices are as fast as the QPU model says.

    *Validation*: nothing is drawn, nothing changes.
    """


@dataclass(frozen=True, kw_only=True)
class LognormalSpeeds(Speeds):
    """A device's jobs take exp(N(0, sigma)) times as long as the QPU model says: half of the devices are slower.

    Parameters
    ----------
    sigma:
        Standard deviation of the logarithm. An assumption: 0.8, with which the slowest and the fastest tenth of the
        devices are a factor of about 8 apart, of the order of what is measured on phones [1]_; nobody has measured a
        fleet of QPUs.

    *Scope*: the whole job is stretched, its energy with it; classical processors and links are not.

    *Validation*: median 1, mean exp(sigma^2 / 2).

    References
    ----------
    .. [1] F. Lai et al., "FedScale", ICML 2022, arXiv:2105.11367.
    """

    sigma: float = quantity(0.8, at_least=0.0, at_most=3.0, advice="write e.g. 0.8")

    def slowdown(self, rng: np.random.Generator) -> float:
        """One draw."""
        return math.exp(self.sigma * float(rng.standard_normal()))


@dataclass(frozen=True, kw_only=True)
class QueueingDelays(Speeds):
    """Every training queues for an exponential time before it starts: the shifted-exponential model of stragglers [1]_.

    Parameters
    ----------
    mean:
        Mean of that time [s]. An assumption: 60 s; public queues of quantum clouds take minutes to hours.

    *Scope*: the QPU is held meanwhile by the jobs of others, at no cost to the device's owner beyond its idle plant.

    *Validation*: the k-th of n comes after the sum over i < k of mean / (n - i).

    References
    ----------
    .. [1] K. Lee et al., IEEE Trans. Inf. Theory 64, 1514 (2018), arXiv:1512.02673.
    """

    mean: float = quantity(60.0, unit="s", at_least=0.0, advice="give it in seconds, e.g. 60 * s")

    def queueing(self, rng: np.random.Generator) -> float:
        """One draw."""
        return float(rng.exponential(self.mean)) if self.mean else 0.0

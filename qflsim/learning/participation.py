"""When a server goes on with the updates that it has, and what becomes of those that come later.

Devices train at different speeds. A server that waits for all of them is as slow as the slowest; one that does not must
say what it does with the rest. What is decided here is pure: how many updates are enough, how long to wait, whether
devices that are late go on, and as which model a late update counts.

References
----------
.. [1] K. Bonawitz et al., "Towards federated learning at scale: system design", MLSys 2019, arXiv:1902.01046: rounds
   that end with the first k of more devices selected, or at a deadline.
.. [2] C. Xie, S. Koyejo, I. Gupta, "Asynchronous federated optimization", arXiv:1903.03934 (2019), algorithm 1.
.. [3] J. Nguyen et al., "Federated learning with buffered asynchronous aggregation", AISTATS 2022, arXiv:2106.06639,
   algorithm 1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.learning.staleness import PolynomialWeight, Staleness

__all__ = ["Asynchronous", "Buffered", "Deadline", "FirstK", "Participation", "Synchronous"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Participation(Part, ABC):
    """A rule for how many updates make a round, and what late ones are worth.

    Attributes
    ----------
    counts_stale:
        Whether updates of earlier rounds count towards those that are enough.
    """

    counts_stale = False

    @abstractmethod
    def enough(self, devices: int) -> int:
        """Updates with which a server goes on, of ``devices`` that train for it; all of them at most."""

    def patience(self, update_deadline: float) -> float:
        """Time [s] after the selection at which a server goes on with what it has."""
        return update_deadline

    @property
    def oldest(self) -> int:
        """Largest staleness [rounds] with which an update is still used; 0 breaks late devices off."""
        return 0

    def weight(self, staleness: int) -> float:
        """Factor on what an update of this staleness counts."""
        return 1.0

    def counted(self, current: Floats, start: Floats, trained: Floats, staleness: int) -> Floats:
        """The model as which an update counts in an aggregate of models that start from ``current``.

        Parameters
        ----------
        current:
            The server's model now, shape (parameters,).
        start, trained:
            The model that the device was given, and what it made of it.
        staleness:
            Rounds since the device was given it.

        Returns
        -------
        array
            ``current`` + `weight` (trained - start): a change made to another model, put on this one; ``trained``
            itself if it is not stale.
        """
        return trained if staleness == 0 else current + self.weight(staleness) * (trained - start)


@dataclass(frozen=True, kw_only=True)
class Synchronous(Participation):
    """All selected devices are waited for, up to the update deadline; whoever is late is broken off.

    *Validation*: the order statistic of the last of n exponential stragglers.
    """

    def enough(self, devices: int) -> int:
        """All."""
        return devices


@dataclass(frozen=True, kw_only=True)
class _KeepsLate(Participation):
    """Late devices go on, and what they hand in is used in a later round, by its staleness.

    Parameters
    ----------
    staleness:
        What late updates are worth.
    longest:
        Largest staleness [rounds] with which an update is still used; a device that takes longer is broken off. An
        assumption: 10 rounds, of which nothing is left to gain at a weight of 0.3.
    """

    staleness: Staleness = PolynomialWeight()
    longest: int = quantity(10, at_least=0, advice="write a number of rounds, 0 to break late devices off")

    @property
    def oldest(self) -> int:
        """`longest`."""
        return self.longest

    def weight(self, staleness: int) -> float:
        """That of the rule."""
        return self.staleness.weight(staleness)


@dataclass(frozen=True, kw_only=True)
class FirstK(_KeepsLate):
    """A server goes on with the first k updates of a round that its leader holds; late ones come into a later round.

    Parameters
    ----------
    k:
        Updates of this round that are enough; all of them if fewer devices were selected.
    staleness, longest:
        What late updates are worth, and when a late device is broken off; with ``longest=0`` at once, as in [1]_.

    *Scope*: a late update is used in the first round whose leader holds it in time, beside the k.

    *Validation*: the k-th of n exponential stragglers comes after the sum over i < k of 1 / (rate (n - i)).

    References
    ----------
    .. [1] K. Bonawitz et al., "Towards federated learning at scale: system design", MLSys 2019, arXiv:1902.01046.
    """

    k: int = quantity(at_least=1, advice="write the number of updates that are enough, e.g. 3")

    def enough(self, devices: int) -> int:
        """k, or all of fewer."""
        return min(self.k, devices)


@dataclass(frozen=True, kw_only=True)
class Deadline(_KeepsLate):
    """A server goes on at a fixed time after the selection, or when all updates are there; late ones come later.

    Parameters
    ----------
    seconds:
        That time [s], in place of ``Scenario.update_deadline``.
    staleness, longest:
        What late updates are worth, and when a late device is broken off.

    *Validation*: share of exponential stragglers within the time, 1 - exp(-rate t).
    """

    seconds: float = quantity(unit="s", above=0, advice="give it in seconds, e.g. 60 * s")

    def enough(self, devices: int) -> int:
        """All."""
        return devices

    def patience(self, update_deadline: float) -> float:
        """`seconds`."""
        return self.seconds


@dataclass(frozen=True, kw_only=True)
class Buffered(_KeepsLate):
    """A server goes on when its buffer holds k updates, of whatever rounds; devices at work go on meanwhile.

    In the manner of FedBuff [1]_: a change counts by its staleness, w <- w + rate sum over the buffer of
    s(staleness) (trained - start), averaged by ``Scenario.aggregation``.

    Parameters
    ----------
    k:
        Size of the buffer; 10 in [1]_.
    rate:
        The server's rate; 1 takes the mean change as it is.
    staleness, longest:
        What stale updates are worth, and when a device is broken off.

    *Scope*: one buffer per server and round, emptied into a block of the LMUC; between rounds nothing is aggregated.
    The mean is that of the aggregator: `FedAvg` weighs by samples where [1]_ weighs all alike.

    *Validation*: for equal samples the update of [1]_, algorithm 1.

    References
    ----------
    .. [1] J. Nguyen et al., "Federated learning with buffered asynchronous aggregation", AISTATS 2022,
       arXiv:2106.06639.
    """

    counts_stale = True

    k: int = quantity(10, at_least=1, advice="write the number of updates that are enough, e.g. 3")
    rate: float = quantity(1.0, above=0.0, advice="write e.g. 1")

    def enough(self, devices: int) -> int:
        """k, or all of fewer."""
        return min(self.k, devices)

    def counted(self, current: Floats, start: Floats, trained: Floats, staleness: int) -> Floats:
        """The change, by staleness and rate, put on the current model."""
        factor = self.rate * self.weight(staleness)
        return trained if staleness == 0 and factor == 1.0 else current + factor * (trained - start)


@dataclass(frozen=True, kw_only=True)
class Asynchronous(_KeepsLate):
    """A server goes on with every single update, and moves its model towards it by a share that falls with staleness.

    In the manner of FedAsync [1]_: w <- (1 - alpha) w + alpha trained with alpha = share s(staleness).

    Parameters
    ----------
    share:
        alpha of a fresh update; 0.6 in the experiments of [1]_ (from memory).
    staleness, longest:
        How the share falls, and when a device is broken off.

    *Scope*: a server's step is a round: one update, one block of the LMUC, one mixing between servers. Updates that
    come meanwhile wait for the next; several that wait come into one block, and their models are averaged.

    *Validation*: the weights and the step of [1]_, algorithm 1.

    References
    ----------
    .. [1] C. Xie, S. Koyejo, I. Gupta, "Asynchronous federated optimization", arXiv:1903.03934 (2019).
    """

    counts_stale = True

    share: float = quantity(0.6, above=0.0, at_most=1.0, advice="write a share, e.g. 0.6")

    def enough(self, devices: int) -> int:
        """One, if there is a device."""
        return min(1, devices)

    def weight(self, staleness: int) -> float:
        """Alpha."""
        return self.share * self.staleness.weight(staleness)

    def counted(self, current: Floats, start: Floats, trained: Floats, staleness: int) -> Floats:
        """The current model, moved towards the trained one."""
        return current + self.weight(staleness) * (trained - current)

"""How much an update still counts when the model it was trained from is no longer the current one.

The staleness of an update is the number of rounds between the one whose model it was trained from and the one in which
it is used: 0 for an update of the same round.

References
----------
.. [1] C. Xie, S. Koyejo, I. Gupta, "Asynchronous federated optimization", arXiv:1903.03934 (2019), section 5.2:
   constant, polynomial and hinge.
.. [2] J. Nguyen et al., "Federated learning with buffered asynchronous aggregation", AISTATS 2022, arXiv:2106.06639:
   1 / sqrt(1 + staleness), the polynomial with exponent 1/2.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["ConstantWeight", "HingeWeight", "PolynomialWeight", "Staleness"]


@dataclass(frozen=True, kw_only=True)
class Staleness(Part, ABC):
    """A weight that falls, or does not, with the staleness of an update."""

    @abstractmethod
    def weight(self, staleness: int) -> float:
        """Factor in [0, 1] on what an update of this staleness (rounds, >= 0) counts; 1 for staleness 0."""


@dataclass(frozen=True, kw_only=True)
class ConstantWeight(Staleness):
    """s(t) = 1: late updates count as much as others.

    *Validation*: as published, with the other two.
    """

    def weight(self, staleness: int) -> float:
        """1."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class PolynomialWeight(Staleness):
    """s(t) = (1 + t)^-a.

    Parameters
    ----------
    exponent:
        a; 0.5 in the experiments of both papers at the head of this page.

    *Validation*: s(3) = 1/2 at a = 1/2.
    """

    exponent: float = quantity(0.5, at_least=0.0, advice="write e.g. 0.5")

    def weight(self, staleness: int) -> float:
        """The power."""
        return float((1.0 + staleness) ** -self.exponent)


@dataclass(frozen=True, kw_only=True)
class HingeWeight(Staleness):
    """s(t) = 1 up to a staleness b, 1 / (a (t - b) + 1) beyond.

    Parameters
    ----------
    slope:
        a; 10 in the experiments of FedAsync (from memory).
    grace:
        b [rounds]; 4 in the experiments of FedAsync (from memory).

    *Validation*: s(4) = 1 and s(5) = 1/11 at the default.
    """

    slope: float = quantity(10.0, at_least=0.0, advice="write e.g. 10")
    grace: int = quantity(4, at_least=0, advice="write a number of rounds, e.g. 4")

    def weight(self, staleness: int) -> float:
        """1, then a hyperbola."""
        return 1.0 if staleness <= self.grace else 1.0 / (self.slope * (staleness - self.grace) + 1.0)

"""How the reputation of a device follows what a contract saw it do, round after round."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["BetaReputation", "ReputationRule", "SmoothedReputation"]

Memory = tuple[float, ...]
"""What a rule remembers of a node; as long as the rule likes."""


@dataclass(frozen=True, kw_only=True)
class ReputationRule(Part, ABC):
    """A way to make an opinion, in [0, 1], of a node's past. All of the past that counts is in the rule's memory."""

    @abstractmethod
    def start(self) -> Memory:
        """The memory of a node that has done nothing yet."""

    @abstractmethod
    def after(self, memory: Memory, good: float, bad: float) -> Memory:
        """The memory after a round in which the node did well by ``good`` and badly by ``bad``, neither below 0."""

    @abstractmethod
    def score(self, memory: Memory) -> float:
        """The opinion, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class BetaReputation(ReputationRule):
    """The beta reputation system: the probability that a node behaves well, as its past makes one expect it.

    Of a node that did well r times and badly s times, the probability of doing well is distributed as
    Beta(r + 1, s + 1), with the mean

        score = (r + 1) / (r + s + 2),

    1/2 for a stranger. Each round r <- forgetting r + good and s <- forgetting s + severity bad [1]_. In the words of
    subjective logic, belief b = r / (r + s + 2) and uncertainty u = 2 / (r + s + 2) give the same score, b + u / 2,
    which is how federated learning over blockchains has used it [2]_.

    Parameters
    ----------
    forgetting:
        How much of the past is kept from round to round, lambda in [1]_: 0 keeps the last round alone, 1 all.
        An assumption: 0.9, half after seven rounds.
    severity:
        Weight of bad behaviour; of good it is 1. In [2]_ bad weighs more (there 0.6 against 0.4; from memory).

    Notes
    -----
    *Scope*: one opinion that all share, formed from what stands on the chains. Opinions of single servers, and how they
    would be discounted and joined, are left out.

    *Validation*: seven good and one bad make 0.8, the example of [1]_; n good rounds make r = (1 - lambda^n) /
    (1 - lambda).

    References
    ----------
    .. [1] A. Josang, R. Ismail, "The beta reputation system", 15th Bled Electronic Commerce Conference (2002).
    .. [2] J. Kang, Z. Xiong, D. Niyato, S. Xie, J. Zhang, "Incentive mechanism for reliable federated learning: a
       joint optimization approach to combining reputation and contract theory", IEEE Internet of Things Journal 6
       (2019) 10700, doi:10.1109/JIOT.2019.2940820.
    """

    forgetting: float = quantity(0.9, at_least=0.0, at_most=1.0, advice="write a share, e.g. 0.9")
    severity: float = quantity(1.5, above=0.0, advice="write a weight, e.g. 1.5")

    def start(self) -> Memory:
        """Nothing good, nothing bad."""
        return (0.0, 0.0)

    def after(self, memory: Memory, good: float, bad: float) -> Memory:
        """Old counts fade, new ones are added."""
        r, s = memory
        return (self.forgetting * r + good, self.forgetting * s + self.severity * bad)

    def score(self, memory: Memory) -> float:
        """The mean of the beta distribution."""
        r, s = memory
        return (r + 1.0) / (r + s + 2.0)


@dataclass(frozen=True, kw_only=True)
class SmoothedReputation(ReputationRule):
    """Exponential smoothing: score <- (1 - smoothing) score + smoothing good / (good + bad).

    Parameters
    ----------
    initial:
        Score of a node that has done nothing yet; the middle of the scale.
    smoothing:
        Weight of the newest round. An assumption: 0.3 forgets half of the past in two rounds.

    Notes
    -----
    *Validation*: after k equal rounds of value c, score - c = (1 - smoothing)^k (initial - c).

    References
    ----------
    .. [1] R. G. Brown, *Smoothing, Forecasting and Prediction of Discrete Time Series*, Prentice-Hall (1963).
    """

    initial: float = quantity(0.5, at_least=0.0, at_most=1.0, advice="write e.g. 0.5")
    smoothing: float = quantity(0.3, above=0.0, at_most=1.0, advice="write e.g. 0.3")

    def start(self) -> Memory:
        """The initial score."""
        return (self.initial,)

    def after(self, memory: Memory, good: float, bad: float) -> Memory:
        """The score moves towards the share of good in this round."""
        if good + bad <= 0.0:
            return memory
        return ((1.0 - self.smoothing) * memory[0] + self.smoothing * good / (good + bad),)

    def score(self, memory: Memory) -> float:
        """The score itself."""
        return memory[0]

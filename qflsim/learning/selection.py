"""Which devices a server lets train in a round, and how it measures how well they did."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = [
    "AllDevices", "Candidate", "RandomSelection", "ReputationSelection", "Requirement", "Selection", "alignment",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What a server knows of a device that could train.

    Parameters
    ----------
    name:
        Name of the device.
    samples:
        Training samples it holds.
    qubits:
        Qubits of its QPU.
    reputation:
        Score in [0, 1] that its behaviour in earlier rounds earned it.
    """

    name: str
    samples: int
    qubits: int
    reputation: float


@dataclass(frozen=True, kw_only=True)
class Requirement(Part):
    """What a task asks of a device.

    Parameters
    ----------
    qubits:
        Qubits its QPU must have.
    samples:
        Training samples it must hold.
    reputation:
        Reputation it must not have fallen below.
    """

    qubits: int = quantity(1, at_least=0, advice="write the model's number of qubits, e.g. 4, or 0 for a network")
    samples: int = quantity(1, at_least=1, advice="write e.g. 1")
    reputation: float = quantity(0.0, at_least=0.0, at_most=1.0, advice="write e.g. 0.2, or 0 for no limit")

    def eligible(self, candidate: Candidate) -> bool:
        """Whether the device meets all three."""
        return (
            candidate.qubits >= self.qubits
            and candidate.samples >= self.samples
            and candidate.reputation >= self.reputation
        )


@dataclass(frozen=True, kw_only=True)
class Selection(Part, ABC):
    """A way to choose the devices of a round; the order in which candidates are listed must not matter."""

    @abstractmethod
    def choose(self, candidates: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """The chosen devices, by name; all candidates given are eligible."""


@dataclass(frozen=True, kw_only=True)
class AllDevices(Selection):
    """Every eligible device trains."""

    def choose(self, candidates: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """All of them."""
        return _by_name(candidates)


@dataclass(frozen=True, kw_only=True)
class RandomSelection(Selection):
    """A random part of the devices trains: max(1, round(share n)) of n, each equally likely.

    Parameters
    ----------
    share:
        Share of the devices, C in [1]_, with its default 0.1.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, algorithm 1.
    """

    share: float = quantity(0.1, above=0.0, at_most=1.0, advice="write a share, e.g. 0.1")

    def choose(self, candidates: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """A uniform draw without replacement."""
        ordered = _by_name(candidates)
        if not ordered:
            return []
        count = max(1, round(self.share * len(ordered)))
        return [ordered[i] for i in np.sort(rng.choice(len(ordered), size=count, replace=False))]


@dataclass(frozen=True, kw_only=True)
class ReputationSelection(Selection):
    """The devices of highest reputation train, and a few others for a chance to earn one.

    Of ``count`` places, round(exploration count) go to devices drawn uniformly from those left after the best have
    been taken; ties in reputation are broken at random.

    Parameters
    ----------
    count:
        Devices chosen (all if there are not more).
    exploration:
        Share of the places given away at random. An assumption: small, in the spirit of the exploration in [1]_.

    Notes
    -----
    *Scope*: reputation alone counts; the speed of a device and its link do not.

    References
    ----------
    .. [1] F. Lai, X. Zhu, H. V. Madhyastha, M. Chowdhury, "Oort: efficient federated learning via guided participant
       selection", OSDI 2021, arXiv:2010.06081: exploitation of the best and exploration of the rest.
    """

    count: int = quantity(5, at_least=1, advice="write the number of devices per round, e.g. 5")
    exploration: float = quantity(0.2, at_least=0.0, at_most=1.0, advice="write a share, e.g. 0.2")

    def choose(self, candidates: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """The best by reputation, then the explored."""
        ordered = _by_name(candidates)
        if len(ordered) <= self.count:
            return ordered
        shuffled = [ordered[i] for i in rng.permutation(len(ordered))]
        ranked = sorted(shuffled, key=lambda candidate: -candidate.reputation)
        best = self.count - round(self.exploration * self.count)
        explored = rng.choice(len(ranked) - best, size=self.count - best, replace=False)
        return _by_name(ranked[:best] + [ranked[best + i] for i in explored])


def alignment(change: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """How well a device's change of the model points where the reference points: max(0, cos of their angle).

    The trust score of FLTrust [1]_; our choice is to take the aggregate of all devices as its reference, where FLTrust
    takes a change computed on clean data of the server. 0 if either change is zero.

    Parameters
    ----------
    change, reference:
        New model minus old model, shape (parameters,).

    References
    ----------
    .. [1] X. Cao, M. Fang, J. Liu, N. Z. Gong, "FLTrust: Byzantine-robust federated learning via trust bootstrapping",
       NDSS 2021, arXiv:2012.13995.
    """
    # Scaled by the largest entry first: squares of tiny changes would underflow.
    units = [vector / peak if (peak := np.abs(vector).max(initial=0.0)) > 0 else None for vector in (change, reference)]
    if units[0] is None or units[1] is None:
        return 0.0
    cosine = units[0] @ units[1] / (np.linalg.norm(units[0]) * np.linalg.norm(units[1]))
    return float(min(max(cosine, 0.0), 1.0))


def _by_name(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: candidate.name)

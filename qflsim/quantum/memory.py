"""Quantum memories: what waiting makes of a pair. A pair is aged when somebody asks for it, not while it waits."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

from .entanglement import BellDiagonal, dephased, depolarised

__all__ = ["DephasingMemory", "DepolarisingMemory", "Memory", "StoredPair"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Memory(Part, ABC):
    """The two memories that hold a pair, one at either end.

    A memory of one's own derives from this class and gives `decayed`. Waiting twice must be waiting once: what a time
    does must not depend on what was before.
    """

    @abstractmethod
    def decayed(self, pair: BellDiagonal, elapsed: float) -> BellDiagonal:
        """What ``elapsed`` [s] in memory at both ends make of ``pair``."""

    def all_decayed(self, pairs: Floats, elapsed: Floats) -> Floats:
        """`decayed` of many pairs, shape (pairs, 4), each after its own time, shape (pairs,).

        One after the other unless a memory knows a quicker way.
        """
        each = zip(pairs.tolist(), elapsed.tolist(), strict=True)
        return np.array([self.decayed(BellDiagonal(*pair), time) for pair, time in each]).reshape(-1, 4)


@dataclass(frozen=True, kw_only=True)
class DepolarisingMemory(Memory):
    """Memories that forget everything: every probability p of a pair becomes 1/4 + (p - 1/4) exp(-t/T).

    Parameters
    ----------
    lifetime:
        Time constant T [s] of the *pair*, both memories together; if each memory alone turns fully mixed with time
        constant T1, T = T1/2. 0.366 s is the coherence that a calcium ion kept while other ions of its node went on
        trying for pairs [1]_; that it holds for the pair and for all kinds of errors alike is an *assumption*.

    References
    ----------
    .. [1] Nat. Commun. (2025), doi:10.1038/s41467-025-67311-5, figure 4: 366 ms with attempts running, 368 ms
       without.

    *Validation*: F(t) = 1/4 + (F(0) - 1/4) exp(-t/T); against depolarizing both qubits of a density matrix.
    """

    lifetime: float = quantity(0.366, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 0.366")

    def decayed(self, pair: BellDiagonal, elapsed: float) -> BellDiagonal:
        """The pair as `depolarised` says."""
        return depolarised(pair, elapsed, self.lifetime)

    def all_decayed(self, pairs: Floats, elapsed: Floats) -> Floats:
        """The same for all at once."""
        kept = np.exp(-elapsed / self.lifetime)[:, np.newaxis]
        return np.asarray(0.25 + (pairs - 0.25) * kept, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class DephasingMemory(Memory):
    """Memories that lose phase only: Phi+ with Phi-, and Psi+ with Psi-, approach each other as exp(-2 t/T2).

    Parameters
    ----------
    coherence:
        Coherence time T2 [s] of *each* memory: exp(-t/T2) is left of its off-diagonal elements. 1.46 s is that of the
        electron of a nitrogen vacancy under dynamical decoupling [1]_ (from memory).

    References
    ----------
    .. [1] M. H. Abobeih et al., "One-second coherence for a single electron spin coupled to a multi-qubit nuclear-spin
       environment", Nat. Commun. 9, 2552 (2018).

    *Scope*: bits that are teleported or read out in the computational basis do not see lost phase at all.

    *Validation*: from Phi+, F(t) = (1 + exp(-2 t/T2))/2; against phase flips of both qubits of a density matrix.
    """

    coherence: float = quantity(1.46, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 1.46")

    def decayed(self, pair: BellDiagonal, elapsed: float) -> BellDiagonal:
        """The pair as `dephased` says."""
        return dephased(pair, elapsed, self.coherence)

    def all_decayed(self, pairs: Floats, elapsed: Floats) -> Floats:
        """The same for all at once."""
        stay = 0.5 * (1.0 + np.exp(-2.0 * elapsed / self.coherence))[:, np.newaxis]
        return np.asarray(stay * pairs + (1.0 - stay) * pairs[:, [1, 0, 3, 2]], dtype=np.float64)


class StoredPair(NamedTuple):
    """A pair in memory. Nothing happens to it as time passes; `at` works out what has."""

    state: BellDiagonal
    """What it was at ``since``."""
    since: float
    """Simulated time [s] from which on it waits."""
    born: float
    """Simulated time [s] at which the first photon of its oldest ingredient left: its age counts from there."""

    def at(self, time: float, memory: Memory) -> BellDiagonal:
        """What it is at simulated ``time`` [s]."""
        return memory.decayed(self.state, time - self.since)

    def expires(self, cutoff: float) -> float:
        """Simulated time [s] at which it is older than ``cutoff`` [s] and is thrown away."""
        return math.inf if cutoff == math.inf else self.born + cutoff

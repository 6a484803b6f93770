"""Entangled pairs: how swapping, purification and waiting change them, and what teleportation makes of them.

A pair is a mixture of the four Bell states. All functions are pure.

References
----------
.. [1] H.-J. Briegel, W. Duer, J. I. Cirac, P. Zoller, "Quantum repeaters: the role of imperfect local operations in
   quantum communication", Phys. Rev. Lett. 81, 5932 (1998).
.. [2] C. H. Bennett, G. Brassard, S. Popescu, B. Schumacher, J. A. Smolin, W. K. Wootters, "Purification of noisy
   entanglement and faithful teleportation via noisy channels", Phys. Rev. Lett. 76, 722 (1996).
.. [3] D. Deutsch, A. Ekert, R. Jozsa, C. Macchiavello, S. Popescu, A. Sanpera, "Quantum privacy amplification and the
   security of quantum cryptography over noisy channels", Phys. Rev. Lett. 77, 2818 (1996).

*Scope*: pairs are diagonal in the Bell basis; whatever is off the diagonal is twirled away, which costs no fidelity.

*Validation*: ladders of swapping, BBPSSW and DEJMPS, and each map against its circuit on density matrices.
"""

import math
from typing import NamedTuple

from .operations import PERFECT, Operations

__all__ = [
    "BellDiagonal", "Purified", "bbpssw", "compared", "dejmps", "dephased", "depolarised", "mixed", "swap", "werner",
    "werner_error_rate",
]  # fmt: skip


class BellDiagonal(NamedTuple):
    """Probabilities of the four Bell states in a pair; they add up to 1."""

    phi_plus: float
    phi_minus: float
    psi_plus: float
    psi_minus: float

    @property
    def fidelity(self) -> float:
        """Probability of Phi+, the state that is wanted."""
        return self.phi_plus


class Purified(NamedTuple):
    """What purification made of two pairs."""

    pair: BellDiagonal
    """The pair that is kept if it succeeds."""
    success: float
    """Probability that it succeeds; otherwise both pairs are lost."""


def werner(fidelity: float) -> BellDiagonal:
    """The pair of ``fidelity`` whose other three Bell states are equally likely."""
    if not 0.0 <= fidelity <= 1.0:
        raise ValueError(f"fidelity must be in [0, 1], got {fidelity!r}; give e.g. 0.95")
    rest = (1.0 - fidelity) / 3.0
    return BellDiagonal(fidelity, rest, rest, rest)


def werner_error_rate(fidelity: float) -> float:
    """Share of wrong bits when both halves of a Werner pair are measured in the same basis: 2 (1 - F)/3."""
    return 2.0 * (1.0 - werner(fidelity).fidelity) / 3.0


def swap(first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> BellDiagonal:
    """The pair left after a Bell measurement on one half of each of two pairs, its outcome corrected [1]_.

    The errors of both add up as Pauli operators do: I+I, Z+Z, X+X and Y+Y cancel. For Werner pairs and perfect
    ``operations`` F = F1 F2 + (1 - F1)(1 - F2)/3. A gate that fails leaves nothing of the pair; a wrong readout makes a
    wrong correction, X by one of the two bits and Z by the other.
    """
    made = mixed(_product(first, second), operations.reliability)
    return made if operations.measurement_error == 0.0 else _product(made, _misread(operations.measurement_error))


def bbpssw(fidelity: float, other: float | None = None, operations: Operations = PERFECT) -> Purified:
    """Purification of two Werner pairs by BBPSSW; the result is twirled to a Werner pair [2]_.

    For two pairs of the same ``fidelity`` F (``other`` left out) and perfect ``operations``
    p = F^2 + 2 F (1 - F)/3 + 5 ((1 - F)/3)^2,  F' = (F^2 + ((1 - F)/3)^2)/p; a gain for F > 1/2.
    """
    pair, success = compared(werner(fidelity), werner(fidelity if other is None else other), operations)
    return Purified(werner(pair.fidelity), success)


def dejmps(first: BellDiagonal, second: BellDiagonal, operations: Operations = PERFECT) -> Purified:
    """Purification of two pairs by DEJMPS: both ends rotate, compare one pair, and keep the other if they agree [3]_.

    With (I, Z, X, Y) for (Phi+, Phi-, Psi+, Psi-), equal pairs and perfect ``operations``: p = (I + Y)^2 + (X + Z)^2,
    I' = (I^2 + Y^2)/p, Z' = 2 I Y/p, X' = (X^2 + Z^2)/p, Y' = 2 X Z/p.

    Raises
    ------
    ValueError
        If the ends can never agree.
    """
    return compared(_rotated(first), _rotated(second), operations)


def compared(first: BellDiagonal, second: BellDiagonal, operations: Operations) -> Purified:
    """Both ends do a CNOT from the first pair to the second, read out the second, and keep the first if they agree.

    The kept pair has the bit of the first and the phases of both; the ends agree if the bits of both pairs cancel.
    If a gate fails at either end nothing is left of the pairs, and the ends agree half of the time. Probabilities may
    be arrays, one entry for each of many pairs.
    """
    i1, z1, x1, y1 = first
    i2, z2, x2, y2 = second
    agree = (i1 * i2 + z1 * z2, i1 * z2 + z1 * i2, x1 * x2 + y1 * y2, x1 * y2 + y1 * x2)
    differ = (i1 * x2 + z1 * y2, i1 * y2 + z1 * x2, x1 * i2 + y1 * z2, x1 * z2 + y1 * i2)
    works, misread = operations.reliability**2, operations.measurement_error
    wrong = 2.0 * misread * (1.0 - misread)  # one of the two readouts, not both
    kept = [
        works * ((1.0 - wrong) * same + wrong * other) + (1.0 - works) / 8.0
        for same, other in zip(agree, differ, strict=True)
    ]
    success = sum(kept)
    if isinstance(success, float) and not success > 0.0:
        raise ValueError("the ends of these two pairs never agree; purification needs pairs of the same kind")
    return Purified(BellDiagonal(*(weight / success for weight in kept)), success)


def _rotated(pair: BellDiagonal) -> BellDiagonal:
    """The pair after opposite quarter turns about x at its ends: Phi- and Psi- change places."""
    return BellDiagonal(pair.phi_plus, pair.psi_minus, pair.psi_plus, pair.phi_minus)


def _product(first: BellDiagonal, second: BellDiagonal) -> BellDiagonal:
    """Probabilities of the products of two random Pauli operators, signs left out."""
    i1, z1, x1, y1 = first
    i2, z2, x2, y2 = second
    return BellDiagonal(
        i1 * i2 + z1 * z2 + x1 * x2 + y1 * y2,
        i1 * z2 + z1 * i2 + x1 * y2 + y1 * x2,
        i1 * x2 + x1 * i2 + z1 * y2 + y1 * z2,
        i1 * y2 + y1 * i2 + z1 * x2 + x1 * z2,
    )


def _misread(error: float) -> BellDiagonal:
    """Pauli operators that two readouts, each wrong with probability ``error``, add to a corrected pair."""
    right = 1.0 - error
    return BellDiagonal(right * right, right * error, error * right, error * error)


def mixed(pair: BellDiagonal, kept: float) -> BellDiagonal:
    """The pair with probability ``kept``, else a fully mixed one."""
    return pair if kept == 1.0 else BellDiagonal(*(0.25 + (p - 0.25) * kept for p in pair))


def depolarised(pair: BellDiagonal, elapsed: float, lifetime: float) -> BellDiagonal:
    """The pair after ``elapsed`` [s] in memories that forget everything with time constant ``lifetime`` [s].

    Every probability p becomes 1/4 + (p - 1/4) exp(-t/T); T is that of the pair, both memories together.
    """
    return mixed(pair, _kept(elapsed, lifetime))


def dephased(pair: BellDiagonal, elapsed: float, lifetime: float) -> BellDiagonal:
    """The pair after ``elapsed`` [s] in two memories that each lose phase with time constant ``lifetime`` T2 [s].

    Phi+ with Phi-, and Psi+ with Psi-, approach each other as exp(-2 t/T2): from Phi+, F = (1 + exp(-2 t/T2))/2.
    """
    stay = 0.5 * (1.0 + _kept(elapsed, lifetime) ** 2)
    i, z, x, y = pair
    return BellDiagonal(
        stay * i + (1.0 - stay) * z,
        stay * z + (1.0 - stay) * i,
        stay * x + (1.0 - stay) * y,
        stay * y + (1.0 - stay) * x,
    )


def _kept(elapsed: float, lifetime: float) -> float:
    """What is left after ``elapsed`` [s] of an exponential decay."""
    if not elapsed >= 0.0:
        raise ValueError(f"elapsed must be >= 0 s, got {elapsed!r}; time does not run backwards")
    if not lifetime > 0.0:
        raise ValueError(f"lifetime must be > 0 s, got {lifetime!r}; give e.g. 1.46, or math.inf for none")
    return math.exp(-elapsed / lifetime)

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
.. [4] M. Horodecki, P. Horodecki, R. Horodecki, "General teleportation channel, singlet fraction, and
   quasidistillation", Phys. Rev. A 60, 1888 (1999).

*Scope*: not wired into a world yet. Gates and measurements are perfect: all imperfection is in the pairs.

*Validation*: ladders of swapping, BBPSSW and DEJMPS, and each map against its circuit on density matrices.
"""

import math
from typing import NamedTuple

__all__ = [
    "BellDiagonal", "Purified", "bbpssw", "dejmps", "dephased", "depolarised", "swap", "teleportation_fidelity",
    "werner", "werner_error_rate",
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


def swap(first: BellDiagonal, second: BellDiagonal) -> BellDiagonal:
    """The pair left after a Bell measurement on one half of each of two pairs, its outcome corrected [1]_.

    The errors of both add up as Pauli operators do: I+I, Z+Z, X+X and Y+Y cancel. For Werner pairs
    F = F1 F2 + (1 - F1)(1 - F2)/3.
    """
    i1, z1, x1, y1 = first
    i2, z2, x2, y2 = second
    return BellDiagonal(
        i1 * i2 + z1 * z2 + x1 * x2 + y1 * y2,
        i1 * z2 + z1 * i2 + x1 * y2 + y1 * x2,
        i1 * x2 + x1 * i2 + z1 * y2 + y1 * z2,
        i1 * y2 + y1 * i2 + z1 * x2 + x1 * z2,
    )


def bbpssw(fidelity: float) -> Purified:
    """Purification of two Werner pairs of equal ``fidelity`` by BBPSSW; the result is twirled to a Werner pair [2]_.

    p = F^2 + 2 F (1 - F)/3 + 5 ((1 - F)/3)^2,  F' = (F^2 + ((1 - F)/3)^2)/p; a gain for F > 1/2.
    """
    rest = werner(fidelity).phi_minus
    success = fidelity**2 + 2.0 * fidelity * rest + 5.0 * rest**2
    return Purified(werner((fidelity**2 + rest**2) / success), success)


def dejmps(first: BellDiagonal, second: BellDiagonal) -> Purified:
    """Purification of two pairs by DEJMPS: both ends rotate, compare one pair, and keep the other if they agree [3]_.

    With (I, Z, X, Y) for (Phi+, Phi-, Psi+, Psi-) and equal pairs: p = (I + Y)^2 + (X + Z)^2, I' = (I^2 + Y^2)/p,
    Z' = 2 I Y/p, X' = (X^2 + Z^2)/p, Y' = 2 X Z/p.

    Raises
    ------
    ValueError
        If the ends can never agree.
    """
    i1, z1, x1, y1 = first
    i2, z2, x2, y2 = second
    success = (i1 + y1) * (i2 + y2) + (x1 + z1) * (x2 + z2)
    if not success > 0.0:
        raise ValueError(f"two pairs {first!r} and {second!r} never agree; purification needs pairs of the same kind")
    pair = BellDiagonal(
        (i1 * i2 + y1 * y2) / success,
        (i1 * y2 + y1 * i2) / success,
        (x1 * x2 + z1 * z2) / success,
        (x1 * z2 + z1 * x2) / success,
    )
    return Purified(pair, success)


def depolarised(pair: BellDiagonal, elapsed: float, lifetime: float) -> BellDiagonal:
    """The pair after ``elapsed`` [s] in memories that forget everything with time constant ``lifetime`` [s].

    Every probability p becomes 1/4 + (p - 1/4) exp(-t/T); T is that of the pair, both memories together.
    """
    kept = _kept(elapsed, lifetime)
    return BellDiagonal(*(0.25 + (p - 0.25) * kept for p in pair))


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


def teleportation_fidelity(fidelity: float) -> float:
    """Average fidelity of a qubit teleported over a pair of ``fidelity`` F: (2 F + 1)/3 [4]_.

    2/3 is what can be had without entanglement, at F = 1/2.
    """
    return (2.0 * werner(fidelity).fidelity + 1.0) / 3.0


def _kept(elapsed: float, lifetime: float) -> float:
    """What is left after ``elapsed`` [s] of an exponential decay."""
    if not elapsed >= 0.0:
        raise ValueError(f"elapsed must be >= 0 s, got {elapsed!r}; time does not run backwards")
    if not lifetime > 0.0:
        raise ValueError(f"lifetime must be > 0 s, got {lifetime!r}; give e.g. 1.46, or math.inf for none")
    return math.exp(-elapsed / lifetime)

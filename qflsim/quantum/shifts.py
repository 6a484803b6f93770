"""Parameter-shift rules: derivatives of an expectation value as differences of expectation values.

A parameter that enters rotations exp(-i c_k theta P_k/2) makes the expectation value a trigonometric polynomial in
theta with frequencies among the sums of 0 or +-c_k. If these are multiples Omega, 2 Omega, ..., R Omega of one base
frequency, the derivative is exactly

    f'(theta) = sum_{m=1}^{2R} (-1)^(m-1) Omega / (4 R sin^2(x_m/2)) f(theta + x_m/Omega),  x_m = (2m-1) pi / (2R),

which is the two-term rule for R = 1 (RX, RY, RZ) and the four-term rule for CRX, CRY, CRZ (Omega = 1/2, R = 2).

References
----------
.. [1] D. Wierichs, J. Izaac, C. Wang, C. Y.-Y. Lin, "General parameter-shift rules for quantum gradients",
   Quantum 6, 677 (2022), eq. (24).
.. [2] A. Anand et al., New J. Phys. 23, 113010 (2021), the four-term rule: coefficients (sqrt2 +- 1)/(4 sqrt2).
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce

__all__ = ["ShiftRule", "shift_rule"]


@dataclass(frozen=True)
class ShiftRule:
    """f'(theta) = sum_k coefficients[k] * f(theta + shifts[k])."""

    shifts: tuple[float, ...]
    coefficients: tuple[float, ...]


@cache
def shift_rule(factors: tuple[float, ...]) -> ShiftRule:
    """The rule for a parameter that enters rotations with these absolute factors c_k.

    Raises
    ------
    ValueError
        If the factors have no common base frequency with a small denominator.
    """
    ratios = [Fraction(c).limit_denominator(840) for c in factors if c]
    if any(abs(float(r) - c) > 1e-12 for r, c in zip(ratios, [c for c in factors if c], strict=True)):
        raise ValueError(f"parameter factors {factors} are not rational; scale the parameter outside the circuit")
    if not ratios:
        return ShiftRule((), ())
    base = reduce(_common, ratios)
    orders = int(sum(ratios) / base)
    omega = float(base)
    points = [(2 * m - 1) * math.pi / (2 * orders) for m in range(1, 2 * orders + 1)]
    return ShiftRule(
        tuple(_within(x) / omega for x in points),
        tuple((-1) ** m * omega / (4 * orders * math.sin(x / 2) ** 2) for m, x in enumerate(points)),
    )


def _common(a: Fraction, b: Fraction) -> Fraction:
    """Greatest common divisor of two fractions."""
    return Fraction(math.gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)


def _within(angle: float) -> float:
    """``angle`` in (-pi, pi]: smaller shifts mean the same."""
    return angle - 2 * math.pi if angle > math.pi else angle

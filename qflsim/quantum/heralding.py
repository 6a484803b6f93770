"""Making entangled pairs over fibre: how often a heralded attempt succeeds, and how long several links wait.

References
----------
.. [1] S. D. Barrett, P. Kok, "Efficient high-fidelity quantum computation using matter qubits and linear optics",
   Phys. Rev. A 71, 060310 (2005).
.. [2] N. Sangouard, C. Simon, H. de Riedmatten, N. Gisin, "Quantum repeaters based on atomic ensembles and linear
   optics", Rev. Mod. Phys. 83, 33 (2011).

*Scope*: not wired into a world yet. Two photons meet half-way; attempts follow each other as soon as the answer is
back; no dark counts, no memory reset.

*Validation*: published rates over 10 to 100 km; expected waiting times of two to eight links.
"""

import math

__all__ = ["attempt_time", "expected_attempts", "midpoint_success"]

LIGHT_IN_FIBRE = 2.0e8
"""Speed of light in fibre [m/s], the round value of the field."""


def midpoint_success(
    distance: float, *, source: float = 1.0, detector: float = 1.0, attenuation: float = 0.2e-3
) -> float:
    """Probability that one attempt makes a pair: p = (1/2) (eta_s eta_d 10^(-alpha L/20))^2 [2]_.

    A photon from either end has to reach the middle and click; linear optics tells two of four Bell states apart.

    Parameters
    ----------
    distance:
        Length L of the fibre [m].
    source, detector:
        Probabilities eta_s that a photon enters the fibre and eta_d that one at the detector clicks.
    attenuation:
        Loss alpha of the fibre [dB/m].
    """
    _refuse("distance", distance >= 0.0 and math.isfinite(distance), distance, ">= 0 m")
    _refuse("source", 0.0 <= source <= 1.0, source, "in [0, 1]")
    _refuse("detector", 0.0 <= detector <= 1.0, detector, "in [0, 1]")
    _refuse("attenuation", attenuation >= 0.0, attenuation, ">= 0 dB/m")
    arrives = source * detector * 10.0 ** (-attenuation * distance / 20.0)
    return float(0.5 * arrives**2)


def attempt_time(distance: float, *, rounds: int = 1) -> float:
    """Time [s] of one attempt over ``distance`` [m]: photons to the middle and the answer back, L/c per round.

    ``rounds`` is 1 for a single Bell measurement and 2 for the scheme of Barrett and Kok [1]_, which sends two photons.
    """
    _refuse("distance", distance >= 0.0 and math.isfinite(distance), distance, ">= 0 m")
    _refuse("rounds", rounds >= 1, rounds, ">= 1")
    return rounds * distance / LIGHT_IN_FIBRE


def expected_attempts(success: float, links: int = 1) -> float:
    """Mean number of attempts until all of ``links`` that try side by side have succeeded, each with ``success``.

    With p = ``success`` and k links still trying after the first attempt,
    E_n = [1 + sum over k = 1..n-1 of C(n, k) (1 - p)^k p^(n - k) E_k] / [1 - (1 - p)^n]: (3 - 2p)/(p (2 - p)) for two
    links [2]_, about (1 + 1/2 + ... + 1/n)/p for small p.
    """
    _refuse("success", 0.0 < success <= 1.0, success, "in (0, 1]")
    _refuse("links", links >= 1, links, ">= 1")
    if success == 1.0:
        return 1.0
    expected = [0.0]
    for trying in range(1, links + 1):
        again = sum(_remaining(trying, k, success) * expected[k] for k in range(1, trying))
        expected.append((1.0 + again) / -math.expm1(trying * math.log1p(-success)))
    return expected[links]


def _remaining(trying: int, left: int, success: float) -> float:
    """Probability that exactly ``left`` of ``trying`` links fail an attempt; by logarithms, which do not overflow."""
    ways = math.lgamma(trying + 1) - math.lgamma(left + 1) - math.lgamma(trying - left + 1)
    return math.exp(ways + left * math.log1p(-success) + (trying - left) * math.log(success))


def _refuse(name: str, holds: bool, value: float, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")

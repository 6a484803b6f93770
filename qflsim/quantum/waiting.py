"""How long several links that try side by side wait until all of them have succeeded.

References
----------
.. [1] N. Sangouard, C. Simon, H. de Riedmatten, N. Gisin, "Quantum repeaters based on atomic ensembles and linear
   optics", Rev. Mod. Phys. 83, 33 (2011).
"""

import math
from collections.abc import Sequence

__all__ = ["expected_attempts", "slowest"]


def expected_attempts(success: float, links: int = 1) -> float:
    """Mean number of attempts until all of ``links`` that try side by side have succeeded, each with ``success``.

    With p = ``success`` and k links still trying after the first attempt,
    E_n = [1 + sum over k = 1..n-1 of C(n, k) (1 - p)^k p^(n - k) E_k] / [1 - (1 - p)^n]: (3 - 2p)/(p (2 - p)) for two
    links [1]_, about (1 + 1/2 + ... + 1/n)/p for small p.
    """
    if not 0.0 < success <= 1.0:
        raise ValueError(f"success must be in (0, 1], got {success!r}; give a probability, e.g. 0.1")
    if not links >= 1:
        raise ValueError(f"links must be >= 1, got {links!r}")
    if success == 1.0:
        return 1.0
    expected = [0.0]
    for trying in range(1, links + 1):
        again = sum(_remaining(trying, k, success) * expected[k] for k in range(1, trying))
        expected.append((1.0 + again) / -math.expm1(trying * math.log1p(-success)))
    return expected[links]


def slowest(means: Sequence[float]) -> float:
    """Mean time [s] until the last of several links has succeeded, each with exponential waiting of its mean [s].

    The integral of 1 - prod(1 - exp(-t/m)) over t; (1 + 1/2 + ... + 1/n) m for n links alike.
    """
    if not means or not min(means) > 0.0 or math.inf in means:
        raise ValueError(f"means must be > 0 s and finite, got {tuple(means)!r}")
    from scipy.integrate import quad

    longest = max(means)

    def unfinished(t: float) -> float:
        return 1.0 - math.prod(-math.expm1(-t * longest / mean) for mean in means)

    return longest * float(quad(unfinished, 0.0, 1.0, limit=200)[0] + quad(unfinished, 1.0, math.inf, limit=200)[0])


def _remaining(trying: int, left: int, success: float) -> float:
    """Probability that exactly ``left`` of ``trying`` links fail an attempt; by logarithms, which do not overflow."""
    ways = math.lgamma(trying + 1) - math.lgamma(left + 1) - math.lgamma(trying - left + 1)
    return math.exp(ways + left * math.log1p(-success) + (trying - left) * math.log(success))

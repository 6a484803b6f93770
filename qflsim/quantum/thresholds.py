"""Up to which error rate, and from which fidelity on, single photons and pairs make key at all.

References
----------
.. [1] P. W. Shor, J. Preskill, "Simple proof of security of the BB84 quantum key distribution protocol", Phys. Rev.
   Lett. 85, 441 (2000): 1 - 2 h(e), which ends at 11.0 %.
.. [2] H.-K. Lo, "Proof of unconditional security of six-state quantum key distribution scheme", Quantum Inf. Comput. 1,
   81 (2001): ends at 12.6 %.
.. [3] R. F. Werner, "Quantum states with Einstein-Podolsky-Rosen correlations admitting a hidden-variable model", Phys.
   Rev. A 40, 4277 (1989).

*Scope*: one-way post-processing of endless blocks, errors alike in all bases.

*Validation*: 11.0 % and 12.6 %; 9.4 % for BB84 with f = 1.22; fidelities 0.8350 and 0.8107.
"""

import math
from typing import Literal

from .keyrates import binary_entropy

__all__ = ["Bases", "highest_error_rate", "least_fidelity", "secret_fraction"]

Bases = Literal[2, 3]
"""Bases in which both ends measure: two in BB84, three in the six-state protocol."""


def secret_fraction(error_rate: float, *, bases: Bases = 2, error_correction: float = 1.0) -> float:
    """Secret bits per sifted bit at ``error_rate`` e, 0 if there are none.

    With two bases (BB84 [1]_) 1 - h(e) - f h(e). With three (six-state [2]_) the errors of all three tell more of the
    eavesdropper: 1 - [H(1 - 3e/2, e/2, e/2, e/2) - h(e)] - f h(e). f is ``error_correction``.
    """
    disclosed = error_correction * binary_entropy(error_rate)
    if bases == 2:
        known = binary_entropy(error_rate)
    else:
        some = min(1.0, 1.5 * error_rate)  # H of the four: whether an error of any kind, and which of three
        known = binary_entropy(some) + some * math.log2(3.0) - binary_entropy(error_rate)
    return max(0.0, 1.0 - known - disclosed)


def highest_error_rate(*, bases: Bases = 2, error_correction: float = 1.0) -> float:
    """Error rate from which on no key is made."""
    low, high = 0.0, 0.5
    while high - low > 1e-12:
        middle = 0.5 * (low + high)
        some = secret_fraction(middle, bases=bases, error_correction=error_correction) > 0.0
        low, high = (middle, high) if some else (low, middle)
    return low


def least_fidelity(*, bases: Bases = 2, error_correction: float = 1.0) -> float:
    """Fidelity of a Werner pair [3]_ up to which no key is made: 1 - 3e/2 at `highest_error_rate` e."""
    return 1.0 - 1.5 * highest_error_rate(bases=bases, error_correction=error_correction)

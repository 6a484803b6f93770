"""What single-photon detectors do besides clicking at photons: they are blind after a click, and click again.

References
----------
.. [1] D. J. Rogers, J. C. Bienfang, A. Nakassis, H. Xu, C. W. Clark, "Detector dead-time effects and paralyzability in
   high-speed quantum key distribution", New J. Phys. 9, 319 (2007).
.. [2] C. C. W. Lim, M. Curty, N. Walenta, F. Xu, H. Zbinden, "Concise security bounds for practical decoy-state quantum
   key distribution", Phys. Rev. A 89, 022307 (2014), section IV.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["after_pulsed", "live_share"]

Floats = NDArray[np.float64]


def after_pulsed(clicks: Floats | float, wrong: Floats | float, probability: float) -> tuple[Floats, Floats]:
    """Probabilities of a click and of a wrong click where each click brings another one with ``probability`` [2]_.

    An after-pulse knows nothing of the photon and is wrong half the time::

        D' = D (1 + p),      E' = E + p D / 2

    where D' cannot exceed 1.
    """
    seen = np.asarray(clicks, dtype=float) * (1.0 + probability)
    errors = np.asarray(wrong, dtype=float) + 0.5 * probability * np.asarray(clicks, dtype=float)
    excess = np.maximum(1.0, seen)
    return seen / excess, errors / excess


def live_share(rate: Floats | float, dead_time: float) -> Floats:
    """Share of the time in which a receiver sees: 1 / (1 + rate dead_time), with ``rate`` [Hz] clicks without it.

    Clicks while it is blind do not make it blind for longer (non-paralysable), and a click blinds all its detectors,
    or the one that still sees would tell the bits [1]_.
    """
    return 1.0 / (1.0 + np.asarray(rate, dtype=float) * dead_time)

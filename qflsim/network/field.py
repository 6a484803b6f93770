"""Random quantities over the plane: near places see nearly the same, far ones something else."""

import math

import numpy as np

from .layouts import Point

__all__ = ["RandomField"]

WAVES = 300


class RandomField:
    """A normal random variable at every place, correlated over distances: zero mean, unit variance.

    The correlation between two places r apart is exp(-r / d), the law of shadowing along a street [1]_. The field is a
    sum of M plane waves of equal amplitude, g(x) = sqrt(2/M) sum cos(k_m x + phi_m), with random directions and phases,
    and lengths drawn from the spectral density of that law in two dimensions, p(k) = d^2 k (1 + d^2 k^2)^(-3/2), whose
    distribution inverts to k = sqrt((1 - u)^-2 - 1) / d [2]_ [3]_.

    Parameters
    ----------
    correlation:
        Distance d at which the correlation has fallen to 1/e [m].
    rng:
        Random stream of this field, read once, when it is built.

    References
    ----------
    .. [1] M. Gudmundson, "Correlation model for shadow fading in mobile radio systems", Electron. Lett. 27(23) (1991);
       3GPP TR 38.901, clause 7.4.4.
    .. [2] X. Cai, G. B. Giannakis, "A two-dimensional channel simulation model for shadowing processes", IEEE Trans.
       Veh. Technol. 52(6) (2003): sums of sinusoids for this law.
    .. [3] M. Shinozuka, G. Deodatis, "Simulation of multi-dimensional Gaussian stochastic fields by spectral
       representation", Appl. Mech. Rev. 49(1) (1996).

    Notes
    -----
    *Scope*: an approximation by M = 300 waves. Over many fields, mean, variance and correlation are those of the law;
    within a single field the correlation strays by about 1/sqrt(2M) = 0.04, and the excess kurtosis is -1.5/M.

    *Validation*: mean, variance and correlation over many fields; Kolmogorov-Smirnov against the normal distribution.
    """

    def __init__(self, correlation: float, rng: np.random.Generator) -> None:
        angle = 2.0 * math.pi * rng.random(WAVES)
        length = np.sqrt((1.0 - rng.random(WAVES)) ** -2.0 - 1.0) / correlation
        self._east = length * np.cos(angle)
        self._north = length * np.sin(angle)
        self._phase = 2.0 * math.pi * rng.random(WAVES)

    def at(self, place: Point) -> float:
        """Value at ``place`` [m]: the same whenever it is asked."""
        east, north = place
        waves = np.cos(east * self._east + north * self._north + self._phase)
        return math.sqrt(2.0 / WAVES) * float(waves.sum())

    def uniform(self, place: Point) -> float:
        """Share of all values that lie below the one at ``place`` [m]: uniform on (0, 1), correlated like the field."""
        return 0.5 * math.erfc(-self.at(place) / math.sqrt(2.0))

"""Decoy-state BB84 in blocks: what is sent, and how sure the key must be."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

from qflsim.checks import Part, quantity

__all__ = ["BlockProtocol"]


@dataclass(frozen=True, kw_only=True)
class BlockProtocol(Part):
    """What is sent in decoy-state BB84, and how sure its key must be.

    The default is within 1 % of the best for blocks of 1e7 sifted bits on the default `FiniteKeyBB84` of 10 to 100 km.

    Parameters
    ----------
    intensities:
        Mean photon numbers: signal, weak decoy, weakest decoy; mu1 > mu2 + mu3 and mu2 > mu3 >= 0.
    probabilities:
        How often each is sent; they add up to 1.
    key_basis:
        Probability with which either end chooses basis X, which makes the key.
    secrecy, correctness:
        Probabilities that the key is not secret, and that the ends' keys differ; 1e-9 and 1e-15 as in [1]_.
    deviation:
        How far counts may lie from their means: ``"hoeffding"`` as in [1]_, or the tighter ``"chernoff"`` of [2]_ and
        [3]_, which also keeps the errors of single photons below all errors.

    Raises
    ------
    ValueError
        If the intensities do not fall as above, the probabilities do not add up, or the deviation has another name.

    References
    ----------
    .. [1] C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014).
    .. [2] H.-L. Yin et al., Sci. Rep. 10, 14312 (2020).
    .. [3] J. S. Sidhu et al., npj Quantum Inf. 8, 18 (2022).
    """

    intensities: tuple[float, float, float] = quantity((0.48, 0.25, 0.0), at_least=0, advice="e.g. (0.5, 0.1, 0.0)")
    probabilities: tuple[float, float, float] = quantity((0.44, 0.4, 0.16), above=0, advice="e.g. (0.7, 0.2, 0.1)")
    key_basis: float = quantity(0.87, above=0, below=1, advice="give a probability, e.g. 0.9")
    secrecy: float = quantity(1e-9, above=0, below=1, advice="give a probability, e.g. 1e-9")
    correctness: float = quantity(1e-15, above=0, below=1, advice="give a probability, e.g. 1e-15")
    deviation: Literal["hoeffding", "chernoff"] = "hoeffding"

    def check(self) -> None:
        """Refuse intensities out of order, probabilities that do not add up to 1, and unknown deviations."""
        signal, weak, weakest = self.intensities
        if not (signal > weak + weakest and weak > weakest):
            raise ValueError(
                f"BlockProtocol.intensities must fall, the first above the sum of the others, got {self.intensities!r}"
            )
        if abs(sum(self.probabilities) - 1.0) > 1e-9:
            raise ValueError(f"BlockProtocol.probabilities must add up to 1, got {self.probabilities!r}")
        if self.deviation not in ("hoeffding", "chernoff"):
            raise ValueError(f"BlockProtocol.deviation must be 'hoeffding' or 'chernoff', got {self.deviation!r}")

    def photons(self, count: int) -> float:
        """Probability tau that a pulse, whatever its intensity, holds ``count`` photons."""
        return _photons(self.probabilities, self.intensities, count)


@cache
def _photons(probabilities: tuple[float, ...], intensities: tuple[float, ...], count: int) -> float:
    pairs = zip(probabilities, intensities, strict=True)
    return sum(p * math.exp(-mu) * mu**count for p, mu in pairs) / math.factorial(count)

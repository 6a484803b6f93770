"""How many secret bits a block of finite length yields: below a threshold none, above it a lump.

Decoy-state BB84 with biased bases, two decoy intensities and composable security [1]_. Key comes from basis X, errors
are estimated in basis Z.

References
----------
.. [1] C. C. W. Lim, M. Curty, N. Walenta, F. Xu, H. Zbinden, "Concise security bounds for practical decoy-state quantum
   key distribution", Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129.

*Scope*: pure functions, not wired into a world yet: pools fill at a steady rate. Expected counts, no after-pulses, no
dead time; the parameters are taken as given, not optimised for a block length. The error model uses the transmittance
of the whole system, as re-implementations of [1]_ found necessary.

*Validation*: a grid of nine block lengths and distances, worked out apart from qflsim; its bounds on vacuum and single
photon events agree with the Python package ``qkd`` 0.2.0 to 1e-6.
"""

import math
from dataclasses import dataclass

from qflsim.checks import Part, quantity

from .keyrates import binary_entropy

__all__ = ["BasisCounts", "BlockProtocol", "expected_counts", "secret_length"]


@dataclass(frozen=True, kw_only=True)
class BlockProtocol(Part):
    """Settings of decoy-state BB84 in blocks.

    Parameters
    ----------
    intensities:
        Mean photon numbers: signal, weak decoy, weakest decoy; mu1 > mu2 + mu3 and mu2 > mu3 >= 0.
    probabilities:
        How often each is sent; they add up to 1.
    key_basis:
        Probability with which either end chooses basis X, which makes the key.
    error_correction:
        Bits disclosed per Shannon bit, f >= 1.
    secrecy, correctness:
        Probabilities that the key is not secret, and that the ends' keys differ.

    Raises
    ------
    ValueError
        If the intensities do not fall as above, or the probabilities do not add up.
    """

    intensities: tuple[float, float, float] = quantity((0.5, 0.1, 0.0), at_least=0, advice="e.g. (0.5, 0.1, 0.0)")
    probabilities: tuple[float, float, float] = quantity((0.7, 0.2, 0.1), above=0, advice="e.g. (0.7, 0.2, 0.1)")
    key_basis: float = quantity(0.9, above=0, below=1, advice="give a probability, e.g. 0.9")
    error_correction: float = quantity(1.16, at_least=1, advice="1 is the Shannon limit, e.g. 1.16")
    secrecy: float = quantity(1e-9, above=0, below=1, advice="give a probability, e.g. 1e-9")
    correctness: float = quantity(1e-15, above=0, below=1, advice="give a probability, e.g. 1e-15")

    def check(self) -> None:
        """Refuse intensities out of order and probabilities that do not add up to 1."""
        signal, weak, weakest = self.intensities
        if not (signal > weak + weakest and weak > weakest):
            raise ValueError(
                f"BlockProtocol.intensities must fall, the first above the sum of the others, got {self.intensities!r}"
            )
        if abs(sum(self.probabilities) - 1.0) > 1e-9:
            raise ValueError(f"BlockProtocol.probabilities must add up to 1, got {self.probabilities!r}")

    def photons(self, count: int) -> float:
        """Probability tau that a pulse, whatever its intensity, holds ``count`` photons."""
        pairs = zip(self.probabilities, self.intensities, strict=True)
        return sum(p * math.exp(-mu) * mu**count for p, mu in pairs) / math.factorial(count)


@dataclass(frozen=True, slots=True)
class BasisCounts:
    """What both ends counted in one basis, by intensity.

    Parameters
    ----------
    clicks:
        Detected pulses of each intensity.
    errors:
        Those of them with a wrong bit.
    """

    clicks: tuple[float, ...]
    errors: tuple[float, ...]

    def upper(self, protocol: BlockProtocol, which: int, *, errors: bool = False) -> float:
        """Most that the expected count of intensity ``which`` can be, per pulse and e^-mu."""
        return self._shifted(protocol, which, errors, +1.0)

    def lower(self, protocol: BlockProtocol, which: int, *, errors: bool = False) -> float:
        """Least that the expected count of intensity ``which`` can be, per pulse and e^-mu."""
        return self._shifted(protocol, which, errors, -1.0)

    def _shifted(self, protocol: BlockProtocol, which: int, errors: bool, sign: float) -> float:
        """Hoeffding's bound: e^mu / p (n +- sqrt(n_total/2 ln(21/eps)))."""
        counts = self.errors if errors else self.clicks
        spread = math.sqrt(0.5 * sum(counts) * math.log(21.0 / protocol.secrecy))
        scale = math.exp(protocol.intensities[which]) / protocol.probabilities[which]
        return scale * (counts[which] + sign * spread)


def expected_counts(
    protocol: BlockProtocol, pulses: float, transmittance: float, *, dark_count: float, misalignment: float
) -> tuple[BasisCounts, BasisCounts]:
    """Counts in bases X and Z that ``pulses`` sent over a steady link give on average.

    A pulse of intensity mu clicks with probability 1 - (1 - 2 p_dc) exp(-eta mu), and wrongly with
    p_dc + e_mis (1 - exp(-eta mu)).

    Parameters
    ----------
    protocol:
        Intensities and bases.
    pulses:
        Pulses sent in the block.
    transmittance:
        Probability eta that a photon clicks, from source to detector.
    dark_count:
        Probability p_dc that a detector clicks without light.
    misalignment:
        Probability e_mis that a photon hits the wrong detector.
    """
    light = [-math.expm1(-transmittance * mu) for mu in protocol.intensities]
    clicks = [s + 2.0 * dark_count * (1.0 - s) for s in light]
    errors = [dark_count + misalignment * s for s in light]

    def counted(basis: float) -> BasisCounts:
        sent = [pulses * basis**2 * p for p in protocol.probabilities]
        return BasisCounts(
            tuple(n * c for n, c in zip(sent, clicks, strict=True)),
            tuple(n * e for n, e in zip(sent, errors, strict=True)),
        )

    return counted(protocol.key_basis), counted(1.0 - protocol.key_basis)


def secret_length(protocol: BlockProtocol, key: BasisCounts, check: BasisCounts) -> int:
    """Secret bits [bit] in a block with counts ``key`` in basis X and ``check`` in basis Z; 0 if there are none.

    l = s0 + s1 (1 - h(phi)) - lambda_EC - 6 log2(21/eps_sec) - log2(2/eps_cor), with lower bounds s0, s1 on vacuum
    and single-photon events in X, the upper bound phi on the phase error rate, and lambda_EC = f n h(E).
    """
    vacuum, single = _events(protocol, key)
    _, single_check = _events(protocol, check)
    if single <= 0.0 or single_check <= 0.0:
        return 0
    phase = _phase_errors(protocol, check, single_check, single)
    total = sum(key.clicks)
    disclosed = protocol.error_correction * total * binary_entropy(min(0.5, sum(key.errors) / total))
    spent = 6.0 * math.log2(21.0 / protocol.secrecy) + math.log2(2.0 / protocol.correctness)
    return max(0, math.floor(vacuum + single * (1.0 - binary_entropy(phase)) - disclosed - spent))


def _events(protocol: BlockProtocol, counts: BasisCounts) -> tuple[float, float]:
    """Least numbers of clicks that came from no photon and from one photon."""
    signal, weak, weakest = protocol.intensities
    none, one = protocol.photons(0), protocol.photons(1)
    empty = weak * counts.lower(protocol, 2) - weakest * counts.upper(protocol, 1)
    vacuum = max(0.0, none * empty / (weak - weakest))
    several = (weak**2 - weakest**2) / signal**2 * (counts.upper(protocol, 0) - vacuum / none)
    difference = counts.lower(protocol, 1) - counts.upper(protocol, 2) - several
    single = one * signal * difference / (signal * (weak - weakest) - weak**2 + weakest**2)
    return vacuum, max(0.0, single)


def _phase_errors(protocol: BlockProtocol, check: BasisCounts, sampled: float, kept: float) -> float:
    """Highest share of phase errors among ``kept`` single photons, from ``sampled`` ones of the other basis."""
    _, weak, weakest = protocol.intensities
    difference = check.upper(protocol, 1, errors=True) - check.lower(protocol, 2, errors=True)
    rate = protocol.photons(1) * difference / (weak - weakest) / sampled
    if rate >= 0.5:
        return 0.5
    return min(0.5, rate + _sampling(protocol.secrecy, rate, sampled, kept))


def _sampling(secrecy: float, rate: float, sampled: float, kept: float) -> float:
    """How far the share in what is kept can lie above the ``rate`` in the sample (gamma of [1]_)."""
    if rate <= 0.0:
        return 0.0
    spread = (sampled + kept) * (1.0 - rate) * rate / (sampled * kept * math.log(2.0))
    odds = (sampled + kept) / (sampled * kept * (1.0 - rate) * rate) * (21.0 / secrecy) ** 2
    return math.sqrt(spread * math.log2(odds))

"""BBM92: keys from pairs of entangled photons, one for each end."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity

from .blockwise import BlockwiseQKD, Counts, Harvest, Line, repeated_below
from .detectors import live_share
from .entangled_key import Deviation, two_basis_length
from .keyrates import checked_users
from .thresholds import secret_fraction

__all__ = ["BBM92"]


@dataclass(frozen=True, kw_only=True)
class BBM92(BlockwiseQKD):
    """A source of entangled photons half-way between two ends, which measure them in one of two bases.

    With a continuous source of B pairs per second, loss eta to each end and detectors that count D clicks per
    second in the dark [1]_::

        eta   = detector_efficiency 10^-(attenuation L + insertion_loss)/20
        s     = (B eta + D) (1 + p_ap)                   clicks per second at either end, after-pulses included
        live  = 1 / (1 + dead_time s)
        true  = B eta^2 live^2                           both photons of a pair click
        false = (s live)^2 window                        clicks that meet by accident
        E     = [true 2 (1 - F)/3 + false/2] / (true + false)

    where a pair of fidelity F (a Werner state) errs with probability 2 (1 - F)/3 in either basis. Coincidences in
    matching bases arrive as a Poisson process of rate sifting (true + false); a block ends with the ``block_bit``-th,
    and `qflsim.quantum.entangled_key.two_basis_length` distils it. For endless blocks that becomes::

        R     = sifting (true + false) max(0, 1 - (1 + f) h(E))    [bit/s]

    Parameters
    ----------
    pair_rate:
        Pairs per second B [Hz]; 5.9e6 is the source of Micius [2]_ (from memory; 1e6 to 1e8 are common).
    fidelity:
        Fidelity F of a pair; 0.95 (assumption). Below 0.8350 no key is made even with ideal error correction.
    dark_count_rate:
        Clicks per second [Hz] without light, all detectors of an end together; 1 kHz (assumption: 1e-6 per gate at
        1 GHz).
    window:
        Time [s] within which two clicks count as a pair; 1 ns (assumption).
    sifting:
        Share of pairs measured in matching bases; 1/2 for a passive choice, more if both ends prefer one basis.
    block_bit:
        As in `qflsim.quantum.blockwise.BlockwiseQKD`; 1e5, the size from which finite keys are worth while [3]_.
    secrecy, correctness:
        Probabilities that the key is not secret, and that the ends' keys differ; 1e-10 is Micius' [4]_.
    deviation:
        Whose bound on the phase errors: ``"fung"`` or ``"serfling"`` (`qflsim.quantum.entangled_key`).

    References
    ----------
    .. [1] S. P. Neumann, T. Scheidl, M. Selimovic, M. Pivoluska, B. Liu, M. Bohmann, R. Ursin, "Model for optimizing
       quantum key distribution with continuous-wave pumped entangled-photon sources", Phys. Rev. A 104, 022406
       (2021).
    .. [2] J. Yin et al., "Satellite-based entanglement distribution over 1200 kilometers", Science 356, 1140 (2017).
    .. [3] V. Scarani, "QKD: a million signal task", arXiv:1010.0521 (2010).
    .. [4] J. Yin et al., "Entanglement-based secure quantum cryptography over 1,120 kilometres", Nature 582, 501
       (2020).

    *Scope*: as `BlockwiseQKD`; the source is half-way and belongs to nobody, its fidelity does not change on the way,
    the window is wide against the jitter of the detectors, and its power is not counted. An eavesdropper taps one arm.

    *Validation*: error rates and secret fractions of Werner pairs of fidelity 0.90, 0.95 and 0.99; the limit
    F = 0.8350; never above the repeaterless bound for each emitted pair; drawn blocks against their mean.
    """

    pair_rate: float = quantity(5.9e6, unit="Hz", above=0, advice="give pairs per second, e.g. 5.9e6")
    fidelity: float = quantity(0.95, at_least=0.25, at_most=1, advice="give a fidelity, e.g. 0.95")
    dark_count_rate: float = quantity(1e3, unit="Hz", at_least=0, advice="give clicks per second, e.g. 1 * kHz")
    window: float = quantity(1e-9, unit="s", above=0, advice="give it in seconds, e.g. 1 * ns")
    sifting: float = quantity(0.5, above=0, at_most=1, advice="give 0.5 for balanced bases")
    block_bit: float = quantity(1e5, unit="bit", at_least=1, infinite=True, advice="give sifted bits, e.g. 1e5")
    secrecy: float = quantity(1e-10, above=0, below=1, advice="give a probability, e.g. 1e-10")
    correctness: float = quantity(1e-10, above=0, below=1, advice="give a probability, e.g. 1e-10")
    deviation: Deviation = "fung"

    def check(self) -> None:
        """Refuse unknown deviations and a block of part of a bit."""
        BlockwiseQKD.check(self)
        if self.deviation not in ("fung", "serfling"):
            raise ValueError(f"BBM92.deviation must be 'fung' or 'serfling', got {self.deviation!r}")

    def transmittance(self, distance_m: float) -> float:
        """Probability that a photon clicks at one end of a fibre of ``distance_m`` [m] with the source half-way."""
        return float(self.detector_efficiency * 10.0 ** (-self.loss(distance_m) / 20.0))

    def coincidences(self, distance_m: float) -> tuple[float, float]:
        """Coincident clicks per second [Hz]: of the same pair, and by accident."""
        eta = self.transmittance(distance_m)
        singles = (self.pair_rate * eta + self.dark_count_rate) * (1.0 + self.after_pulse)
        live = float(live_share(singles, self.dead_time))
        return self.pair_rate * (eta * live) ** 2, (singles * live) ** 2 * self.window

    def line(self, distance_m: float, users: int = 1) -> Line:
        """The link over ``distance_m`` [m] as one of ``users`` that take turns."""
        return _PairLine(self, *self.coincidences(distance_m), checked_users(users))

    def endless_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s] in the limit of an endless block."""
        fraction = secret_fraction(self.error_rate(distance_m), error_correction=self.error_correction)
        return self.sifting * sum(self.coincidences(distance_m)) * fraction

    @property
    def noiseless(self) -> bool:
        """Whether the detectors have no dark counts."""
        return self.dark_count_rate == 0.0


class _PairLine(Line):
    """Coincidences in matching bases as a Poisson process in time."""

    def __init__(self, link: BBM92, pairs: float, accidents: float, users: int) -> None:
        self._link = link
        self._rate = link.sifting * (pairs + accidents) / users
        self._emitted = link.pair_rate / users
        wrong = pairs * 2.0 * (1.0 - link.fidelity) / 3.0 + 0.5 * accidents
        self._errors = wrong / (pairs + accidents) if self._rate else 0.5
        bias = math.sqrt(max(0.0, 2.0 * link.sifting - 1.0))  # both ends choose basis X with probability (1 + bias)/2
        bases = np.array([(1.0 + bias) ** 2, (1.0 - bias) ** 2])
        self._bases = bases / bases.sum()

    def table(self, share: float) -> NDArray[np.float64]:
        """Probabilities of what a coincidence is, with ``share`` intercepted: (bases, 1, right or wrong)."""
        wrong = self._errors + share * (0.25 - 0.5 * self._errors)
        return np.asarray(self._bases[:, None, None] * np.array([1.0 - wrong, wrong]))

    @property
    def pulses_per_bit(self) -> float:
        """Emitted pairs that one sifted bit takes on average."""
        return self._emitted / self._rate if self._rate else math.inf

    def expected(self, sifted_bit: float, share: float) -> Harvest:
        """Mean counts of ``sifted_bit``."""
        pulses = sifted_bit * self.pulses_per_bit
        return Harvest(pulses / self._emitted, pulses, sifted_bit * self.table(share))

    def drawn(self, sifted_bit: int, within_s: float, share: float, rng: np.random.Generator) -> Harvest:
        """Counts up to the ``sifted_bit``-th coincidence in matching bases, or of all that come in time."""
        bits, duration = sifted_bit, float(rng.gamma(sifted_bit)) / self._rate
        if duration >= within_s:
            duration = within_s
            bits = repeated_below(sifted_bit, lambda: int(rng.poisson(self._rate * within_s)))
        table = self.table(share)
        counts = rng.multinomial(bits, table.ravel()).reshape(table.shape)
        return Harvest(duration, duration * self._emitted, counts)

    def sifted(self, counts: Counts) -> float:
        """Coincidences in either basis."""
        return float(counts.sum())

    def distilled(self, counts: Counts) -> int:
        """Secret bits of both bases."""
        link = self._link
        (first, first_wrong), (second, second_wrong) = ((basis.sum(), basis[0, 1]) for basis in counts)
        return two_basis_length(
            (float(first), float(second)),
            (float(first_wrong), float(second_wrong)),
            error_correction=link.error_correction,
            secrecy=link.secrecy,
            correctness=link.correctness,
            deviation=link.deviation,
        )

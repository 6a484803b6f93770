"""BBM92: keys from pairs of entangled photons, one for each end."""

from dataclasses import dataclass

from qflsim.checks import quantity

from .keyrates import QKD, binary_entropy

__all__ = ["BBM92"]


@dataclass(frozen=True, kw_only=True)
class BBM92(QKD):
    """A source of entangled photons half-way between two ends, which measure them in one of two bases.

    With a continuous source of B pairs per second, loss eta to each end and detectors that count D clicks per
    second in the dark [1]_::

        eta   = detector_efficiency 10^-(attenuation L + insertion_loss)/20      to either end
        true  = B eta^2                                  both photons of a pair click
        false = (B eta + D)^2 window                     clicks that meet by accident
        E     = [true 2 (1 - F)/3 + false/2] / (true + false)
        R     = sifting (true + false) max(0, 1 - (1 + f) h(E))    [bit/s]

    where a pair of fidelity F (a Werner state) errs with probability 2 (1 - F)/3 in either basis.

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
        Share of pairs measured in matching bases; 1/2 for a passive choice.

    References
    ----------
    .. [1] S. P. Neumann, T. Scheidl, M. Selimovic, M. Pivoluska, B. Liu, M. Bohmann, R. Ursin, "Model for optimizing
       quantum key distribution with continuous-wave pumped entangled-photon sources", Phys. Rev. A 104, 022406
       (2021).
    .. [2] J. Yin et al., "Satellite-based entanglement distribution over 1200 kilometers", Science 356, 1140 (2017).

    *Scope*: as `QKD`; the source is half-way and belongs to nobody, its fidelity does not change on the way, the
    window is wide against the jitter of the detectors, and its power is not counted. An eavesdropper taps one arm.

    *Validation*: error rates and secret fractions of Werner pairs of fidelity 0.90, 0.95 and 0.99; the limit
    F = 0.8350; never above the repeaterless bound for each emitted pair.
    """

    pair_rate: float = quantity(5.9e6, unit="Hz", above=0, advice="give pairs per second, e.g. 5.9e6")
    fidelity: float = quantity(0.95, at_least=0.25, at_most=1, advice="give a fidelity, e.g. 0.95")
    dark_count_rate: float = quantity(1e3, unit="Hz", at_least=0, advice="give clicks per second, e.g. 1 * kHz")
    window: float = quantity(1e-9, unit="s", above=0, advice="give it in seconds, e.g. 1 * ns")
    sifting: float = quantity(0.5, above=0, at_most=1, advice="give 0.5 for balanced bases")

    def transmittance(self, distance_m: float) -> float:
        """Probability that a photon clicks at one end of a fibre of ``distance_m`` [m] with the source half-way."""
        return float(self.detector_efficiency * 10.0 ** (-self.loss(distance_m) / 20.0))

    def coincidences(self, distance_m: float) -> tuple[float, float]:
        """Coincident clicks per second [Hz]: of the same pair, and by accident."""
        eta = self.transmittance(distance_m)
        return self.pair_rate * eta**2, (self.pair_rate * eta + self.dark_count_rate) ** 2 * self.window

    def error_rate(self, distance_m: float) -> float:
        """Share of wrong bits among coincidences in matching bases."""
        pairs, accidents = self.coincidences(distance_m)
        if pairs + accidents == 0.0:
            return 0.5
        wrong = pairs * 2.0 * (1.0 - self.fidelity) / 3.0 + 0.5 * accidents
        return self.eavesdropping.raised(wrong / (pairs + accidents))

    def secret_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s]."""
        fraction = 1.0 - (1.0 + self.error_correction) * binary_entropy(self.error_rate(distance_m))
        return self.sifting * sum(self.coincidences(distance_m)) * max(0.0, fraction)

    @property
    def noiseless(self) -> bool:
        """Whether the detectors have no dark counts."""
        return self.dark_count_rate == 0.0

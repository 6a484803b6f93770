"""Decoy-state BB84: how many secret key bits per second a fibre link makes."""

import math
from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["GYS", "DecoyBB84", "binary_entropy", "plob_bound"]


def binary_entropy(probability: float) -> float:
    """Shannon entropy [bit] of a coin that falls heads with ``probability``."""
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability must be in [0, 1], got {probability!r}; give e.g. 0.11")
    if probability in (0.0, 1.0):
        return 0.0
    other = 1.0 - probability
    return -probability * math.log2(probability) - other * math.log2(other)


def plob_bound(transmittance: float) -> float:
    """Secret bits per pulse that no protocol without a repeater can exceed: -log2(1 - transmittance).

    References
    ----------
    .. [1] S. Pirandola, R. Laurenza, C. Ottaviani, L. Banchi, "Fundamental limits of repeaterless quantum
       communications", Nat. Commun. 8, 15043 (2017).
    """
    if not 0.0 <= transmittance <= 1.0:
        raise ValueError(f"transmittance must be in [0, 1], got {transmittance!r}; give e.g. 10 ** -2")
    return math.inf if transmittance == 1.0 else -math.log1p(-transmittance) / math.log(2.0)


@dataclass(frozen=True, kw_only=True)
class DecoyBB84(Part):
    r"""A pair of boxes that make secret keys over fibre by BB84 with decoy states.

    Per signal pulse, with unlimited decoys [1]_::

        eta = detector_efficiency 10^-(attenuation L + insertion_loss)/10
        Q   = Y0 + 1 - exp(-eta mu)                    gain: share of pulses that click
        E Q = Y0/2 + misalignment (1 - exp(-eta mu))   E: quantum bit error rate
        Y1  = Y0 + eta,   Q1 = Y1 mu exp(-mu),   e1 = (Y0/2 + misalignment eta) / Y1
        R   = sifting max(0, Q1 [1 - h(e1)] - f Q h(E))

    and ``key_rate`` is pulse_rate R realised_share [bit/s]. Where the sums could pass 1, the exact
    1 - (1 - Y0)(1 - x) stands for Y0 + x.

    Parameters
    ----------
    pulse_rate:
        Signal pulses per second [Hz]; 1 GHz is the clock of fielded fast systems [2]_.
    intensity:
        Mean photon number mu of a signal pulse; 0.48 is optimal for GYS [1]_.
    attenuation:
        Loss of the fibre [dB/m]; 0.2 dB/km is the usual planning value at 1550 nm [3]_.
    insertion_loss:
        Loss besides the fibre [dB]: connectors, filters, the splitter of an access network.
    detector_efficiency:
        Probability that a photon at the receiver clicks; 0.2 is typical of InGaAs avalanche diodes (assumption).
    dark_count_yield:
        Probability Y0 that an empty gate clicks, both detectors together; 1e-6 per gate (assumption, see above).
    misalignment:
        Probability that a photon hits the wrong detector; 1 % (assumption; GYS 3.3 % [1]_).
    error_correction:
        Bits disclosed per Shannon bit, f >= 1; 1.16 (assumption; GYS 1.22 [1]_).
    sifting:
        Share of clicks in matching bases: 1/2 for balanced bases, towards 1 for biased ones.
    realised_share:
        Share of the asymptotic rate that the fielded system delivers after finite-key effects, dead time and
        post-processing. 1 keeps the formula; 0.19 brings the default set to the 304 kbit/s measured at 14.5 dB [2]_.
    power:
        Electrical power [W] of both boxes, drawn all the time; 200 W (assumption: data sheets give 100-250 W).

    References
    ----------
    .. [1] X. Ma, B. Qi, Y. Zhao, H.-K. Lo, "Practical decoy state for quantum key distribution",
       Phys. Rev. A 72, 012326 (2005).
    .. [2] M. Sasaki et al., "Field test of quantum key distribution in the Tokyo QKD Network",
       Opt. Express 19, 10387 (2011): 304 kbit/s over 45 km, 14.5 dB.
    .. [3] ITU-T Recommendation G.652, "Characteristics of a single-mode optical fibre and cable".
    .. [4] B. Froehlich et al., "A quantum access network", Nature 501, 69 (2013).

    *Scope*: mean asymptotic rate in a steady state. Not modelled: blocks and finite keys (a link below the block
    size makes nothing and then a lump), detector dead time, drift, attacks. Authentication of the classical channel
    takes some of the key (a few per cent); it is part of ``realised_share``.
    Users of an access network share one receiver in time [4]_: each gets the rate divided by their number; the
    loss of the splitter belongs into ``insertion_loss``.

    *Validation*: GYS of [1]_: optimal intensity 0.48, reach 142.0 km, rates at 0, 50, 100 and 140 km; never above
    the repeaterless bound.
    """

    pulse_rate: float = quantity(1e9, unit="Hz", above=0, advice="give it in hertz, e.g. 1 * GHz")
    intensity: float = quantity(0.48, above=0, advice="give mean photons per pulse, e.g. 0.48")
    attenuation: float = quantity(0.2e-3, unit="dB/m", at_least=0, advice="give it per metre, e.g. 0.2 / km")
    insertion_loss: float = quantity(0.0, unit="dB", at_least=0, advice="give it in decibels, e.g. 3.0")
    detector_efficiency: float = quantity(0.2, above=0, at_most=1, advice="give a probability, e.g. 0.2")
    dark_count_yield: float = quantity(1e-6, at_least=0, below=1, advice="give a probability per gate, e.g. 1e-6")
    misalignment: float = quantity(0.01, at_least=0, at_most=0.5, advice="give a probability, e.g. 0.01")
    error_correction: float = quantity(1.16, at_least=1, advice="1 is the Shannon limit, e.g. 1.16")
    sifting: float = quantity(1.0, above=0, at_most=1, advice="give 0.5 for balanced bases")
    realised_share: float = quantity(1.0, above=0, at_most=1, advice="give a share, e.g. 0.19")

    def transmittance(self, distance_m: float) -> float:
        """Probability that a photon sent over ``distance_m`` [m] clicks at the receiver."""
        if not distance_m >= 0.0:
            raise ValueError(f"distance_m must be >= 0 m, got {distance_m!r}; give it in metres, e.g. 20 * km")
        loss = self.attenuation * distance_m + self.insertion_loss
        return float(self.detector_efficiency * 10.0 ** (-loss / 10.0))

    def gain(self, distance_m: float) -> float:
        """Probability that a signal pulse makes a click, whatever its cause."""
        clicks = -math.expm1(-self.transmittance(distance_m) * self.intensity)
        return _either(self.dark_count_yield, clicks)

    def error_rate(self, distance_m: float) -> float:
        """Quantum bit error rate: share of wrong bits among the clicks in matching bases."""
        clicks = -math.expm1(-self.transmittance(distance_m) * self.intensity)
        return self._errors(clicks)

    def secret_bits_per_pulse(self, distance_m: float) -> float:
        """Secret key bits per pulse, 0 where no key can be made."""
        eta = self.transmittance(distance_m)
        single = _either(self.dark_count_yield, eta) * self.intensity * math.exp(-self.intensity)
        kept = single * (1.0 - binary_entropy(self._errors(eta)))
        disclosed = self.error_correction * self.gain(distance_m) * binary_entropy(self.error_rate(distance_m))
        return max(0.0, self.sifting * (kept - disclosed))

    def key_rate(self, distance_m: float, users: int = 1) -> float:
        """Secret key bits per second [bit/s] over ``distance_m`` [m] for each of ``users`` that share the receiver."""
        if users < 1:
            raise ValueError(f"users must be >= 1, got {users!r}; give how many transmitters share the receiver")
        return self.pulse_rate * self.secret_bits_per_pulse(distance_m) * self.realised_share / users

    def reach(self) -> float:
        """Distance [m] from which on no key is made; infinite if fibre or detectors are perfect."""
        if self.secret_bits_per_pulse(0.0) == 0.0:
            return 0.0
        if self.attenuation == 0.0 or self.dark_count_yield == 0.0:
            return math.inf
        near, far = 0.0, 1e3
        while self.secret_bits_per_pulse(far) > 0.0:
            near, far = far, 2.0 * far
        while far - near > 1e-3:
            middle = 0.5 * (near + far)
            near, far = (middle, far) if self.secret_bits_per_pulse(middle) > 0.0 else (near, middle)
        return near

    def _errors(self, signal: float) -> float:
        """Share of wrong bits where photons click with probability ``signal``; dark clicks are wrong half the time."""
        clicks = _either(self.dark_count_yield, signal)
        wrong = 0.5 * self.dark_count_yield + self.misalignment * signal
        return 0.5 if clicks == 0.0 else min(0.5, wrong / clicks)


def _either(first: float, second: float) -> float:
    """Probability of at least one of two independent events."""
    return first + second - first * second


GYS = DecoyBB84(
    pulse_rate=2e6,
    intensity=0.48,
    attenuation=0.21e-3,
    detector_efficiency=0.045,
    dark_count_yield=1.7e-6,
    misalignment=0.033,
    error_correction=1.22,
    sifting=0.5,
)
"""The link of Gobby, Yuan and Shields, Appl. Phys. Lett. 84, 3762 (2004), as Ma et al. (2005) parametrise it."""

"""Decoy-state BB84: how many secret key bits per second a fibre link makes."""

import math
from abc import ABC
from dataclasses import dataclass

from qflsim.checks import quantity

from .detectors import after_pulsed, live_share
from .keyrates import QKD, binary_entropy, either, plob_bound

__all__ = ["BB84", "GYS", "DecoyBB84", "WeakDecoyBB84", "binary_entropy", "plob_bound"]


@dataclass(frozen=True, kw_only=True)
class BB84(QKD, ABC):
    """A laser that sends weak pulses over fibre to two detectors, and the errors that they make.

    Parameters
    ----------
    pulse_rate:
        Pulses per second [Hz]; 1 GHz is the clock of fielded fast systems [1]_.
    dark_count_yield:
        Probability Y0 that an empty gate clicks, both detectors together; 1e-6 per gate (assumption).
    misalignment:
        Probability that a photon hits the wrong detector; 1 % (assumption; GYS 3.3 % [2]_).

    References
    ----------
    .. [1] M. Sasaki et al., "Field test of quantum key distribution in the Tokyo QKD Network",
       Opt. Express 19, 10387 (2011).
    .. [2] X. Ma, B. Qi, Y. Zhao, H.-K. Lo, "Practical decoy state for quantum key distribution",
       Phys. Rev. A 72, 012326 (2005).
    """

    pulse_rate: float = quantity(1e9, unit="Hz", above=0, advice="give it in hertz, e.g. 1 * GHz")
    dark_count_yield: float = quantity(1e-6, at_least=0, below=1, advice="give a probability per gate, e.g. 1e-6")
    misalignment: float = quantity(0.01, at_least=0, at_most=0.5, advice="give a probability, e.g. 0.01")

    def transmittance(self, distance_m: float) -> float:
        """Probability that a photon sent over ``distance_m`` [m] clicks at the receiver."""
        return float(self.detector_efficiency * 10.0 ** (-self.loss(distance_m) / 10.0))

    @property
    def noiseless(self) -> bool:
        """Whether the detectors have no dark counts."""
        return self.dark_count_yield == 0.0


@dataclass(frozen=True, kw_only=True)
class DecoyBB84(BB84):
    r"""A pair of boxes that make secret keys over fibre by BB84 with decoy states.

    Per signal pulse, with unlimited decoys [1]_::

        eta = detector_efficiency 10^-(attenuation L + insertion_loss)/10
        Q   = Y0 + 1 - exp(-eta mu)                    gain: share of pulses that click
        E Q = Y0/2 + misalignment (1 - exp(-eta mu))   E: quantum bit error rate
        Y1  = Y0 + eta,   Q1 = Y1 mu exp(-mu),   e1 = (Y0/2 + misalignment eta) / Y1
        R   = sifting max(0, Q1 [1 - h(e1)] - f Q h(E))

    and ``key_rate`` is pulse_rate R realised_share [bit/s], less the time that detectors are blind. Where the sums
    could pass 1, the exact 1 - (1 - Y0)(1 - x) stands for Y0 + x. An eavesdropper raises E and e1 (`InterceptResend`).

    Parameters
    ----------
    intensity:
        Mean photon number mu of a signal pulse; 0.48 is optimal for GYS [1]_.
    sifting:
        Share of clicks in matching bases: 1/2 for balanced bases, towards 1 for biased ones.
    realised_share:
        As in `QKD`; 0.19 brings the default set to the 304 kbit/s measured at 14.5 dB [2]_.

    References
    ----------
    .. [1] X. Ma, B. Qi, Y. Zhao, H.-K. Lo, "Practical decoy state for quantum key distribution",
       Phys. Rev. A 72, 012326 (2005).
    .. [2] M. Sasaki et al., "Field test of quantum key distribution in the Tokyo QKD Network",
       Opt. Express 19, 10387 (2011): 304 kbit/s over 45 km, 14.5 dB.

    *Scope*: as `QKD`, with as many decoy intensities as one likes and no pulses spent on them. Key comes steadily: with
    finite keys unlimited decoys have no meaning, `qflsim.quantum.finite_bb84.FiniteKeyBB84` sends three intensities.

    *Validation*: GYS of [1]_: optimal intensity 0.48, reach 142.0 km, rates at 0, 50, 100 and 140 km; never above
    the repeaterless bound.
    """

    intensity: float = quantity(0.48, above=0, advice="give mean photons per pulse, e.g. 0.48")
    sifting: float = quantity(1.0, above=0, at_most=1, advice="give 0.5 for balanced bases")

    def gain(self, distance_m: float, intensity: float | None = None) -> float:
        """Probability that a pulse of ``intensity`` (a signal pulse if left out) clicks, whatever the cause."""
        return self._seen(self._light(distance_m, intensity))[0]

    def error_rate(self, distance_m: float, intensity: float | None = None) -> float:
        """Quantum bit error rate: share of wrong bits among the clicks in matching bases."""
        return self._errors(self._light(distance_m, intensity))

    def single_photons(self, distance_m: float) -> tuple[float, float]:
        """What is known of pulses of one photon: the probability Y1 of a click, and their error rate e1."""
        eta = self.transmittance(distance_m)
        return self._seen(eta)[0], self._errors(eta)

    def secret_bits_per_pulse(self, distance_m: float) -> float:
        """Secret key bits per pulse, 0 where no key can be made."""
        clicks, errors = self.single_photons(distance_m)
        kept = clicks * self.intensity * math.exp(-self.intensity) * (1.0 - binary_entropy(errors))
        disclosed = self.error_correction * self.gain(distance_m) * binary_entropy(self.error_rate(distance_m))
        return max(0.0, self.sifting * (kept - disclosed))

    def secret_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s]: pulse rate times secret bits per pulse, while the detectors see."""
        live = float(live_share(self.pulse_rate * self.gain(distance_m), self.dead_time))
        return live * self.pulse_rate * self.secret_bits_per_pulse(distance_m)

    def _light(self, distance_m: float, intensity: float | None) -> float:
        """Probability that light of a pulse clicks."""
        photons = self.intensity if intensity is None else intensity
        return -math.expm1(-self.transmittance(distance_m) * photons)

    def _errors(self, signal: float) -> float:
        """Share of wrong bits where photons click with probability ``signal``; dark clicks are wrong half the time."""
        clicks, wrong = self._seen(signal)
        return self.eavesdropping.raised(0.5 if clicks == 0.0 else min(0.5, wrong / clicks))

    def _seen(self, signal: float) -> tuple[float, float]:
        """Probabilities of a click and of a wrong click where photons click with probability ``signal``."""
        wrong = 0.5 * self.dark_count_yield + self.misalignment * signal
        clicks, errors = after_pulsed(either(self.dark_count_yield, signal), wrong, self.after_pulse)
        return float(clicks), float(errors)


@dataclass(frozen=True, kw_only=True)
class WeakDecoyBB84(DecoyBB84):
    """BB84 as it is built: one weak decoy intensity and the vacuum bound what the single photons did.

    As `DecoyBB84`, with the bounds of the vacuum and weak decoy states in place of Y1 and e1 [1]_::

        Y1 >= mu/(mu nu - nu^2) [Q_nu e^nu - Q_mu e^mu nu^2/mu^2 - (mu^2 - nu^2)/mu^2 Y0]
        e1 <= (E_nu Q_nu e^nu - Y0/2) / (Y1 nu)

    Parameters
    ----------
    weak_intensity:
        Mean photon number nu of a decoy pulse, below that of a signal pulse; 0.05 [1]_.

    References
    ----------
    .. [1] X. Ma, B. Qi, Y. Zhao, H.-K. Lo, "Practical decoy state for quantum key distribution",
       Phys. Rev. A 72, 012326 (2005), equations 34 and 37.

    *Scope*: as `DecoyBB84`; gains are known exactly (no statistics), the pulses spent on decoys are not counted in
    ``pulse_rate``.

    *Validation*: GYS of [1]_: reach 140.55 km; at 40 km and nu = mu/4 Y1 is 3.5 % low and e1 16.8 % high; never above
    unlimited decoys.
    """

    weak_intensity: float = quantity(0.05, above=0, advice="give mean photons per pulse, e.g. 0.05")

    def check(self) -> None:
        """Refuse decoys that are as bright as the signal."""
        if self.weak_intensity >= self.intensity:
            raise ValueError(
                f"WeakDecoyBB84.weak_intensity must be < intensity = {self.intensity:g}, got {self.weak_intensity!r}; "
                "give e.g. 0.05"
            )

    def single_photons(self, distance_m: float) -> tuple[float, float]:
        """Lower bound of the probability that one photon clicks, and upper bound of the error rate."""
        mu, nu = self.intensity, self.weak_intensity
        dark, wrong = self._seen(0.0)
        weak = self.gain(distance_m, nu) * math.exp(nu)
        bright = self.gain(distance_m) * math.exp(mu) * (nu / mu) ** 2
        clicks = mu / (mu * nu - nu**2) * (weak - bright - (1.0 - (nu / mu) ** 2) * dark)
        if clicks <= 0.0:
            return 0.0, 0.5
        errors = (self.error_rate(distance_m, nu) * weak - wrong) / (clicks * nu)
        return clicks, min(0.5, max(0.0, errors))


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

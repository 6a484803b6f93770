"""Light from a satellite to a telescope on the ground: what diffraction, air, pointing and glass leave of it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.units import degree, m

__all__ = ["OpticalDownlink", "air_mass"]

Floats = NDArray[np.float64]


def air_mass(elevation: Floats) -> Floats:
    """Air on the line of sight to ``elevation`` [rad] over that to the zenith.

    X = 1 / (sin h + 0.50572 (h + 6.07995)^-1.6364), h in degrees; 38 at the horizon.

    References
    ----------
    .. [1] F. Kasten, A. T. Young, "Revised optical air mass tables and approximation formula", Appl. Opt. 28, 4735
       (1989).
    """
    height = np.maximum(np.asarray(elevation, dtype=np.float64), 0.0)
    return np.asarray(1.0 / (np.sin(height) + 0.50572 * (height / degree + 6.07995) ** -1.6364))


@dataclass(frozen=True, kw_only=True)
class OpticalDownlink(Part):
    """A satellite's telescope spreads its light over some metres on the ground, where another one gathers some of it.

    Transmittance = diffraction * pointing * air * receiver, each a factor:

    - diffraction: a Gaussian beam of radius w = divergence * range falls centred on an annular aperture,
      exp(-2 b^2/w^2) - exp(-2 a^2/w^2) with the radii a of the aperture and b of its central obscuration;
    - pointing: the mean over a jitter that is normal with standard deviation s on each axis,
      1 / (1 + 4 s^2/divergence^2);
    - air: zenith_transmittance to the power of the air mass (`air_mass`);
    - receiver: receiver_transmittance.

    Parameters
    ----------
    divergence:
        Half angle [rad] at which the far field has fallen to 1/e^2; 7.4 urad makes the 22 dB of diffraction at
        1200 km that [1]_ states, a full width at half maximum of 8.7 urad beside the "about 10 urad" of [1]_.
    receiver_aperture:
        Diameter [m] of the telescope on the ground; 1 m [1]_.
    obscuration:
        Diameter of its central obscuration over that of the aperture; 0, contained in the receiver's 16 % of [1]_.
    pointing_jitter:
        Standard deviation [rad] of the pointing error on each axis; 1.2 urad, the tracking accuracy of [1]_, taken
        as that.
    zenith_transmittance:
        Share of the light that air and turbulence let through from the zenith; 0.545 makes the 8 dB at 1200 km that end
        the range of 3 to 8 dB of [1]_, and the sifted bits of its pass within 20 %. Clear, calm air: 0.8 (assumption).
    receiver_transmittance:
        Share of the light gathered that reaches the detectors; 0.16 [1]_.

    References
    ----------
    .. [1] S.-K. Liao et al., "Satellite-to-ground quantum key distribution", Nature 549, 43 (2017), arXiv:1707.00542.

    Notes
    -----
    *Scope*: mean loss; no fading by scintillation, no clouds, no stray light (a detector's dark counts stand for both
    darkness and stars). A downlink: turbulence lies near the receiver and does not spread the beam.
    The detectors' efficiency belongs to the `QKD` protocol and is left out here.

    *Validation*: 22 dB of diffraction and the budget at 1200 km, sifted bits and rates of the pass of [1]_; the loss of
    a zenith pass of SatQuMA relative to the zenith; the pointing factor against a draw of pointing errors.
    """

    divergence: float = quantity(7.4e-6, unit="rad", above=0, below=1e-2, advice="give a half angle, e.g. 7.4e-6")
    receiver_aperture: float = quantity(1.0 * m, unit="m", above=0, at_most=50, advice="give a diameter, e.g. 1 * m")
    obscuration: float = quantity(0.0, at_least=0, below=1, advice="give a share of the diameter, e.g. 0.3")
    pointing_jitter: float = quantity(1.2e-6, unit="rad", at_least=0, advice="give it in radians, e.g. 1.2e-6")
    zenith_transmittance: float = quantity(0.545, above=0, at_most=1, advice="give a share, e.g. 0.8")
    receiver_transmittance: float = quantity(0.16, above=0, at_most=1, advice="give a share, e.g. 0.16")

    def diffraction_loss(self, range_m: Floats) -> Floats:
        """Loss [dB] because the spot on the ground is larger than the telescope, ``range_m`` [m] away."""
        squared = 2.0 * (0.5 * self.receiver_aperture / (self.divergence * np.asarray(range_m))) ** 2
        gathered = -np.expm1(-squared) + np.expm1(-squared * self.obscuration**2)
        return np.asarray(-10.0 * np.log10(gathered))

    @property
    def pointing_loss(self) -> float:
        """Mean loss [dB] by pointing beside the telescope."""
        return 10.0 * math.log10(1.0 + (2.0 * self.pointing_jitter / self.divergence) ** 2)

    def atmospheric_loss(self, elevation: Floats) -> Floats:
        """Loss [dB] in air, at ``elevation`` [rad]."""
        return np.asarray(-10.0 * math.log10(self.zenith_transmittance) * air_mass(elevation))

    def loss(self, elevation: Floats, range_m: Floats) -> Floats:
        """Loss [dB] from the satellite to the detectors, these left out, of the same shape as the arguments."""
        fixed = self.pointing_loss - 10.0 * math.log10(self.receiver_transmittance)
        return np.asarray(self.diffraction_loss(range_m) + self.atmospheric_loss(elevation) + fixed)

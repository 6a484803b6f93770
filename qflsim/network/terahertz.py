"""Radio above 100 GHz, where TR 38.901 ends: the close-in model."""

import math
from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.units import GHz, W, dB, dBm, m

from .cell import RadioCell
from .propagation import umi_los_probability

__all__ = ["SubTerahertz", "close_in_path_loss"]

LIGHT_SPEED = 299_792_458.0  # [m/s]
NEAREST, FARTHEST = 1.0, 200.0  # from the reference distance to the largest cell of the measurements [m]


def close_in_path_loss(distance: float, carrier: float, exponent: float) -> float:
    """Median path loss [dB] that grows from free space at 1 m with a power of the distance.

    PL = 20 log(4 pi (1 m) f / c) + 10 n log(d / 1 m) [1]_.

    Parameters
    ----------
    distance:
        Distance between the antennas [m], at least 1 m.
    carrier:
        Carrier frequency [Hz].
    exponent:
        n: 2 in free space.

    Raises
    ------
    ValueError
        If the distance is below the reference distance of 1 m.

    References
    ----------
    .. [1] S. Sun et al., "Investigation of prediction accuracy, sensitivity, and parameter stability of large-scale
       propagation path loss models for 5G wireless communications", IEEE Trans. Veh. Technol. 65(5), 2843 (2016).

    Notes
    -----
    *Validation*: 75.4936 dB at 1 m and 142 GHz, and 8 values for n = 1.94 and 2.87 from 10 to 200 m, to 1e-3 dB.
    """
    if not distance >= NEAREST:
        raise ValueError(f"distance must be >= 1 m, where the close-in model starts, got {distance!r} m")
    return 20 * math.log10(4 * math.pi * carrier / LIGHT_SPEED) + 10 * exponent * math.log10(distance)


@dataclass(frozen=True, kw_only=True)
class SubTerahertz(RadioCell):
    """A lamp-post base station at 142 GHz: a very wide band, lost at the next corner.

    Close-in model with the exponents measured in the streets of Brooklyn [1]_; line of sight as in urban micro
    cells of TR 38.901 [2]_ (assumption: a matter of geometry, not of frequency). See `RadioCell` for what all cells
    share.

    Parameters
    ----------
    carrier, bandwidth:
        Carrier frequency and bandwidth [Hz]; 142 GHz and 1 GHz [3]_.
    exponent_los, exponent_nlos:
        Path loss exponents with and without line of sight; 1.94 and 2.87, omnidirectional [1]_ (from memory).
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing [dB]; 2.7 and 8.2 dB [1]_ (from memory). 0 switches it off. It is correlated
        over the distances of urban micro cells (assumption).
    absorption:
        What air takes beyond what the exponents hold [dB/m]; 0. Air at sea level absorbs 0.92 dB/km at 140 GHz [5]_: of
        that, at most 0.2 dB on the way, the measured exponents have their part already. Give the difference at other
        carriers, e.g. beside the oxygen line at 119 GHz, or for rain, e.g. 19 dB/km at 25 mm/h [6]_.
    station_power:
        Radiated power [W]; 33 dBm as in `UrbanMicro` (assumption: more than amplifiers at 142 GHz give today).
    device_gain, station_gain:
        Antenna gains (ratios); 5 dBi [4]_, and 27 dBi, that of the horns of [1]_ (from memory).
    device_noise, station_noise:
        Noise figures (ratios); 10 dB and 7 dB, the values for 30 GHz [4]_ (assumption for 142 GHz).
    device_height, station_height:
        Antenna heights [m]; 1.5 m and 4 m [1]_ (from memory).

    References
    ----------
    .. [1] Y. Xing, T. S. Rappaport, "Millimeter wave and terahertz urban microcell propagation measurements and
       models", IEEE Commun. Lett. 25(12) (2021), arXiv:2109.13404.
    .. [2] 3GPP TR 38.901, table 7.4.2-1.
    .. [3] Y. Xing, O. Kanhere, S. Ju, T. S. Rappaport, "Sub-terahertz wireless coverage analysis at 142 GHz in urban
       microcell", arXiv:2203.09029 (2022): cells of 200 m radius.
    .. [4] ITU-R M.2412-0, table 5 (30 GHz; from memory).
    .. [5] ITU-R P.676-12, annex 1, at 1013.25 hPa, 288.15 K and 7.5 g/m^3 of water vapour (evaluated with the library
       itur 0.4.0: 0.9232 dB/km).
    .. [6] ITU-R P.838-3 at 140 GHz (evaluated with itur 0.4.0: 19.15 dB/km).

    Notes
    -----
    *Scope*: as `RadioCell`; antennas 1 m to 200 m apart. Beams are always aligned: no search, no blockage by people.

    *Validation*: 9 path losses of the close-in model. The mean downlink of [3]_, 4.5 bit/s/Hz, is above the cap of the
    default link adaptation and is not reproduced: about half of it is reached in a cell of 150 m.
    """

    carrier: float = quantity(142 * GHz, unit="Hz", at_least=92 * GHz, at_most=174 * GHz, advice="e.g. 142 * GHz")
    bandwidth: float = quantity(1 * GHz, unit="Hz", above=0, advice="give it in hertz, e.g. 1 * GHz")
    exponent_los: float = quantity(1.94, above=0, advice="2 is free space, e.g. 1.94")
    exponent_nlos: float = quantity(2.87, above=0, advice="e.g. 2.87")
    absorption: float = quantity(0.0, unit="dB/m", at_least=0, advice="give it in dB per metre, e.g. 19.15 / km")
    station_power: float = quantity(dBm(33), unit="W", above=0, at_most=200 * W, advice="give watts, e.g. dBm(33)")
    device_gain: float = quantity(dB(5), above=0, advice="give a ratio, e.g. dB(5)")
    station_gain: float = quantity(dB(27), above=0, advice="give a ratio, e.g. dB(27)")
    device_noise: float = quantity(dB(10), at_least=1, advice="give a ratio >= 1, e.g. dB(10)")
    station_noise: float = quantity(dB(7), at_least=1, advice="give a ratio >= 1, e.g. dB(7)")
    station_height: float = quantity(4.0 * m, unit="m", above=0, advice="e.g. 4 * m")
    shadowing_los: float = quantity(2.7, unit="dB", at_least=0, advice="give decibels as a number, e.g. 2.7")
    shadowing_nlos: float = quantity(8.2, unit="dB", at_least=0, advice="give decibels as a number, e.g. 8.2")

    def check(self) -> None:
        """Refuse exponents by which corners help, a station out of range of the street, and buildings."""
        if self.buildings is not None:
            raise ValueError(
                "SubTerahertz.buildings must be None: the wall losses of TR 38.901 end at 100 GHz; use UrbanMicro"
            )
        if self.exponent_nlos < self.exponent_los:
            raise ValueError(
                f"SubTerahertz.exponent_nlos must be >= exponent_los = {self.exponent_los:g}, "
                f"got {self.exponent_nlos!r}; a blocked path does not gain"
            )
        if not self._height < FARTHEST:
            raise ValueError(
                f"SubTerahertz.station_height and device_height must differ by less than {FARTHEST:g} m, got "
                f"{self.station_height!r} m and {self.device_height!r} m; e.g. 4 * m and 1.5 * m"
            )

    @property
    def distances(self) -> tuple[float, float]:
        """Horizontal distances [m] at which the antennas are at least 1 m apart, up to 200 m."""
        return math.sqrt(max(0.0, NEAREST**2 - self._height**2)), FARTHEST

    def los_probability(self, distance: float) -> float:
        """Certain up to 18 m, then falling; see `umi_los_probability`."""
        return umi_los_probability(distance)

    def path_loss(self, distance: float, los: bool) -> float:
        """Median path loss [dB]; see `close_in_path_loss`, and what air and rain absorb.

        Raises
        ------
        ValueError
            If the distance is not within `distances`.
        """
        nearest, farthest = self.distances
        if not nearest <= distance <= farthest:
            raise ValueError(
                f"distance to a {self.carrier / GHz:g} GHz station must be between {nearest:g} m and {farthest:g} m, "
                f"as far as cells were measured, got {distance!r} m; place the device in that range"
            )
        exponent = self.exponent_los if los else self.exponent_nlos
        far = math.hypot(distance, self._height)
        return close_in_path_loss(far, self.carrier, exponent) + self.absorption * far

    @property
    def _height(self) -> float:
        return abs(self.station_height - self.device_height)

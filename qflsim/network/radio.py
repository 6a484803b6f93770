"""Base stations of a city: in its streets and above its roofs."""

from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.units import W, dBm, m

from .cell import RadioCell
from .propagation import FARTHEST, NEAREST, umi_los_probability, umi_path_loss
from .propagation_macro import uma_los_probability, uma_path_loss

__all__ = ["UrbanMacro", "UrbanMicro"]


@dataclass(frozen=True, kw_only=True)
class UrbanMicro(RadioCell):
    """A lamp-post base station serves the devices in the streets around it.

    Urban-micro street canyon of TR 38.901 [1]_; see `RadioCell` for what all cells share.

    Parameters
    ----------
    station_power:
        Radiated power [W]; 33 dBm, micro layer of [2]_.
    device_height, station_height:
        Antenna heights [m]; 1.5 m and 10 m [1]_.
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing with and without line of sight [dB]; 4 and 7.82 dB [1]_. 0 switches it off.

    References
    ----------
    .. [1] 3GPP TR 38.901, tables 7.4.1-1, 7.4.2-1 and 7.5-6.
    .. [2] ITU-R M.2412-0, table 5 (dense urban; from memory).

    Notes
    -----
    *Scope*: as `RadioCell`; devices 10 m to 5 km away.

    *Validation*: 24 path losses and 6 line-of-sight probabilities of TR 38.901; the uplink budget of 23 dBm over
    20 MHz at 100 m: 44.5569 dB with and 24.6345 dB without line of sight, 40 Mbit/s.
    """

    station_power: float = quantity(dBm(33), unit="W", above=0, at_most=200 * W, advice="give watts, e.g. dBm(33)")
    device_height: float = quantity(1.5 * m, unit="m", at_least=1.5, at_most=22.5, advice="e.g. 1.5 * m")
    station_height: float = quantity(10 * m, unit="m", above=1, advice="TR 38.901 assumes 10 * m")
    shadowing_los: float = quantity(4.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 4.0")
    shadowing_nlos: float = quantity(7.82, unit="dB", at_least=0, advice="give decibels as a number, e.g. 7.82")

    @property
    def distances(self) -> tuple[float, float]:
        """10 m and 5 km."""
        return NEAREST, FARTHEST

    def los_probability(self, distance: float) -> float:
        """Certain up to 18 m, then falling; see `umi_los_probability`."""
        return umi_los_probability(distance)

    def path_loss(self, distance: float, los: bool) -> float:
        """Median path loss [dB]; see `umi_path_loss`."""
        heights = {"station_height": self.station_height, "device_height": self.device_height}
        return umi_path_loss(distance, self.carrier, los, **heights)


@dataclass(frozen=True, kw_only=True)
class UrbanMacro(RadioCell):
    """A base station above the roofs serves the devices in the streets of a whole quarter.

    Urban macro of TR 38.901 [1]_; see `RadioCell` for what all cells share.

    Parameters
    ----------
    station_power:
        Radiated power [W]; 46 dBm [2]_ (there per 20 MHz).
    device_height, station_height:
        Antenna heights [m]; 1.5 m and 25 m [1]_. Up to 13 m the effective height of the environment is 1 m; above, TR
        38.901 draws it by chance, which is left out.
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing with and without line of sight [dB]; 4 and 6 dB [1]_. 0 switches it off.
    correlation_los, correlation_nlos:
        Distances over which shadowing is correlated [m]; 37 and 50 m [1]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, tables 7.4.1-1, 7.4.2-1 and 7.5-6.
    .. [2] 3GPP TR 36.814, table A.2.1.1-2.

    Notes
    -----
    *Scope*: as `RadioCell`; devices 10 m to 5 km away. It takes a macro station, also in
    energy: ``EnergyModels(station=MacroStationEnergy())``.

    *Validation*: 24 path losses and 12 line-of-sight probabilities of TR 38.901.
    """

    station_power: float = quantity(dBm(46), unit="W", above=0, at_most=200 * W, advice="give watts, e.g. dBm(46)")
    device_height: float = quantity(1.5 * m, unit="m", at_least=1.5, at_most=13, advice="e.g. 1.5 * m")
    station_height: float = quantity(25 * m, unit="m", above=1, advice="TR 38.901 assumes 25 * m")
    shadowing_los: float = quantity(4.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 4.0")
    shadowing_nlos: float = quantity(6.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 6.0")
    correlation_los: float = quantity(37 * m, unit="m", above=0, advice="give it in metres, e.g. 37 * m")
    correlation_nlos: float = quantity(50 * m, unit="m", above=0, advice="give it in metres, e.g. 50 * m")

    @property
    def distances(self) -> tuple[float, float]:
        """10 m and 5 km."""
        return NEAREST, FARTHEST

    def los_probability(self, distance: float) -> float:
        """Certain up to 18 m, then falling; see `uma_los_probability`."""
        return uma_los_probability(distance, self.device_height)

    def path_loss(self, distance: float, los: bool) -> float:
        """Median path loss [dB]; see `uma_path_loss`."""
        heights = {"station_height": self.station_height, "device_height": self.device_height}
        return uma_path_loss(distance, self.carrier, los, **heights)

"""A base station under the ceiling of an office."""

import math
from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.units import GHz, W, dBm, m

from .cell import RadioCell

__all__ = ["IndoorOffice", "indoor_los_probability", "indoor_path_loss"]

NEAREST, FARTHEST = 1.0, 150.0  # distances between the antennas for which InH is defined [m]
OFFICES = ("mixed", "open")


def indoor_path_loss(distance: float, carrier: float, los: bool) -> float:
    """Median path loss [dB] inside an office (InH).

    With the distance d [m] between the antennas and f [GHz] [1]_: line of sight 32.4 + 17.3 log d + 20 log f;
    otherwise the larger of that and 38.3 log d + 17.30 + 24.9 log f.

    Raises
    ------
    ValueError
        If the distance is outside the range for which the model is defined.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.1-1.

    Notes
    -----
    *Scope*: one floor; median loss: no shadowing, no fast fading.

    *Validation*: 18 values for 3.5, 28 and 60 GHz and 5 to 60 m, to 1e-4 dB.
    """
    if not NEAREST <= distance <= FARTHEST:
        raise ValueError(
            f"distance between antennas in an office must be between 1 m and 150 m, where TR 38.901 defines the path "
            f"loss, got {distance!r} m; place the device in that range"
        )
    far, frequency = math.log10(distance), math.log10(carrier / GHz)
    seen = 32.4 + 17.3 * far + 20 * frequency
    return seen if los else max(seen, 38.3 * far + 17.30 + 24.9 * frequency)


def indoor_los_probability(distance: float, office: str = "mixed") -> float:
    """Probability that a device in an ``office`` sees the station at horizontal ``distance`` [m].

    ``"mixed"``, with corridors and rooms [1]_: 1 up to 1.2 m, exp(-(d - 1.2)/4.7) up to 6.5 m, beyond it
    0.32 exp(-(d - 6.5)/32.6). ``"open"`` [1]_ (from memory): 1 up to 5 m, exp(-(d - 5)/70.8) up to 49 m, beyond it
    0.54 exp(-(d - 49)/211.7).

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.2-1.
    """
    if office not in OFFICES:
        raise ValueError(f"office must be 'mixed' or 'open', got {office!r}; TR 38.901 has no others")
    near, far, first, tail, second = (1.2, 6.5, 4.7, 0.32, 32.6) if office == "mixed" else (5, 49, 70.8, 0.54, 211.7)
    if distance <= near:
        return 1.0
    if distance <= far:
        return math.exp(-(distance - near) / first)
    return tail * math.exp(-(distance - far) / second)


@dataclass(frozen=True, kw_only=True)
class IndoorOffice(RadioCell):
    """A base station under the ceiling serves the devices on one floor of an office.

    Indoor office of TR 38.901 [1]_; see `RadioCell` for what all cells share.

    Parameters
    ----------
    office:
        ``"mixed"`` (rooms and corridors) or ``"open"``: how often the station is seen [1]_.
    station_power:
        Radiated power [W]; 24 dBm, the low end of small cells [2]_.
    device_height, station_height:
        Antenna heights [m]; 1 m and 3 m [1]_ (from memory).
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing with and without line of sight [dB]; 3 and 8.03 dB [1]_. 0 switches it off.
    correlation_los, correlation_nlos, correlation_sight:
        Distances over which shadowing and line of sight are correlated [m]; 10, 6 and 10 m [1]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, tables 7.2-2, 7.4.1-1, 7.4.2-1, 7.5-6 and 7.6.3.1-2.
    .. [2] ITU-R M.2412-0, table 5 (24 to 37 dBm for small cells; from memory).

    Notes
    -----
    *Scope*: as `RadioCell`; one floor, antennas 1 to 150 m apart.

    *Validation*: 18 path losses and 10 line-of-sight probabilities of TR 38.901.
    """

    office: str = quantity("mixed", advice="give 'mixed' or 'open'")
    station_power: float = quantity(dBm(24), unit="W", above=0, at_most=200 * W, advice="give watts, e.g. dBm(24)")
    device_height: float = quantity(1.0 * m, unit="m", above=0, advice="e.g. 1 * m")
    station_height: float = quantity(3.0 * m, unit="m", above=0, advice="TR 38.901 assumes 3 * m")
    shadowing_los: float = quantity(3.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 3.0")
    shadowing_nlos: float = quantity(8.03, unit="dB", at_least=0, advice="give decibels as a number, e.g. 8.03")
    correlation_nlos: float = quantity(6 * m, unit="m", above=0, advice="give it in metres, e.g. 6 * m")
    correlation_sight: float = quantity(10 * m, unit="m", above=0, advice="give it in metres, e.g. 10 * m")

    def check(self) -> None:
        """Refuse an office that TR 38.901 does not know, a ceiling out of its range, and buildings in the office."""
        if self.buildings is not None:
            raise ValueError("IndoorOffice.buildings must be None: station and devices are in one building already")
        if self.office not in OFFICES:
            raise ValueError(f"IndoorOffice.office must be 'mixed' or 'open', got {self.office!r}")
        if not self._height < FARTHEST:
            raise ValueError(
                f"IndoorOffice.station_height and device_height must differ by less than {FARTHEST:g} m, got "
                f"{self.station_height!r} m and {self.device_height!r} m; e.g. 3 * m and 1 * m"
            )

    @property
    def distances(self) -> tuple[float, float]:
        """Horizontal distances [m] at which the antennas are 1 to 150 m apart."""
        nearest = math.sqrt(max(0.0, NEAREST**2 - self._height**2))
        # rounded down by a hair, so that the farthest device is not out of range by its last digit
        return nearest, math.sqrt(FARTHEST**2 - self._height**2) * (1 - 1e-12)

    def los_probability(self, distance: float) -> float:
        """Falls with the distance; see `indoor_los_probability`."""
        return indoor_los_probability(distance, self.office)

    def path_loss(self, distance: float, los: bool) -> float:
        """Median path loss [dB]; see `indoor_path_loss`."""
        return indoor_path_loss(math.hypot(distance, self._height), self.carrier, los)

    @property
    def _height(self) -> float:
        return abs(self.station_height - self.device_height)

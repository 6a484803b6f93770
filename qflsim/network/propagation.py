"""How much weaker a radio signal arrives: 3GPP path loss and line-of-sight probabilities, as plain functions."""

import math

from qflsim.units import GHz

__all__ = [
    "FARTHEST", "NEAREST", "breakpoint_distance", "sidelink_los_probability", "sidelink_path_loss", "umi_breakpoint",
    "umi_los_probability", "umi_path_loss",
]  # fmt: skip

LIGHT_SPEED = 3.0e8  # the value TR 38.901 prescribes for the break point [m/s]
ENVIRONMENT_HEIGHT = 1.0  # effective environment height of UMi, and of UMa up to 13 m of device height [m]
NEAREST, FARTHEST = 10.0, 5000.0  # horizontal distances for which UMi and UMa are defined [m]
NEAREST_PAIR = 1.0


def breakpoint_distance(carrier: float, station_height: float, device_height: float) -> float:
    """Distance [m] at which the wave reflected by the ground starts to cancel the direct one.

    d_BP = 4 (h_BS - 1 m)(h_UT - 1 m) f / c, with c = 3.0e8 m/s [1]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.1-1, note 1.
    """
    return 4 * (station_height - ENVIRONMENT_HEIGHT) * (device_height - ENVIRONMENT_HEIGHT) * carrier / LIGHT_SPEED


def umi_breakpoint(carrier: float, station_height: float = 10.0, device_height: float = 1.5) -> float:
    """Distance [m] beyond which an urban-micro line-of-sight signal fades with the fourth power of the distance.

    d_BP of `breakpoint_distance`.
    """
    return breakpoint_distance(carrier, station_height, device_height)


def umi_path_loss(
    distance: float, carrier: float, los: bool, *, station_height: float = 10.0, device_height: float = 1.5
) -> float:
    """Median path loss [dB] between a lamp-post base station and a device in a street canyon (UMi).

    With d3 = sqrt(d^2 + (h_BS - h_UT)^2) [m] and f [GHz] [1]_:
    line of sight: 32.4 + 21 log d3 + 20 log f up to the break point, beyond it
    32.4 + 40 log d3 + 20 log f - 9.5 log(d_BP^2 + (h_BS - h_UT)^2);
    otherwise the larger of that and 35.3 log d3 + 22.4 + 21.3 log f - 0.3 (h_UT - 1.5).

    Parameters
    ----------
    distance:
        Horizontal distance [m], 10 m to 5 km.
    carrier:
        Carrier frequency [Hz].
    los:
        Whether the device sees the station.
    station_height, device_height:
        Antenna heights [m].

    Raises
    ------
    ValueError
        If the distance is outside the range for which the model is defined.

    References
    ----------
    .. [1] 3GPP TR 38.901, "Study on channel model for frequencies from 0.5 to 100 GHz", table 7.4.1-1.

    Notes
    -----
    *Scope*: outdoor devices; median loss: no shadowing, no fast fading, no penetration of buildings.

    *Validation*: 24 values for 3.5, 10 and 28 GHz and 20 to 500 m, to 1e-4 dB.
    """
    if not NEAREST <= distance <= FARTHEST:
        raise ValueError(
            f"distance to an urban-micro station must be between 10 m and 5 km, where TR 38.901 defines the path loss, "
            f"got {distance!r} m; place the device in that range"
        )
    height = station_height - device_height
    far = math.log10(math.hypot(distance, height))
    frequency = math.log10(carrier / GHz)
    breakpoint_ = umi_breakpoint(carrier, station_height, device_height)
    if distance <= breakpoint_:
        seen = 32.4 + 21 * far + 20 * frequency
    else:
        seen = 32.4 + 40 * far + 20 * frequency - 9.5 * math.log10(breakpoint_**2 + height**2)
    if los:
        return seen
    return max(seen, 35.3 * far + 22.4 + 21.3 * frequency - 0.3 * (device_height - 1.5))


def umi_los_probability(distance: float) -> float:
    """Probability that a device in the street sees the urban-micro station at horizontal ``distance`` [m].

    1 up to 18 m, beyond it 18/d + exp(-d/36)(1 - 18/d) [1]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.2-1.
    """
    if distance <= 18.0:
        return 1.0
    return 18.0 / distance + math.exp(-distance / 36.0) * (1.0 - 18.0 / distance)


def sidelink_path_loss(distance: float, carrier: float, los: bool) -> float:
    """Median path loss [dB] between two devices in a city street, both antennas at the height of a person or car.

    Line of sight 38.77 + 16.7 log d + 18.2 log f; otherwise 36.85 + 30 log d + 18.9 log f, with d [m] and f [GHz]
    [1]_. Below 1 m the loss at 1 m is taken.

    References
    ----------
    .. [1] 3GPP TR 37.885, "Study on evaluation methodology of new vehicle-to-everything use cases", table 6.2.1-1,
       urban (read in the implementation of it in ns-3, three-gpp-v2v-propagation-loss-model.cc).
    """
    far = math.log10(max(distance, NEAREST_PAIR))
    frequency = math.log10(carrier / GHz)
    if los:
        return 38.77 + 16.7 * far + 18.2 * frequency
    return 36.85 + 30.0 * far + 18.9 * frequency


def sidelink_los_probability(distance: float) -> float:
    """Probability that nothing stands between two devices in a city street ``distance`` [m] apart.

    min(1, 1.05 exp(-0.0114 d)) [1]_.

    References
    ----------
    .. [1] 3GPP TR 37.885, table 6.2-1, urban (read in the implementation of it in ns-3).
    """
    return min(1.0, 1.05 * math.exp(-0.0114 * distance))

"""Path loss and line of sight of an urban macro cell (UMa), as plain functions."""

import math

from qflsim.units import GHz

from .propagation import FARTHEST, NEAREST, breakpoint_distance

__all__ = ["uma_breakpoint", "uma_los_probability", "uma_path_loss"]


def uma_breakpoint(carrier: float, station_height: float = 25.0, device_height: float = 1.5) -> float:
    """Distance [m] beyond which an urban-macro line-of-sight signal fades with the fourth power of the distance.

    d_BP = 4 (h_BS - 1 m)(h_UT - 1 m) f / c, with c = 3.0e8 m/s and h_UT <= 13 m [1]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.1-1, note 1.
    """
    return breakpoint_distance(carrier, station_height, device_height)


def uma_path_loss(
    distance: float, carrier: float, los: bool, *, station_height: float = 25.0, device_height: float = 1.5
) -> float:
    """Median path loss [dB] between a base station above the roofs and a device in the street (UMa).

    With d3 = sqrt(d^2 + (h_BS - h_UT)^2) [m] and f [GHz] [1]_:
    line of sight: 28.0 + 22 log d3 + 20 log f up to the break point, beyond it
    28.0 + 40 log d3 + 20 log f - 9 log(d_BP^2 + (h_BS - h_UT)^2);
    otherwise the larger of that and 13.54 + 39.08 log d3 + 20 log f - 0.6 (h_UT - 1.5).

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
    *Scope*: outdoor devices up to 13 m high; median loss: no shadowing, no fast fading, no penetration of buildings.

    *Validation*: 24 values for 3.5, 10 and 28 GHz and 20 to 500 m, to 1e-4 dB.
    """
    if not NEAREST <= distance <= FARTHEST:
        raise ValueError(
            f"distance to an urban-macro station must be between 10 m and 5 km, where TR 38.901 defines the path loss, "
            f"got {distance!r} m; place the device in that range"
        )
    height = station_height - device_height
    far = math.log10(math.hypot(distance, height))
    frequency = math.log10(carrier / GHz)
    bend = uma_breakpoint(carrier, station_height, device_height)
    if distance <= bend:
        seen = 28.0 + 22 * far + 20 * frequency
    else:
        seen = 28.0 + 40 * far + 20 * frequency - 9 * math.log10(bend**2 + height**2)
    if los:
        return seen
    return max(seen, 13.54 + 39.08 * far + 20 * frequency - 0.6 * (device_height - 1.5))


def uma_los_probability(distance: float, device_height: float = 1.5) -> float:
    """Probability that a device ``device_height`` [m] above the street sees the macro station at ``distance`` [m].

    1 up to 18 m, beyond it [18/d + exp(-d/63)(1 - 18/d)] [1 + C (5/4)(d/100)^3 exp(-d/150)] with C = 0 up to 13 m of
    height and ((h_UT - 13)/10)^1.5 up to 23 m [1]_.

    Raises
    ------
    ValueError
        If the device is higher than 23 m, where the formula ends.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.4.2-1.
    """
    if not device_height <= 23.0:
        raise ValueError(f"device_height must be <= 23 m, where TR 38.901 ends, got {device_height!r}; give e.g. 1.5")
    if distance <= 18.0:
        return 1.0
    street = 18.0 / distance + math.exp(-distance / 63.0) * (1.0 - 18.0 / distance)
    raised = math.pow(max(0.0, device_height - 13.0) / 10.0, 1.5)
    return street * (1.0 + raised * 1.25 * (distance / 100.0) ** 3 * math.exp(-distance / 150.0))

"""A satellite that carries messages between stations: stored on board, passed on when it passes over."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import Mbit, W, day, degree, s

from .earth import GroundSite
from .link import Quality
from .orbit import Orbit

__all__ = ["SatelliteRelay", "Visibility", "Window", "WindowedQueue"]

Window = tuple[float, float]
"""Times [s] from and until which a satellite is in sight."""


@dataclass(frozen=True, kw_only=True)
class SatelliteRelay(Part):
    """A satellite takes messages up whenever it passes over their sender and brings them down to their receiver.

    A message waits for the next pass over its station, goes up at ``up_rate``, waits on board for the next pass over
    the other station, which may be the same moment if it sees both, and comes down at ``down_rate``. What does not fit
    into a pass goes on in the next one. First come, first served, for each station and direction.

    Parameters
    ----------
    up_rate, down_rate:
        Rates [bit/s] of the radio link of a station up and down; 1 and 100 Mbit/s, of the order of the S-band and
        X-band links of small satellites, are *assumptions*.
    minimum_elevation:
        Elevation [rad] above which the radio link works; 10 degrees (assumption).
    station_power:
        Power [W] that the station's radio takes while bits go up or come down; 50 W is an *assumption*.

    Notes
    -----
    *Scope*: by day and by night, whatever the weather; a channel of its own for each station; no loss and no limit to
    what is stored on board. The satellite's own energy comes from the Sun and is not counted.

    *Validation*: arrival times against the passes; a message through several windows against hand-made ones.
    """

    up_rate: float = quantity(1 * Mbit / s, unit="bit/s", above=0, advice="give it in bit/s, e.g. 1 * Mbit / s")
    down_rate: float = quantity(100 * Mbit / s, unit="bit/s", above=0, advice="give it in bit/s, e.g. 100 * Mbit / s")
    minimum_elevation: float = quantity(
        10 * degree, unit="rad", at_least=0, below=math.pi / 2, advice="give it in radians, e.g. 10 * degree"
    )
    station_power: float = quantity(50 * W, unit="W", at_least=0, advice="give it in watts, e.g. 50 * W")

    def quality(self, orbit: Orbit, site: GroundSite, time: float) -> Quality:
        """What a message going down to ``site`` meets at simulated ``time`` [s]: no rate while it is out of sight."""
        look = orbit.look(site, np.array([time]))
        visible = bool(look.elevation[0] >= self.minimum_elevation)
        return Quality(rate_bps=self.down_rate if visible else 0.0, delay_s=float(look.delay_s[0]), loss=0.0)


class Visibility:
    """When a satellite is in sight of a site, found day by day as it is asked for.

    Parameters
    ----------
    orbit, site, minimum_elevation:
        As `Orbit.passes` takes them.
    """

    def __init__(self, orbit: Orbit, site: GroundSite, minimum_elevation: float) -> None:
        self._orbit = orbit
        self._site = site
        self._minimum = minimum_elevation
        self._windows: list[Window] = []
        self._known_until = 0.0

    def window(self, time: float) -> Window:
        """The first pass that ends after simulated ``time`` [s]: from and until when [s]."""
        while True:
            number = bisect_right(self._windows, time, key=lambda window: window[1])
            if number < len(self._windows):
                return self._windows[number]
            self._know(self._known_until + day)

    def delay(self, time: float) -> float:
        """Time of flight [s] between satellite and site at simulated ``time`` [s]."""
        return float(self._orbit.look(self._site, np.array([time])).delay_s[0])

    def mean_wait(self, until: float) -> float:
        """Mean time [s] from a random moment before simulated time ``until`` [s] to the next sight of the satellite."""
        self._know(until)
        seen = [window for window in self._windows if window[0] < until]
        gaps = np.diff([0.0, *(time for window in seen for time in window), until])[::2]
        return float(np.maximum(gaps, 0.0) @ np.maximum(gaps, 0.0)) / (2.0 * until)

    def _know(self, until: float) -> None:
        """Find all passes up to simulated time ``until`` [s]; one across it becomes two windows that touch."""
        if until > self._known_until:
            found = self._orbit.passes(self._site, self._known_until, until, self._minimum)
            self._windows += [(over.rise_s, over.set_s) for over in found]
            self._known_until = until


class WindowedQueue:
    """Messages leave one after the other over a link that exists only in windows of time.

    Parameters
    ----------
    rate_bps:
        Rate [bit/s] in a window.
    window:
        ``window(time)`` gives beginning and end [s] of the first window that ends after ``time`` [s].

    Notes
    -----
    *Validation*: with one endless window it is a `FifoQueue`; bits that leave in a window are at most rate * length.
    """

    def __init__(self, rate_bps: float, window: Callable[[float], Window]) -> None:
        self._rate = rate_bps
        self._window = window
        self._latest = -math.inf
        self._free = 0.0

    def send(self, now: float, size_bit: float) -> float:
        """Put ``size_bit`` bits in the queue at time ``now`` [s]; returns when [s] the last one leaves.

        Raises
        ------
        ValueError
            If ``now`` lies before an earlier call's, or the size is negative.
        """
        if now < self._latest or not size_bit >= 0.0:
            raise ValueError(
                f"messages must come in order of time and have a size >= 0, "
                f"got {size_bit!r} bit at {now!r} s after one at {self._latest!r} s"
            )
        self._latest = now
        time, left = max(now, self._free), size_bit / self._rate
        while True:
            begin, end = self._window(time)
            time = max(time, begin)
            if time + left <= end:
                self._free = time + left
                return self._free
            left -= end - time
            time = end

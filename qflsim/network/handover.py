"""When a moving device is handed over to another station: event A3 and its time to trigger."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from qflsim.checks import Part, Recurring, quantity
from qflsim.units import ms

__all__ = ["Handover", "Monitor"]

_ROUNDING = 1e-9  # by which a duration may miss the time to trigger, relative to the simulated time


@dataclass(frozen=True, kw_only=True)
class Handover(Part):
    """A device is handed over when another station has been heard better for a while: event A3 [1]_.

    The event is entered when Q_n - hysteresis > Q_s + offset, with the received powers Q [dB] of the neighbour and of
    the serving station, and triggers when that held at all measurements during the time to trigger. The best of the
    neighbours that trigger takes over. Nothing passes during the interruption; then what was under way goes on in the
    new cell.

    A device that its serving station reaches no more, which a quick change for the worse can bring about before A3
    triggers, establishes its link anew [1]_ at the best station that reaches it, once the outage has lasted for
    `SlotTiming.failure_time`; by then what was under way is lost. Until one does, it is in outage. Finding the station
    and signing on, some 0.1 s, is not counted.

    Parameters
    ----------
    offset, hysteresis:
        By how much the neighbour must be better [dB]; 2 dB [2]_ and 1 dB [3]_, together the 3 dB that are the default
        of ns-3 [4]_.
    time_to_trigger:
        For how long [s]; 160 ms [2]_ [3]_, of the standard's 0 to 5120 ms.
    period:
        Time between two measurements [s]; 200 ms, the measurement period of intra-frequency cells [5]_.
    interruption:
        Time [s] without a link at a handover; 40 ms, the execution time in [2]_.

    References
    ----------
    .. [1] 3GPP TS 38.331, clauses 5.5.4.4 (event A3) and 5.3.7 (re-establishment; from memory).
    .. [2] 3GPP TR 36.839, "Mobility enhancements in heterogeneous networks", clause 5.2 (configuration 3: 160 ms and
       2 dB; execution 40 ms; from memory).
    .. [3] A worked Xn handover at ranbits.com (module 12: hysteresis 1 dB, 160 ms).
    .. [4] ns-3, A3RsrpHandoverAlgorithm: hysteresis 3 dB, time to trigger 256 ms.
    .. [5] 3GPP TS 38.133, clause 9.2.5 (from memory).

    Notes
    -----
    *Scope*: the local mean of the received power is measured, without error: filtering in the device takes out fast
    fading and noise, and the delay that it adds is not modelled. All stations send at the same power. No cell is too
    full to take a device, and no handover fails but by outage. The few hundred bytes of signalling are part of the
    interruption, not of the traffic.

    *Validation*: the place where a device that crosses the border of two equal cells is handed over, in closed form.
    """

    offset: float = quantity(2.0, unit="dB", at_least=-15, at_most=15, advice="give decibels as a number, e.g. 2.0")
    hysteresis: float = quantity(1.0, unit="dB", at_least=0, at_most=15, advice="give decibels as a number, e.g. 1.0")
    time_to_trigger: float = quantity(160 * ms, unit="s", at_least=0, advice="give it in seconds, e.g. 160 * ms")
    period: float = quantity(
        200 * ms, unit="s", above=0, recurring=Recurring("measurements of each device", 1e9),
        advice="give it in seconds, e.g. 200 * ms",
    )  # fmt: skip
    interruption: float = quantity(40 * ms, unit="s", at_least=0, advice="give it in seconds, e.g. 40 * ms")

    def check(self) -> None:
        """Refuse a margin by which a station would have to be better than itself."""
        if self.offset + self.hysteresis < 0:
            raise ValueError(
                f"Handover.offset + hysteresis must be >= 0 dB, got {self.offset!r} + {self.hysteresis!r}: two "
                f"stations would hand a device to and fro for ever; raise the hysteresis"
            )

    @property
    def margin(self) -> float:
        """By how much a neighbour must be better for the event to be entered [dB]."""
        return self.offset + self.hysteresis

    def border(self, spacing: float, exponent: float) -> float:
        """Distance [m] from the serving station at which event A3 is entered on the way to an equal one.

        With path losses of 10 n log10 d dB and two stations D apart, D / (1 + 10^(-margin / (10 n))).

        Parameters
        ----------
        spacing:
            Distance D [m] between the two stations.
        exponent:
            Path loss exponent n.
        """
        return spacing / (1 + math.pow(10.0, -self.margin / (10 * exponent)))


class Monitor:
    """The measurements of one device: since when each neighbour has been better than the serving station.

    Parameters
    ----------
    rule:
        When to hand over.
    """

    def __init__(self, rule: Handover) -> None:
        self._rule = rule
        self._entered: dict[str, float] = {}

    def measure(self, now: float, serving: str, quality: Mapping[str, float]) -> str | None:
        """Take in the measurement at ``now`` [s]; the station to hand the device to, ``None`` to leave it.

        Parameters
        ----------
        now:
            Simulated time [s], later than at the call before.
        serving:
            The station that serves the device.
        quality:
            Received power of every station [dB], ``serving`` included.
        """
        needed = quality[serving] + self._rule.margin
        self._entered = {
            station: self._entered.get(station, now)
            for station, heard in quality.items()
            if station != serving and heard > needed
        }
        held = self._rule.time_to_trigger - _ROUNDING * max(1.0, now)
        ready = [station for station, since in self._entered.items() if now - since >= held]
        if not ready:
            return None
        self.forget()
        return max(ready, key=lambda station: quality[station])

    def forget(self) -> None:
        """Begin anew: the device has another serving station."""
        self._entered = {}

"""Backhaul between servers, optical fibre by default, and the queues at both of its ends."""

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import quantity
from qflsim.units import Gbit, km, s, us

from .link import LinkModel, Quality

__all__ = ["Backhaul", "Fibre", "FifoQueue"]


@dataclass(frozen=True, kw_only=True)
class Backhaul(LinkModel):
    """The fixed links between servers, and between servers and the publisher.

    A backhaul of one's own derives from this class and gives `queue`, `length` and `hops`, and `intake` if a node takes
    time to take messages in. Its traffic counts as wired: the tables call its medium ``fibre``.
    """

    @property
    @abstractmethod
    def hops(self) -> int:
        """Switches between the two ends; each takes energy for every bit."""

    @abstractmethod
    def length(self, distance: float) -> float:
        """Metres of fibre [m] between sites ``distance`` [m] apart as the crow flies; QKD runs along them."""

    @abstractmethod
    def queue(self, distance: float) -> "FifoQueue":
        """One direction of the link between sites ``distance`` [m] apart, with nothing on it."""

    def intake(self) -> "FifoQueue":
        """What a node does with messages when they arrive, over whichever of its links; by default it takes no time."""
        return FifoQueue(math.inf, 0.0)

    def quality(self, distance: float, rng: np.random.Generator) -> Quality:
        """What one message meets on an idle link; nothing is random and nothing is lost.

        Its bits go on the line and are taken in one after the other: the rate is 1 / (1/rate + 1/intake rate).
        """
        queue, intake = self.queue(distance), self.intake()
        slowed = 1.0 + queue.rate_bps / intake.rate_bps
        return Quality(rate_bps=queue.rate_bps / slowed, delay_s=queue.delay_s + intake.delay_s, loss=0.0)


@dataclass(frozen=True, kw_only=True)
class Fibre(Backhaul):
    """A fibre carries the traffic between two servers along the streets and through switches.

    Delay = distance * route_factor * 4.8974 us/km + hops * switch_delay, after the bits have been put on the line at
    ``rate``; then the node at the far end takes them in at ``intake_rate``.

    Parameters
    ----------
    rate:
        Line rate per direction [bit/s]; 10 Gbit/s, a common backhaul of base stations.
    propagation:
        Propagation delay [s/m]; 4.8974 us/km, group index 1.4682 at 1550 nm [1]_.
    route_factor:
        Length of the cable route over the straight line; 1.5 is a common planning factor (an *assumption*; 1.2 to 2).
    hops:
        Switches between the two ends; 1 is an *assumption* for neighbouring sites.
    switch_delay:
        Time in one switch [s]; 10 us is an *assumption* (1 us cut-through to 100 us under load).
    intake_rate:
        Rate [bit/s] at which a node takes messages in, all its fibres together, before it forwards or reads them:
        10 Gbit/s, as much as one line brings, is an *assumption*.

    References
    ----------
    .. [1] Corning, SMF-28 Ultra optical fibre, product information: effective group index of refraction 1.4682.

    Notes
    -----
    *Scope*: no cross traffic, and no loss but by `LinkFailures`: queues are as long as it takes. Messages are stored
    and forwarded whole. Queueing behind others, at either end, is left to `FifoQueue`.

    *Validation*: 1000 km of fibre: 4.8974 ms; queues of nodes where fibres meet against M/D/1.
    """

    rate: float = quantity(10 * Gbit / s, unit="bit/s", above=0, advice="give it in bit/s, e.g. 10 * Gbit / s")
    propagation: float = quantity(4.8974 * us / km, unit="s/m", at_least=0, advice="e.g. 4.8974 * us / km")
    route_factor: float = quantity(1.5, at_least=1, advice="give a ratio >= 1, e.g. 1.5")
    hops: int = quantity(1, at_least=0, advice="give a whole number, e.g. 1")
    switch_delay: float = quantity(10 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 10 * us")
    intake_rate: float = quantity(
        10 * Gbit / s, unit="bit/s", above=0, infinite=True, advice="give it in bit/s, e.g. 10 * Gbit / s; inf for none"
    )

    def delay(self, distance: float) -> float:
        """Propagation and switching delay [s] between sites ``distance`` [m] apart as the crow flies."""
        return self.length(distance) * self.propagation + self.hops * self.switch_delay

    def length(self, distance: float) -> float:
        """Length of the cable [m] between sites ``distance`` [m] apart, along its route."""
        return distance * self.route_factor

    def queue(self, distance: float) -> "FifoQueue":
        """One direction of the link between sites ``distance`` [m] apart, with nothing on it."""
        return FifoQueue(self.rate, self.delay(distance))

    def intake(self) -> "FifoQueue":
        """What a node does with messages when they arrive, one after the other at ``intake_rate``."""
        return FifoQueue(self.intake_rate, 0.0)


class FifoQueue:
    """Messages leave one after the other, first come first served, each for as long as its bits take.

    Parameters
    ----------
    rate_bps:
        Line rate [bit/s].
    delay_s:
        Time from the departure of the last bit to its arrival [s].

    Notes
    -----
    *Validation*: Lindley's recursion; mean wait of M/D/1, rho S / (2 (1 - rho)).
    """

    def __init__(self, rate_bps: float, delay_s: float) -> None:
        if rate_bps <= 0.0 or delay_s < 0.0:
            raise ValueError(f"rate_bps must be > 0 and delay_s >= 0, got {rate_bps!r} bit/s and {delay_s!r} s")
        self.rate_bps = rate_bps
        self.delay_s = delay_s
        self._latest = -np.inf
        self.busy_until = 0.0
        self.carried_bit = 0.0

    def send(self, now: float, size_bit: float) -> float:
        """Put ``size_bit`` bits in the queue at time ``now`` [s]; returns the time [s] at which the last one arrives.

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
        self.busy_until = max(now, self.busy_until) + size_bit / self.rate_bps
        self.carried_bit += size_bit
        return self.busy_until + self.delay_s

    def clear(self, now: float) -> None:
        """Forget at time ``now`` [s] what is still in the queue."""
        self.busy_until = min(self.busy_until, now)

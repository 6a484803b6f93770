"""The store of key bits that a QKD link fills and its users draw from."""

import math
from typing import NamedTuple

__all__ = ["Draw", "KeyPool"]


class Draw(NamedTuple):
    """What became of one request, and the pool's books at the moment the bits were handed out."""

    granted_s: float
    """Simulated time at which the bits were there; infinite if they never will be."""
    bits: float
    """Bits asked for."""
    made_bit: float
    """Bits that the link had put into the pool since time 0."""
    drawn_bit: float
    """Bits handed out since time 0, these included."""
    level_bit: float
    """Bits left."""


class KeyPool:
    """A pool of key bits between two nodes: it fills at a steady rate up to a maximum, requests are served in order.

    A request takes its bits at once if they are there and nobody waits; otherwise it waits behind the earlier
    requests until the link has made enough. A bit is handed out once. While the pool is full the link's bits are
    discarded and counted apart, so that at every grant::

        made = drawn + level,      rate x time = made + discarded

    Parameters
    ----------
    rate_bps:
        Key rate of the link [bit/s], from time 0. At rate 0 nothing ever comes and every draw is granted at infinity.
    maximum_bit:
        Capacity [bit]; the default holds 100,000 keys of 256 bit, the example of [1]_.

    References
    ----------
    .. [1] ETSI GS QKD 014 V1.1.1, "Protocol and data format of REST-based key delivery API" (2019).

    *Scope*: both ends hold the same bits and agree at no cost. A request cannot be withdrawn: what was promised to a
    node that gave up waiting is lost. Not modelled: blocks of key arriving in lumps, key identifiers, expiry.

    *Validation*: against a fluid queue computed step by step.
    """

    def __init__(self, rate_bps: float, maximum_bit: float = 25.6e6) -> None:
        if not 0.0 <= rate_bps < math.inf:
            raise ValueError(f"rate_bps must be >= 0 bit/s and finite, got {rate_bps!r}; give e.g. 100 * kbit / s")
        if not 0.0 < maximum_bit < math.inf:
            raise ValueError(f"maximum_bit must be > 0 bit and finite, got {maximum_bit!r}; give e.g. 25.6 * Mbit")
        self.rate_bps = rate_bps
        self.maximum_bit = maximum_bit
        self._drawn = 0.0
        self._level = 0.0  # at the time of the last grant
        self._granted_s = 0.0
        self._asked_s = 0.0

    def draw(self, now: float, bits: float) -> Draw:
        """Hand out ``bits`` at the first possible time from ``now`` [s] on, behind all earlier requests.

        Raises
        ------
        ValueError
            If ``bits`` is negative or more than the pool can ever hold, or ``now`` lies before an earlier request.
        """
        self._refuse(now, bits)
        self._asked_s = now
        start = max(now, self._granted_s)
        if self._starved(bits):
            self._granted_s = math.inf
            return Draw(math.inf, bits, self._drawn, self._drawn, 0.0)
        level = self._level_at(start)
        if level >= bits:
            self._granted_s, self._level = start, level - bits
        else:
            self._granted_s, self._level = start + (bits - level) / self.rate_bps, 0.0
        self._drawn += bits
        return Draw(self._granted_s, bits, self._drawn + self._level, self._drawn, self._level)

    def level(self, now: float) -> float:
        """Bits free for a new request at ``now`` [s]: 0 while earlier requests wait."""
        return 0.0 if now < self._granted_s else self._level_at(now)

    def discarded(self, now: float) -> float:
        """Bits lost to a full pool until ``now`` [s], which must not lie before the last grant."""
        if now < self._granted_s:
            raise ValueError(f"now must be >= the last grant at {self._granted_s!r} s, got {now!r}; ask later")
        return max(0.0, self.rate_bps * now - self._drawn - self._level_at(now))

    def _level_at(self, time: float) -> float:
        """Level at ``time``, not before the last grant."""
        return min(self.maximum_bit, self._level + self.rate_bps * (time - self._granted_s))

    def _starved(self, bits: float) -> bool:
        """Whether this request can never be served: a dead link, or one queued behind such a request."""
        return math.isinf(self._granted_s) or (self.rate_bps == 0.0 and bits > 0.0)

    def _refuse(self, now: float, bits: float) -> None:
        if not 0.0 <= bits < math.inf:
            raise ValueError(f"bits must be >= 0 and finite, got {bits!r}; give e.g. 256")
        if bits > self.maximum_bit:
            raise ValueError(
                f"bits must be <= {self.maximum_bit:g}, what the pool can hold, got {bits!r}; "
                "draw in parts or raise maximum_bit"
            )
        if not self._asked_s <= now < math.inf:
            raise ValueError(f"now must be >= {self._asked_s!r} s, the time of the request before, got {now!r}")

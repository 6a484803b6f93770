"""How old the key in a store is, lot by lot."""

import math
from collections import deque

__all__ = ["Lots"]

LOTS = 16
"""Lots into which the lifetime of key is divided: key is dropped up to a sixteenth of its lifetime early."""


class Lots:
    """How old the key in a store is: lots in the order in which they were made, drawn from oldest first.

    Key made within a sixteenth of the lifetime forms one lot, which is dropped when its oldest bit has reached the
    lifetime: no bit ever grows older than that.

    Parameters
    ----------
    lifetime_s:
        Age at which key is dropped [s], finite.
    """

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self.grain_s = lifetime_s / LOTS
        self._lots: deque[list[float]] = deque()  # when its oldest bit was made, and the bits left

    def add(self, made_s: float, bits: float) -> None:
        """Put in ``bits`` made from ``made_s`` [s] on."""
        if bits > 0.0:
            if self._lots and made_s < self._lots[-1][0] + self.grain_s:
                self._lots[-1][1] += bits
            else:
                self._lots.append([made_s, bits])

    def take(self, bits: float) -> None:
        """Take out ``bits``, oldest first."""
        while bits > 0.0 and self._lots:
            oldest = self._lots[0]
            taken = min(bits, oldest[1])
            oldest[1] -= taken
            bits -= taken
            if oldest[1] <= 0.0:
                self._lots.popleft()

    def give_back(self, now: float, bits: float) -> None:
        """Put back ``bits`` that were set aside: among the oldest, for that they were."""
        if self._lots:
            self._lots[0][1] += bits
        else:
            self.add(now, bits)

    @property
    def next_expiry_s(self) -> float:
        """When the oldest lot is dropped [s]; infinite if there is none."""
        return self._lots[0][0] + self._lifetime_s if self._lots else math.inf

    def expire(self, now: float) -> float:
        """Drop the lots that are too old at ``now`` [s]; returns their bits."""
        dropped = 0.0
        while self.next_expiry_s <= now:
            dropped += self._lots.popleft()[1]
        return dropped

"""The battery of a device: what radio, computing and cryptography draw from it until it is empty."""

import math
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import W, h

from .book import CAUSES

__all__ = ["Battery", "Store"]

PLUGGED = ("qpu_control", "qpu_cooling", "network", "qkd")
"""Causes that no battery can feed: they stand on the mains."""


@dataclass(frozen=True, kw_only=True)
class Battery(Part):
    """A device runs on a battery, and is gone when it is empty.

    Its level falls by every joule that the device spends on the causes in ``drains``. A device whose battery is empty
    is not eligible, sends nothing and receives nothing; what it was doing is finished, so that the level may end a
    little below zero. It is not charged again.

    Parameters
    ----------
    capacity:
        Energy of a full battery [J]; 15 Wh, a phone's: some 4 Ah at 3.85 V (*assumption*).
    initial:
        Smallest and largest share of it at time 0; every device draws its own, uniform between them.
    drains:
        Causes that draw from it. The QPU's control and cooling cannot be among them: a cryostat needs the mains, and
        so does a QKD terminal's detector.

    Notes
    -----
    *Scope*: no losses, no ageing, no dependence on temperature or on current, and no draw of the device for anything
    else than the task: screen, idle radio and other programs are left out.

    *Validation*: conservation: initial level minus level is the sum of the device's charges for these causes.
    """

    capacity: float = quantity(15 * W * h, unit="J", above=0, advice="give it in joules, e.g. 15 * W * h")
    initial: tuple[float, float] = quantity(
        (1.0, 1.0), above=0, at_most=1, advice="give smallest and largest share, e.g. (0.2, 1.0)"
    )
    drains: tuple[str, ...] = quantity(
        ("radio", "computing", "cryptography"), advice="give causes, e.g. ('radio', 'computing', 'cryptography')"
    )

    def check(self) -> None:
        """Refuse shares in the wrong order, unknown causes and causes that need the mains."""
        low, high = self.initial
        if low > high:
            raise ValueError(f"Battery.initial must be (smallest, largest), got {self.initial!r}; swap them")
        if not self.drains:
            raise ValueError("Battery.drains must name what it feeds, got (); give e.g. ('radio',), or battery=None")
        able = [cause for cause in CAUSES if cause not in PLUGGED]
        for cause in self.drains:
            if cause not in able:
                why = "runs on the mains" if cause in PLUGGED else "is no cause"
                raise ValueError(f"Battery.drains must be among {', '.join(able)}, got {cause!r}, which {why}")

    def store(self, rng: np.random.Generator) -> "Store":
        """One device's battery, its initial level drawn from ``rng``."""
        low, high = self.initial
        return Store(self.capacity * (low + (high - low) * rng.random()), self.drains)


class Store:
    """The level of one battery.

    Parameters
    ----------
    initial:
        Energy in it at time 0 [J].
    drains:
        Causes that draw from it.
    """

    def __init__(self, initial: float, drains: tuple[str, ...]) -> None:
        if not 0.0 < initial < math.inf:
            raise ValueError(f"initial level must be > 0 J and finite, got {initial!r}; give e.g. 54e3")
        self.initial = initial
        self._drains = drains
        self.drained = 0.0

    @property
    def level(self) -> float:
        """Energy left [J]; what empties a battery is finished, so that it may be a little below zero."""
        return self.initial - self.drained

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return self.drained >= self.initial

    def draw(self, cause: str, joules: float) -> None:
        """Take out what was spent on ``cause`` [J], if the battery feeds it."""
        if cause in self._drains:
            self.drained += joules

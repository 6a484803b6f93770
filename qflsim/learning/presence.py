"""When devices are there: always, on and off, until something breaks, or from when they join until they leave for good.

References
----------
.. [1] R. E. Barlow, F. Proschan, "Mathematical theory of reliability" (1965): alternating renewal processes.
.. [2] L. Kleinrock, "Queueing systems", volume 1 (1975), section 3.4: arrivals at random, each to stay a while.
.. [3] K. Bonawitz et al., "Towards federated learning at scale: system design", MLSys 2019, arXiv:1902.01046: 6 to 10 %
   of the devices of a round drop out of it.
"""

import math
from abc import ABC
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, Recurring, quantity
from qflsim.units import h

__all__ = ["AlwaysThere", "Churn", "Dropouts", "Intermittent", "Presence"]

Spells = Iterator[tuple[float, float]]
"""Times [s] from and until which a device is there, in order; they neither overlap nor touch."""

Draw = Callable[[str], np.random.Generator]


@dataclass(frozen=True, kw_only=True)
class Presence(Part, ABC):
    """A rule for when devices are there; each verb may be left out."""

    announced = False
    """Whether a device that goes says so, so that nobody waits for it."""

    def check_devices(self, devices: int) -> None:
        """Refuse, by a ValueError, a world in which none of so many devices is ever there (none by default)."""

    def spells(self, devices: Sequence[str], draw: Draw) -> Mapping[str, Spells]:
        """When each device is there; one that is not among them is always there.

        Parameters
        ----------
        devices:
            All devices, by name.
        draw:
            A random stream for each name, of a device or not.
        """
        return {}

    def drops(self, rng: np.random.Generator) -> float | None:
        """The share of its training after which a device that was just selected drops out; None if it does not."""
        return None


@dataclass(frozen=True, kw_only=True)
class AlwaysThere(Presence):
    """Every device is there all the time.

    *Validation*: nothing is drawn, nothing changes.
    """


@dataclass(frozen=True, kw_only=True)
class Dropouts(Presence):
    """A device that was selected drops out of its round by chance: it breaks off and is gone until the next.

    Parameters
    ----------
    chance:
        Probability for each device and round; 6 to 10 % in [1]_.

    *Scope*: it goes at a time uniform over its training, without a word, and comes back when the next round begins.

    *Validation*: the share of selections that end so.

    References
    ----------
    .. [1] K. Bonawitz et al., "Towards federated learning at scale: system design", MLSys 2019, arXiv:1902.01046.
    """

    chance: float = quantity(0.1, at_least=0.0, at_most=1.0, advice="write a share, e.g. 0.1")

    def drops(self, rng: np.random.Generator) -> float | None:
        """A uniform share of the training, by chance."""
        drawn, share = rng.random(2).tolist()
        return share if drawn < self.chance else None


@dataclass(frozen=True, kw_only=True)
class Intermittent(Presence):
    """Devices come and go, each on its own, without a word: exponential times on and off.

    Parameters
    ----------
    on, off:
        Mean time [s] for which a device is there, and for which it is away. An assumption: 2 h and 1 h.

    *Scope*: a device is there at the beginning with the chance that it has at any time, on / (on + off). Its training
    breaks off when it goes; what it stores it keeps.

    *Validation*: the share of time on, on / (on + off) [1]_.

    References
    ----------
    .. [1] R. E. Barlow, F. Proschan, "Mathematical theory of reliability" (1965).
    """

    on: float = quantity(
        2 * h, unit="s", above=0.0, recurring=Recurring("spells of each device", 1e6),
        advice="give a mean time in seconds, e.g. 2 * h",
    )  # fmt: skip
    off: float = quantity(
        1 * h, unit="s", above=0.0, recurring=Recurring("absences of each device", 1e6),
        advice="give a mean time in seconds, e.g. 1 * h",
    )  # fmt: skip

    def spells(self, devices: Sequence[str], draw: Draw) -> Mapping[str, Spells]:
        """Every device by its own stream."""
        return {device: self._of(draw(device)) for device in devices}

    def _of(self, rng: np.random.Generator) -> Spells:
        now = 0.0 if rng.random() < self.on / (self.on + self.off) else float(rng.exponential(self.off))
        while True:
            until = now + float(rng.exponential(self.on))
            yield now, until
            now = until + float(rng.exponential(self.off))


@dataclass(frozen=True, kw_only=True)
class Churn(Presence):
    """Devices join at random and leave for good after a random time, and say so.

    Parameters
    ----------
    present:
        Share of the devices that are there at the beginning, rounded down; the others join one after the other.
    arrivals:
        Mean number of devices that join per second, as a Poisson process, while there are any left to join.
    lifetime:
        Mean of the exponential time [s] for which a device stays; infinite for devices that never leave.

    *Scope*: a device joins with its data and leaves for good. Who has joined and left its cell a server writes on the
    shard chain when the next round begins.

    *Validation*: with arrivals without end, present exp(-t / lifetime) + arrivals lifetime (1 - exp(-t / lifetime))
    devices on average [1]_.

    References
    ----------
    .. [1] L. Kleinrock, "Queueing systems", volume 1 (1975), section 3.4.
    """

    announced = True

    present: float = quantity(0.7, at_least=0.0, at_most=1.0, advice="write a share, e.g. 0.7")
    arrivals: float = quantity(1 / h, unit="1/s", at_least=0.0, advice="give a rate per second, e.g. 1 / h")
    lifetime: float = quantity(
        5 * h, unit="s", above=0.0, infinite=True, advice="give a mean time in seconds, e.g. 5 * h, or inf"
    )

    def check_devices(self, devices: int) -> None:
        """Refuse a world that nobody is in and nobody comes to."""
        if not self.arrivals and not self._at_first(devices):
            raise ValueError(
                f"Churn.present must be >= {1 / devices:.3g} if nobody joins later (arrivals = 0), so that one of "
                f"{devices} devices is there at the beginning, got {self.present!r}; raise present or arrivals"
            )

    def _at_first(self, devices: int) -> int:
        return int(self.present * devices + 1e-9)

    def spells(self, devices: Sequence[str], draw: Draw) -> Mapping[str, Spells]:
        """One spell for each device, in a random order; none for those that never come."""
        order = draw("order").permutation(len(devices)).tolist()
        there, rng, now = self._at_first(len(devices)), draw("arrivals"), 0.0
        found: dict[str, Spells] = {}
        for place, index in enumerate(order):
            if place >= there:
                now = now + float(rng.exponential(1.0 / self.arrivals)) if self.arrivals else math.inf
            device = devices[index]
            stays = float(draw(device).exponential(self.lifetime)) if math.isfinite(self.lifetime) else math.inf
            found[device] = iter(((now, now + stays),) if now < math.inf else ())
        return {device: found[device] for device in devices}

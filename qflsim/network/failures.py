"""When fibres of the backhaul fail and when they are repaired."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, Recurring, quantity
from qflsim.units import h

__all__ = ["LinkFailures"]

Outage = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class LinkFailures(Part):
    """Fibres of the backhaul fail on schedule, at random, or both, in both directions at once.

    A message on a failed fibre, or queued for it, is lost; later ones are routed around it if there is a way. Nothing
    is sent again by the network: the timeouts of agreement and the deadlines of a round have to cope.

    Parameters
    ----------
    scheduled:
        Outages as (one end, other end, from [s], until [s]); infinity for a fibre that is not repaired.
    between:
        Mean time [s] from a repair to the next failure of one fibre, exponentially distributed; infinity for no random
        failures. Buried cables are cut 4.39 times a year per 1000 miles [1]_ (from memory): 134,000 days over the
        length in kilometres.
    repair:
        Mean time [s] of a repair, exponentially distributed; 12 h [1]_ (from memory).

    References
    ----------
    .. [1] M. To, P. Neusy, "Unavailability analysis of long-haul networks", IEEE J. Sel. Areas Commun. 12, 100 (1994).

    Notes
    -----
    *Scope*: fibres fail independently of each other, also those that would share a duct; nodes do not fail. Every
    node knows of a failure and of a repair at once, and routes accordingly.

    *Validation*: the share of time in repair, repair / (between + repair); exponential times; outages do not overlap.
    """

    scheduled: tuple[tuple[str, str, float, float], ...] = quantity(
        (), unit="s", at_least=0, infinite=True,
        advice="give (end, end, from, until) in seconds, e.g. ('server-1', 'server-2', 10 * s, 60 * s)",
    )  # fmt: skip
    between: float = quantity(
        math.inf, unit="s", above=0, infinite=True, recurring=Recurring("failures of each fibre", 1e6),
        advice="give a mean time in seconds, e.g. 30 * day; inf for none",
    )  # fmt: skip
    repair: float = quantity(12 * h, unit="s", above=0, advice="give a mean time in seconds, e.g. 12 * h")

    def check(self) -> None:
        """Refuse outages that end before they begin."""
        for first, second, begin, end in self.scheduled:
            if not begin < end:
                raise ValueError(
                    f"LinkFailures.scheduled must have outages that end after they begin, got {first}-{second} from "
                    f"{begin:g} to {end:g} s; swap the two times"
                )

    def outages(self, first: str, second: str, rng: np.random.Generator) -> Iterator[Outage]:
        """Times [s] from and until which the fibre between two nodes is down, in order, never overlapping or touching.

        Parameters
        ----------
        rng:
            For the random failures of this fibre.
        """
        planned = sorted((begin, end) for *ends, begin, end in self.scheduled if set(ends) == {first, second})
        down: Outage | None = None
        for begin, end in heapq.merge(planned, self._random(rng)):
            if down is None or begin > down[1]:
                if down is not None:
                    yield down
                down = begin, end
            else:
                down = down[0], max(down[1], end)
            if down[1] == math.inf:
                break
        if down is not None:
            yield down

    def _random(self, rng: np.random.Generator) -> Iterator[Outage]:
        """Failures and repairs at random, without end."""
        now = 0.0
        while math.isfinite(self.between):
            begin = now + float(rng.exponential(self.between))
            now = begin + float(rng.exponential(self.repair))
            yield begin, now

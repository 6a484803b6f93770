"""What every kind of link can be asked: how fast, how late and how lossy it is over a distance."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part

__all__ = ["LinkModel", "Quality"]


@dataclass(frozen=True, slots=True)
class Quality:
    """What one message meets on a link that it has to itself.

    Parameters
    ----------
    rate_bps:
        Bits per second [bit/s]; 0 in outage.
    delay_s:
        Time from the last bit sent to the last bit received, access and processing included [s].
    loss:
        Probability that the message never arrives.
    """

    rate_bps: float
    delay_s: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class LinkModel(Part, ABC):
    """A medium between two nodes, judged by their distance and by chance.

    This is what all links share, to compare them. A world needs to know more of each: a link of one's own derives from
    `RadioCell` or from `Backhaul`, which say what.
    """

    @abstractmethod
    def quality(self, distance: float, rng: np.random.Generator) -> Quality:
        """What a message meets over ``distance`` [m], with its randomness drawn from ``rng``."""

"""How much key a store holds: when its link makes key, what is never served, and what is asked of it."""

import math
from dataclasses import dataclass
from typing import Literal

from qflsim.checks import Part, quantity
from qflsim.units import Mbit

__all__ = ["KeyRequest", "KeyStore", "RequestState", "StoreState"]

StoreState = Literal["empty", "low", "ready"]
"""``empty`` at or below the minimum: nothing can be served; ``low`` below the threshold; else ``ready``."""

RequestState = Literal["waiting", "served", "handed out", "expired", "withdrawn"]
"""``served``: its bits are set aside; ``handed out``: they are used; ``expired``: not served by its deadline."""


@dataclass(frozen=True, kw_only=True)
class KeyStore(Part):
    """The key store at both ends of a QKD link, with the three marks that key management systems go by [1]_.

    The link makes key until the store holds ``maximum``, rests, and makes key again once the store has fallen below
    ``threshold`` or a request waits for more than is there. Nothing below ``minimum`` is served: it authenticates the
    link's own post-processing, without which no new key can be made. The installers leave that much in the store.

    Parameters
    ----------
    minimum:
        Reserve [bit] for the link's own authentication; 65,536 bit, 256 blocks' worth, is an *assumption*.
    threshold:
        Level [bit] below which the store is low and its link makes key; left out, halfway between minimum and
        maximum (an *assumption*).
    maximum:
        Capacity [bit]; 100,000 keys of 256 bit, the example of [2]_.
    block_tags:
        Key [bit] that authenticating the post-processing of one QKD block takes from the store; two tags of 128 bit,
        one for each direction, an *assumption*. A block that is given up is not authenticated: dropping it is always
        safe. Links without blocks have that cost in their ``realised_share``.
    lifetime:
        Age [s] at which stored key is dropped; infinite by default: key that nobody else holds does not spoil.
        Operators set a limit to bound what a burglar finds. The reserve is not dropped.

    Raises
    ------
    ValueError
        If the marks do not rise, or the store has no room above its minimum.

    References
    ----------
    .. [1] M. Mehic, O. Maurhart, S. Rass, M. Voznak, "Implementation of quantum key distribution network simulation
       module in the network simulator NS-3", Quantum Inf. Process. 16, 253 (2017): minimum, threshold and maximum of
       a key buffer (from memory).
    .. [2] ETSI GS QKD 014 V1.1.1, "Protocol and data format of REST-based key delivery API" (2019).
    """

    minimum: float = quantity(65_536.0, unit="bit", at_least=0, advice="give it in bits, e.g. 65536")
    threshold: float | None = quantity(None, unit="bit", at_least=0, advice="give it in bits, e.g. 12.8 * Mbit")
    maximum: float = quantity(25.6 * Mbit, unit="bit", above=0, advice="give it in bits, e.g. 25.6 * Mbit")
    block_tags: float = quantity(256.0, unit="bit", at_least=0, advice="give it in bits, e.g. 256")
    lifetime: float = quantity(math.inf, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 1 * day")

    def check(self) -> None:
        """Refuse marks out of order."""
        if self.minimum >= self.maximum:
            raise ValueError(
                f"KeyStore.minimum must be < maximum = {self.maximum:g} bit, got {self.minimum!r}; nothing could be "
                f"served, give e.g. {self.maximum / 16:g}"
            )
        if not self.minimum <= self.low <= self.maximum:
            raise ValueError(
                f"KeyStore.threshold must lie between minimum = {self.minimum:g} and maximum = {self.maximum:g} bit, "
                f"got {self.threshold!r}; give e.g. {0.5 * (self.minimum + self.maximum):g}"
            )

    @property
    def low(self) -> float:
        """The threshold [bit], halfway between minimum and maximum if none is given."""
        return 0.5 * (self.minimum + self.maximum) if self.threshold is None else self.threshold

    @property
    def room(self) -> float:
        """Most that one request can ask for [bit]: what lies between minimum and maximum."""
        return self.maximum - self.minimum


class KeyRequest:
    """One request for key bits, what became of it, and the store's books at the moment it was served."""

    __slots__ = (
        "bits", "deadline_s", "drawn_bit", "level_bit", "made_bit", "number", "requested_s", "served_s", "state",
    )  # fmt: skip

    def __init__(self, number: int, now: float, bits: float, deadline_s: float) -> None:
        self.number = number
        self.requested_s = now
        self.bits = bits
        self.deadline_s = deadline_s
        self.state: RequestState = "waiting"
        self.served_s = math.nan
        self.made_bit = self.drawn_bit = self.level_bit = math.nan

    @property
    def waited_s(self) -> float:
        """Time from the request until its bits were there [s]."""
        return self.served_s - self.requested_s

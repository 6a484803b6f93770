"""The million other devices in the cell, whose small messages take their part of the band."""

import math
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import byte, h, km2, ms

__all__ = ["BackgroundTraffic", "CellBackground"]

_BLOCK = 256  # frames drawn at once; which frames share a block changes no value


@dataclass(frozen=True, kw_only=True)
class BackgroundTraffic(Part):
    """A dense crowd of simple devices sends short messages at random over the same band.

    In a cell of area A [m^2] with density D [1/m^2], messages of s bits at rate r per device offer
    load = D A r s / (e B), with mean efficiency e [bit/s/Hz] and bandwidth B [Hz]. Messages of a frame of
    T = 10 ms are Poisson with mean D A r T; they are served first, and what is left of the band is available to others.

    Parameters
    ----------
    density:
        Devices per square metre; 1e6 per km^2 is the requirement of 5G [1]_, up to 1e8 per km^2 the target of 6G [2]_.
    message_size:
        Bits per message; 32 bytes [3]_.
    message_rate:
        Messages per second and device; one every two hours [3]_ (its other case: one a day).
    frame:
        Time in which the load is taken as constant [s]; a radio frame of 10 ms [4]_.
    guaranteed_share:
        Share of the band that the scheduler keeps for others in an overloaded frame; 0.01 is an *assumption*.

    References
    ----------
    .. [1] ITU-R M.2410-0, clause 4.8: 1 000 000 devices per km^2.
    .. [2] ITU-R M.2160-0 (2023): 1e6 to 1e8 devices per km^2.
    .. [3] ITU-R M.2412-0, table 5 d (urban macro, mMTC): messages of 32 bytes, one per day or per two hours and
       device, Poisson arrivals (from memory, corroborated by a public simulator that quotes the table).
    .. [4] 3GPP TS 38.211, clause 4.3.1.

    Notes
    -----
    *Scope*: payload only; random access, its collisions and control channels are not modelled, though they limit such
    crowds before payload does. Frames are independent: work beyond the frame's capacity is dropped, not carried over.

    *Validation*: 1e6 devices per km^2 are 7854 in a disc of 50 m radius; mean and variance of the Poisson load; the
    load of any frame is the same whichever frames were asked for before.
    """

    density: float = quantity(1e6 / km2, unit="1/m^2", at_least=0, advice="give it per m^2, e.g. 1e6 / km2")
    message_size: float = quantity(32 * byte, unit="bit", above=0, advice="give it in bits, e.g. 32 * byte")
    message_rate: float = quantity(1 / (2 * h), unit="1/s", at_least=0, advice="give it per second, e.g. 1 / (2 * h)")
    frame: float = quantity(10 * ms, unit="s", above=0, advice="give it in seconds, e.g. 10 * ms")
    guaranteed_share: float = quantity(0.01, above=0, at_most=1, advice="give a share, e.g. 0.01")

    def offered_load(self, area: float, bandwidth: float, efficiency: float) -> float:
        """Share of a cell's band that the crowd asks for on average; 1 and more is overload.

        Parameters
        ----------
        area:
            Area of the cell [m^2].
        bandwidth:
            Bandwidth [Hz].
        efficiency:
            Mean efficiency [bit/s/Hz], see `Crowd`.
        """
        return self.density * area * self.message_rate * self.message_size / (efficiency * bandwidth)

    def cell(self, area: float, bandwidth: float, efficiency: float, rng: np.random.Generator) -> "CellBackground":
        """The crowd of one cell, its randomness keyed by two draws from ``rng``, a fresh stream of that cell.

        Raises
        ------
        ValueError
            If the crowd asks for the whole band or more.
        """
        load = self.offered_load(area, bandwidth, efficiency)
        if load >= 1.0:
            offered, capacity = load * efficiency * bandwidth, efficiency * bandwidth
            raise ValueError(
                f"background traffic must leave room in the cell: {self.density * km2:g} devices per km^2 on "
                f"{area / km2:.4g} km^2 offer {offered / 1e6:.4g} Mbit/s, and the band carries {capacity / 1e6:.4g} "
                f"Mbit/s at {efficiency:.3g} bit/s/Hz; lower BackgroundTraffic.density or message_rate, widen the "
                f"band, or move cells that disturb each other apart"
            )
        messages = self.density * area * self.message_rate * self.frame
        share = self.message_size / (efficiency * bandwidth * self.frame)
        key = tuple(int(word) for word in rng.integers(0, 2**63, size=2))
        return CellBackground(self.frame, messages, share, self.guaranteed_share, key)


class CellBackground:
    """The crowd's use of one cell's band, frame by frame.

    The load of a frame depends on the cell's key and the frame's number alone, not on which frames were asked for
    before: a counter-based generator (Philox [1]_) is set to the frame's place.

    Attributes
    ----------
    load:
        Mean share of the band that it uses.

    References
    ----------
    .. [1] J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11 (2011).
    """

    def __init__(
        self, frame: float, messages: float, message_share: float, guaranteed: float, key: tuple[int, ...]
    ) -> None:
        self._frame = frame
        self._messages = messages
        self.load = messages * message_share
        self._message_share = message_share
        self._guaranteed = guaranteed
        self._key = np.array(key, dtype=np.uint64)
        self._block = -1
        self._shares: list[float] = []

    def available(self, frame: int) -> float:
        """Share of the band, in (0, 1], that the crowd leaves in the ``frame``-th frame since time 0."""
        block, place = divmod(frame, _BLOCK)
        if block != self._block:
            self._shares = self._draw(block)
            self._block = block
        return self._shares[place]

    def at(self, now: float) -> tuple[float, float]:
        """Share of the band that the crowd leaves at ``now`` [s], and the later time [s] until which that holds."""
        frame = math.floor(now / self._frame)
        if (frame + 1) * self._frame <= now:  # the division was rounded down at a frame's very beginning
            frame += 1
        return self.available(frame), (frame + 1) * self._frame

    def _draw(self, block: int) -> list[float]:
        rng = np.random.Generator(np.random.Philox(key=self._key, counter=[0, 0, 0, block]))
        used = rng.poisson(self._messages, size=_BLOCK) * self._message_share
        shares: list[float] = np.clip(1.0 - used, self._guaranteed, 1.0).tolist()
        return shares

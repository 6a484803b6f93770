"""QKD that works in blocks: counts are drawn a block at a time and distilled by a finite-key bound."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity

from .eavesdropping import InterceptResend
from .keyblocks import BlockSource, KeyBlock
from .keyrates import QKD, checked_users

__all__ = ["BlockwiseQKD", "Harvest", "Line", "block_from", "repeated_below"]

Counts = NDArray[Any]
"""Clicks in matching bases, whole numbers or means: (bases, intensities, right or wrong)."""

_NEVER = 2.0**60
"""Pulses that no link ever sends: 37 years at 1 GHz."""


class Harvest(NamedTuple):
    """What a link collected in some time."""

    duration_s: float
    pulses: float
    counts: Counts


class Line(ABC):
    """The photons of one link over one distance: what it collects, and what that is worth."""

    @property
    @abstractmethod
    def pulses_per_bit(self) -> float:
        """Pulses that one sifted bit takes on average; infinite if nothing ever clicks."""

    @abstractmethod
    def expected(self, sifted_bit: float, share: float) -> Harvest:
        """Mean counts of ``sifted_bit`` while ``share`` of the pulses is intercepted."""

    @abstractmethod
    def drawn(self, sifted_bit: int, within_s: float, share: float, rng: np.random.Generator) -> Harvest:
        """Drawn counts of ``sifted_bit``, or of all that came ``within_s`` [s] if that is less."""

    @abstractmethod
    def sifted(self, counts: Counts) -> float:
        """Those of the counts that become raw key [bit]."""

    @abstractmethod
    def distilled(self, counts: Counts) -> int:
        """Secret bits in the raw key of a block."""


@dataclass(frozen=True, kw_only=True)
class BlockwiseQKD(QKD, ABC):
    """QKD boxes that collect a block of raw key, look at its errors and distil it as a whole.

    Below the block length at which the statistics suffice nothing comes out, above it a lump. ``key_rate`` is the mean
    over many blocks: secret bits of a block with average counts, divided by the time that the block takes or that its
    post-processing takes, whichever is longer.

    Parameters
    ----------
    block_bit:
        Sifted bits of one block; infinite for the asymptotic rate, made steadily. 1e7 lies among the sizes 1e4 to 1e9
        for which [1]_ gives rates.
    abort_above:
        Error rate above which the ends suspect an eavesdropper and discard the block; 11.0 %, the limit of BB84 [2]_.
    post_processing:
        Sifted bits per second that the ends correct and compress; 55 Mbit/s is the error correction of a fast
        system [3]_. Blocks wait for each other there.

    References
    ----------
    .. [1] C. C. W. Lim, M. Curty, N. Walenta, F. Xu, H. Zbinden, "Concise security bounds for practical decoy-state
       quantum key distribution", Phys. Rev. A 89, 022307 (2014).
    .. [2] P. W. Shor, J. Preskill, "Simple proof of security of the BB84 quantum key distribution protocol",
       Phys. Rev. Lett. 85, 441 (2000).
    .. [3] Z. Yuan et al., "10-Mb/s quantum key distribution", J. Lightwave Technol. 36, 3427 (2018).

    *Scope*: every pulse is independent of every other, so that dead time and after-pulses change rates, not the
    statistics around them. Users of one receiver take turns so fast that each gets its share of every second.
    """

    block_bit: float = quantity(1e7, unit="bit", at_least=1, infinite=True, advice="give sifted bits, e.g. 1e7")
    abort_above: float = quantity(0.11, above=0, at_most=0.5, advice="give an error rate, e.g. 0.11")
    post_processing: float = quantity(55e6, unit="bit/s", above=0, advice="give it in bit/s, e.g. 55 * Mbit / s")

    @abstractmethod
    def line(self, distance_m: float, users: int = 1) -> Line:
        """The link over ``distance_m`` [m] as one of ``users`` that share the receiver."""

    @abstractmethod
    def endless_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s] in the limit of an endless block."""

    def check(self) -> None:
        """Refuse a block of part of a bit."""
        if math.isfinite(self.block_bit) and self.block_bit != int(self.block_bit):
            raise ValueError(
                f"{type(self).__name__}.block_bit must be a whole number of bits, got {self.block_bit!r}; give e.g. 1e7"
            )

    def expected_block(self, distance_m: float, users: int = 1) -> KeyBlock:
        """The block that average counts give over ``distance_m`` [m], with the eavesdropper there all the time."""
        line = self.line(distance_m, users)
        if self._never_full(line):
            return _never()
        harvest = line.expected(self.block_bit, self.eavesdropping.share)
        return block_from(self, line, harvest, self.block_bit / self.post_processing)

    def error_rate(self, distance_m: float) -> float:
        """Share of wrong bits in matching bases."""
        line = self.line(distance_m)
        if line.pulses_per_bit > _NEVER:
            return 0.5
        counts = line.expected(1.0, self.eavesdropping.share).counts
        return float(counts[..., 1].sum() / counts.sum())

    def secret_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s], 0 where a block of this length yields none."""
        return self._mean_rate(distance_m, 1)

    def key_rate(self, distance_m: float, users: int = 1) -> float:
        """Mean of the secret bits per second [bit/s] for each of ``users`` that share the receiver."""
        return self.realised_share * self._mean_rate(distance_m, users)

    def _mean_rate(self, distance_m: float, users: int) -> float:
        if math.isinf(self.block_bit):
            stopped = self.error_rate(distance_m) > self.abort_above
            return 0.0 if stopped else self.endless_rate(distance_m) / checked_users(users)
        line = self.line(distance_m, users)
        if self._never_full(line):
            return 0.0
        harvest = line.expected(self.block_bit, self.eavesdropping.share)
        if block_from(self, line, harvest, 0.0).aborted:
            return 0.0
        return line.distilled(harvest.counts) / max(harvest.duration_s, self.block_bit / self.post_processing)

    def _never_full(self, line: Line) -> bool:
        """Whether a block takes longer than any link works."""
        return line.pulses_per_bit * self.block_bit > _NEVER

    def blocks(self, distance_m: float, *, users: int = 1, rng: np.random.Generator) -> BlockSource | None:
        """The link at work, block by block; None if ``block_bit`` is infinite."""
        if math.isinf(self.block_bit):
            return None
        return _DrawnBlocks(self, self.line(distance_m, users), rng)


class _DrawnBlocks(BlockSource):
    """Blocks whose counts are drawn, phase by phase where an eavesdropper comes or goes."""

    def __init__(self, link: BlockwiseQKD, line: Line, rng: np.random.Generator) -> None:
        self._link = link
        self._line = line
        self._rng = rng
        self._idle_from_s = 0.0  # when the processor has done with the blocks before

    def next_block(self, start_s: float) -> KeyBlock:
        """The block whose first pulse leaves at ``start_s`` [s]."""
        if not 0.0 <= start_s < math.inf:
            raise ValueError(f"start_s must be >= 0 s and finite, got {start_s!r}; give the time of the first pulse")
        link, line = self._link, self._line
        if link._never_full(line):
            return _never()
        harvest = _collected(line, int(link.block_bit), start_s, link.eavesdropping, self._rng)
        end = start_s + harvest.duration_s
        self._idle_from_s = max(end, self._idle_from_s) + line.sifted(harvest.counts) / link.post_processing
        return block_from(link, line, harvest, self._idle_from_s - end)


def _collected(line: Line, block_bit: int, start_s: float, spy: InterceptResend, rng: np.random.Generator) -> Harvest:
    """A block from ``start_s`` on, mixed of what came with the eavesdropper and what came without."""
    now, pulses, parts = start_s, 0.0, []
    missing = block_bit
    while missing:
        left = spy.next_change(now) - now
        part = line.drawn(missing, left, spy.share_at(now), rng)
        now = spy.next_change(now) if part.duration_s >= left else now + part.duration_s
        pulses += part.pulses
        parts.append(part.counts)
        missing -= round(line.sifted(part.counts))
    return Harvest(now - start_s, pulses, sum(parts[1:], start=parts[0]))


def block_from(link: BlockwiseQKD, line: Line, harvest: Harvest, latency_s: float) -> KeyBlock:
    """What the ends make of the counts of one block."""
    counts = harvest.counts
    clicks = counts.sum()
    errors = float(counts[..., 1].sum() / clicks) if clicks else math.nan
    aborted = errors > link.abort_above
    return KeyBlock(
        duration_s=harvest.duration_s,
        latency_s=latency_s,
        pulses=round(harvest.pulses),
        sifted_bit=round(line.sifted(counts)),
        error_rate=errors,
        secret_bit=0 if aborted else int(link.realised_share * line.distilled(counts)),
        aborted=aborted,
    )


def _never() -> KeyBlock:
    """The block of a link in which nothing clicks."""
    return KeyBlock(math.inf, 0.0, 0, 0, math.nan, 0, False)


def repeated_below(limit: int, draw: Callable[[], int]) -> int:
    """The first of repeated draws that lies below ``limit``: a draw on condition that a block did not become full.

    Called only after a draw in which it did not, so that on average one repetition is enough.
    """
    while (value := draw()) >= limit:
        pass
    return value

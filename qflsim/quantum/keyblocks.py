"""What a QKD link hands over: blocks of key, one after the other, some of them empty."""

from abc import ABC, abstractmethod
from typing import NamedTuple

__all__ = ["BlockSource", "KeyBlock"]


class KeyBlock(NamedTuple):
    """One block of post-processing, from its first pulse to the key that was distilled from it."""

    duration_s: float
    """Seconds from the first pulse to the last; infinite if the link never collects a block."""
    latency_s: float
    """Seconds from the last pulse until both ends hold the key: sifting, error correction, privacy amplification."""
    pulses: int
    """Pulses, or emitted pairs, that were spent."""
    sifted_bit: int
    """Bits that both ends kept as raw key."""
    error_rate: float
    """Share of wrong bits among all bits in matching bases, as the ends find it; NaN without such bits."""
    secret_bit: int
    """Secret bits: 0 if the block is aborted or too short for its error rate."""
    aborted: bool
    """Whether the error rate lay above the limit at which the ends suspect an eavesdropper."""


class BlockSource(ABC):
    """A link at work: every call draws the counts of a whole block at once, never a photon."""

    @abstractmethod
    def next_block(self, start_s: float) -> KeyBlock:
        """The block whose first pulse leaves at ``start_s`` [s].

        Blocks follow each other without overlap: the next one starts at ``start_s + duration_s`` or later, while
        this one is still post-processed for ``latency_s``.
        """

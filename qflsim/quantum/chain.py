"""What a chain of repeaters is made of, and the numbers of its segments."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .entanglement import BellDiagonal
from .heralding import Heralding
from .memory import Memory
from .operations import Operations
from .purification import Purification

__all__ = ["ChainPlan", "SegmentFacts"]


class SegmentFacts(NamedTuple):
    """Numbers of one segment."""

    success: float
    """Probability that an attempt is heralded."""
    attempt_s: float
    """Duration of an attempt [s]."""
    light_s: float
    """Light time from end to end [s]."""
    storage_s: float
    """Age of a pair when it is heralded [s]."""
    fresh: BellDiagonal
    """The pair when its photons leave."""


@dataclass(frozen=True)
class ChainPlan:
    """What a chain is made of.

    Parameters
    ----------
    lengths:
        Metres of fibre [m] of its segments, from one end to the other; one segment is a link without repeaters.
    link, memory, operations:
        How every segment makes pairs, how every node keeps them, and how well it works on them.
    purification:
        What every segment does to its pairs before they are swapped, None for nothing.
    cutoff:
        Age [s], counted from the first photon of its oldest ingredient, at which a pair is thrown away.
    parallel:
        Whether all segments try at once; else each begins when all before it are connected.

    Raises
    ------
    ValueError
        If pairs are too old before light has told the ends of them.

    *Scope*: one end-to-end pair at a time: a repeater whose pairs were swapped waits until the chain begins anew. A
    segment makes one pair after the other. Results travel at the speed of light in fibre and wait in no queue.
    """

    lengths: tuple[float, ...]
    link: Heralding
    memory: Memory
    operations: Operations
    purification: Purification | None = None
    cutoff: float = math.inf
    parallel: bool = True

    def __post_init__(self) -> None:
        youngest = max(facts.storage_s + self.levels * facts.light_s for facts in self.segments)
        if len(self.segments) > 1:
            youngest += 0.5 * sum(facts.light_s for facts in self.segments)
        if not self.cutoff > youngest:
            raise ValueError(
                f"cutoff must be > {youngest:.3g} s, which light alone takes until a pair over "
                f"{sum(self.lengths):.5g} m can be used, got {self.cutoff!r} s; give a longer one, or inf for none"
            )

    @property
    def levels(self) -> int:
        """Rounds of purification in every segment."""
        return 0 if self.purification is None else self.purification.rounds

    @cached_property
    def segments(self) -> tuple[SegmentFacts, ...]:
        """What every segment is like, from one end to the other."""
        return tuple(_facts(self.link, length) for length in self.lengths)


def _facts(link: Heralding, length: float) -> SegmentFacts:
    return SegmentFacts(
        success=link.success(length),
        attempt_s=link.attempt_time(length),
        light_s=link.light_time(length),
        storage_s=link.storage_time(length),
        fresh=link.pair(length),
    )

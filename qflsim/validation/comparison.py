"""One published value beside what qflsim computes, and the table of all of them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

__all__ = ["Comparison", "comparisons", "validate"]

AREAS = ("qkd", "agreement", "radio", "gradients", "mixing", "noise", "timing", "energy", "ledger")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A published value and what the simulator makes of it.

    Parameters
    ----------
    quantity:
        What is compared, with its unit.
    published, simulated:
        The two numbers.
    tolerance:
        Largest accepted difference: absolute, or relative to the published value if ``relative``.
    bound:
        ``"equal"``, or ``"at most"`` where the published value is a bound that nothing may exceed.
    source:
        Where the published value stands.
    miss:
        Why the difference is known and accepted; shown, and the row then does not fail.
    """

    quantity: str
    published: float
    simulated: float
    tolerance: float
    source: str
    relative: bool = False
    bound: str = "equal"
    miss: str = ""

    @property
    def holds(self) -> bool:
        """Whether the simulated value lies within the tolerance of the published one."""
        allowed = self.tolerance * abs(self.published) if self.relative else self.tolerance
        difference = self.simulated - self.published
        if math.isnan(difference):
            return False
        return difference <= allowed if self.bound == "at most" else abs(difference) <= allowed

    @property
    def verdict(self) -> str:
        """``ok``, ``FAILED``, or ``miss`` for a declared one."""
        if self.holds:
            return "ok"
        return "miss" if self.miss else "FAILED"


def comparisons(only: str = "") -> Iterator[Comparison]:
    """All comparisons whose quantity or source contains ``only``, area by area."""
    for area in AREAS:
        for row in import_module(f"qflsim.validation.{area}").comparisons():
            if only.lower() in f"{area} {row.quantity} {row.source}".lower():
                yield row


def validate(*, only: str = "", write: Callable[[str], object]) -> int:
    """Print the table; returns 0 if every comparison holds or is a declared miss, 1 otherwise or if there is none."""
    write(f"{'verdict':<8}{'published':>14} {'simulated':>14}  {'tolerance':<12}{'quantity':<58} source\n")
    counts = {"ok": 0, "FAILED": 0, "miss": 0}
    for row in comparisons(only):
        counts[row.verdict] += 1
        write(_line(row))
    total = sum(counts.values())
    write(f"\n{total} comparisons: {counts['ok']} hold, {counts['miss']} declared misses, {counts['FAILED']} failed\n")
    return 1 if counts["FAILED"] or not total else 0


def _line(row: Comparison) -> str:
    sign = "<= " if row.bound == "at most" else ("±" if row.tolerance else "exact")
    amount = f"{row.tolerance:.1%}" if row.relative and row.tolerance >= 1e-3 else f"{row.tolerance:.0e}"
    tolerance = sign + (amount if row.tolerance else "")
    line = f"{row.verdict:<8}{row.published:>14.6g} {row.simulated:>14.6g}  {tolerance:<12}{row.quantity:<58} {row.source}\n"
    return line + (f"{'':8}{row.miss}\n" if row.verdict == "miss" else "")

"""One published value beside what qflsim computes, and the table of all of them."""

import difflib
import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

__all__ = ["AREAS", "Comparison", "comparisons", "validate"]

AREAS = {
    "qkd": "Quantum key distribution",
    "finite_key": "Keys in finite blocks",
    "satellite_key": "Keys of a satellite pass",
    "entanglement": "Entangled pairs",
    "agreement": "Agreement of validators",
    "protocols": "Other protocols of agreement",
    "mining": "Proof of work and proof of stake",
    "dissemination": "Dissemination",
    "quantum_agreement": "Quantum agreement",
    "sharding": "Shards drawn at random",
    "ledger": "Ledger",
    "saturation": "Full blocks and waiting transactions",
    "storage": "Storage and formats",
    "contract": "Task contract",
    "cryptography": "Signatures and key encapsulation",
    "propagation": "Radio propagation",
    "radio": "Radio access",
    "mobility": "Movement and handover",
    "queues": "Fibre, queues and shared bands",
    "keys": "Key management",
    "relay": "Trusted relay",
    "space": "Satellites",
    "energy": "Energy",
    "timing": "Time of QPU jobs",
    "gradients": "Gradients of circuits",
    "noise": "Noise of circuits",
    "learning": "Data, splits and optimizers",
    "mixing": "Mixing between servers",
    "aggregation": "Aggregation of updates",
    "participation": "Late updates and absent devices",
}
"""Modules of this package and the headings of their rows, in the order in which they are shown."""

_LEGEND = """\
basis: value = number printed or measured in the source; formula = the source's formula, worked out apart from qflsim;
       tool = output of another program, run or imported; law = closed form or identity that must hold
"""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A published value and what the simulator makes of it.

    Parameters
    ----------
    quantity:
        What is compared, with its unit; at most 44 characters, so that a row fits into 120 columns.
    published, simulated:
        The two numbers.
    tolerance:
        Largest accepted difference: absolute, or relative to the published value if ``relative``.
    bound:
        ``"equal"``, or ``"at most"`` or ``"at least"`` where the published value is a bound.
    basis:
        What the published number is: a value printed or measured in the source, the source's formula worked out
        apart from qflsim, the output of another tool, or a law that must hold.
    source:
        Where the published value stands; at most 25 characters.
    miss:
        Why the difference is known and accepted; shown, and the row then does not fail.
    """

    quantity: str
    published: float
    simulated: float
    tolerance: float
    source: str
    basis: Literal["value", "formula", "tool", "law"]
    relative: bool = False
    bound: Literal["equal", "at most", "at least"] = "equal"
    miss: str = ""

    @property
    def holds(self) -> bool:
        """Whether the simulated value lies within the tolerance of the published one."""
        allowed = self.tolerance * abs(self.published) if self.relative else self.tolerance
        difference = self.simulated - self.published
        if math.isnan(difference):
            return False
        excess = {"equal": abs(difference), "at most": difference, "at least": -difference}[self.bound]
        return excess <= allowed

    @property
    def verdict(self) -> Literal["ok", "FAILED", "miss"]:
        """``ok``, ``FAILED``, or ``miss`` for a declared one."""
        if self.holds:
            return "ok"
        return "miss" if self.miss else "FAILED"


def comparisons(only: str = "") -> Iterator[tuple[str, Comparison]]:
    """Area and row of all comparisons of the areas whose name contains ``only``, whatever its case.

    If no area is called so, those of areas that say that they are about it, and others whose quantity or source
    contains it.
    """
    wanted = only.lower()
    areas = [area for area, title in AREAS.items() if wanted in f"{area} {title}".lower()]
    for area in areas or AREAS:
        whole = bool(areas) or wanted in _about(area)
        for row in import_module(f"qflsim.validation.{area}").comparisons():
            if whole or wanted in f"{row.quantity} {row.source}".lower():
                yield area, row


def _about(area: str) -> str:
    """What an area is about: its name, its heading and the first sentences of its module, in small letters."""
    told = (import_module(f"qflsim.validation.{area}").__doc__ or "").partition("\n\n")[0]
    return " ".join(f"{area} {AREAS[area]} {told}".lower().split())


def _nearest(only: str) -> str:
    """Half a sentence on the areas that come nearest to a text that nothing contains."""
    words = [word for word in only.lower().split() if len(word) > 3]
    near = [area for area in AREAS if any(word in _about(area) for word in words)]
    near = near or difflib.get_close_matches(only.lower(), AREAS, n=3)
    return f"the nearest areas are {', '.join(near)}" if near else f"the areas are {', '.join(AREAS)}"


def validate(*, only: str = "", write: Callable[[str], object]) -> int:
    """Print the table; returns 0 if every comparison holds or is a declared miss, 1 otherwise or if there is none."""
    write(_LEGEND)
    counts = {"ok": 0, "miss": 0, "FAILED": 0}
    before = ""
    for area, row in comparisons(only):
        if area != before:
            write(f"\n{AREAS[area] + ' ':-<51}{'published':>13} {'simulated':>12}  {'within':<9}{'basis':<8}source\n")
            before = area
        counts[row.verdict] += 1
        write(_line(row))
    total = sum(counts.values())
    write(f"\n{total} comparisons: {counts['ok']} hold, {counts['miss']} declared misses, {counts['FAILED']} failed\n")
    if not total:
        write(f"no area, quantity or source contains {only!r}; {_nearest(only)}\n")
    return 1 if counts["FAILED"] or not total else 0


def _line(row: Comparison) -> str:
    numbers = f"{row.published:>12.6g} {row.simulated:>12.6g}  {_within(row):<9}"
    line = f"{row.verdict:<7}{row.quantity:<45}{numbers}{row.basis:<8}{row.source}\n"
    if row.verdict != "miss":
        return line
    return line + textwrap.indent(textwrap.fill(row.miss, 110), " " * 7) + "\n"


def _within(row: Comparison) -> str:
    """The tolerance as it is read: a percentage if relative, and the word for a bound."""
    if row.bound != "equal":
        return row.bound
    if not row.tolerance:
        return "exact"
    return f"±{100 * row.tolerance:.2g}%" if row.relative else f"±{row.tolerance:.2g}"

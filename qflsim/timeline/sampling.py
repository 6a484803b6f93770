"""Which rows of a long table are shown: whole rounds, so that what is shown is shown with everything around it."""

from collections import deque
from collections.abc import Iterator
from typing import Any

__all__ = ["spread", "thinned"]


def thinned(rows: Any, most: int, what: str) -> tuple[Any, str]:
    """At most ``most`` of the rows, and a sentence on what is left out; empty if nothing is."""
    if len(rows) <= most:
        return rows, ""
    if "round" not in rows:
        return _every(rows, most, what)
    sizes = rows.groupby("round").size()
    kept, count = [], 0
    for number in spread(list(sizes.index)):
        if count + sizes[number] <= most:
            kept.append(number)
            count += sizes[number]
    if kept:
        told = ", ".join(map(str, sorted(kept)[:12])) + (", …" if len(kept) > 12 else "")
        which = f"round {told} of {len(sizes)}" if len(kept) == 1 else f"rounds {told} of {len(sizes)}"
        return rows[rows["round"].isin(kept)], f"{what}: only those of {which} are shown, {count:,} of {len(rows):,}"
    return _every(rows, most, what)


def _every(rows: Any, most: int, what: str) -> tuple[Any, str]:
    """One of so many rows as leave no more than ``most``."""
    step = -(-len(rows) // most)
    shown = rows.iloc[::step]
    return shown, f"{what}: only one of {step} is shown, {len(shown):,} of {len(rows):,}"


def spread(items: list[Any]) -> Iterator[Any]:
    """All items, the first and the last first, then whatever lies in the middle between two that came."""
    yield from dict.fromkeys((*items[:1], *items[-1:]))
    gaps = deque([(0, len(items) - 1)])
    while gaps:
        low, high = gaps.popleft()
        if high - low > 1:
            middle = (low + high) // 2
            yield items[middle]
            gaps += [(low, middle), (middle, high)]

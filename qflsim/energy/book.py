"""The energy book: who spent how many joules on what, in this round and since the beginning."""

import math
from collections.abc import Callable

__all__ = ["CAUSES", "EnergyBook"]

CAUSES = (
    "radio",
    "computing",
    "cryptography",
    "qpu_control",
    "qpu_cooling",
    "network",
    "qkd",
    "entanglement",
    "mining",
)
"""Causes that energy is booked under, in the order in which they are shown."""


class EnergyBook:
    """All joules that the nodes of one run have spent, by node and cause.

    Sums are taken with `math.fsum`, so that the causes add up to the total, and the rounds to the run, whatever
    the order in which the charges came in.

    Notes
    -----
    *Scope*: a ledger, not a model: it adds what it is told. Energy is never given back, so charges are >= 0.

    *Validation*: conservation: the causes add up to the total and the rounds add up to the run.

    Examples
    --------
    >>> book = EnergyBook()
    >>> book.charge("device-1-1", "radio", 0.5)
    >>> book.close_round()
    [('device-1-1', 'radio', 0.5)]
    >>> book.total()
    0.5
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], list[float]] = {}
        self._closed: dict[str, list[float]] = {cause: [] for cause in CAUSES}  # each list adds up exactly to its sum
        self._watchers: list[Callable[[str, str, float], object]] = []

    def watch(self, watcher: Callable[[str, str, float], object]) -> None:
        """Let ``watcher`` hear of every charge from now on: node, cause and joules [J]."""
        self._watchers.append(watcher)

    def charge(self, node: str, cause: str, joules: float) -> None:
        """Write ``joules`` [J] on ``node``'s account under ``cause``.

        Raises
        ------
        ValueError
            If the cause is none of `CAUSES`, or the energy is negative, infinite or NaN.
        """
        if cause not in self._closed:
            raise ValueError(f"cause must be one of {', '.join(CAUSES)}, got {cause!r}")
        if not 0.0 <= joules < math.inf:
            raise ValueError(f"energy of {node} for {cause} must be finite and >= 0 J, got {joules!r}")
        self._open.setdefault((node, cause), []).append(joules)
        for watcher in self._watchers:
            watcher(node, cause, joules)

    def close_round(self) -> list[tuple[str, str, float]]:
        """End the round: what each node spent on each cause in it [J], sorted by node and cause."""
        rows = [(node, cause, math.fsum(self._open[node, cause])) for node, cause in sorted(self._open)]
        for _, cause, joules in rows:
            _add_exactly(self._closed[cause], joules)
        self._open.clear()
        return rows

    def by_cause(self) -> dict[str, float]:
        """Energy [J] spent since the beginning, the open round included, by cause; every cause is there."""
        amounts = {cause: list(closed) for cause, closed in self._closed.items()}
        for (_, cause), charges in self._open.items():
            amounts[cause].append(math.fsum(charges))
        return {cause: math.fsum(values) for cause, values in amounts.items()}

    def total(self) -> float:
        """Energy [J] spent since the beginning, the open round included."""
        return math.fsum(self.by_cause().values())


def _add_exactly(parts: list[float], value: float) -> None:
    """Add ``value`` to a number that is held as the exact sum of ``parts``, a handful however many were added [1]_.

    References
    ----------
    .. [1] J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric predicates",
       Discrete Comput. Geom. 18, 305 (1997): grow-expansion.
    """
    kept = []
    for part in parts:
        total = value + part
        larger, smaller = (value, part) if abs(value) >= abs(part) else (part, value)
        rest = smaller - (total - larger)
        if rest:
            kept.append(rest)
        value = total
    parts[:] = [*kept, value]

"""After what time a share of the nodes has something."""

import math
from collections.abc import Sequence

__all__ = ["SHARES", "reached_by"]

SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
"""Shares of the nodes whose times are written down."""


def reached_by(times: Sequence[float], nodes: int, share: float) -> float:
    """Time by which ``share`` of so many ``nodes`` have it: that of the node of rank ceil(share * nodes).

    Parameters
    ----------
    times:
        When each node that has it obtained it; others may be left out or infinite.
    nodes:
        How many nodes there are to reach.
    share:
        Between 0 and 1.

    Returns
    -------
    float
        The time; inf if fewer have it.
    """
    rank = max(1, math.ceil(share * nodes - 1e-9))
    return sorted(times)[rank - 1] if rank <= len(times) else math.inf

"""Gossip in rounds among nodes that can all reach each other, a whole round at a time.

References
----------
.. [1] B. Pittel, "On spreading a rumor", SIAM J. Appl. Math. 47 (1987): log2 n + ln n + O(1) rounds of push.
.. [2] R. Karp, C. Schindelhauer, S. Shenker, B. Vöcking, "Randomized rumor spreading", FOCS (2000): push-pull.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qflsim.network.gossip import Gossip

__all__ = ["rounds_of_gossip"]

Targets = Callable[[int], NDArray[np.int64]]
"""Of the number of a round: whom each node contacts in it, numbers among the others, shape (nodes,)."""


def rounds_of_gossip(gossip: Gossip, nodes: int, targets: Targets, *, most: int = 10_000) -> NDArray[np.int64]:
    """How many nodes have an item after each round, the first entry before the first of them.

    All nodes contact one other at the same moment: who has the item sends it, for as many rounds as the mode says, who
    lacks it asks, if the mode says so; what comes of it holds from the next round on. It ends when all have it, when
    nothing can change any more, or after ``most`` rounds.

    Parameters
    ----------
    gossip:
        Of which only the mode counts here, and a fanout of 1.
    nodes:
        Number of nodes; number 0 has the item at first.
    targets:
        Draws whom each contacts, e.g. ``lambda number: rng.integers(nodes - 1, size=nodes)``.

    Raises
    ------
    ValueError
        If the fanout is not 1, or there are fewer than two nodes.

    *Scope*: messages take less than a round, and nobody answers with what came in the same round. Equal, node by node,
    to relays of aligned ticks that exchange messages (`qflsim.network.swarm`).
    """
    if gossip.fanout != 1 or nodes < 2:
        raise ValueError(f"gossip.fanout must be 1 and nodes >= 2, got {gossip.fanout} and {nodes}")
    since = np.full(nodes, np.iinfo(np.int64).max)
    since[0] = 0
    me = np.arange(nodes)
    informed = [1]
    for number in range(1, most + 1):
        has = since < number
        pushing = has & (number - since <= gossip.mode.pushes)
        if has.all() or not (pushing.any() or gossip.mode.pulls):
            break
        target = targets(number)
        target = target + (target >= me)
        new = np.zeros(nodes, dtype=bool)
        new[target[pushing]] = True
        if gossip.mode.pulls:
            new |= ~has & has[target]
        since[new & ~has] = number
        informed.append(int((since <= number).sum()))
    return np.array(informed)

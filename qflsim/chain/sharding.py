"""Shards whose validators are drawn by lot, and how likely a draw holds more faulty ones than its protocol bears."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qflsim.checks import Part, quantity

__all__ = ["Sharding", "any_shard_failure", "cross_probability", "shard_failure", "shards_touched"]


@dataclass(frozen=True, kw_only=True)
class Sharding(Part):
    """The validators of every shard are drawn from all servers by lot, anew in every epoch.

    Left out of a scenario, a shard is validated by the servers that joined its task. An adversary who knows that
    chooses which task to join; a lot leaves him none [1]_. By default the servers are shuffled and dealt out, each to
    one shard, in parts as equal as they come. A new validator first fetches the chain over the links.

    Parameters
    ----------
    rounds:
        Rounds of an epoch, after which lots are drawn anew. An assumption; RapidChain [2]_ and OmniLedger [1]_ take a
        day.
    validators:
        Validators of each shard, drawn for each by itself, so that a server may serve several; ``None`` to deal all
        servers out.
    faulty_share:
        Share of the servers that is assumed to be faulty in the probability of failure that a run states, where no
        threat of the scenario says who is. A quarter, as OmniLedger assumes [1]_.

    Notes
    -----
    *Scope*: the randomness is the scenario's seed, named after the epoch; the beacon that would make it unbiased takes
    no message. Tasks count their own epochs, so that a server whose tasks are in different ones may serve two shards
    for a while. A whole shard may change at once: those who leave hand the chain over and are not waited for.

    *Validation*: every server is drawn equally often; probabilities of failure as in `shard_failure`.

    References
    ----------
    .. [1] E. Kokoris-Kogias et al., "OmniLedger: a secure, scale-out, decentralized ledger via sharding", IEEE
       S&P (2018).
    .. [2] M. Zamani, M. Movahedi, M. Raykova, "RapidChain: scaling blockchain via full sharding", CCS (2018).
    """

    rounds: int = quantity(4, at_least=1, advice="give a whole number, e.g. 4")
    validators: int | None = quantity(None, at_least=1, advice="give a whole number, e.g. 4, or None")
    faulty_share: float = quantity(0.25, at_least=0, below=1, advice="give a share, e.g. 0.25")

    def parts(self, servers: int, shards: int) -> list[range]:
        """Places in the shuffled row of servers that go to each shard."""
        if self.validators:
            return [range(self.validators)] * shards
        cuts = [shard * servers // shards for shard in range(shards + 1)]
        return [range(*cut) for cut in pairwise(cuts)]

    def assign(
        self, servers: Sequence[str], shards: Sequence[str], draws: Callable[..., np.random.Generator]
    ) -> dict[str, tuple[str, ...]]:
        """Who validates each shard, in the order of ``servers``; ``draws(name)`` is a stream of random numbers."""
        dealt = draws("all").permutation(len(servers))
        found = {}
        for shard, places in zip(shards, self.parts(len(servers), len(shards)), strict=True):
            order = draws(shard).permutation(len(servers)) if self.validators else dealt
            found[shard] = tuple(servers[place] for place in sorted(order[list(places)]))
        return found


def cross_probability(shards: int, accounts: int = 2) -> float:
    """Probability that a transaction of so many accounts, each in a shard at random, touches more than one.

    1 - k^-(u - 1) for u accounts in k shards; 1 - 1/k for two.

    Examples
    --------
    >>> cross_probability(16)
    0.9375
    """
    return 1.0 - float(shards) ** (1 - accounts)


def shards_touched(shards: int, accounts: int = 2) -> float:
    """Mean number of shards in which the accounts of a transaction lie: k (1 - (1 - 1/k)^u)."""
    return shards * (1.0 - (1.0 - 1.0 / shards) ** accounts)


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
    from scipy.stats import hypergeom

    bound = (size - 1) // 3 if tolerated is None else tolerated
    return float(hypergeom.sf(bound, nodes, faulty, size))


def any_shard_failure(nodes: int, faulty: int, size: int, tolerated: int | None = None) -> float:
    """Bound on the probability that any of floor(nodes / size) shards fails: the sum of theirs, at most 1."""
    return min(1.0, (nodes // size) * shard_failure(nodes, faulty, size, tolerated))

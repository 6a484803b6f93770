"""How much goes into a block, how far apart blocks are, and how many transactions may wait for one.

References
----------
.. [1] Bitcoin Core: ``-maxmempool`` 300 MB, ``-mempoolexpiry`` 336 h (its documented defaults).
"""

import math
from dataclasses import dataclass

from qflsim.chain.ordering import FirstComeFirstServed, OrderBy
from qflsim.checks import Part, quantity
from qflsim.units import MB, h

__all__ = ["CHAIN_KINDS", "BlockLimits", "check_kinds", "kind_of", "on_kind"]

CHAIN_KINDS = ("global", "shard", "lmuc")
"""The three kinds of chains, as the names of chains begin."""


def kind_of(chain: str) -> str:
    """The kind of the chain with this name."""
    return chain.split("-")[0]


def on_kind(limits: "BlockLimits | tuple[BlockLimits, ...]", kind: str) -> "BlockLimits":
    """The limits of one kind of chain; none if nobody gives any.

    Raises
    ------
    ValueError
        If two give some.
    """
    given = [each for each in (limits if isinstance(limits, tuple) else (limits,)) if kind in each.chains]
    if len(given) > 1:
        raise ValueError(f"block_limits must give a {kind} chain one set of limits, got {len(given)}; set chains apart")
    return given[0] if given else BlockLimits()


def check_kinds(name: str, chains: tuple[str, ...]) -> None:
    """Refuse names of kinds of chains that are unknown, doubled or missing."""
    if not chains or len(set(chains)) < len(chains) or not set(chains) <= set(CHAIN_KINDS):
        raise ValueError(f"{name} must name kinds of chains, each once, got {chains!r}; choose from {CHAIN_KINDS!r}")


@dataclass(frozen=True, kw_only=True)
class BlockLimits(Part):
    """Blocks of limited size keep a minimum interval, so that transactions may have to wait for the next one.

    Blocks carry at most K = min(transactions, size / s) transactions of s bits each, one block per T = max(interval,
    time of a decision), so that a chain accepts min(offered, K / T) transactions a second; beyond that the backlog
    grows by (offered - K / T) a second, and waiting ends only with the mempool's size or with patience.

    Parameters
    ----------
    size:
        Most bits of the transactions in one block, 16 bytes of framing for each included; header and certificate come
        on top. No limit by default.
    transactions:
        Most transactions in one block; ``None`` for no limit.
    interval:
        Least time [s] from one block's proposal to the next one's on the same chain.
    order:
        Which transaction goes first, and which is evicted first.
    mempool:
        Most bits of waiting transactions; 300 MB [1]_. Beyond it the last in order are evicted.
    expiry:
        Time [s] after which a waiting transaction is dropped; 336 h [1]_.
    chains:
        Kinds of chains that these limits are for: ``"global"``, ``"shard"``, ``"lmuc"``.

    *Scope*: a block is filled in order until the next transaction does not fit; smaller ones behind it wait. All
    validators know the same mempool. A chain without limits has none: every submission is a block of its own, one after
    the other.

    *Validation*: accepted rate min(offered, capacity); the mean wait of M/D/1 with one transaction per block, and of
    the bulk queue with more.
    """

    size: float = quantity(math.inf, unit="bit", above=0, infinite=True, advice="give it in bits, e.g. 1 * MB")
    transactions: int | None = quantity(None, at_least=1, advice="give a whole number, or None for no limit")
    interval: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 1 * s")
    order: OrderBy = FirstComeFirstServed()
    mempool: float = quantity(300 * MB, unit="bit", above=0, infinite=True, advice="give it in bits, e.g. 300 * MB")
    expiry: float = quantity(336 * h, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 2 * h")
    chains: tuple[str, ...] = CHAIN_KINDS

    def check(self) -> None:
        """Refuse unknown kinds of chains, and rules of waiting where nothing ever waits."""
        check_kinds("BlockLimits.chains", self.chains)
        waits = (self.order, self.mempool, self.expiry) != (FirstComeFirstServed(), 300 * MB, 336 * h)
        if waits and not self.limited:
            raise ValueError(
                "BlockLimits.order, mempool and expiry act where transactions wait, and without size, transactions or "
                "interval none does; give one of these"
            )

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return math.isfinite(self.size) or self.transactions is not None or self.interval > 0.0

    @property
    def size_byte(self) -> float:
        """Most bytes of the transactions in one block."""
        return self.size / 8.0

    def per_block(self, size_byte: float) -> float:
        """Most transactions of ``size_byte`` bytes, framing included, in one block."""
        room = math.floor(self.size_byte / size_byte) if math.isfinite(self.size) else math.inf
        return min(room, math.inf if self.transactions is None else self.transactions)

    def capacity(self, size_byte: float, decision_s: float) -> float:
        """Transactions of ``size_byte`` bytes per second that blocks can carry when a decision takes ``decision_s``."""
        apart = max(self.interval, decision_s)
        return self.per_block(size_byte) / apart if apart > 0.0 else math.inf

"""The sentences of a summary on full blocks: who waited, for how long, and whether the chains were overloaded."""

from collections.abc import Iterator
from typing import Any

from qflsim.readable import show_time

from .reading import RunTables

__all__ = ["waiting_sentences"]


def waiting_sentences(run: RunTables) -> Iterator[str]:
    """Waits of the federation's transactions and the backlog of each kind of chain; nothing without a mempool."""
    pools = run.table("mempool", "chain", "time_s", "waiting", "arrived", "included", "evicted", "expired")
    if pools.empty:
        return
    yield from _own(run.table("submissions", "outcome", "wait_s", "fee"))
    for prefix, name in (("global", "the global chain"), ("shard", "shard chains"), ("lmuc", "LMUCs")):
        chains = [chain for _, chain in pools[pools["chain"].str.startswith(prefix)].groupby("chain")]
        if chains:
            yield from _backlog(name, max(chains, key=lambda chain: chain["waiting"].iloc[-1]))
    dropped = int(pools["evicted"].sum() + pools["expired"].sum())
    if dropped:
        yield f"{dropped:,} transactions were evicted from full mempools or expired."


def _own(handed_in: Any) -> Iterator[str]:
    """How the federation's transactions fared."""
    if handed_in.empty:
        return
    included = handed_in[handed_in["outcome"] == "included"]
    yield f"{len(included):,} of {len(handed_in):,} transactions of the federation got into a block,"
    yield f"after {show_time(included['wait_s'].mean())} on average and {show_time(included['wait_s'].max())} at most"
    yield "in a mempool." if not included["fee"].any() else f"in a mempool, for {included['fee'].sum():,.6g} of fees."


def _backlog(name: str, chain: Any) -> Iterator[str]:
    """Offered, accepted and left over on the fullest chain of a kind."""
    left, lasted = int(chain["waiting"].iloc[-1]), chain["time_s"].iloc[-1]
    if not left or not lasted:
        return
    offered, accepted = chain["arrived"].sum() / lasted, chain["included"].sum() / lasted
    yield f"On {name} {left:,} transactions were left waiting: {offered:,.4g} a second were offered and"
    yield f"{accepted:,.4g} accepted."

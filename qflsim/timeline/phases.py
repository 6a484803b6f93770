"""The phases of every agreement, worked out from the votes that its committee sent."""

from collections.abc import Iterator
from typing import Any

from .chains import committee
from .tracks import Slice

__all__ = ["phases_of"]

_NO_VOTES = frozenset((
    "join", "kem-public-key", "kem-ciphertext", "model", "update", "lmuc-block", "receipt", "mixed-model",
    "teleport-bits", "teleport-repeat", "superdense-arrivals", "model-rest", "request", "content", "proof", "catch-up",
    "block", "chunk", "payment", "payment-receipt", "report", "key-relay", "forwarded", "committed-block",
))  # fmt: skip
"""Kinds of messages that belong to no agreement; a test demands every kind that a node sends besides its votes."""


def phases_of(sought: Any, transfers: Any, jobs: Any, nodes: Any) -> Iterator[Slice]:
    """For each decision and kind of vote: from the first one sent to the last one delivered.

    Parameters
    ----------
    sought:
        The decisions to be shown.
    transfers:
        All messages.
    jobs, nodes:
        Where a device trained, and in whose cell it stands: who votes with whom on a local chain.
    """
    votes = transfers[~transfers["kind"].isin(_NO_VOTES) & transfers["delivered_s"].notna()].sort_values("sent_s")
    if votes.empty or sought.empty:
        return
    local = votes["source"].map(dict(zip(nodes["node"], nodes["role"], strict=True))) == "device"
    own, shared = votes[local].assign(by=_local_chains(votes[local], jobs, nodes)), votes[~local].assign(by="servers")
    sought = sought.assign(by=sought["chain"].where(sought["chain"].str.startswith("lmuc-"), "servers"))
    yield from _phases(own, sought)
    for task, of_task in shared.groupby("task"):  # votes on the global chain may carry the name of the only task
        chains = {"global", f"shard-{task}"} if task else {"global"}
        yield from _phases(of_task, sought[sought["chain"].isin(chains)])


def _local_chains(votes: Any, jobs: Any, nodes: Any) -> Any:
    """The local chain of each vote: of the server that its device trains for in this round, or of its cell."""
    import pandas as pd

    keys = ["round", "task", "source"]
    trained = jobs[jobs["purpose"] != "evaluate"].rename(columns={"node": "source"}).drop_duplicates(keys)
    server = votes[keys].merge(trained[[*keys, "server"]], on=keys, how="left")["server"].to_numpy()
    home = votes["source"].map(dict(zip(nodes["node"], nodes["server"], strict=True)))
    several = jobs["task"].nunique() > 1
    chain = "lmuc-" + home.where(pd.isna(server), server)
    return chain + "-" + votes["task"] if several else chain


def _phases(votes: Any, sought: Any) -> Iterator[Slice]:
    """Phases of the decisions within which the votes were sent, each by the latest begun of its own committee."""
    import pandas as pd

    decisions = sought[["by", "chain", "height", "started_s", "ended_s"]].sort_values("started_s")
    found = pd.merge_asof(votes, decisions, left_on="sent_s", right_on="started_s", by="by")
    found = found[found["sent_s"] <= found["ended_s"]]
    phases = found.groupby(["chain", "height", "kind"], sort=False).agg(
        start=("sent_s", "min"), end=("delivered_s", "max"), votes=("kind", "size"), bits=("size_bit", "sum")
    )
    for (chain, height, kind), row in zip(phases.index, phases.itertuples(), strict=True):
        about = {"votes": int(row.votes), "size [bit]": float(row.bits)}
        yield Slice(committee(chain), f"phase {kind}", f"{kind}, height {int(height)}", row.start, row.end, about)

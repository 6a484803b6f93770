"""What committees decide and what chains grow by, as slices."""

from collections.abc import Iterator
from typing import Any

from .tracks import Slice

__all__ = ["blocks", "committee", "decisions"]


def committee(chain: str) -> str:
    """The name of the group of a chain and its committee."""
    return f"chain {chain}"


def decisions(sought: Any) -> Iterator[Slice]:
    """Every decision that a committee sought, from the proposal to the last validator that decided."""
    for row in sought.itertuples():
        about = {
            "protocol": row.protocol, "validators": row.validators, "quorum": row.quorum, "decided": row.decided,
            "view": row.view, "messages": row.messages, "faulty": row.faulty, "size [bit]": row.size_bit,
            "first decided after [s]": row.first_decided_s - row.started_s, "given up because": row.reason,
        }  # fmt: skip
        name = f"height {row.height}" + ("" if row.decided else ", not reached")
        yield Slice(committee(row.chain), "decisions", name, row.started_s, row.ended_s, about)


def blocks(rows: Any) -> Iterator[Slice]:
    """Every block from its proposal to the time when its committee was done with it."""
    for row in rows.itertuples():
        size = row.header_byte + row.body_byte + row.certificate_byte
        about = {"proposer": row.proposer, "transactions": row.transactions, "size [B]": size, "hash": row.hash}
        yield Slice(committee(row.chain), "blocks", f"block {row.height}", row.proposed_s, row.committed_s, about)

"""What is written down of a mempool: how it stands at every block, and how long the federation's transactions wait."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from qflsim.chain.block import Block
from qflsim.chain.mempool import Counts, Mempool
from qflsim.chain.transactions import SignedTransaction
from qflsim.trace import Mempool as MempoolRecord, Submission as SubmissionRecord

from .context import Context

__all__ = ["PoolBook"]


@dataclass(frozen=True)
class _Entry:
    """A transaction of the federation that waits: since when, whose, how large, at which fee."""

    round: int
    kind: str
    sender: str
    submitted_s: float
    size_byte: int
    fee: float


class PoolBook:
    """Writes the tables of one chain's mempool.

    Parameters
    ----------
    ctx:
        The run's shared services.
    chain:
        Name of the chain.
    pool:
        Its mempool.
    """

    def __init__(self, ctx: Context, chain: str, pool: Mempool) -> None:
        self._ctx = ctx
        self._chain = chain
        self._pool = pool
        self._entries: dict[int, _Entry] = {}
        self._before = Counts()
        self._before_s = 0.0

    def note_entered(self, number: int, item: SignedTransaction, fields: Mapping[str, Any], round: int) -> None:
        """A transaction came in under this number."""
        self._entries[number] = self._entry(item, fields, round)

    def note_refused(self, item: SignedTransaction, fields: Mapping[str, Any], round: int) -> None:
        """A transaction was not taken in."""
        self._write(self._entry(item, fields, round), "refused", None)

    def note_settled(self, number: int, outcome: str, block: Block | None) -> None:
        """A transaction stands in ``block``, or never will."""
        self._write(self._entries.pop(number), outcome, block)

    def note_state(self, round: int) -> None:
        """How the mempool stands now, and what happened since this was last written."""
        now, pool, before = self._ctx.now, self._pool, self._before
        counts, passed = replace(pool.counts), now - self._before_s
        self._ctx.record(
            MempoolRecord(
                round=round,
                chain=self._chain,
                time_s=now,
                waiting=len(pool),
                waiting_byte=pool.size_byte,
                oldest_wait_s=now - pool.oldest_s if len(pool) else 0.0,
                under_way=pool.under_way,
                arrived=counts.arrived - before.arrived,
                included=counts.included - before.included,
                evicted=counts.evicted - before.evicted,
                expired=counts.expired - before.expired,
                offered_per_s=(counts.arrived - before.arrived) / passed if passed else nan,
                accepted_per_s=(counts.included - before.included) / passed if passed else nan,
            )
        )
        self._before, self._before_s = counts, now

    def _entry(self, item: SignedTransaction, fields: Mapping[str, Any], round: int) -> _Entry:
        fee = float(fields.get("fee", 0.0))
        return _Entry(round, fields["kind"], fields["sender"], self._ctx.now, item.size_byte, fee)

    def _write(self, entry: _Entry, outcome: str, block: Block | None) -> None:
        proposed = nan if block is None else block.header.time_s
        self._ctx.record(
            SubmissionRecord(
                round=entry.round,
                chain=self._chain,
                kind=entry.kind,
                sender=entry.sender,
                submitted_s=entry.submitted_s,
                size_byte=entry.size_byte,
                fee=entry.fee,
                outcome=outcome,
                proposed_s=proposed,
                settled_s=self._ctx.now,
                wait_s=(self._ctx.now if block is None else proposed) - entry.submitted_s,
                height=0 if block is None else block.header.height,
                proposer="" if block is None else block.header.proposer,
            )
        )

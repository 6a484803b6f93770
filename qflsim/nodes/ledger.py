"""A ledger on the timeline: a chain, the committee that agrees on its blocks, and the nodes that keep copies."""

from collections.abc import Generator, Sequence
from typing import Any

from qflsim.chain.agreement import Agreement, Proposal
from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.ledger import Chain
from qflsim.chain.transactions import SignedTransaction
from qflsim.crypto.signatures import SignatureScheme
from qflsim.trace import Block as BlockRecord, Storage

from .committee import Committee, Outcome
from .computer import Computer
from .context import Context
from .fabric import Fabric

__all__ = ["Ledger"]

HASH_BYTE = 32


class Ledger:
    """One chain and its validators.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    name:
        Name of the chain, as in the traces.
    agreement, scheme, patience:
        See `Committee`.
    keepers:
        Nodes that keep a copy of the chain.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        name: str,
        agreement: Agreement,
        scheme: SignatureScheme,
        patience: float,
        keepers: Sequence[str],
    ) -> None:
        self._ctx = ctx
        self._agreement = agreement
        self._scheme = scheme
        self._keepers = tuple(keepers)
        self._committee = Committee(ctx, fabric, name, agreement, scheme, patience)
        self.chain = Chain(name)

    def commit(
        self,
        validators: Sequence[Computer],
        proposer: str,
        transactions: Sequence[SignedTransaction],
        model: ModelMetadata,
        *,
        known: bool,
    ) -> Generator[Any, Any, Block | None]:
        """Have the validators agree on the next block; returns it, or ``None`` if they did not.

        Parameters
        ----------
        validators:
            The committee.
        known:
            Whether the validators hold the transactions already, so that the proposal names them by their hashes.
        """
        ctx = self._ctx
        block = self.chain.propose(transactions, proposer=proposer, round=ctx.round, time_s=ctx.now, model=model)
        body_byte = HASH_BYTE * len(transactions) if known else block.body_byte
        proposal = Proposal(digest=block.hash.hex(), size_byte=block.header_byte + body_byte)
        outcome: Outcome = yield self._committee.decide(block.header.height, validators, proposer, proposal)
        quorum = self._agreement.quorum(len(validators))
        signers = sorted(outcome.decided_s, key=lambda name: (outcome.decided_s[name], name))[:quorum]
        if len(signers) < quorum:
            return None
        block = block.certified(signers, self._scheme)
        self.chain.append(block)
        self._ctx.totals.ledger_byte += block.size_byte
        self._record(block)
        return block

    def store(self, time: float) -> None:
        """Record what every keeper's copy holds at the end of a round, ``time`` [s]."""
        size_byte = self.chain.size_byte
        for node in self._keepers:
            self._ctx.record(
                Storage(
                    round=self._ctx.round,
                    time_s=time,
                    chain=self.chain.name,
                    node=node,
                    blocks=len(self.chain.blocks),
                    size_byte=size_byte,
                )
            )

    def _record(self, block: Block) -> None:
        header = block.header
        self._ctx.record(
            BlockRecord(
                round=header.round,
                chain=header.chain,
                height=header.height,
                proposer=header.proposer,
                proposed_s=header.time_s,
                committed_s=self._ctx.now,
                transactions=header.transactions,
                header_byte=block.header_byte,
                body_byte=block.body_byte,
                certificate_byte=block.certificate_byte,
                previous_hash=header.previous.hex(),
                merkle_root=header.root.hex(),
                hash=block.hash.hex(),
            )
        )

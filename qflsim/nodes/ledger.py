"""A ledger on the timeline: a chain, the committee that agrees on its blocks, and the nodes that keep copies."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import cache, partial
from math import inf, nextafter
from typing import Any

import simpy

from qflsim.chain.agreement import Agreement, Proposal
from qflsim.chain.archive import Archive
from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.ledger import Chain
from qflsim.chain.transactions import SignedTransaction
from qflsim.crypto.signatures import SignatureScheme
from qflsim.network.dissemination import Item, Obtain
from qflsim.trace import Block as BlockRecord

from .adversaries import Adversaries
from .blockmaker import BlockMaker, Pooling
from .business import Business, Outcome
from .committee import Committee
from .computer import Computer
from .context import Context
from .draft import Commitment, Draft, nothing, others_in
from .entangler import Entangler
from .fabric import Fabric
from .notary import Notary
from .spread import About
from .tags import Tagger

__all__ = ["Ledger"]

COMMITTED = "committed-block"
KEPT_BLOCKS = 4
"""Blocks of a chain that stay in memory; earlier ones are read from the durable ledger when they are asked for."""


class Ledger:
    """One chain and its validators.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    name:
        Name of the chain, as in the traces.
    agreement, scheme, tagger, adversaries, patience, entangler:
        See `Committee`.
    notary:
        Signs and checks.
    pooling:
        How transactions wait for blocks of limited size; ``None``: each submission is a block of its own, at once.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        name: str,
        agreement: Agreement,
        scheme: SignatureScheme,
        notary: Notary,
        tagger: Tagger,
        adversaries: Adversaries,
        patience: float,
        entangler: Entangler | None = None,
        pooling: Pooling | None = None,
    ) -> None:
        self._ctx = ctx
        self._agreement = agreement
        self._disseminator = fabric.disseminator
        self._notary = notary
        self._committee = Committee(ctx, fabric, name, agreement, scheme, tagger, adversaries, patience, entangler)
        self._deciding: simpy.Event | None = None  # the end of the decision under way
        self._maker = BlockMaker(ctx, name, pooling, patience, self._decide) if pooling is not None else None
        self.chain = Chain(name)
        self._readers: list[Callable[[Block], None]] = []

    def read_by(self, reader: Callable[[Block], None]) -> None:
        """Let ``reader`` see every block that is decided from now on."""
        self._readers.append(reader)

    def restore(self, block: Block, archive: Archive, keepers: Collection[str]) -> None:
        """Put back the next block, which an earlier run agreed on; ``keepers`` store it."""
        self.chain.blocks.rest_on(partial(archive.block, self.chain.name), KEPT_BLOCKS)
        self.chain.append(block)
        self._ctx.stores.keep(self.chain, sorted(keepers), block)
        if block.certificate is not None:  # who signed is who is known to have sat
            named = map(self._notary.keyring.named, block.certificate.signers)
            signers = [name for name in named if name is not None]
            self._notary.committees.sit(self.chain.name, block.header.height, signers, len(signers))

    def commit(
        self,
        validators: Sequence[Computer],
        proposer: str,
        transactions: Sequence[SignedTransaction],
        model: ModelMetadata,
        held: Mapping[str, simpy.Event] | None = None,
        rounds: Mapping[str, int] | None = None,
        holds: Callable[[str], Collection[SignedTransaction]] = nothing,
        round: int | None = None,
    ) -> Generator[Any, Any, Commitment]:
        """Have the validators agree on transactions; returns in which blocks they stand then.

        One block is decided at a time: another that is wanted meanwhile waits. Where blocks are limited, transactions
        wait in a mempool, and may come into several blocks, or into none.

        Parameters
        ----------
        validators:
            The committee.
        held:
            For each validator, the event of its holding all the transactions: then the proposal only names them by
            their hashes. Left out, the proposal carries them.
        rounds:
            Senders whose transaction is of an earlier round, and of which.
        holds:
            The transactions that a validator holds at the moment.
        round:
            The round of the task that they are for; by default that of the ledger's own task.
        """
        known, unknown = ((), tuple(transactions)) if held is None else (tuple(transactions), ())
        number = self._ctx.round if round is None else round
        draft = Draft(validators, proposer, known, unknown, model, number, held or {}, rounds or {}, holds)
        if self._maker is not None:
            return (yield from self._maker.submit(draft))
        while self._deciding is not None:
            yield self._deciding
        self._deciding = decided = self._ctx.env.event()
        try:
            block = yield from self._decide(draft)
        finally:
            self._deciding = None
            decided.succeed()
        return Commitment() if block is None else Commitment((block,), frozenset(transactions))

    def _decide(self, draft: Draft) -> Generator[Any, Any, Block | None]:
        """Have the validators agree on the next block; returns it, or ``None`` if they did not."""
        ctx, validators, proposer = self._ctx, draft.validators, draft.proposer
        propose = partial(
            self.chain.propose, draft.transactions, proposer=proposer, round=draft.round, model=draft.model
        )
        block, rival = propose(time_s=ctx.now), propose(time_s=nextafter(ctx.now, inf))
        size_byte = block.header_byte + draft.body_byte
        business = Business(
            proposal=Proposal(block.hash.hex(), size_byte),
            rival=Proposal(rival.hash.hex(), size_byte),
            unseen=draft.unseen,
            held=draft.held,
            sound=cache(partial(self._sound, block, draft.rounds)),
            named_byte=draft.body_byte,
            parts=tuple(8.0 * item.size_byte for item in draft.transactions),
            holds=draft.held_by,
        )
        outcome: Outcome = yield self._committee.decide(block.header, validators, business)
        if not outcome.decided_s:
            return None
        block = rival if outcome.digest == business.rival.digest else block
        block = block.certified(self._signers(validators, outcome), self._notary.keyring)
        self.chain.append(block)
        members = [validator.node for validator in validators]
        self._notary.committees.sit(self.chain.name, block.header.height, members, self._agreement.quorum(len(members)))
        self._file(block)
        self._ctx.stores.keep(self.chain, [validator.node for validator in validators], block, outcome.tree_byte)
        self._ctx.totals.ledger_byte += block.size_byte + outcome.tree_byte
        self._record(block)
        self._inform_followers(block, proposer, [validator.node for validator in validators])
        for reader in self._readers:
            reader(block)
        return block

    def _inform_followers(self, block: Block, proposer: str, validators: Sequence[str]) -> None:
        """Let a committed block find its way to the nodes that keep a copy without validating it."""
        about = About(chain=self.chain.name, height=block.header.height, digest=block.hash.hex())
        self._disseminator.publish(proposer, 8.0 * block.size_byte, about)
        followers = self._disseminator.followers(self.chain.name, validators)
        if not followers or block.certificate is None:
            return
        signatures = len(block.certificate.signers) + len(block.transactions) + others_in(block)
        group = self._disseminator.group(f"{self.chain.name} followers", (proposer, *followers))
        item = Item(
            name=group.name(block.hash.hex()), kind=COMMITTED, size_bit=8.0 * block.size_byte,
            head_bit=8.0 * (block.size_byte - block.body_byte),
            parts=tuple(8.0 * item.size_byte for item in block.transactions),
        )  # fmt: skip

        def got(node: str, obtain: Obtain, checked: Callable[[bool], None]) -> None:
            followers[node].verify(signatures, lambda: checked(self._follow(node, block, validators)))

        self._disseminator.spread(group, item, about, proposer, got)

    def _follow(self, node: str, block: Block, validators: Sequence[str]) -> bool:
        """Keep a committed block if a quorum stands under it."""
        right = self.vouched(node, block, validators)
        if right:
            self.keep(node, block)
        return right

    def _file(self, block: Block) -> None:
        """Put a block into the durable ledger, if there is one; memory then keeps the last ones only."""
        archive = self._ctx.archive
        if archive is not None:
            archive.append(block)
            self.chain.blocks.rest_on(partial(archive.block, self.chain.name), KEPT_BLOCKS)

    def close(self) -> None:
        """The run is over: no block is made any more for other users alone."""
        if self._maker is not None:
            self._maker.close()

    def _signers(self, validators: Sequence[Computer], outcome: Outcome) -> list[str]:
        """Who stands in the certificate: whose votes decided, if the protocol tells; else the first to decide.

        Others make up a quorum. One validator that decides is enough, for it has seen the votes of a quorum; the
        certificate's size does not depend on whose they were.
        """
        agreeing = [name for name, digest in outcome.digests.items() if digest == outcome.digest]
        first = list(outcome.signers) or sorted(agreeing, key=lambda name: (outcome.decided_s[name], name))
        others = sorted({validator.node for validator in validators} - set(first))
        return [*first, *others][: self._agreement.quorum(len(validators))]

    def vouched(self, node: str, block: Block, committee: Collection[str]) -> bool:
        """Whether ``node``, to which ``block`` came, finds the signatures of a quorum of its ``committee`` under it."""
        return self._notary.accepts_block(node, block, committee, self._agreement.quorum(len(committee)))

    def _sound(self, block: Block, rounds: Mapping[str, int], node: str) -> bool:
        """Whether ``node`` finds every transaction of a proposed block to be what its sender signed."""
        return all(self._notary.accepts_proposed(node, block, item, rounds) for item in block.transactions)

    def keep(self, node: str, block: Block) -> None:
        """Let ``node``, which holds ``block``, store of it what it does."""
        self._ctx.stores.keep(self.chain, [node], block)

    def store(self, time: float, round: int) -> None:
        """Record what every copy holds at the end of a ``round``, ``time`` [s], and how the mempool stands."""
        if self._maker is not None:
            self._maker.record(round)
        self._ctx.stores.record(self.chain, time, round)

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
                others=others_in(block),
                header_byte=block.header_byte,
                body_byte=block.body_byte,
                certificate_byte=block.certificate_byte,
                previous_hash=header.previous.hex(),
                merkle_root=header.root.hex(),
                hash=block.hash.hex(),
            )
        )

"""Who makes the blocks of a chain whose blocks are limited: takes from the mempool, waits out the interval, goes on."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import simpy

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.bundle import FRAME_BYTE, Bundle
from qflsim.chain.limits import BlockLimits
from qflsim.chain.mempool import Mempool
from qflsim.chain.ordering import OTHERS, Waiting
from qflsim.chain.traffic import Arrivals
from qflsim.chain.transactions import SignedTransaction, digest_of, read_transaction

from .context import Context
from .draft import Commitment, Draft
from .poolbook import PoolBook

__all__ = ["BlockMaker", "Pooling", "Submission"]


@dataclass(frozen=True)
class Pooling:
    """What a chain with a mempool goes by: the limits of its blocks, and the transactions of other users, if any."""

    limits: BlockLimits
    arrivals: Arrivals | None


@dataclass(eq=False)
class Submission:
    """Transactions that were handed in together as a draft of one block, and how far they are."""

    draft: Draft
    done: simpy.Event
    open: dict[int, SignedTransaction] = field(default_factory=dict)  # by number in the mempool
    blocks: list[Block] = field(default_factory=list)
    standing: set[SignedTransaction] = field(default_factory=set)
    given_up: bool = False

    def fits(self, other: "Submission") -> bool:
        """Whether a block can hold transactions of both."""
        mine, others = ({validator.node for validator in each.draft.validators} for each in (self, other))
        return self.draft.round == other.draft.round and mine == others

    def settle(self, number: int) -> None:
        """One of its transactions waits no more."""
        del self.open[number]
        if not self.open and not self.done.triggered:
            self.done.succeed()


class BlockMaker:
    """Makes the blocks of one chain, one after the other, for as long as anything waits.

    It begins with the first submission: before that, the chain has no committee. Blocks that hold nothing but
    transactions of other users are agreed on by the committee that was there last, whose members propose in turn.

    Parameters
    ----------
    ctx:
        The run's shared services.
    chain:
        Name of the chain.
    pooling:
        What it goes by.
    patience:
        Time [s] after which who handed something in gives up waiting.
    decide:
        Has the committee agree on the block of a draft.
    """

    def __init__(
        self,
        ctx: Context,
        chain: str,
        pooling: Pooling,
        patience: float,
        decide: Callable[[Draft], Generator[Any, Any, Block | None]],
    ) -> None:
        self._ctx = ctx
        self._interval = pooling.limits.interval
        self._arrivals = pooling.arrivals
        self._patience = patience
        self._decide = decide
        self._pool = Mempool(pooling.limits)
        self._book = PoolBook(ctx, chain, self._pool)
        self._owners: dict[int, Submission] = {}
        self._last: Submission | None = None
        self._earliest_s = 0.0  # of the next proposal
        self._blocks = 0
        self._called: simpy.Event | None = None  # wakes the process that makes blocks

    def submit(self, draft: Draft) -> Generator[Any, Any, Commitment]:
        """Hand in transactions, and wait until each is in a block or will not be; see `Ledger.commit`."""
        env = self._ctx.env
        submission = Submission(draft, env.event())
        self._catch_up()
        before: dict[str, int] = {}
        for item in draft.transactions:
            self._enter(submission, item, before)
        self._account_for_gone()
        self._begin(submission)
        if submission.open:
            yield submission.done | env.timeout(self._patience)
        submission.given_up = True
        for number in [number for number in submission.open if number in self._pool]:
            self._pool.withdraw(number)
            self._settle(number, "withdrawn")
        if submission.open:  # in a block under way, which has patience of its own
            yield submission.done
        return Commitment(tuple(submission.blocks), frozenset(submission.standing))

    def close(self) -> None:
        """Others send nothing from now on, and no block is made for them alone: the run is over."""
        self._arrivals = None

    def record(self, round: int) -> None:
        """Write down how the mempool stands at the end of a round."""
        if self._last is not None:
            self._catch_up()
            self._book.note_state(round)

    def _enter(self, submission: Submission, item: SignedTransaction, before: dict[str, int]) -> None:
        """One transaction comes in; it does not overtake what its sender handed in ``before``."""
        fields = read_transaction(item.payload)
        kind, fee, now = fields["kind"], float(fields.get("fee", 0.0)), self._ctx.now
        key = bytes.fromhex(digest_of(item.payload))
        number = self._pool.add(now, item.size_byte + FRAME_BYTE, fee, kind, key, before.get(fields["sender"]))
        if number is None:
            self._book.note_refused(item, fields, submission.draft.round)
        else:
            self._book.note_entered(number, item, fields, submission.draft.round)
            submission.open[number] = item
            self._owners[number] = submission
            before[fields["sender"]] = number

    def _begin(self, submission: Submission) -> None:
        """Wake the process that makes blocks; with the first submission, start it."""
        if self._last is None:
            self._ctx.env.process(self._make_blocks())
        self._last = submission
        if self._called is not None and not self._called.triggered:
            self._called.succeed()

    def _make_blocks(self) -> Generator[Any, Any, None]:
        """The story of the chain: a block whenever something waits and the interval is over."""
        env = self._ctx.env
        while True:
            self._catch_up()
            now, due = self._ctx.now, self._due()
            if due > now:
                self._called = env.event()
                yield self._called | env.timeout(due - now) if due < inf else self._called
                continue
            taken = self._pool.take()
            if taken:
                self._earliest_s = now + self._interval
                yield from self._make(taken)

    def _due(self) -> float:
        """When the next block can be proposed [s], as things stand; never, if nothing waits or will come."""
        if self._owners or (len(self._pool) and self._arrivals is not None):
            return self._earliest_s
        return inf if self._arrivals is None else max(self._earliest_s, self._arrivals.next_s)

    def _make(self, taken: list[Waiting]) -> Generator[Any, Any, None]:
        """Have the committee agree on a block of what was taken; what is not agreed on waits again."""
        owned = [self._owners[item.number] for item in taken if item.kind != OTHERS]
        lead = owned[0] if owned else self._last
        if lead is None:
            raise RuntimeError("a chain without a committee makes no blocks")
        mine = [item for item in taken if item.kind == OTHERS or self._owners[item.number].fits(lead)]
        if len(mine) < len(taken):
            kept = {item.number for item in mine}
            self._pool.put_back([item for item in taken if item.number not in kept])
        draft = self._draft(lead, mine)
        self._book.note_state(draft.round)
        block = yield from self._decide(draft)
        if block is None:
            self._return(mine)
        else:
            self._include(mine, block)

    def _draft(self, lead: Submission, items: Sequence[Waiting]) -> Draft:
        """The block of ``items``: those that validators hold by name, those of the federation, those of others."""
        own = sorted(item for item in items if item.kind != OTHERS)  # as they came: what builds on another follows it
        owners = {id(self._owners[item.number]): self._owners[item.number] for item in own}
        signed = [(self._owners[item.number].draft, self._owners[item.number].open[item.number]) for item in own]
        named = [item for draft, item in signed if draft.named]
        carried = [item for draft, item in signed if not draft.named]
        draft = _together(self._ctx.env, [owner.draft for owner in owners.values()] or [self._next(lead)])
        others = [item for item in items if item.kind == OTHERS]
        if others:
            size_byte, fee = sum(item.size_byte for item in others), sum(item.fee for item in others)
            origin = {"sender": draft.proposer, "task": "", "round": draft.round, "time_s": self._ctx.now, "fee": fee}
            carried.append(Bundle.of(len(others), size_byte, **origin))
        self._blocks += 1
        return replace(draft, named=tuple(named), carried=tuple(carried))

    def _next(self, last: Submission) -> Draft:
        """A block for others alone: the committee that was there last, whose members propose in turn."""
        validators = last.draft.validators
        proposer = validators[self._blocks % len(validators)].node
        return Draft(validators, proposer, (), (), ModelMetadata(), self._ctx.round)

    def _include(self, items: list[Waiting], block: Block) -> None:
        self._pool.include(items)
        for item in items:
            if item.kind != OTHERS:
                submission = self._owners[item.number]
                submission.standing.add(submission.open[item.number])
                if block not in submission.blocks:
                    submission.blocks.append(block)
                self._settle(item.number, "included", block)

    def _return(self, items: list[Waiting]) -> None:
        """The block was not agreed on."""
        self._pool.put_back(items)
        for item in items:
            if item.kind != OTHERS and self._owners[item.number].given_up and item.number in self._pool:
                self._pool.withdraw(item.number)
                self._settle(item.number, "withdrawn")

    def _catch_up(self) -> None:
        """Let what others sent until now come in, and what is too old go."""
        if self._arrivals is not None:
            self._arrivals.enter(self._pool, self._ctx.now)
        self._pool.expire(self._ctx.now)
        self._account_for_gone()

    def _account_for_gone(self) -> None:
        for item, why in self._pool.gone():
            self._settle(item.number, why)

    def _settle(self, number: int, outcome: str, block: Block | None = None) -> None:
        self._book.note_settled(number, outcome, block)
        self._owners.pop(number).settle(number)


def _together(env: simpy.Environment, drafts: Sequence[Draft]) -> Draft:
    """One block for several drafts, led by the first: what a validator must hold, it must hold for all of them."""
    lead, rest = drafts[0], [draft for draft in drafts if draft.held]
    if len(drafts) == 1:
        return lead

    def holds(node: str) -> set[SignedTransaction]:
        return {item for draft in drafts for item in draft.holds(node)}

    held = {v.node: env.all_of([draft.held[v.node] for draft in rest]) for v in lead.validators} if rest else {}
    rounds = {sender: number for draft in drafts for sender, number in draft.rounds.items()}
    return replace(lead, held=held, rounds=rounds, holds=holds)

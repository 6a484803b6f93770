"""What goes into one block, and what became of what was handed to a ledger."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import simpy

from qflsim.chain.audit import signatures_in
from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.transactions import SignedTransaction

from .computer import Computer

__all__ = ["Commitment", "Draft", "nothing", "others_in"]

HASH_BYTE = 32


def nothing(node: str) -> Collection[SignedTransaction]:
    """What a validator holds of whom nothing is known."""
    return ()


def others_in(block: Block) -> int:
    """Transactions of other users in a block: they are in its bundle, which nobody signs."""
    return sum(signatures_in(item) for item in block.transactions if not item.signature)


@dataclass(frozen=True)
class Commitment:
    """What became of transactions that were handed to a ledger: the blocks, and those of them that stand in these."""

    blocks: tuple[Block, ...] = ()
    transactions: frozenset[SignedTransaction] = frozenset()

    def holds(self, transactions: Iterable[SignedTransaction]) -> bool:
        """Whether all ``transactions`` stand on the chain."""
        return self.transactions.issuperset(transactions)


@dataclass(frozen=True)
class Draft:
    """A block that a committee is asked to agree on.

    Parameters
    ----------
    validators, proposer:
        The committee, and who of it proposes.
    named:
        Transactions that the proposal only names by their hashes.
    carried:
        Transactions that it carries, and whose signatures everybody then checks.
    model, round:
        The model that the block is about, and the round of its task.
    held:
        For each validator, the event of its holding all the named ones; it takes no proposal before.
    rounds:
        Senders whose transaction is of an earlier round than the block, and of which.
    holds:
        The transactions that a validator holds at the moment.
    """

    validators: Sequence[Computer]
    proposer: str
    named: tuple[SignedTransaction, ...]
    carried: tuple[SignedTransaction, ...]
    model: ModelMetadata
    round: int
    held: Mapping[str, simpy.Event] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    holds: Callable[[str], Collection[SignedTransaction]] = nothing

    @property
    def transactions(self) -> tuple[SignedTransaction, ...]:
        """All of them, in the order of the block."""
        return self.named + self.carried

    def held_by(self, node: str) -> list[int]:
        """Which of them, by their place in the block, ``node`` holds at the moment."""
        held = self.holds(node)
        return [place for place, item in enumerate(self.transactions) if item in held]

    @property
    def body_byte(self) -> int:
        """Bytes of the transactions in the proposal: hashes of those named, and the others."""
        return HASH_BYTE * len(self.named) + sum(16 + item.size_byte for item in self.carried)

    @property
    def unseen(self) -> int:
        """Signatures that validators see only with the proposal."""
        return sum(signatures_in(item) for item in self.carried)

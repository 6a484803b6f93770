"""What a decision is about, for whom, and how it went."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import simpy

from qflsim.chain.agreement import Agreement, Proposal
from qflsim.crypto.signatures import SignatureScheme

from .entangler import Entangler

__all__ = ["Business", "Outcome", "Terms"]


@dataclass(frozen=True)
class Terms:
    """What all decisions of a chain have in common: name, protocol, scheme of votes, who makes lists, and a title."""

    chain: str
    agreement: Agreement
    scheme: SignatureScheme
    entangler: Entangler | None = None
    title: str = ""


@dataclass(frozen=True)
class Business:
    """What a block asks of the validators.

    Parameters
    ----------
    proposal, rival:
        The block, and another with the same content, which faulty validators may propose beside it.
    unseen:
        Transactions in the block that the validators see with the proposal, and whose signatures they verify.
    held:
        For each validator, the event of its holding what the proposal only names; it takes no proposal before.
    sound:
        Whether a validator finds all transactions of the block to be right; it votes for no other.
    named_byte:
        Bytes of the proposal that carry its transactions, or name them.
    parts:
        Bits of each of its transactions.
    holds:
        Which of them, by index, a validator holds at the moment.
    """

    proposal: Proposal
    rival: Proposal
    unseen: int
    held: Mapping[str, simpy.Event]
    sound: Callable[[str], bool]
    named_byte: int = 0
    parts: tuple[float, ...] = ()
    holds: Callable[[str], Collection[int]] = lambda validator: ()

    def accepts(self, validator: str, digest: str) -> bool:
        """Whether a validator may vote for a block."""
        return digest in (self.proposal.digest, self.rival.digest) and self.sound(validator)

    def check(self, digest: str) -> None:
        """Refuse a decision on what nobody can have proposed.

        Raises
        ------
        RuntimeError
            If the protocol decided on such a block.
        """
        if digest not in (self.proposal.digest, self.rival.digest):
            raise RuntimeError(f"the block {digest!r} was decided, which nobody proposed")


@dataclass
class Outcome:
    """How one decision went: who decided what and when, in which view, at which cost.

    Only validators that follow the protocol count. ``memory`` and ``signers`` are those of the first to decide;
    ``tree_byte`` is what blocks of a tree, beside what they carry, take in a copy of the ledger.
    """

    round: int
    height: int
    started_s: float
    ended_s: float = 0.0
    decided_s: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    aborted: dict[str, str] = field(default_factory=dict)
    view: int = 0
    messages: int = 0
    size_bit: float = 0.0
    tag_bit: float = 0.0
    tag_wait_s: float = 0.0
    qubits: int = 0
    memory: object = None
    signers: tuple[str, ...] = ()
    tree_byte: int = 0

    @property
    def first_decided_s(self) -> float:
        """Simulated time at which the first validator decided; NaN if none did."""
        return min(self.decided_s.values(), default=float("nan"))

    @property
    def digest(self) -> str:
        """The block that most validators decided on, of several the one decided first; empty if none did."""
        decided = list(self.digests.values())
        return max(decided, key=decided.count, default="")

"""What is written down of a decision: how it went, and the blocks of a tree that were made on the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qflsim.chain.agreement import Extend
from qflsim.chain.blocktree import HEADER_BYTE
from qflsim.chain.sizes import message_byte
from qflsim.trace import Agreement as AgreementRecord, TreeBlock as TreeBlockRecord

from .business import Outcome, Terms
from .entangler import Order

__all__ = ["Made", "agreement_row", "kept_byte", "kept_names", "tree_rows"]

NONE = float("nan")


@dataclass(frozen=True, slots=True)
class Made:
    """A block of a tree, who made it, and when [s]."""

    node: str
    block: Extend
    time_s: float


def agreement_row(
    terms: Terms, outcome: Outcome, validators: int, faulty: int, orders: Sequence[Order]
) -> AgreementRecord:
    """How a decision among so many ``validators`` went, with the lists made for it."""
    risks = terms.agreement.risks(orders[-1].errors) if orders else None
    reasons = list(outcome.aborted.values())
    return AgreementRecord(
        round=outcome.round,
        chain=terms.chain,
        height=outcome.height,
        protocol=terms.title or terms.agreement.title,
        validators=validators,
        tolerated=terms.agreement.tolerated(validators),
        quorum=terms.agreement.quorum(validators),
        started_s=outcome.started_s,
        first_decided_s=outcome.first_decided_s,
        ended_s=outcome.ended_s,
        decided=len(outcome.decided_s),
        faulty=faulty,
        blocks=len(set(outcome.digests.values())),
        view=outcome.view,
        messages=outcome.messages,
        size_bit=outcome.size_bit,
        tag_bit=outcome.tag_bit,
        tag_wait_s=outcome.tag_wait_s,
        aborted=len(reasons),
        reason=max(reasons, key=reasons.count, default=""),
        pairs=sum(order.pairs for order in orders),
        qubits=outcome.qubits,
        idealised=bool(terms.agreement.assumption),
        abort_risk=risks.abort if risks else NONE,
        sender_risk=risks.sender if risks else NONE,
        receiver_risk=risks.receiver if risks else NONE,
    )


def kept_names(made: Mapping[str, Made], last: str) -> set[str]:
    """Of the blocks made, by name, those on the branch that ends in ``last``."""
    kept = set()
    while last in made:
        kept.add(last)
        last = made[last].block.parent
    return kept


def kept_byte(made: Mapping[str, Made], kept: set[str], signature_byte: int) -> int:
    """Bytes that the blocks on the branch take in every copy of the ledger, beside what they carry."""
    votes = (vote for name in kept for vote in made[name].block.evidence)
    return len(kept) * HEADER_BYTE + sum(message_byte(vote, signature_byte) for vote in votes)


def tree_rows(terms: Terms, outcome: Outcome, made: Mapping[str, Made], kept: set[str]) -> Iterator[TreeBlockRecord]:
    """The blocks that were made in a tree."""
    for name, one in made.items():
        yield TreeBlockRecord(
            round=outcome.round,
            chain=terms.chain,
            height=outcome.height,
            made_s=one.time_s,
            node=one.node,
            depth=one.block.depth,
            name=name,
            parent=one.block.parent,
            filled=bool(one.block.digest),
            kept=name in kept,
        )

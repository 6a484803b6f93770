"""All kinds of transactions by name, and how to read one back from a chain."""

from qflsim.chain.bundle import Bundle
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.payments import Credit, Lock, Release
from qflsim.chain.standing import Membership, Reputation, Reward, Slash
from qflsim.chain.terms import Report, Terms, Verdict
from qflsim.chain.transactions import (
    GlobalModel,
    IntermediateModel,
    Join,
    Receipt,
    Selection,
    Shard,
    SignedTransaction,
    Task,
    Transaction,
    Update,
    read_transaction,
)

__all__ = ["KINDS", "decode_transaction"]

KINDS: dict[str, type[Transaction]] = {
    kind.kind: kind
    for kind in (
        Task, Join, Shard, Selection, Membership, Update, IntermediateModel, GlobalModel, Reputation, Reward, Slash,
        Terms, Report, Verdict,
        Receipt, CrossChainReceipt, Lock, Credit, Release, Bundle,
    )
}  # fmt: skip
"""The stock kinds; a kind of one's own is read back with the `decode` of its class."""


def decode_transaction(item: SignedTransaction) -> Transaction:
    """The transaction that a signed one states.

    Raises
    ------
    ValueError
        If its bytes are no transaction of a stock kind.
    """
    kind = read_transaction(item.payload)["kind"]
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    return KINDS[kind].decode(item.payload, item.witness)

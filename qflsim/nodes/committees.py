"""Who sat on the committee of which block: what a node must know to believe a certificate of another chain."""

from collections.abc import Collection, Mapping

from qflsim.chain.block import Certificate, Header
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.transactions import Receipt, SignedTransaction, carried_bytes, read_transaction
from qflsim.chain.wire import Reader
from qflsim.crypto.keyring import identity

__all__ = ["Committees"]

KEPT = 64
"""Blocks of each chain whose committees are remembered; receipts are of the latest ones."""


class Committees:
    """The committee of every recent block of every chain, with its quorum.

    *Scope*: everybody knows them. Who joins a shard stands on its chain and who is selected is told with the model;
    that this is told to the other chains takes no message of its own.
    """

    def __init__(self) -> None:
        self._sat: dict[str, dict[int, tuple[frozenset[bytes], int]]] = {}

    def sit(self, chain: str, height: int, members: Collection[str], quorum: int) -> None:
        """Remember who decided on a block, and how many of them it takes."""
        sat = self._sat.setdefault(chain, {})
        sat[height] = (frozenset(identity(name) for name in members), quorum)
        while len(sat) > KEPT:
            del sat[next(iter(sat))]

    def fault(self, item: SignedTransaction) -> str:
        """What is wrong with who certified the block in a receipt; empty if a quorum did, or ``item`` is no receipt.

        Whether their signatures hold is another question; see `qflsim.chain.audit.transaction_fault`.
        """
        fields = read_transaction(item.payload)
        if fields["kind"] not in (Receipt.kind, CrossChainReceipt.kind):
            return ""
        header, certificate = _carried(item, fields)
        members, quorum = self._sat.get(header.chain, {}).get(header.height, (frozenset(), 1))
        if header.chain != fields["source"] or len(members & set(certificate.signers)) < quorum:
            return "no quorum of the committee of its source signed its block"
        return ""


def _carried(item: SignedTransaction, fields: Mapping[str, int]) -> tuple[Header, Certificate]:
    header = carried_bytes(item.payload)[: fields["header"]]
    return Header.decode(Reader(header)), Certificate.decode(Reader(item.witness), b"")

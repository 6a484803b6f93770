"""Receipts with inclusion proofs: one transaction of one chain, proven on another without its block.

A receipt of a whole block (`qflsim.chain.transactions.Receipt`) carries header and certificate. This one carries in
addition one transaction and the hashes from it up to the Merkle root in that header, so that whoever knows the
committee of the source chain believes the transaction after one root and one certificate.

References
----------
.. [1] B. Laurie, A. Langley, E. Kasper, RFC 6962, "Certificate Transparency", section 2.1.1 (2013).
.. [2] E. Kokoris-Kogias et al., "OmniLedger: a secure, scale-out, decentralized ledger via sharding", IEEE S&P (2018):
   proofs of acceptance between shards.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from qflsim.chain.block import Block, Header
from qflsim.chain.merkle import inclusion_proof, proves_inclusion
from qflsim.chain.transactions import Transaction
from qflsim.chain.wire import Reader

__all__ = ["CrossChainReceipt"]

_HASH_BYTE = 32


@dataclass(frozen=True, kw_only=True)
class CrossChainReceipt(Transaction):
    """A node proves on one chain that a transaction stands in a certified block of another.

    Parameters
    ----------
    source:
        Chain that the block was committed on.
    height, position:
        Height of the block, and the number of the transaction in it, from 0.
    header:
        Encoded header of the block.
    leaf:
        The transaction as its block's Merkle tree holds it: four lengths and its content.
    proof:
        Sibling hashes from the leaf up to the root, 32 bytes each.
    certificate:
        Encoded quorum certificate over the header's hash: the receipt's witness.

    *Scope*: a proof says that the transaction was committed, not that nobody else has used the same receipt; who
    accepts receipts remembers those already taken by (source, height, position).
    """

    kind: ClassVar[str] = "cross-chain-receipt"

    source: str
    height: int
    position: int
    header: bytes = field(repr=False)
    leaf: bytes = field(repr=False)
    proof: bytes = field(repr=False)
    certificate: bytes = field(repr=False, metadata={"witness": True})

    @classmethod
    def of(cls, block: Block, position: int, **origin: Any) -> "CrossChainReceipt":
        """The receipt of transaction ``position`` of a certified ``block``; ``origin``: sender, task, round, time_s.

        Raises
        ------
        ValueError
            If the block has no certificate.
        IndexError
            If it has no such transaction.
        """
        if block.certificate is None:
            raise ValueError("a receipt is of a certified block, and this one has no certificate")
        leaves = block.leaves
        proof = b"".join(inclusion_proof(leaves, position))
        return cls(
            **origin, source=block.header.chain, height=block.header.height, position=position,
            header=block.header.encode(), leaf=leaves[position], proof=proof, certificate=block.certificate.encode(),
        )  # fmt: skip

    @property
    def payload(self) -> bytes:
        """Canonical bytes of the transaction that is proven."""
        reader = Reader(self.leaf)
        lengths = [reader.count() for _ in range(4)]
        return reader.take(lengths[0])

    def fault(self) -> str:
        """What is wrong with the proof; empty if it leads from the leaf to the root in the header.

        Whether the certificate holds, and is one of the right committee, is checked as for any receipt.
        """
        try:
            header = Header.decode(Reader(self.header))
            content = self.payload
        except ValueError:
            return "its header or its transaction is no such thing"
        if (header.chain, header.height) != (self.source, self.height):
            return "its header is not of the block that it names"
        if len(self.leaf) != 16 + len(content):
            return "bytes are left after its transaction"
        hashes = [self.proof[i : i + _HASH_BYTE] for i in range(0, len(self.proof), _HASH_BYTE)]
        if not proves_inclusion(self.leaf, self.position, header.transactions, hashes, header.root):
            return "its proof does not lead to the root in its header"
        return ""

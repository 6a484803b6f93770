"""What a receiver checks of a signed transaction."""

import hashlib
from collections.abc import Mapping

from qflsim.chain.block import Certificate
from qflsim.chain.bundle import Bundle
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.transactions import Receipt, SignedTransaction, carried_bytes, read_transaction
from qflsim.chain.wire import Reader
from qflsim.crypto.keyring import Register

__all__ = ["signatures_in", "transaction_fault"]


def signatures_in(item: SignedTransaction) -> int:
    """Signatures that a receiver of ``item`` checks: its sender's, and those of the certificate that it carries.

    Of a bundle those of all the transactions in it.
    """
    if not item.signature:
        return int(read_transaction(item.payload).get("count", 0))
    return 1 + (Reader(item.witness).count() if item.witness else 0)


def transaction_fault(
    item: SignedTransaction,
    register: Register,
    *,
    sender: str | None = None,
    round: int | None = None,
    rounds: Mapping[str, int] | None = None,
) -> str:
    """What is wrong with ``item``; empty if it is what its sender signed.

    Its public key must be the one registered for the sender that it names, its signature must fit its content, the
    certificate that a receipt carries must hold for the header in it, and so must its inclusion proof, if it has one.

    Parameters
    ----------
    item, register:
        What is checked, and by whose keys.
    sender, round:
        Who must have sent it and in which global round, if that matters: an old transaction is not taken again.
    rounds:
        Senders whose transaction must be of another round, and which.
    """
    try:
        fields = read_transaction(item.payload)
        certificate = _certificate(item) if fields["kind"] in (Receipt.kind, CrossChainReceipt.kind) else None
        proven = fields["kind"] == CrossChainReceipt.kind
        unproven = CrossChainReceipt.decode(item.payload, item.witness).fault() if proven else ""
    except (ValueError, KeyError, TypeError):
        return "its bytes are no transaction"
    if fields["kind"] == Bundle.kind:  # others' transactions, whose signatures are within: its block vouches for it
        return "it carries what it does not state" if item.public_key or item.signature or item.witness else ""
    named = fields.get("sender")
    if not isinstance(named, str) or sender not in (None, named):
        return "it is another's"
    if item.public_key != register.public_key(named):
        return "its public key is not that of its sender"
    if not register.fits(named, item.payload, item.signature):
        return "its signature does not fit its content"
    if (rounds or {}).get(named, round) not in (None, fields.get("round")):
        return "it is of another round"
    if certificate is not None:
        return unproven or certificate.fault(register)
    return "it carries what it does not state" if item.witness else ""


def _certificate(receipt: SignedTransaction) -> Certificate:
    """The certificate in a receipt, over the hash of the header, which is what it carries first."""
    reader = Reader(receipt.witness)
    header = carried_bytes(receipt.payload)[: read_transaction(receipt.payload)["header"]]
    certificate = Certificate.decode(reader, hashlib.sha256(header).digest())
    if not reader.done:
        raise ValueError("bytes are left after the certificate")
    return certificate

"""How many bytes an agreement message takes on a link."""

from qflsim.chain.agreement import Message
from qflsim.crypto.keyring import IDENTITY_BYTE

__all__ = ["message_byte"]

_FIELDS_BYTE = 1 + IDENTITY_BYTE + 8 + 8 + 32  # kind, sender, height, view, digest


def message_byte(message: Message, signature_byte: int) -> int:
    """Bytes of ``message`` with its signatures, the block it carries and the messages it carries as proof.

    *Scope*: the fields of the message itself; headers of the transport below are not counted.
    """
    return _body_byte(message) + message.signatures * signature_byte


def _body_byte(message: Message) -> int:
    proofs = sum(_body_byte(proof) for proof in message.evidence)
    return _FIELDS_BYTE + message.header_byte + message.payload_byte + proofs

"""Blocks: a header that links to the block before, transactions, and the certificate of the committee."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from qflsim.chain.merkle import merkle_root
from qflsim.chain.transactions import SignedTransaction
from qflsim.chain.wire import Reader, count, number, real, text
from qflsim.crypto.keyring import IDENTITY_BYTE, Keyring, Register, identity
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["Block", "Certificate", "Header", "ModelMetadata", "certificate_byte"]


def certificate_byte(quorum: int, scheme: SignatureScheme) -> int:
    """Bytes of a quorum certificate: identity and signature of each signer, and 8 bytes for their number and size."""
    return 8 + quorum * (IDENTITY_BYTE + scheme.signature_byte)


@dataclass(frozen=True, kw_only=True)
class ModelMetadata:
    """What a block says of the model it is about.

    QFLchain [1]_ puts metadata of the model into its blocks (its figure 2, whose list was not at hand); here stands
    what the steps of a round need to find, weigh and check a model.

    Parameters
    ----------
    task:
        Learning task.
    digest:
        SHA-256 of the model's parameters, hexadecimal; empty if the block holds no model.
    loss:
        Training loss [nat]; NaN if there is none.
    accuracy:
        Accuracy in [0, 1]; NaN if it was not evaluated.
    samples:
        Data samples behind the model.
    contributors:
        Nodes whose models went into it.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958.
    """

    task: str = ""
    digest: str = ""
    loss: float = math.nan
    accuracy: float = math.nan
    samples: int = 0
    contributors: int = 0

    def encode(self) -> bytes:
        """Canonical bytes."""
        names = text(self.task) + text(self.digest)
        return names + real(self.loss) + real(self.accuracy) + number(self.samples) + count(self.contributors)

    @classmethod
    def decode(cls, reader: Reader) -> "ModelMetadata":
        """The metadata that ``reader`` stands at."""
        return cls(
            task=reader.text(), digest=reader.text(), loss=reader.real(), accuracy=reader.real(),
            samples=reader.number(), contributors=reader.count(),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a block is known by: its SHA-256 is the block's hash.

    Parameters
    ----------
    chain:
        Name of the chain.
    height:
        Number of blocks before it.
    round:
        Number of the global round.
    view:
        View of the agreement in which it was proposed.
    time_s:
        Simulated time of the proposal [s].
    proposer:
        Validator that proposed it.
    previous:
        Hash of the block before, 32 bytes.
    root:
        Merkle root of the transactions, 32 bytes.
    transactions:
        Their number.
    model:
        The model it is about.
    """

    chain: str
    height: int
    round: int
    view: int
    time_s: float
    proposer: str
    previous: bytes
    root: bytes
    transactions: int
    model: ModelMetadata = field(default=ModelMetadata())

    def encode(self) -> bytes:
        """Canonical bytes, the ones that are hashed."""
        place = text(self.chain) + number(self.height) + count(self.round) + count(self.view)
        origin = real(self.time_s) + text(self.proposer)
        return place + origin + self.previous + self.root + count(self.transactions) + self.model.encode()

    @classmethod
    def decode(cls, reader: Reader) -> "Header":
        """The header that ``reader`` stands at."""
        return cls(
            chain=reader.text(), height=reader.number(), round=reader.count(), view=reader.count(),
            time_s=reader.real(), proposer=reader.text(), previous=reader.take(32), root=reader.take(32),
            transactions=reader.count(), model=ModelMetadata.decode(reader),
        )  # fmt: skip

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.encode()).digest()


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The signatures of a quorum under one block hash.

    Parameters
    ----------
    digest:
        The block's hash.
    signers:
        Identities of who signed.
    signatures:
        Theirs, in the same order, over the hash and their number: one dropped is noticed in the others.

    *Scope*: signed when the certificate is put together, by those who decided; the votes of a protocol on their way
    are messages with a size and a cost.
    """

    digest: bytes
    signers: tuple[bytes, ...]
    signatures: tuple[bytes, ...]

    @classmethod
    def of(cls, digest: bytes, signers: Iterable[str], keyring: Keyring) -> "Certificate":
        """The certificate that the nodes ``signers`` sign."""
        names = tuple(signers)
        vote = _vote(digest, len(names))
        signatures = tuple(keyring.sign(name, vote) for name in names)
        return cls(digest=digest, signers=tuple(identity(name) for name in names), signatures=signatures)

    @property
    def signature_byte(self) -> int:
        """Bytes of one signature."""
        return len(self.signatures[0]) if self.signatures else 0

    def fault(self, register: Register) -> str:
        """What is wrong with the signatures; empty if they hold."""
        vote = _vote(self.digest, len(self.signers))
        for number_of, (who, signature) in enumerate(zip(self.signers, self.signatures, strict=True)):
            name = register.named(who)
            if name is None or not register.fits(name, vote, signature):
                return f"signature {number_of} of the certificate does not fit the header"
        return ""

    def encode(self) -> bytes:
        """Number of signers, bytes per signature, and each signer's identity and signature."""
        signed = (who + signature for who, signature in zip(self.signers, self.signatures, strict=True))
        return b"".join((count(len(self.signers)), count(self.signature_byte), *signed))

    @classmethod
    def decode(cls, reader: Reader, digest: bytes) -> "Certificate":
        """The certificate that ``reader`` stands at, one over ``digest`` if its signatures hold."""
        number_of, size = reader.count(), reader.count()
        if number_of and not size:
            raise ValueError("the signatures of its certificate have no bytes")
        signed = [(reader.take(IDENTITY_BYTE), reader.take(size)) for _ in range(number_of)]
        return cls(digest=digest, signers=tuple(who for who, _ in signed), signatures=tuple(by for _, by in signed))

    @property
    def size_byte(self) -> int:
        """Bytes of the encoded certificate."""
        return 8 + len(self.signers) * (IDENTITY_BYTE + self.signature_byte)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block: header, transactions, and, once the committee agreed on it, their certificate."""

    header: Header
    transactions: tuple[SignedTransaction, ...]
    certificate: Certificate | None = None

    @property
    def hash(self) -> bytes:
        """SHA-256 of the header."""
        return self.header.hash

    @property
    def leaves(self) -> list[bytes]:
        """The items of the Merkle tree: each transaction's lengths and content, without key, signature and witness."""
        return [_frame(item) + item.payload for item in self.transactions]

    @cached_property
    def root(self) -> bytes:
        """Merkle root of the transactions as they are; the header must state the same."""
        return merkle_root(self.leaves)

    @cached_property
    def header_byte(self) -> int:
        """Bytes of the header."""
        return len(self.header.encode())

    @cached_property
    def body_byte(self) -> int:
        """Bytes of the transactions, with their keys, signatures and 16 bytes each to tell them apart."""
        return sum(16 + item.size_byte for item in self.transactions)

    @property
    def certificate_byte(self) -> int:
        """Bytes of the certificate; of none, the 8 bytes that say so."""
        return 8 if self.certificate is None else self.certificate.size_byte

    @property
    def size_byte(self) -> int:
        """Bytes of the stored block."""
        return self.header_byte + self.body_byte + self.certificate_byte

    def certified(self, signers: Iterable[str], keyring: Keyring) -> "Block":
        """The same block with the certificate of ``signers``."""
        return replace(self, certificate=Certificate.of(self.hash, signers, keyring))

    @property
    def body(self) -> bytes:
        """The bytes of its transactions."""
        return b"".join(
            _frame(item) + item.payload + item.public_key + item.signature + item.witness for item in self.transactions
        )

    def encode(self) -> bytes:
        """The bytes a node stores."""
        certificate = count(0) * 2 if self.certificate is None else self.certificate.encode()
        return b"".join((self.header.encode(), self.body, certificate))

    @classmethod
    def decode(cls, reader: Reader) -> "Block":
        """The block that ``reader`` stands at.

        Raises
        ------
        ValueError
            If the bytes are no block.
        """
        start = reader.place
        header = Header.decode(reader)
        transactions = tuple(_transaction(reader) for _ in range(header.transactions))
        certificate = Certificate.decode(reader, header.hash)
        signed = certificate if certificate.signers else None
        block = cls(header=header, transactions=transactions, certificate=signed)
        if block.encode() != reader.data[start : reader.place]:
            raise ValueError("it is not in the one form that such a block has")
        return block


def _vote(digest: bytes, signers: int) -> bytes:
    """What each of so many signers signs."""
    return b"block " + digest + count(signers)


def _frame(item: SignedTransaction) -> bytes:
    """Lengths of content, public key, signature and witness."""
    parts = item.payload, item.public_key, item.signature, item.witness
    return b"".join(count(len(part)) for part in parts)


def _transaction(reader: Reader) -> SignedTransaction:
    lengths = [reader.count() for _ in range(4)]
    payload, public_key, signature, witness = (reader.take(length) for length in lengths)
    return SignedTransaction(payload, public_key, signature, witness)

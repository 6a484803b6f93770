"""Transactions: what the actors of federated learning write on their chains, as bytes.

Every kind of transaction is a frozen dataclass. Its canonical bytes are a JSON object of its fields, keys sorted,
followed by the model parameters it carries, if any; they are really made, so a size is never a guess.
"""

import dataclasses
import hashlib
import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, get_type_hints

import numpy as np
from numpy.typing import ArrayLike

from qflsim.crypto.keyring import Keyring

__all__ = [
    "GlobalModel", "IntermediateModel", "Join", "Receipt", "Selection", "Shard", "SignedTransaction", "Task",
    "Transaction", "Update", "carried_bytes", "digest_of", "pack_parameters", "read_transaction",
]  # fmt: skip


def pack_parameters(values: ArrayLike) -> bytes:
    """Model parameters as they stand on a chain: little-endian float32, four bytes each."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()


def digest_of(content: bytes) -> str:
    """SHA-256 of ``content``, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """Something an actor states on a chain.

    Parameters
    ----------
    sender:
        Node that signs it.
    task:
        Learning task it belongs to.
    round:
        Number of the global round.
    time_s:
        Simulated time of signing [s].
    fee:
        What its sender pays to whoever puts it into a block, in the chain's own unit; none stands in no bytes.
    """

    kind: ClassVar[str] = "transaction"

    sender: str
    task: str
    round: int
    time_s: float
    fee: float = 0.0

    def encode(self) -> bytes:
        """Canonical bytes: length of the JSON text, the text, then the bytes that the fields carry."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        if not self.fee:
            del values["fee"]
        text = {name: _plain(value) for name, value in values.items()} | {"kind": self.kind}
        encoded = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        return b"".join((struct.pack(">I", len(encoded)), encoded, *self._carried(witness=False)))

    @classmethod
    def decode(cls, encoded: bytes, witness: bytes = b"") -> Self:
        """The transaction of this kind that `encode` turned into these bytes.

        Raises
        ------
        ValueError
            If these are not the bytes of such a transaction.
        """
        text, carried = read_transaction(encoded), {False: carried_bytes(encoded), True: witness}
        if text.pop("kind") != cls.kind:
            raise ValueError(f"the transaction must be a {cls.kind}, got {encoded[:16]!r}...")
        hints = get_type_hints(cls)
        for item in dataclasses.fields(cls):
            if hints[item.name] is bytes:
                source = bool(item.metadata.get("witness", False))
                size = text[item.name]
                text[item.name], carried[source] = carried[source][:size], carried[source][size:]
            elif item.name in text:
                text[item.name] = _restored(text[item.name], hints[item.name])
        try:
            return cls(**text)
        except TypeError as error:
            raise ValueError(f"the transaction must have the fields of a {cls.kind}, but {error}") from error

    @property
    def witness(self) -> bytes:
        """Signatures of others that it carries: outside of what is signed and hashed, for they prove themselves."""
        return b"".join(self._carried(witness=True))

    def signed(self, keyring: Keyring) -> "SignedTransaction":
        """The same transaction with its sender's public key and signature."""
        payload = self.encode()
        signature = keyring.sign(self.sender, payload)
        return SignedTransaction(payload, keyring.public_key(self.sender), signature, self.witness)

    def _carried(self, *, witness: bool) -> list[bytes]:
        """The fields that are bytes, those of the witness or the others."""
        fields = [item for item in dataclasses.fields(self) if item.metadata.get("witness", False) == witness]
        values = [getattr(self, item.name) for item in fields]
        return [value for value in values if isinstance(value, bytes)]


def _plain(value: Any) -> Any:
    """A field as JSON can hold it: bytes by their length, numbers that are not finite by their name."""
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def _restored(value: Any, hint: Any) -> Any:
    """A field as it was before it became JSON: numbers that are not finite, and tuples."""
    if hint is float:
        return float(value)
    return tuple(value) if isinstance(value, list) else value


def read_transaction(encoded: bytes) -> dict[str, Any]:
    """The fields in the JSON part of an encoded transaction; carried bytes are given by their length.

    Raises
    ------
    ValueError
        If these are not the bytes of a transaction.
    """
    (length,) = struct.unpack_from(">I", encoded) if len(encoded) >= 4 else (0,)
    text = json.loads(encoded[4 : 4 + length])
    if not isinstance(text, dict) or "kind" not in text:
        raise ValueError(f"encoded must be a transaction, got {encoded[:16]!r}...; give what encode() returned")
    return text


def carried_bytes(encoded: bytes) -> bytes:
    """What an encoded transaction carries after its JSON part: the parameters of a model, the header of a receipt."""
    (length,) = struct.unpack_from(">I", encoded)
    return encoded[4 + length :]


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction on a chain: canonical bytes, public key and signature of its sender, and its witness.

    Key and signature are what a `Keyring` made of them; `qflsim.chain.audit` checks them.
    """

    payload: bytes
    public_key: bytes
    signature: bytes
    witness: bytes = b""

    @property
    def size_byte(self) -> int:
        """Bytes of content, public key, signature and witness."""
        return len(self.payload) + len(self.public_key) + len(self.signature) + len(self.witness)


@dataclass(frozen=True, kw_only=True)
class Task(Transaction):
    """A publisher announces a learning task: the model, the data it needs, the rounds and the reward."""

    kind: ClassVar[str] = "task"

    model: str
    samples: int
    rounds: int
    reward: float


@dataclass(frozen=True, kw_only=True)
class Join(Transaction):
    """A server joins a task with the devices it judged eligible."""

    kind: ClassVar[str] = "join"

    devices: int
    samples: int


@dataclass(frozen=True, kw_only=True)
class Shard(Transaction):
    """The servers that joined a task become its shard."""

    kind: ClassVar[str] = "shard"

    servers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Selection(Transaction):
    """A server selects the devices that train in a round; they are the committee of its local chain.

    Parameters
    ----------
    devices:
        The devices.
    late:
        Devices selected in earlier rounds that are still at work for it, and sit in the committee too.
    """

    kind: ClassVar[str] = "selection"

    devices: tuple[str, ...]
    late: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _CarriesModel(Transaction):
    """A transaction about a model: its digest always, its parameters if they are kept on the chain.

    Parameters
    ----------
    digest:
        SHA-256 of the packed parameters; `digest_of` makes it.
    samples:
        Data samples behind the model.
    loss:
        Training loss [nat] that the sender reports; NaN if it has none.
    parameters:
        The packed parameters, or nothing if the chain keeps only the digest.
    """

    digest: str
    samples: int
    loss: float
    parameters: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.parameters and digest_of(self.parameters) != self.digest:
            raise ValueError(f"digest must be that of the parameters, got {self.digest!r}; give digest_of(parameters)")


@dataclass(frozen=True, kw_only=True)
class Update(_CarriesModel):
    """A device hands in the model it trained in a round."""

    kind: ClassVar[str] = "update"


@dataclass(frozen=True, kw_only=True)
class IntermediateModel(_CarriesModel):
    """A server hands in the aggregate of its devices' updates."""

    kind: ClassVar[str] = "intermediate-model"

    devices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GlobalModel(_CarriesModel):
    """The shard hands in the global model of a round."""

    kind: ClassVar[str] = "global-model"

    servers: tuple[str, ...]
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Receipt(Transaction):
    """A server carries a block of one chain to another: the block's header and the certificate of its committee.

    Parameters
    ----------
    source:
        Chain that the block was committed on.
    header:
        Encoded header of the block, from which its hash follows.
    certificate:
        Encoded quorum certificate over that hash: the receipt's witness. It is no part of what is signed and hashed,
        as signatures never are: one content may have many, and the chain's hashes must not depend on which.
    """

    kind: ClassVar[str] = "receipt"

    source: str
    header: bytes = field(repr=False)
    certificate: bytes = field(repr=False, metadata={"witness": True})

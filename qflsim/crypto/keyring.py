"""The signing keys of all nodes: who can sign in whose name, and how a receiver checks it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["IDENTITY_BYTE", "AssumedSignatures", "Keyring", "Register", "SignatureLibrary", "identity"]

IDENTITY_BYTE = 8
"""Bytes that name a validator in a certificate (design choice)."""


def identity(name: str) -> bytes:
    """The eight bytes that stand for a node: the start of SHA-256 of its name."""
    return hashlib.sha256(name.encode()).digest()[:IDENTITY_BYTE]


class SignatureLibrary(ABC):
    """What makes keys and signatures, and checks them."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What `qflsim.crypto.libraries.library_named` finds it by."""

    @abstractmethod
    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """Encoded public key, and secret key in the library's own form, from 32 bytes of ``seed``."""

    @abstractmethod
    def sign(self, secret: Any, content: bytes) -> bytes:
        """Signature of ``content`` under a secret key."""

    @abstractmethod
    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is one of ``content`` under ``public_key``."""


@dataclass(frozen=True)
class AssumedSignatures(SignatureLibrary):
    """Signatures that are assumed to be what a secure scheme makes; nothing is computed but a hash.

    A signature is SHA-256 of public key and content, repeated to its length: it fits the one content and the one key
    that it was made for, and any changed byte is noticed. That nobody makes one in another's name is the assumption:
    whoever signs here asks in his own.

    Parameters
    ----------
    public_key_byte, signature_byte:
        Lengths of the scheme that they stand for.

    *Validation*: a run with them and one with computed signatures accept and reject the same.
    """

    public_key_byte: int
    signature_byte: int

    @property
    def name(self) -> str:
        """Says the lengths."""
        return f"assumed {self.public_key_byte} {self.signature_byte}"

    def keys(self, seed: bytes) -> tuple[bytes, bytes]:
        """Bytes that stand for a public key, which serve as the secret one too."""
        public_key = _repeated(hashlib.sha256(seed).digest(), self.public_key_byte)
        return public_key, public_key

    def sign(self, secret: bytes, content: bytes) -> bytes:
        """Bytes that stand for a signature."""
        return _repeated(hashlib.sha256(secret[:32] + content).digest(), self.signature_byte)

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether ``signature`` stands for one of ``content`` under ``public_key``."""
        return signature == self.sign(public_key, content)


class Register:
    """The public key of every node that was admitted; the same for all, and right (a permissioned network).

    Parameters
    ----------
    library:
        What checks signatures.
    public_keys:
        Encoded, by node.
    """

    def __init__(self, library: SignatureLibrary, public_keys: Mapping[str, bytes]) -> None:
        self.library = library
        self.public_keys = public_keys
        self._named = {identity(node): node for node in public_keys}

    def named(self, who: bytes) -> str | None:
        """The node with identity ``who``, ``None`` if none is registered."""
        return self._named.get(who)

    def public_key(self, node: str) -> bytes:
        """The public key of ``node``; empty if it is not registered."""
        return self.public_keys.get(node, b"")

    def fits(self, node: str, content: bytes, signature: bytes) -> bool:
        """Whether ``node`` is registered and ``signature`` is one of ``content`` under its key."""
        return node in self.public_keys and self.library.fits(self.public_keys[node], content, signature)


class Keyring(Register):
    """A register, and the secret keys with which its nodes sign.

    Parameters
    ----------
    library:
        What makes and checks signatures.
    nodes:
        Who is registered.
    seed:
        32 bytes for each name, from which its keys follow.
    """

    def __init__(self, library: SignatureLibrary, nodes: Iterable[str], seed: Callable[[str], bytes]) -> None:
        self._seed = seed
        pairs = {node: library.keys(seed(node)) for node in nodes}
        self._secret = {node: secret for node, (_, secret) in pairs.items()}
        super().__init__(library, {node: public_key for node, (public_key, _) in pairs.items()})

    def sign(self, node: str, content: bytes) -> bytes:
        """Signature of ``content`` by the registered ``node``."""
        return self.library.sign(self._secret[node], content)

    def sign_as_stranger(self, stranger: str, content: bytes) -> tuple[bytes, bytes]:
        """Public key and signature of somebody who is not registered."""
        public_key, secret = self.library.keys(self._seed(f"stranger {stranger}"))
        return public_key, self.library.sign(secret, content)


def _repeated(digest: bytes, size: int) -> bytes:
    """``size`` bytes of ``digest`` after ``digest``."""
    return (digest * (size // len(digest) + 1))[:size]

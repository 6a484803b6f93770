"""What hides a message from whoever listens: a cipher, how long one key serves, and the key bits that it takes."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["AES256", "KeyInUse", "OneTimePad", "Sealing"]

INVOCATIONS = 2**32
"""Messages that one key may seal with random 96-bit nonces (NIST SP 800-38D, 8.3)."""

LONGEST_BYTE = 2**36 - 32
"""Bytes of one message at most (NIST SP 800-38D, 5.2.1.1)."""


class KeyInUse:
    """A key that two nodes hold, and what it has sealed so far."""

    __slots__ = ("messages", "sealed_byte", "since_s")

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.messages = 0
        self.sealed_byte = 0

    def seal(self, size_byte: int) -> None:
        """Count one message."""
        self.messages += 1
        self.sealed_byte += size_byte


@dataclass(frozen=True, kw_only=True)
class Sealing(Part, ABC):
    """A way to seal messages between two nodes."""

    @property
    @abstractmethod
    def overhead_byte(self) -> int:
        """Bytes that sealing adds to a message."""

    @abstractmethod
    def key_bit(self, size_byte: int, *, first: bool) -> float:
        """Bits of a new key for a message of ``size_byte``; ``first`` whether it is the first between its two
        nodes."""

    @abstractmethod
    def lasts(self, used: KeyInUse, size_byte: int, now: float) -> bool:
        """Whether the key in use may also seal a message of ``size_byte`` at ``now`` [s]."""

    @property
    def unconditional(self) -> bool:
        """Whether it is only worth its cost with keys that no computer can find."""
        return False


@dataclass(frozen=True, kw_only=True)
class AES256(Sealing):
    """AES-256 in Galois/counter mode: 256 bits of key until it is changed, 28 bytes a message (nonce and tag) [1]_.

    The key is changed before the first message that would go beyond any of the limits.

    Parameters
    ----------
    rekey_messages:
        Messages sealed with one key; 1 by default, a fresh key each. At most 2^32 with random nonces [1]_.
    rekey_bytes:
        Bytes sealed with one key; unlimited by default. A message has at most 2^36 - 32 bytes in any case [1]_.
    rekey_seconds:
        Age of a key [s] from which on it is changed; unlimited by default, encryptors fed by QKD change it once a
        minute (from memory).

    References
    ----------
    .. [1] NIST SP 800-38D, "Recommendation for Block Cipher Modes of Operation: Galois/Counter Mode (GCM) and GMAC"
       (2007).
    """

    rekey_messages: int = quantity(1, at_least=1, at_most=INVOCATIONS, advice="give a whole number, e.g. 1000")
    rekey_bytes: float = quantity(math.inf, unit="byte", above=0, infinite=True, advice="give it in bytes, e.g. 1e9")
    rekey_seconds: float = quantity(
        math.inf, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 60 * s"
    )

    @property
    def overhead_byte(self) -> int:
        """A nonce of 96 bits and a tag of 128."""
        return 28

    def key_bit(self, size_byte: int, *, first: bool) -> float:
        """256 bits, whatever the message."""
        if size_byte > LONGEST_BYTE:
            raise ValueError(
                f"size_byte must be <= {LONGEST_BYTE}, what AES-GCM seals in one message, got {size_byte!r}"
            )
        return 256.0

    def lasts(self, used: KeyInUse, size_byte: int, now: float) -> bool:
        """Whether none of the limits is passed."""
        return (
            used.messages < self.rekey_messages
            and used.sealed_byte + size_byte <= self.rekey_bytes
            and now - used.since_s < self.rekey_seconds
        )


@dataclass(frozen=True, kw_only=True)
class OneTimePad(Sealing):
    """A key as long as the message, used once, and a Wegman-Carter tag: secret and authentic against any computer.

    A message of s bits takes s + n bits of key with a tag of n bits, and n more for the first one between two nodes,
    whose hash key serves again (`qflsim.crypto.tags`).

    Parameters
    ----------
    tag_bit:
        Bits n of the tag.
    """

    tag_bit: int = quantity(128, advice="give 32, 64, 128 or 256")

    def check(self) -> None:
        """Refuse tags of lengths without a field."""
        if self.tag_bit not in (32, 64, 128, 256):
            raise ValueError(f"OneTimePad.tag_bit must be 32, 64, 128 or 256, got {self.tag_bit!r}; give e.g. 128")

    @property
    def overhead_byte(self) -> int:
        """The tag."""
        return self.tag_bit // 8

    def key_bit(self, size_byte: int, *, first: bool) -> float:
        """A bit for every bit of the message, and for the tag."""
        return 8.0 * size_byte + self.tag_bit * (2 if first else 1)

    def lasts(self, used: KeyInUse, size_byte: int, now: float) -> bool:
        """Never: a pad is used once."""
        return False

    @property
    def unconditional(self) -> bool:
        """A pad is no more secret than where its bits come from."""
        return True

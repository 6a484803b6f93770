"""What assures a receiver that a message of an agreement comes from its sender, and what key that takes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.crypto.tags import FIELDS, forging_probability

__all__ = ["Authentication", "Signatures", "WegmanCarter"]


@dataclass(frozen=True, kw_only=True)
class Authentication(Part, ABC):
    """How the messages of an agreement are authenticated, beside the signature that every vote carries.

    *Scope*: votes stay signed in any case, for a quorum certificate must convince those who were not there, and a tag
    only convinces the one who holds its key.
    """

    @property
    @abstractmethod
    def tag_byte(self) -> int:
        """Bytes that it adds to a message."""

    @abstractmethod
    def key_bit(self, *, first: bool) -> float:
        """Key bits that one message takes from the store of sender and receiver, their first message or a later
        one."""

    @property
    def lot_bit(self) -> float:
        """Bits that are relayed at a time between two nodes without a link of their own."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class Signatures(Authentication):
    """Nothing beside the signatures: as secure as their scheme, and no key is used up."""

    @property
    def tag_byte(self) -> int:
        """None."""
        return 0

    def key_bit(self, *, first: bool) -> float:
        """None."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class WegmanCarter(Authentication):
    """A one-time padded hash for each receiver, paid from the key store that it shares with the sender [1]_.

    A message waits until the store can pay for its tag, so that an agreement stalls when its validators run out of
    key. Of n validators that send each other a message, each pays n - 1 tags.

    Parameters
    ----------
    tag_bit:
        Bits n of a tag: 32, 64, 128 or 256. A forger succeeds with probability (L + 1)/2^n, L blocks of n bits; 128
        is that of a quantum-secured blockchain's tests with Toeplitz hashing [2]_ (from memory).
    recycled:
        Whether two nodes keep their hash key and only use up the pad, n bits a message; else 2n [3]_.
    relay_lot:
        Key [bit] that is relayed at a time for two validators without a QKD link of their own, such as two devices:
        128 keys of 256 bit, what one request of ETSI GS QKD 014 may ask for.

    References
    ----------
    .. [1] M. N. Wegman, J. L. Carter, J. Comput. Syst. Sci. 22, 265 (1981), see `qflsim.crypto.tags`.
    .. [2] E. O. Kiktenko et al., "Quantum-secured blockchain", Quantum Sci. Technol. 3, 035004 (2018),
       arXiv:1705.09258.
    .. [3] C. Portmann, "Key recycling in authentication", IEEE Trans. Inf. Theory 60, 4383 (2014).

    Notes
    -----
    *Scope*: hashing takes a few cycles a byte and no time here beside a signature's. A relayed key is known to the
    nodes between, who could forge with it.
    """

    tag_bit: int = quantity(128, advice="give 32, 64, 128 or 256")
    recycled: bool = True
    relay_lot: float = quantity(32_768.0, unit="bit", above=0, advice="give it in bits, e.g. 32768")

    def check(self) -> None:
        """Refuse tags of lengths without a field, or so short that they can be guessed."""
        if self.tag_bit not in FIELDS or self.tag_bit < 32:
            raise ValueError(f"WegmanCarter.tag_bit must be 32, 64, 128 or 256, got {self.tag_bit!r}; give e.g. 128")
        if self.relay_lot < 2 * self.tag_bit:
            raise ValueError(
                f"WegmanCarter.relay_lot must hold a tag and a hash key, {2 * self.tag_bit} bit, got "
                f"{self.relay_lot!r}; give e.g. 32768"
            )

    @property
    def tag_byte(self) -> int:
        """Bytes of a tag."""
        return self.tag_bit // 8

    def key_bit(self, *, first: bool) -> float:
        """A pad, and a hash key unless an earlier one serves again."""
        return float(self.tag_bit if self.recycled and not first else 2 * self.tag_bit)

    @property
    def lot_bit(self) -> float:
        """Bits that are relayed at a time between two nodes without a link of their own."""
        return self.relay_lot

    def forging_probability(self, message_byte: int) -> float:
        """Most that a forger of messages of up to ``message_byte`` bytes can hope for."""
        return forging_probability(message_byte, self.tag_bit)

"""Error-correcting codes for bits that travel over imperfect pairs: what they cost and what they correct."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity

from .keyrates import binary_entropy

__all__ = ["BCH", "LDPC", "Code", "shannon_overhead"]

CHECK_BIT = 32
"""Bits of a cyclic redundancy check in every block, which tells whether decoding gave what was sent: CRC-32."""


def shannon_overhead(error_rate: float) -> float:
    """Bits to send per bit that arrives, at the least, if each is wrong with probability ``error_rate``: 1/(1 - h(e)).

    Infinite at 1/2. No code does with less [1]_.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell Syst. Tech. J. 27, 379 (1948).
    """
    capacity = 1.0 - binary_entropy(error_rate)
    return 1.0 / capacity if capacity > 0.0 else math.inf


@dataclass(frozen=True, kw_only=True)
class Code(Part, ABC):
    """A block code: ``length`` bits are sent for ``data_bit`` bits, and up to ``correctable`` wrong ones are put right.

    A block with more wrong bits is not decoded, which its check bits tell: the receiver asks for it again. That a
    check passes over a wrong block (once in 2^32) is left out. A code of one's own derives from this class and gives
    `length`, `correctable` and `parity_bit`.
    """

    @property
    @abstractmethod
    def length(self) -> int:
        """Bits of a block as it is sent."""

    @property
    @abstractmethod
    def correctable(self) -> int:
        """Wrong bits up to which a block is decoded."""

    @property
    @abstractmethod
    def parity_bit(self) -> int:
        """Bits of a block that the code takes for itself."""

    @property
    def data_bit(self) -> int:
        """Bits of a block that its user has, check bits left out."""
        return self.length - self.parity_bit - CHECK_BIT

    def check(self) -> None:
        """Refuse a code that leaves no room for data."""
        if self.data_bit < 1:
            raise ValueError(
                f"{type(self).__name__} must leave room for data: {self.parity_bit} parity and {CHECK_BIT} check bits "
                f"fill its {self.length}; let it correct fewer errors"
            )

    def blocks(self, size_bit: float) -> int:
        """Blocks for a message of ``size_bit`` bits."""
        return max(1, math.ceil(size_bit / self.data_bit))


@dataclass(frozen=True, kw_only=True)
class BCH(Code):
    """A binary code of Bose, Chaudhuri and Hocquenghem: 2^m - 1 bits, t errors corrected for m t parity bits [1]_.

    Parameters
    ----------
    exponent:
        m; 10 for blocks of 1023 bits.
    errors:
        t; 40 are corrected out of 1023 for 400 parity bits.

    References
    ----------
    .. [1] R. C. Bose, D. K. Ray-Chaudhuri, "On a class of error correcting binary group codes", Inf. Control 3, 68
       (1960).

    *Scope*: m t is the bound of the construction; some codes need a few parity bits fewer.

    *Validation*: never more rate than Shannon's limit allows at the error rate that it corrects.
    """

    exponent: int = quantity(10, at_least=6, at_most=16, advice="give a whole number, e.g. 10")
    errors: int = quantity(40, at_least=1, advice="give a whole number, e.g. 40")

    @property
    def length(self) -> int:
        """2^m - 1."""
        return int(2**self.exponent - 1)

    @property
    def correctable(self) -> int:
        """The number t."""
        return self.errors

    @property
    def parity_bit(self) -> int:
        """The product m t."""
        return self.exponent * self.errors


@dataclass(frozen=True, kw_only=True)
class LDPC(Code):
    """A long code near Shannon's limit: parity of ``inefficiency`` times the entropy of the errors that it corrects.

    Of n bits a share delta of wrong ones is corrected for f n h(delta) parity bits.

    Parameters
    ----------
    block:
        Bits n of a block.
    share:
        Share delta of wrong bits up to which a block is decoded; above the error rate that is expected by a margin,
        since the number of errors in a block fluctuates by sqrt(e (1 - e)/n).
    inefficiency:
        f >= 1; low-density codes of 10^5 bits and more reach 1.1 to 1.2 [1]_, 1.3 for shorter ones is an *assumption*.

    References
    ----------
    .. [1] D. Elkouss, A. Leverrier, R. Alleaume, J. J. Boutros, "Efficient reconciliation protocol for discrete-
       variable quantum key distribution", Proc. IEEE ISIT (2009), 1879.

    *Scope*: decoding is all or nothing at a sharp threshold; real codes fail more and more towards it.

    *Validation*: never more rate than Shannon's limit allows at the error rate that it corrects.
    """

    block: int = quantity(4096, at_least=128, most=1_000_000, advice="give a number of bits, e.g. 4096")
    share: float = quantity(0.06, above=0, below=0.5, advice="give a share of wrong bits, e.g. 0.06")
    inefficiency: float = quantity(1.3, at_least=1, advice="1 is the Shannon limit, e.g. 1.3")

    @property
    def length(self) -> int:
        """The number n."""
        return self.block

    @property
    def correctable(self) -> int:
        """Whole errors of delta n."""
        return int(self.share * self.block)

    @property
    def parity_bit(self) -> int:
        """The product f n h(delta), whole bits."""
        return math.ceil(self.inefficiency * self.block * binary_entropy(self.share))

"""The transactions of other users in one block, as one item of its list."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, ClassVar

from qflsim.chain.transactions import SignedTransaction, Transaction

__all__ = ["FRAME_BYTE", "Bundle"]

FRAME_BYTE = 16
"""Bytes in a block that tell one transaction from the next: four lengths."""


@dataclass(frozen=True, kw_only=True)
class Bundle(Transaction):
    """All transactions of other users in one block.

    They take the bytes in the block that they would take one by one (one less where no filler is of the right length),
    and are one leaf of its Merkle tree. What is
    in them is filler: bytes that stand for their content, keys and signatures. The bundle itself is signed by nobody;
    the block's certificate vouches for it as for everything in the block.

    Parameters
    ----------
    count:
        Their number, and that of their signatures.
    content:
        Filler.
    """

    kind: ClassVar[str] = "bundle"

    count: int
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, count: int, framed_byte: int, **origin: Any) -> SignedTransaction:
        """The bundle of ``count`` transactions of ``framed_byte`` bytes in all, framing included.

        Parameters
        ----------
        origin:
            ``sender`` (the proposer), ``task``, ``round``, ``time_s`` and, as their fees taken together, ``fee``.
        """
        seed = f"{origin['sender']} {origin['time_s']!r} {count}".encode()
        bare = len(cls(**origin, count=count, content=b"").encode()) - len("0")
        filler = max(0, framed_byte - FRAME_BYTE - bare)
        filler -= len(str(filler)) if filler else 0  # the text states the length of the filler
        bundle = cls(**origin, count=count, content=hashlib.shake_128(seed).digest(filler))
        return SignedTransaction(bundle.encode(), b"", b"")

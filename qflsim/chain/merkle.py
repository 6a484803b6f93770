"""Merkle trees: one hash that stands for a list, and short proofs that an item is in it.

The tree of RFC 6962: leaves and inner nodes are hashed with different first bytes, and n items are split after the
largest power of two smaller than n, so that no two lists share a root.

References
----------
.. [1] B. Laurie, A. Langley, E. Kasper, RFC 6962, "Certificate Transparency", section 2.1 (2013).
"""

import hashlib
from collections.abc import Sequence

__all__ = ["inclusion_proof", "leaf_hash", "merkle_root", "proof_length", "proves_inclusion"]


def leaf_hash(item: bytes) -> bytes:
    """Hash of one item: SHA-256(0x00 || item)."""
    return hashlib.sha256(b"\x00" + item).digest()


def merkle_root(items: Sequence[bytes]) -> bytes:
    """The 32-byte root of ``items``; of no items, the hash of the empty string."""
    return _root([leaf_hash(item) for item in items])


def inclusion_proof(items: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The sibling hashes from item ``index`` up to the root: at most ceil(log2 n) times 32 bytes.

    Raises
    ------
    IndexError
        If there is no such item.
    """
    if not 0 <= index < len(items):
        raise IndexError(f"index must be in 0..{len(items) - 1}, got {index!r}; count items from 0")
    return tuple(_path([leaf_hash(item) for item in items], index))


def proof_length(count: int, index: int) -> int:
    """Hashes in the proof of item ``index`` of ``count``, without making it."""
    length = 0
    while count > 1:
        middle = _split(count)
        count, index = (middle, index) if index < middle else (count - middle, index - middle)
        length += 1
    return length


def proves_inclusion(item: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``item`` is number ``index`` of the ``size`` items with this root."""
    if not 0 <= index < size:
        return False
    hashed, last = leaf_hash(item), size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            hashed = _join(sibling, hashed)
            while index % 2 == 0 and index != 0:  # levels at which this node had no sibling
                index, last = index // 2, last // 2
        else:
            hashed = _join(hashed, sibling)
        index, last = index // 2, last // 2
    return last == 0 and hashed == root


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _root(hashes: list[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return _join(_root(hashes[:middle]), _root(hashes[middle:]))


def _path(hashes: list[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    middle = _split(len(hashes))
    if index < middle:
        return [*_path(hashes[:middle], index), _root(hashes[middle:])]
    return [*_path(hashes[middle:], index - middle), _root(hashes[:middle])]

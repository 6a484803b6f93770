"""The blocks of one chain as their keepers see them, without a memory that grows with the chain."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from qflsim.chain.copies import StoredBlock

if TYPE_CHECKING:
    from qflsim.chain.block import Block
    from qflsim.chain.ledger import Chain

__all__ = ["StoredBlocks"]

RECENT = 8


@lru_cache(maxsize=4096)
def _shared(note: tuple[tuple[str, ...], int]) -> tuple[tuple[str, ...], int]:
    return note


class StoredBlocks:
    """Sizes of the blocks of a chain: the latest are at hand, older ones are worked out anew from its ledger.

    Of an older one only its members and the bytes of a tree around it are remembered, which no ledger holds.

    Parameters
    ----------
    chain:
        Whose blocks.
    """

    def __init__(self, chain: "Chain") -> None:
        self._chain = chain
        self._recent: dict[int, StoredBlock] = {}
        self._notes: list[tuple[tuple[str, ...], int] | None] = []  # members and bytes of a tree, by height

    def __contains__(self, height: int) -> bool:
        return height < len(self._notes) and self._notes[height] is not None

    def __getitem__(self, height: int) -> StoredBlock:
        recent = self._recent.get(height)
        if recent is not None:
            return recent
        note = self._notes[height] if height in self else None
        if note is None:
            raise KeyError(f"nobody stored block {height} of {self._chain.name!r}")
        return StoredBlock.of(self._chain.blocks[height], *note)

    def add(self, block: "Block", members: Sequence[str], tree_byte: int) -> StoredBlock:
        """A block is stored for the first time, by ``members``, who decided it."""
        height = block.header.height
        self._notes += [None] * (height + 1 - len(self._notes))
        self._notes[height] = _shared((tuple(members), tree_byte))
        stored = self._recent[height] = StoredBlock.of(block, members, tree_byte)
        if len(self._recent) > RECENT:
            del self._recent[min(self._recent)]
        return stored

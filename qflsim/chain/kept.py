"""The blocks of a chain as its owner holds them: the last ones in memory, earlier ones where they are kept for good."""

from collections import deque
from collections.abc import Callable, Iterable, MutableSequence
from typing import overload

from qflsim.chain.block import Block

__all__ = ["KeptBlocks"]

Shelf = Callable[[int], Block]


class KeptBlocks(MutableSequence[Block]):
    """A sequence of blocks by height that needs no more memory however long the chain is.

    Until `rest_on` all blocks are in memory. From then on those that are no longer among the last are read from the
    shelf whenever somebody asks for them, and cannot be changed.

    Parameters
    ----------
    first:
        The genesis block, which always stays.
    """

    def __init__(self, first: Block) -> None:
        self._first = first
        self._last: deque[Block] = deque()
        self._shelved = 0
        self._shelved_byte = 0
        self._shelf: Shelf | None = None
        self._most = 0

    def rest_on(self, shelf: Shelf, most: int) -> None:
        """Let ``shelf`` give the block at a height; no more than ``most`` stay in memory, beside the genesis block."""
        self._shelf, self._most = shelf, most

    @property
    def size_byte(self) -> int:
        """Bytes of all blocks."""
        return self._first.size_byte + self._shelved_byte + sum(block.size_byte for block in self._last)

    def __len__(self) -> int:
        return 1 + self._shelved + len(self._last)

    @overload
    def __getitem__(self, place: int) -> Block: ...
    @overload
    def __getitem__(self, place: slice) -> "MutableSequence[Block]": ...
    def __getitem__(self, place: int | slice) -> "Block | MutableSequence[Block]":
        if isinstance(place, slice):
            return [self._at(height) for height in range(*place.indices(len(self)))]
        return self._at(self._height(place))

    def _at(self, height: int) -> Block:
        if height == 0:
            return self._first
        if height > self._shelved:
            return self._last[height - self._shelved - 1]
        if self._shelf is None:
            raise RuntimeError("blocks were shelved without a shelf")
        return self._shelf(height)

    def _height(self, place: int) -> int:
        height = place + len(self) if place < 0 else place
        if not 0 <= height < len(self):
            raise IndexError(f"there is no block {place}; the chain has {len(self)}")
        return height

    def _in_memory(self, place: int) -> int:
        height = self._height(place)
        if height <= self._shelved:
            raise ValueError(f"block {height} is kept for good and cannot be changed")
        return height - self._shelved - 1

    @overload
    def __setitem__(self, place: int, block: Block) -> None: ...
    @overload
    def __setitem__(self, place: slice, block: Iterable[Block]) -> None: ...
    def __setitem__(self, place: int | slice, block: Block | Iterable[Block]) -> None:
        if isinstance(place, slice) or not isinstance(block, Block):
            raise TypeError("blocks are replaced one by one")
        self._last[self._in_memory(place)] = block

    def __delitem__(self, place: int | slice) -> None:
        if isinstance(place, slice):
            raise TypeError("blocks are taken away one by one")
        del self._last[self._in_memory(place)]

    def insert(self, place: int, block: Block) -> None:
        """Add a block at the end, the only place for one; the oldest may go to the shelf."""
        if place != len(self):
            raise ValueError(f"a block goes to the end of its chain, got place {place} of {len(self)}")
        self._last.append(block)
        while self._shelf is not None and len(self._last) > self._most:
            self._shelved_byte += self._last.popleft().size_byte
            self._shelved += 1

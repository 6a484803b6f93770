"""What one node stores of its chains: copies, of which each holds of every block as much as its policy keeps."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from qflsim.chain.block import Block
from qflsim.chain.merkle import proof_length
from qflsim.chain.transactions import read_transaction

__all__ = ["Copy", "Held", "NodeStore", "StoredBlock"]

HASH_BYTE = 32
FRAME_BYTE = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredBlock:
    """A block as its keepers see it: its sizes [byte], and what of it is whose.

    Parameters
    ----------
    height, round:
        Number of blocks before it, and the global round it belongs to.
    header_byte, body_byte, certificate_byte:
        Of its header, of its transactions, and of its certificate with what else of a tree of blocks stands around it.
    members:
        The nodes that decided it.
    own:
        For each node, bytes of the transactions that it signed, each with the proof that it is in the block.
    """

    height: int
    round: int
    header_byte: int
    body_byte: int
    certificate_byte: int
    members: tuple[str, ...] = ()
    own: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, block: Block, members: Sequence[str] = (), tree_byte: int = 0) -> "StoredBlock":
        """The sizes of ``block``."""
        count, own = len(block.transactions), dict[str, int]()
        for index, item in enumerate(block.transactions):
            sender = str(read_transaction(item.payload).get("sender", ""))
            stored = FRAME_BYTE + item.size_byte + HASH_BYTE * proof_length(count, index)
            own[sender] = own.get(sender, 0) + stored
        return cls(
            height=block.header.height, round=block.header.round, header_byte=block.header_byte,
            body_byte=block.body_byte, certificate_byte=block.certificate_byte + tree_byte, members=tuple(members),
            own=own,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a node holds of one block.

    Parameters
    ----------
    header_byte, body_byte, certificate_byte:
        Bytes of each.
    whole:
        Whether it holds all transactions.
    chunks:
        Numbers of the chunks of an erasure code that it holds in their place.
    qubits:
        Qubits, where an idealised policy keeps some.
    """

    header_byte: int = 0
    body_byte: int = 0
    certificate_byte: int = 0
    whole: bool = False
    chunks: tuple[int, ...] = ()
    qubits: int = 0

    @property
    def size_byte(self) -> int:
        """All bytes."""
        return self.header_byte + self.body_byte + self.certificate_byte


@lru_cache(maxsize=4096)
def _shared(held: Held) -> Held:
    """The same object for all who hold as much: of most blocks, every member of a committee."""
    return held


class Copy:
    """What one node holds of one chain, genesis included.

    Parameters
    ----------
    node, chain:
        Whose copy of what.
    genesis_byte:
        Bytes of the genesis block, which everybody makes by himself.
    """

    def __init__(self, node: str, chain: str, genesis_byte: int) -> None:
        self.node = node
        self.chain = chain
        self.size_byte = genesis_byte
        self.bodies = 0
        self.qubits = 0
        self.newest = 0
        """Round of the newest block."""
        self.blocks = 1
        """Blocks of which it holds anything."""
        self._held: list[Held | None] = [Held(header_byte=genesis_byte)]  # by height
        self._whole: deque[tuple[int, int]] = deque()  # height and round of blocks that were put in whole

    def of(self, height: int) -> Held | None:
        """What it holds of a block, if anything."""
        return self._held[height] if height < len(self._held) else None

    def lacks(self, height: int) -> list[int]:
        """Heights below ``height`` of which it holds nothing."""
        return [] if self.blocks > height else [h for h in range(1, height) if self.of(h) is None]

    def put(self, block: StoredBlock, held: Held) -> None:
        """Hold this of a block; what it held of it before is gone."""
        self._held += [None] * (block.height + 1 - len(self._held))
        self.blocks += self._held[block.height] is None
        self._set(block.height, held)
        self.newest = max(self.newest, block.round)
        if held.whole:
            self._whole.append((block.height, block.round))

    def replace(self, height: int, held: Held) -> None:
        """Hold this of a block that it holds already."""
        if self.of(height) is None:
            raise KeyError(f"nothing is held of block {height} of {self.chain!r}")
        self._set(height, held)

    def _set(self, height: int, held: Held) -> None:
        self._count(self._held[height], -1)
        self._held[height] = _shared(held)
        self._count(held, 1)

    def oldest(self) -> tuple[int, int] | None:
        """Height and round of the block that came first of those held whole, if there is one."""
        while self._whole and not self._is_whole(self._whole[0][0]):
            self._whole.popleft()
        return self._whole[0] if self._whole else None

    def _is_whole(self, height: int) -> bool:
        held = self.of(height)
        return held is not None and held.whole

    def strip(self, height: int) -> None:
        """Drop all of a block but its header."""
        held = self.of(height)
        self.replace(height, Held(header_byte=held.header_byte if held else 0))

    def clone(self) -> "Copy":
        """Another one like it."""
        twin = Copy(self.node, self.chain, 0)
        twin._held, twin._whole, twin.blocks = list(self._held), deque(self._whole), self.blocks
        twin.size_byte, twin.bodies, twin.qubits, twin.newest = self.size_byte, self.bodies, self.qubits, self.newest
        return twin

    def _count(self, held: Held | None, sign: int) -> None:
        if held is not None:
            self.size_byte += sign * held.size_byte
            self.bodies += sign * held.whole
            self.qubits += sign * held.qubits


class NodeStore:
    """All copies that one node keeps.

    Parameters
    ----------
    node:
        Whose.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self._copies: dict[str, Copy] = {}

    def __iter__(self) -> Iterator[Copy]:
        return iter(self._copies.values())

    def __getitem__(self, chain: str) -> Copy:
        return self._copies[chain]

    def __contains__(self, chain: str) -> bool:
        return chain in self._copies

    def add(self, copy: Copy) -> None:
        """Keep one more copy, in the place of one of the same chain."""
        self._copies[copy.chain] = copy

    @property
    def size_byte(self) -> int:
        """Bytes of all of them."""
        return sum(copy.size_byte for copy in self)

    def oldest(self) -> tuple[Copy, int] | None:
        """The copy and the height of the oldest block that is held whole, if there is one."""
        heads = [(head[1], copy.chain, head[0]) for copy in self if (head := copy.oldest()) is not None]
        if not heads:
            return None
        _, chain, height = min(heads)
        return self[chain], height

    def clone(self) -> "NodeStore":
        """Another one like it."""
        twin = NodeStore(self.node)
        for copy in self:
            twin.add(copy.clone())
        return twin

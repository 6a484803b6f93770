"""Blocks that compete: a tree whose branches grow as miners or proposers extend what they know."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from qflsim.chain.agreement import Message, Proposal

__all__ = ["BlockMessage", "BlockTree", "TreeBlock"]

HEADER_BYTE = 80


@dataclass(frozen=True, kw_only=True)
class TreeBlock:
    """One block of the tree.

    Parameters
    ----------
    parent:
        Name of the block before it; empty for the first.
    depth:
        Blocks before it.
    proposer:
        Who made it.
    time_s:
        When [s], on the clock of the chain.
    digest, payload_byte:
        The proposal that it carries and the bytes of that; nothing if it is empty.
    payloads:
        Proposals on the branch up to and including this block: the next one is decided at this height.
    difficulty:
        Hashes [1] that such a block takes on average; 1 where nobody hashes.
    epoch_s:
        When [s] the first of the blocks began by whose times the difficulty will next be set.
    slot:
        Slot in which it was proposed, where there are slots.
    """

    parent: str
    depth: int
    proposer: str
    time_s: float
    payloads: int
    digest: str = ""
    payload_byte: int = 0
    difficulty: float = 1.0
    epoch_s: float = 0.0
    slot: int = 0

    @cached_property
    def name(self) -> str:
        """SHA-256 over its fields, hexadecimal."""
        fields = (self.parent, self.depth, self.proposer, self.time_s, self.digest, self.difficulty, self.slot)
        return hashlib.sha256(repr(fields).encode()).hexdigest()

    def child(
        self,
        proposer: str,
        content: Proposal | None,
        *,
        time_s: float = 0.0,
        difficulty: float = 1.0,
        epoch_s: float = 0.0,
        slot: int = 0,
    ) -> "TreeBlock":
        """A block on top of this one, with a proposal or empty."""
        return TreeBlock(
            parent=self.name, depth=self.depth + 1, proposer=proposer, time_s=time_s,
            payloads=self.payloads + (content is not None), digest=content.digest if content else "",
            payload_byte=content.size_byte if content else 0, difficulty=difficulty, epoch_s=epoch_s, slot=slot,
        )  # fmt: skip


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class BlockMessage(Message):
    """A message with a block of the tree: a header of 80 bytes, as Bitcoin's, and the proposal if there is one."""

    block: TreeBlock

    @property
    def header_byte(self) -> int:
        """Bytes of the header."""
        return HEADER_BYTE


class BlockTree:
    """The blocks that one member knows, from ``root`` on."""

    def __init__(self, root: TreeBlock) -> None:
        self.root = root
        self.blocks = {root.name: root}
        self.children: defaultdict[str, list[str]] = defaultdict(list)
        self.work = {root.name: 0.0}  # difficulty from the root to each block

    def __contains__(self, name: str) -> bool:
        return name in self.blocks

    def __getitem__(self, name: str) -> TreeBlock:
        return self.blocks[name]

    def add(self, block: TreeBlock) -> None:
        """Attach a block to its parent, which must be there."""
        self.blocks[block.name] = block
        self.children[block.parent].append(block.name)
        self.work[block.name] = self.work[block.parent] + block.difficulty

    def branch(self, name: str) -> Iterator[TreeBlock]:
        """The block and all before it, back to the root."""
        block = self.blocks[name]
        while block.name != self.root.name:
            yield block
            block = self.blocks[block.parent]
        yield block

    def fork(self, first: str, second: str) -> str:
        """The last block that two branches share."""
        one, other = self.blocks[first], self.blocks[second]
        while one.name != other.name:
            if one.depth >= other.depth:
                one = self.blocks[one.parent]
            else:
                other = self.blocks[other.parent]
        return one.name

    def towards(self, name: str, ancestor: str) -> str:
        """The child of ``ancestor`` on the branch of ``name``, which must lie beyond it."""
        block = self.blocks[name]
        while block.parent != ancestor:
            block = self.blocks[block.parent]
        return block.name

    def extends(self, name: str, ancestor: str) -> bool:
        """Whether the branch of ``name`` holds ``ancestor``."""
        depth, block = self.blocks[ancestor].depth, self.blocks[name]
        while block.depth > depth:
            block = self.blocks[block.parent]
        return block.name == ancestor

    def subtree(self, name: str) -> Iterator[TreeBlock]:
        """The block and all that build on it."""
        todo = [name]
        while todo:
            here = todo.pop()
            yield self.blocks[here]
            todo += self.children.get(here, [])

"""Blocks that carry certificates of their parents: what is certified, what to stay locked to, what is final."""

from collections.abc import Iterator

from qflsim.chain.agreement import Votes
from qflsim.chain.blocktree import TreeBlock

__all__ = ["CertifiedTree"]


class CertifiedTree:
    """What one member knows of a chain in which each block carries a quorum's votes for its parent [1]_.

    Three certified blocks of three views in a row make the first of them final, with all before it; a member stays
    locked to the parent of the latest block that it knows to be certified.

    Parameters
    ----------
    root:
        The block before the first; it needs no certificate.

    Attributes
    ----------
    high:
        The latest certified block.
    certificate:
        The votes for it; none for the root.
    lock:
        The block that a vote must extend, unless a later certificate comes with it.
    witness:
        The block from which most can be seen to be final.

    References
    ----------
    .. [1] M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT consensus with linearity and
       responsiveness", PODC (2019), algorithms 4 and 5. There dummy blocks fill views without a block; here views are
       numbers of blocks.
    """

    def __init__(self, root: TreeBlock) -> None:
        self.root = self.high = self.lock = self.witness = root
        self.certificate = Votes()
        self.blocks = {root.name: root}
        self._carried: dict[str, Votes] = {root.name: self.certificate}
        self._voters: dict[str, tuple[str, ...]] = {}
        self._shown = {root.name: root.payloads}

    def __contains__(self, name: str) -> bool:
        return name in self.blocks

    def __getitem__(self, name: str) -> TreeBlock:
        return self.blocks[name]

    def carried(self, block: TreeBlock) -> Votes:
        """The votes for its parent that a block carries."""
        return self._carried[block.name]

    def fits(self, block: TreeBlock) -> bool:
        """Whether the numbers in a block follow from those of its parent, which is known."""
        parent = self.blocks[block.parent]
        counted = block.payloads == parent.payloads + bool(block.digest)
        return counted and block.depth == parent.depth + 1 and block.slot > parent.slot

    def add(self, block: TreeBlock, votes: Votes) -> None:
        """Attach a block to its parent, for which it carries ``votes``."""
        name, parent = block.name, self.blocks[block.parent]
        self.blocks[name], self._carried[name] = block, votes
        self._voters.setdefault(parent.name, votes.names)
        final = self._final_below(parent)
        self._shown[name] = max(self._shown[parent.name], final.payloads if final else 0)
        if self._shown[name] > self._shown[self.witness.name]:
            self.witness = block

    def voters(self, block: TreeBlock) -> tuple[str, ...]:
        """Whose votes for a block stand in one that builds on it, by name."""
        return self._voters.get(block.name, ())

    def shown(self, block: TreeBlock) -> int:
        """Proposals that whoever holds ``block`` and all before it can see to be final."""
        return self._shown[block.name]

    def certify(self, votes: Votes) -> TreeBlock | None:
        """Take in a certificate of a known block; returns what is final by it, if anything."""
        block = self.blocks[votes[0].digest]
        if block.slot > self.high.slot:
            self.high, self.certificate = block, votes
        parent = self.blocks.get(block.parent)
        if parent is not None and parent.slot > self.lock.slot:
            self.lock = parent
        return self._final_below(block)

    def safe(self, block: TreeBlock) -> bool:
        """Whether a locked member may vote for a block in the tree."""
        if self.blocks[block.parent].slot > self.lock.slot:
            return True  # the certificate that it carries is later than the lock
        while block.depth > self.lock.depth:
            block = self.blocks[block.parent]
        return block.name == self.lock.name

    def branch(self, block: TreeBlock) -> Iterator[TreeBlock]:
        """A block and all before it but the root, backwards."""
        while block.name != self.root.name:
            yield block
            block = self.blocks[block.parent]

    def _final_below(self, block: TreeBlock) -> TreeBlock | None:
        """The first of the three blocks in a row that end in ``block``, if it and these are certified."""
        if block.depth < self.root.depth + 3:
            return None
        second = self.blocks[block.parent]
        first = self.blocks[second.parent]
        return first if block.slot == second.slot + 1 == first.slot + 2 else None

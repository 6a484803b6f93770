"""Which of two competing branches a miner builds on."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.chain.blocktree import BlockTree
from qflsim.checks import Part

__all__ = ["ForkChoice", "Ghost", "LongestChain"]


@dataclass(frozen=True, kw_only=True)
class ForkChoice(Part, ABC):
    """The rule by which miners that have seen the same blocks come to build on the same one."""

    @abstractmethod
    def tip(self, tree: BlockTree, current: str, arrived: str) -> str:
        """The block to build on after ``arrived`` was added to the tree, ``current`` before."""


@dataclass(frozen=True, kw_only=True)
class LongestChain(ForkChoice):
    """The branch with the most work; of two with as much, the one seen first [1]_.

    References
    ----------
    .. [1] S. Nakamoto, "Bitcoin: a peer-to-peer electronic cash system" (2008), section 5.

    *Scope*: the work of a branch is the sum of its difficulties.
    """

    def tip(self, tree: BlockTree, current: str, arrived: str) -> str:
        """The end of the heavier branch."""
        return arrived if tree.work[arrived] > tree.work[current] else current


@dataclass(frozen=True, kw_only=True)
class Ghost(ForkChoice):
    """At every fork the side whose whole subtree has the most work: blocks beside the chain count for it too [1]_.

    References
    ----------
    .. [1] Y. Sompolinsky, A. Zohar, "Secure high-rate transaction processing in Bitcoin", Financial
       Cryptography (2015).

    *Scope*: of two sides with as much work, the one that is built on already. Blocks beside the chain are known by
    being seen; no block refers to them, and nobody is paid for them.
    """

    def tip(self, tree: BlockTree, current: str, arrived: str) -> str:
        """Where the heaviest subtrees lead; only the fork between the two blocks can have changed."""
        fork = tree.fork(current, arrived)
        if fork == arrived:
            return current
        if fork != current:
            kept, new = tree.towards(current, fork), tree.towards(arrived, fork)
            if self._weight(tree, new) <= self._weight(tree, kept):
                return current
            fork = new
        while tree.children.get(fork):
            fork = max(tree.children[fork], key=lambda child: self._weight(tree, child))
        return fork

    def _weight(self, tree: BlockTree, name: str) -> float:
        return math.fsum(block.difficulty for block in tree.subtree(name))

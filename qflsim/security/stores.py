"""Adversaries in the stores: what nodes give back is not what they were given to keep."""

from dataclasses import dataclass

import numpy as np

from qflsim.checks import quantity
from qflsim.security.held import HeldNodes

__all__ = ["DamagedStores"]


@dataclass(frozen=True, kw_only=True)
class DamagedStores(HeldNodes):
    """Nodes whose stores are damaged or tampered with: what they give to others does not fit its digest.

    Who asked notices it by the digest, and asks the next provider; nobody goes on with damaged content.

    Parameters
    ----------
    damaged:
        Chance that an answer is damaged, for each by itself.

    *Scope*: blocks, chunks, contents, headers and proofs that others ask for; a node's own use of its store is whole.
    """

    damaged: float = quantity(1.0, above=0, at_most=1, advice="give a share, e.g. 1")

    def damages(self, now: float, node: str, chain: str, height: int, rng: np.random.Generator) -> bool:
        """While the threat goes on, by chance."""
        return self.active(now) and bool(rng.random() < self.damaged)

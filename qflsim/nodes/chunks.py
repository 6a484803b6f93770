"""A block put together again from chunks that several nodes hold."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from qflsim.chain.storagechunks import ErasureCoded

if TYPE_CHECKING:
    from qflsim.chain.block import Block

    from .retrieval import Errand, Retrieval

__all__ = ["Gathered"]


class Gathered:
    """One block's chunks on their way to who reads it: k at once, and another for each that does not come or fit.

    Parameters
    ----------
    retrieval, errand:
        Who asks, and for what.
    policy:
        The code.
    block:
        The block; its chunks are what its members were given.
    holders:
        Holder of each chunk, by number.
    damages:
        Which stores have been tampered with.
    """

    def __init__(
        self,
        retrieval: "Retrieval",
        errand: "Errand",
        policy: ErasureCoded,
        block: "Block",
        holders: Mapping[int, str],
        damages: Callable[[str, str, int], bool],
    ) -> None:
        self._retrieval = retrieval
        self._errand = errand
        self._policy = policy
        self._block = block
        self._holders = holders
        self._damages = damages
        self._chunks = policy.encode(block.body)
        self._left = sorted(holders)
        self._under_way = 0
        self._had: dict[int, bytes] = {}

    def start(self) -> None:
        """Ask for as many chunks as are needed."""
        self._errand.requested_s = self._retrieval.now
        self._ask()

    def _ask(self) -> None:
        while self._left and len(self._had) + self._under_way < self._policy.k:
            self._under_way += 1
            self._fetch(self._left.pop(0))
        if not self._under_way and len(self._had) < self._policy.k:
            self._end("damaged" if self._errand.damaged else "unavailable")

    def _fetch(self, number: int) -> None:
        errand, holder = self._errand, self._holders[number]
        errand.asked += 1
        size = len(self._chunks[number])
        if holder == errand.node:
            self._came(number, holder)
        else:
            self._retrieval.fetch(
                "chunk", errand.node, holder, size, errand.patience, lambda came: self._came(number, came)
            )

    def _came(self, number: int, holder: str) -> None:
        """A chunk, or word that it does not come; a damaged one does not have its digest."""
        self._under_way -= 1
        errand = self._errand
        if holder:
            errand.received_byte += len(self._chunks[number])
            if self._damages(holder, errand.chain, errand.height):
                errand.damaged = True
            else:
                self._had[number] = self._chunks[number]
                errand.tried.append(holder)
        if len(self._had) >= self._policy.k and not self._under_way:
            cycles = self._policy.decoding_cycles(self._had, self._block.body_byte)
            self._retrieval.compute(errand.node, cycles + self._retrieval.hashing(errand.received_byte), self._decode)
        else:
            self._ask()

    def _decode(self) -> None:
        body = self._policy.decode(self._had, self._block.body_byte)
        self._end("whole" if body == self._block.body else "damaged")

    def _end(self, outcome: str) -> None:
        providers = "+".join(sorted(set(self._errand.tried))) if outcome == "whole" else ""
        self._retrieval.record(self._errand, providers, outcome)
        self._errand.then(providers)

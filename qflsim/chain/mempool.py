"""The mempool: transactions that wait for a block, in order, within a size, and not forever."""

import heapq
import math
from collections import deque
from dataclasses import dataclass

from qflsim.chain.limits import BlockLimits
from qflsim.chain.ordering import OTHERS, Waiting

__all__ = ["Counts", "Mempool"]


@dataclass
class Counts:
    """What became of the transactions that came: each is waiting, in a block under way, or counted here once.

    ``refused`` are those that were never taken: doubled ones, and ones too large for any block.
    """

    arrived: int = 0
    included: int = 0
    evicted: int = 0
    expired: int = 0
    withdrawn: int = 0
    refused: int = 0


class Mempool:
    """The transactions of one chain that wait for a block.

    All of it follows from what came when: no clock, no randomness. Times are given, and never run backwards.

    Parameters
    ----------
    limits:
        Order, size and expiry, and what fits into a block.

    *Validation*: each transaction is waiting, in exactly one block, evicted, expired or withdrawn, whatever happens in
    whatever order; who leaves first is who is first in order.
    """

    def __init__(self, limits: BlockLimits) -> None:
        self._limits = limits
        self._waiting: dict[int, Waiting] = {}
        self._ranks: dict[int, float] = {}
        self._first: list[tuple[float, int]] = []  # heap of rank and number, some of them gone
        self._last: list[tuple[float, int]] | None = None  # the same from behind, once something had to be evicted
        self._ages: deque[int] = deque()  # numbers in the order in which they came, some of them gone
        self._keys: dict[bytes, float] = {}  # of what came with a key, and when, in that order
        self._gone: list[tuple[Waiting, str]] = []
        self._number = 0
        self.size_byte = 0
        self.under_way = 0
        self.counts = Counts()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, number: object) -> bool:
        return number in self._waiting

    @property
    def oldest_s(self) -> float:
        """When the one that has waited longest came [s]; NaN if nothing waits."""
        while self._ages and self._ages[0] not in self._waiting:
            self._ages.popleft()
        return self._waiting[self._ages[0]].arrived_s if self._ages else math.nan

    def add(
        self,
        now: float,
        size_byte: int,
        fee: float = 0.0,
        kind: str = OTHERS,
        key: bytes = b"",
        after: int | None = None,
    ) -> int | None:
        """Take in a transaction that came at ``now`` [s]; returns its number, or None if it is refused.

        Parameters
        ----------
        size_byte:
            Its bytes in a block, framing included.
        key:
            What tells it from others, e.g. its hash; a second one with the same key is refused until the first would
            have expired. Those without key are all different.
        after:
            Number of an earlier one of the same sender, which it does not overtake if that still waits.
        """
        if (key and key in self._keys) or size_byte > self._limits.size_byte:
            self.counts.refused += 1
            return None
        if key:
            self._keys[key] = now
        self._number += 1
        self.counts.arrived += 1
        item = Waiting(self._number, now, size_byte, fee, kind)
        rank = self._limits.order.rank(item)
        self._enter(item, rank if after is None else max(rank, self._ranks.get(after, rank)))
        self._make_room()
        return self._number

    def expire(self, now: float) -> None:
        """Drop what has waited too long at ``now`` [s]."""
        oldest = now - self._limits.expiry
        while self.oldest_s < oldest:
            self.counts.expired += 1
            self._drop(self._ages[0], "expired")
        while self._keys and next(iter(self._keys.values())) < oldest:
            del self._keys[next(iter(self._keys))]

    def take(self) -> list[Waiting]:
        """The transactions of the next block, in order: as many as fit before one that does not."""
        taken: list[Waiting] = []
        room, most = self._limits.size_byte, self._limits.transactions
        while self._first and len(taken) != most:
            item = self._waiting.get(self._first[0][1])
            if item is not None and item.size_byte > room:
                break
            heapq.heappop(self._first)
            if item is not None:
                room -= item.size_byte
                self._leave(item)
                taken.append(item)
        self.under_way += len(taken)
        return taken

    def include(self, taken: list[Waiting]) -> None:
        """The block with these was agreed on."""
        self.under_way -= len(taken)
        self.counts.included += len(taken)
        for item in taken:
            del self._ranks[item.number]

    def put_back(self, taken: list[Waiting]) -> None:
        """The block with these was not agreed on, or they were left out of it: they wait again, with their old age."""
        self.under_way -= len(taken)
        for item in taken:
            self._enter(item, self._ranks[item.number])
        self._ages = deque(sorted(self._waiting))
        self._make_room()

    def withdraw(self, number: int) -> None:
        """Its sender gives up waiting."""
        self.counts.withdrawn += 1
        self._leave(self._waiting[number])
        del self._ranks[number]

    def gone(self) -> list[tuple[Waiting, str]]:
        """Those that were evicted or expired since the last call and why, without the transactions of other users."""
        gone, self._gone = self._gone, []
        return gone

    def _enter(self, item: Waiting, rank: float) -> None:
        self._waiting[item.number] = item
        self._ranks[item.number] = rank
        self._ages.append(item.number)
        self.size_byte += item.size_byte
        heapq.heappush(self._first, (rank, item.number))
        if self._last is not None:
            heapq.heappush(self._last, (-rank, -item.number))

    def _leave(self, item: Waiting) -> None:
        del self._waiting[item.number]
        self.size_byte -= item.size_byte

    def _make_room(self) -> None:
        """Evict the last in order until what waits fits."""
        most = self._limits.mempool / 8.0
        if self.size_byte > most and self._last is None:
            self._last = [(-rank, -number) for rank, number in self._first]
            heapq.heapify(self._last)
        while self.size_byte > most and self._last:
            number = -heapq.heappop(self._last)[1]
            if number in self._waiting:
                self.counts.evicted += 1
                self._drop(number, "evicted")

    def _drop(self, number: int, why: str) -> None:
        item = self._waiting[number]
        self._leave(item)
        del self._ranks[number]
        if item.kind != OTHERS:
            self._gone.append((item, why))

"""Which of the transactions that wait goes into a block first, and what its sender pays for it.

References
----------
.. [1] Bitcoin Core, transactions are mined and evicted by the fee per virtual byte (documentation of the memory pool).
.. [2] G. Huberman, J. D. Leshno, C. Moallemi, "Monopoly without a monopolist: an economic analysis of the Bitcoin
   payment system", Review of Economic Studies 88(6) (2021): fees as bids in a priority queue with bulk service.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from qflsim.checks import Part, quantity

__all__ = ["OTHERS", "ByFeeRate", "ByPriority", "Fees", "FirstComeFirstServed", "OrderBy", "Waiting"]

OTHERS = "others"
"""Kind of the transactions of other users of a chain."""


class Waiting(NamedTuple):
    """One transaction that waits in a mempool: its number there, when it came [s], its bytes, fee and kind."""

    number: int
    arrived_s: float
    size_byte: int
    fee: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class OrderBy(Part, ABC):
    """The order in which transactions leave a mempool for blocks; who is last in it is evicted first.

    An order of one's own overrides `rank` and is used like the stock ones (`docs/guides/own_parts.md`).
    """

    @abstractmethod
    def rank(self, waiting: Waiting) -> float:
        """Who has the lower rank goes first, of equals who came first; asked once, at the transaction's arrival."""

    @property
    def name(self) -> str:
        """The order in the words of a sentence."""
        return type(self).__name__


@dataclass(frozen=True, kw_only=True)
class FirstComeFirstServed(OrderBy):
    """Transactions go into blocks in the order in which they came; a full mempool turns newcomers away."""

    def rank(self, waiting: Waiting) -> float:
        """The same for all."""
        return 0.0

    @property
    def name(self) -> str:
        """The order in the words of a sentence."""
        return "first come, first served"


@dataclass(frozen=True, kw_only=True)
class ByFeeRate(OrderBy):
    """Who pays most per byte goes first, as in Bitcoin."""

    def rank(self, waiting: Waiting) -> float:
        """Minus the fee per byte, to nine digits: who pays the same rate is served in the order of arrival."""
        return -float(f"{waiting.fee / waiting.size_byte:.9g}")

    @property
    def name(self) -> str:
        """The order in the words of a sentence."""
        return "by fee per byte"


@dataclass(frozen=True, kw_only=True)
class ByPriority(OrderBy):
    """Kinds of transactions go in classes, each class first come, first served.

    Parameters
    ----------
    kinds:
        Kinds in the order of their classes, e.g. ``("global-model", "update")``; all kinds not named come after
        them, and ``"others"``, the transactions of other users, last, unless they are named too.
    """

    kinds: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse a kind that is named twice."""
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError(f"ByPriority.kinds must name a kind once, got {self.kinds!r}; drop the second")

    def rank(self, waiting: Waiting) -> float:
        """Number of the class."""
        if waiting.kind in self.kinds:
            return float(self.kinds.index(waiting.kind))
        return float(len(self.kinds) + (waiting.kind == OTHERS))

    @property
    def name(self) -> str:
        """The order in the words of a sentence."""
        return "by kind"


@dataclass(frozen=True, kw_only=True)
class Fees(Part):
    """What the nodes of the federation pay for their own transactions, in the chain's own unit.

    The fee stands in the transaction, is signed with it, and goes to the proposer of its block; `submissions.csv` says
    who paid how much to whom.

    Parameters
    ----------
    rate:
        Fee per byte that the signed transaction takes in a block; 0: nobody pays.
    kinds:
        Kinds of transactions that pay, e.g. ``("update", "global-model")``; none named: all.

    *Scope*: senders offer the same rate whatever the backlog; nobody raises a bid while it waits, and no balance runs
    dry.
    """

    rate: float = quantity(0.0, unit="1/byte", at_least=0, advice="give it per byte, e.g. 2.0")
    kinds: tuple[str, ...] = ()

    def pays(self, kind: str) -> bool:
        """Whether transactions of this kind pay."""
        return self.rate > 0.0 and (not self.kinds or kind in self.kinds)

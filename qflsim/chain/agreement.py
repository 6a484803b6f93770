"""Agreement: how the validators of a chain decide on one block although some of them fail or lie.

A protocol is a state machine that knows neither clock nor network. The world calls `Replica.start`, `Replica.handle`
and `Replica.expire`; each returns effects, which the world carries out: it sends messages over its links, runs timers
and stores decided blocks. A protocol of your own derives from `Agreement` and `Replica`; the stock ones do no more.
All words that it needs are to be had here; messages and effects are those of `qflsim.chain.effects`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qflsim.chain.effects import (
    Abort,
    Broadcast,
    CancelTimer,
    Decide,
    Effect,
    Effects,
    Entangle,
    Extend,
    Message,
    Proposal,
    Send,
    SetTimer,
    Spend,
    Transmit,
    Votes,
)
from qflsim.checks import Part
from qflsim.crypto.authentication import Authentication
from qflsim.quantum.listrisks import Risks
from qflsim.quantum.singlets import Entries
from qflsim.quantum.supply import PairSupply

__all__ = [
    "Abort", "Agreement", "Broadcast", "CancelTimer", "Decide", "Draws", "Effect", "Effects", "Entangle", "Extend",
    "Message", "Proposal", "Replica", "Send", "SetTimer", "Spend", "Transmit", "Validate",
    "Votes",
]  # fmt: skip

Validate = Callable[[str], bool]
"""The application's word on a proposal: takes its digest, tells whether a correct replica may vote for it."""

Draws = Callable[..., np.random.Generator]
"""Gives the random stream that its arguments name, at its start: ``draws("mining", "server-1")``."""


class Replica(ABC):
    """One validator's part in a protocol, for one height after the other."""

    @abstractmethod
    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin to agree on ``height``; ``proposal`` is what this replica proposes if it leads, None if it has none."""

    @abstractmethod
    def handle(self, now: float, message: Message) -> Effects:
        """Take in a message of another member."""

    @abstractmethod
    def expire(self, now: float, timer: str) -> Effects:
        """Take in that a timer ran out; one that no longer matters changes nothing."""

    @abstractmethod
    def leader(self, view: int, height: int | None = None) -> str:
        """The member that proposes in ``view`` of ``height``, by default of the height in progress."""

    def read(self, now: float, height: int, entries: Mapping[tuple[str, str], Entries]) -> Effects:
        """Take in what was read of the lists that `Entangle` asked for at ``height``: this member's own entries."""
        return ()

    def close(self, now: float) -> Effects:
        """Take in that the world waits for nothing more until the next `start`: rest, if there is work under way."""
        return ()

    @property
    def memory(self) -> object:
        """What members of the next height must know of the heights before; for most protocols nothing."""
        return None


@dataclass(frozen=True, kw_only=True)
class Agreement(Part, ABC):
    """A protocol by which n validators agree although up to f of them are faulty.

    Unless a protocol says otherwise, faulty means Byzantine, f = floor((n - 1)/3), and quorums are
    ceil((n + f + 1)/2): any two share at least one correct replica for every n. The familiar 2f + 1 is the same only at
    n = 3f + 1 [1]_. Protocols that bear crashes only, or no fault, override `tolerated` and `quorum`.

    References
    ----------
    .. [1] M. Castro, B. Liskov, "Practical Byzantine Fault Tolerance", OSDI (1999).
    """

    name: ClassVar[str] = "agreement"

    @abstractmethod
    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> Replica:
        """The part of ``me`` among ``members``, which are the same in the same order for all."""

    def seat(
        self, me: str, members: tuple[str, ...], *, validate: Validate | None, draws: Draws, memory: object
    ) -> Replica:
        """The part of ``me``, with all that the world can give it; the world calls this, by default it is `replica`.

        Parameters
        ----------
        me, members, validate:
            As for `replica`.
        draws:
            Random streams, for protocols that draw lots. Streams of the same name are the same for all members.
        memory:
            `Replica.memory` of the member that was first to decide the height before; None at first.
        """
        return self.replica(me, members, validate)

    @property
    def supply(self) -> PairSupply | None:
        """How its members make entangled pairs; None for a protocol that asks for none."""
        return None

    def risks(self, errors: Mapping[tuple[str, str], tuple[float, float]]) -> Risks | None:
        """How probable it is that a decision fails over lists like these; None if the protocol does not tell.

        Parameters
        ----------
        errors:
            For each list, the probabilities that an entry of either of its two members is turned.
        """
        return None

    @property
    def core(self) -> "Agreement":
        """The protocol by which is decided; itself, unless it only adds to another."""
        return self

    @property
    def authentication(self) -> Authentication | None:
        """What authenticates its messages beside signatures; None for what the scenario says."""
        return None

    @property
    def title(self) -> str:
        """What the tables call it."""
        return self.name

    @property
    def assumption(self) -> str:
        """What an idealised protocol grants that physics does not; empty for all others."""
        return ""

    def pairs_wanted(self, validators: int) -> int:
        """Pairs that a decision takes on a link between its leader and another member; none by default."""
        return 0

    def check_size(self, validators: int) -> None:
        """Raise a `ValueError` if the protocol is not for committees of this size."""

    def latency(self, validators: int) -> float:
        """Least time [s] that one decision can be expected to take by design, links aside; 0 if links are all."""
        return 0.0

    def tolerated(self, validators: int) -> int:
        """Faulty validators f that n can bear: floor((n - 1)/3) Byzantine ones."""
        return (validators - 1) // 3

    def quorum(self, validators: int) -> int:
        """Votes needed for a decision: ceil((n + f + 1)/2)."""
        return -(-(validators + self.tolerated(validators) + 1) // 2)

"""Agreement: how the validators of a chain decide on one block although some of them fail or lie.

A protocol is a state machine that knows neither clock nor network. The world calls `Replica.start`, `Replica.handle`
and `Replica.expire`; each returns effects, which the world carries out: it sends messages over its links, runs timers
and stores decided blocks. A protocol of your own derives from `Agreement` and `Replica`; the stock ones do no more.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

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


@dataclass(slots=True, unsafe_hash=True)
class Proposal:
    """A block that somebody wants decided: its digest and the bytes it takes to send it; nobody may change it."""

    digest: str
    size_byte: int


@dataclass(slots=True, unsafe_hash=True)
class Message:
    """One message between replicas; the world takes its sender as authenticated.

    All receivers are handed the same object, so that nobody may change it; it is not frozen, nor are the effects
    below, because a frozen one takes three times as long to make. Where many are made its fields are given by place,
    which takes a third of the time that names take.

    Parameters
    ----------
    sender:
        Replica that signed it.
    kind:
        The protocol's word for it, e.g. ``prepare``.
    height, view:
        What it is about: the block's height, and the attempt at it, counted from 0.
    digest:
        Digest of the block it is about.
    signatures:
        Signatures in it, the sender's included; each is sent and each must be verified.
    payload_byte:
        Bytes of the block it carries.
    evidence:
        Messages of others that it carries as proof; their signatures are counted in ``signatures``, their
        payloads, if they still carry any, are not counted in ``payload_byte``.
    """

    sender: str
    kind: str
    height: int
    view: int
    digest: str = ""
    signatures: int = 1
    payload_byte: int = 0
    evidence: tuple["Message", ...] = ()

    @property
    def header_byte(self) -> int:
        """Bytes of what a message of this class carries besides the fields above; none here."""
        return 0


class Votes(tuple[Message, ...]):
    """Votes shown as proof; what they amount to is found out once, however many members look at them."""

    @cached_property
    def signatures(self) -> int:
        """Signatures in all of them."""
        return sum(vote.signatures for vote in self)

    @cached_property
    def voters(self) -> frozenset[str]:
        """Who voted as the first of them did: the same kind, height, view and digest."""
        if not self:
            return frozenset()
        kind, height, view, digest = self[0].kind, self[0].height, self[0].view, self[0].digest
        return frozenset(
            vote.sender
            for vote in self
            if vote.digest == digest and vote.view == view and vote.kind == kind and vote.height == height
        )

    @cached_property
    def all(self) -> frozenset[Message]:
        """The votes in no order."""
        return frozenset(self)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The voters by name."""
        return tuple(sorted(self.voters))

    def among(self, members: frozenset[str]) -> int:
        """How many of ``members`` are voters."""
        if self._asked is not members:  # all members of a committee ask with the same set
            self._asked, self._count = members, len(self.voters & members)
        return self._count

    _asked: frozenset[str] | None = None
    _count = 0


@dataclass(slots=True, unsafe_hash=True)
class Send:
    """Send ``message`` to one member."""

    to: str
    message: Message


@dataclass(slots=True, unsafe_hash=True)
class Broadcast:
    """Send ``message`` to every other member."""

    message: Message


@dataclass(slots=True, unsafe_hash=True)
class Decide:
    """The block with ``digest`` is final at ``height``; once per replica and height.

    ``signers`` are the members whose votes prove it, if the protocol tells.
    """

    height: int
    digest: str
    view: int
    signers: tuple[str, ...] = ()


@dataclass(slots=True, unsafe_hash=True)
class SetTimer:
    """Call `Replica.expire` with ``name`` after ``delay`` [s] unless it is cancelled; names are not used twice."""

    name: str
    delay: float


@dataclass(slots=True, unsafe_hash=True)
class CancelTimer:
    """Forget the timer ``name``."""

    name: str


@dataclass(slots=True, unsafe_hash=True)
class Spend:
    """The replica spent ``energy_j`` [J] on ``cause``, besides what messages and signatures take."""

    energy_j: float
    cause: str


@dataclass(slots=True, unsafe_hash=True)
class Extend:
    """The replica made the block ``name`` on top of ``parent``, in a protocol in which blocks may compete.

    ``depth`` counts blocks from the first one of the chain, ``digest`` names what it carries, nothing if it is empty,
    ``evidence`` holds the votes in it.
    """

    name: str
    parent: str
    depth: int
    digest: str
    evidence: tuple[Message, ...] = ()


@dataclass(slots=True, unsafe_hash=True)
class Entangle:
    """Make a list for each two members named, of ``states`` singlets of which the replica holds two qubits each.

    What was read in the end is handed to `Replica.read` of all who hold a part of it.
    """

    height: int
    lists: tuple[tuple[str, str], ...]
    states: int


@dataclass(slots=True, unsafe_hash=True)
class Abort:
    """The replica will decide on nothing at ``height``, and knows why; once, instead of `Decide`."""

    height: int
    reason: str


@dataclass(slots=True, unsafe_hash=True)
class Transmit:
    """The replica sent ``qubits`` that are counted and nothing else, in an idealised protocol."""

    qubits: int


Effect = Send | Broadcast | Decide | SetTimer | CancelTimer | Spend | Extend | Entangle | Abort | Transmit
Effects = tuple[Effect, ...]


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

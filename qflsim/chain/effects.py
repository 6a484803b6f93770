"""What replicas tell each other, and what they ask of the world: messages, votes shown as proof, and effects."""

from dataclasses import dataclass
from functools import cached_property

__all__ = [
    "Abort", "Broadcast", "CancelTimer", "Decide", "Effect", "Effects", "Entangle", "Extend", "Message", "Proposal",
    "Send", "SetTimer", "Spend", "Transmit", "Votes",
]  # fmt: skip


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

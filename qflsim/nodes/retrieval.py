"""Getting what others store: one provider after the other is asked, and what comes is checked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qflsim.trace import Retrieval as RetrievalRecord

if TYPE_CHECKING:  # these modules come to their services, and so to this one, by the context
    from .computer import Computer
    from .context import Context
    from .fabric import Fabric

__all__ = ["Errand", "Retrieval", "in_order"]

REQUEST_BYTE = 64  # a digest, or a chain and heights, and who asks: an assumption
HASH_CYCLES = 12.0  # per byte: SHA-256 without special instructions, from memory

Check = Callable[[str], bool]
Then = Callable[[str], object]


@dataclass(kw_only=True)
class Errand:
    """What one node asks others for.

    Parameters
    ----------
    kind, chain, height, node:
        As in the table of retrievals.
    providers:
        Who can be asked, in this order.
    size_byte:
        Bytes of the answer.
    fits:
        Whether what a provider gives is what was asked for.
    signatures:
        Signatures that the node checks when it has come.
    then:
        Called at the end with the provider, or with an empty name.
    """

    kind: str
    chain: str
    height: int
    node: str
    providers: Sequence[str]
    size_byte: int
    fits: Check
    then: Then
    signatures: int = 0
    patience: float = 1.0
    requested_s: float = 0.0
    asked: int = 0
    received_byte: int = 0
    damaged: bool = False
    tried: list[str] = field(default_factory=list)


class Retrieval:
    """Runs errands.

    Parameters
    ----------
    ctx, fabric, computers:
        The run's shared services, its links, and all nodes' computers.
    """

    def __init__(self, ctx: "Context", fabric: "Fabric", computers: Mapping[str, "Computer"]) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._computers = computers

    def run(self, errand: Errand) -> None:
        """Ask provider after provider, until one gives what fits or none is left."""
        errand.requested_s = self._ctx.now
        self._next(errand)

    def _next(self, errand: Errand) -> None:
        if errand.asked == len(errand.providers):
            self._end(errand, "", "damaged" if errand.damaged else "unavailable")
            return
        provider = errand.providers[errand.asked]
        errand.asked += 1
        self.fetch(
            errand.kind, errand.node, provider, errand.size_byte, errand.patience, lambda came: self._came(errand, came)
        )

    def _came(self, errand: Errand, provider: str) -> None:
        if not provider:
            self._next(errand)
            return
        errand.received_byte += errand.size_byte
        self.compute(errand.node, self.hashing(errand.size_byte), lambda: self._hashed(errand, provider))

    def _hashed(self, errand: Errand, provider: str) -> None:
        if errand.signatures:
            self._computers[errand.node].verify(errand.signatures, lambda: self._checked(errand, provider))
        else:
            self._checked(errand, provider)

    def _checked(self, errand: Errand, provider: str) -> None:
        if errand.fits(provider):
            self._end(errand, provider, "whole")
        else:
            errand.damaged = True
            self._next(errand)

    def _end(self, errand: Errand, provider: str, outcome: str) -> None:
        self.record(errand, provider, outcome)
        errand.then(provider)

    def record(self, errand: Errand, provider: str, outcome: str) -> None:
        """Write down how an errand ended."""
        self._ctx.record(
            RetrievalRecord(
                round=self._ctx.round,
                kind=errand.kind,
                chain=errand.chain,
                height=errand.height,
                node=errand.node,
                provider=provider,
                asked=errand.asked,
                requested_s=errand.requested_s,
                ended_s=self._ctx.now,
                size_byte=errand.received_byte,
                outcome=outcome,
            )
        )

    def fetch(self, kind: str, node: str, provider: str, size_byte: int, patience: float, then: Then) -> None:
        """Ask one provider; ``then`` is called once, with its name if its answer came in time, else with no name."""
        open_ = [True]

        def end(came: str) -> None:
            if open_[0]:
                open_[0] = False
                then(came)

        def answer() -> None:
            self._fabric.send(kind, provider, node, 8.0 * size_byte, lambda: end(provider), lambda: end(""))

        self._fabric.send("request", node, provider, 8.0 * REQUEST_BYTE, answer, lambda: end(""))
        self._ctx.after(patience, lambda: end(""))

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        return self._ctx.now

    def give(self, node: str, holder: str, size_byte: int, arrived: Callable[[], object]) -> None:
        """Send a content to who is to hold it."""
        self._fabric.send("content", node, holder, 8.0 * size_byte, arrived)

    def compute(self, node: str, cycles: float, then: Callable[[], object]) -> None:
        """Let ``node`` compute, then go on."""
        self._computers[node].compute(cycles, then)

    @staticmethod
    def hashing(size_byte: int) -> float:
        """Cycles to hash so many bytes."""
        return HASH_CYCLES * size_byte

    def give_up(self, errand: Errand, outcome: str) -> None:
        """End an errand that has nobody to ask."""
        errand.requested_s = self._ctx.now
        self._end(errand, "", outcome)


def in_order(names: Iterable[str], roles: Mapping[str, str], chain: str) -> list[str]:
    """Whom to ask first: the chain's own server, other servers, the publisher, devices; by name among equals."""
    ranks = {"server": 1, "publisher": 2, "device": 3}
    own = [name for name in names if f"{chain}-".startswith(f"lmuc-{name}-")]
    others = sorted(set(names) - set(own), key=lambda name: (ranks.get(roles.get(name, ""), 4), name))
    return own + others

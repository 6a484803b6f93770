"""The fabric: carries a message from any node to any other over the hops between them, and records it."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial

import simpy

from qflsim.trace import Transfer

from .context import Context
from .dissemination import Disseminator
from .media import Action, Carrier, nothing

__all__ = ["Fabric"]


@dataclass(frozen=True, slots=True)
class _Message:
    kind: str
    source: str
    destination: str
    size_bit: float
    sent_s: float
    task: str
    round: int


@dataclass
class _UnderWay:
    """How many messages are under way, of all tasks, and who waits for there to be none."""

    messages: int = 0
    waiting: list[simpy.Event] = field(default_factory=list)


Onward = Callable[[str, str, Carrier, Sequence[Carrier]], Sequence[Carrier] | None]


def _as_planned(source: str, destination: str, hop: Carrier, rest: Sequence[Carrier]) -> Sequence[Carrier]:
    return rest


Fate = Callable[[str, str, str], Sequence[float]]
"""Of kind, source and destination: how much later [s] than otherwise each copy of a message leaves; none, if lost."""


def _kept(kind: str, source: str, destination: str) -> Sequence[float]:
    return (0.0,)


def _first_of(copies: int, arrived: Action, lost: Action) -> tuple[Action, Action]:
    """Actions for each of several copies: the first to arrive counts, and a loss does if it is that of all."""
    left = [copies, 1]

    def arrive() -> None:
        left[0] -= 1
        if left[1]:
            left[1] = 0
            arrived()

    def lose() -> None:
        left[0] -= 1
        if left[1] and not left[0]:
            lost()

    return arrive, lose


class Fabric:
    """Sends messages over routes, each a sequence of carriers (access up, fibre, access down, sidelink).

    Parameters
    ----------
    ctx:
        The run's shared services.
    route:
        ``route(source, destination)`` gives the carriers in order; empty if the two cannot reach each other.
    onward:
        ``onward(source, destination, hop, rest)`` gives the carriers that a message still has to take after ``hop``,
        where ``rest`` was planned when it was sent; ``None`` if no way leads on any more. Left out, nothing changes.

    Attributes
    ----------
    fate:
        What adversaries do to messages before they leave; nothing, unless it is set.
    disseminator:
        How blocks and transactions spread over the links to groups of nodes; directly, unless it is set up otherwise.
    """

    def __init__(
        self, ctx: Context, route: Callable[[str, str], Sequence[Carrier]], onward: Onward = _as_planned
    ) -> None:
        self._ctx = ctx
        self._route = route
        self._onward = onward
        self.fate: Fate = _kept
        self.disseminator = Disseminator(ctx, self.send)
        self._under_way = _UnderWay()

    def for_task(self, ctx: Context) -> "Fabric":
        """The same links, for the messages of one task: its rounds stand in their records."""
        fabric = copy(self)
        fabric._ctx = ctx
        fabric.disseminator = self.disseminator.for_task(ctx, fabric.send)
        return fabric

    def send(
        self,
        kind: str,
        source: str,
        destination: str,
        size_bit: float,
        arrived: Action,
        lost: Action = nothing,
    ) -> None:
        """Send a message: ``arrived`` is called when its last bit is there, or ``lost`` when it was given up.

        One of the two is called, once. If no route leads to the destination, ``lost`` is called before this returns. A
        loss stands in the transfers table with the medium of the hop on which it happened. Of a message that an
        adversary doubles each copy stands there, and the first to arrive counts.
        """
        message = _Message(kind, source, destination, size_bit, self._ctx.now, self._ctx.task, self._ctx.round)
        copies = self.fate(kind, source, destination)
        self._under_way.messages += max(1, len(copies))
        if not copies:
            self._lose(message, "adversary", lost)
        elif len(copies) > 1:
            arrived, lost = _first_of(len(copies), arrived, lost)
        for later in copies:
            if later > 0.0:
                self._ctx.after(later, partial(self._depart, message, arrived, lost))
            else:
                self._depart(message, arrived, lost)

    def _depart(self, message: _Message, arrived: Action, lost: Action) -> None:
        hops = self._route(message.source, message.destination)
        if hops:
            self._hop(message, hops, (), arrived, lost)
        else:
            self._lose(message, "none", lost)

    def idle(self) -> simpy.Event:
        """The event of no message being under way."""
        event: simpy.Event = self._ctx.env.event()
        self._under_way.waiting.append(event)
        self._tell_idle()
        return event

    def delivered(self, kind: str, source: str, destination: str, size_bit: float) -> simpy.Event:
        """Send a message; the event of its last bit being there, which never comes if the message is lost.

        Whoever waits for it waits with an end, see `until`.
        """
        event: simpy.Event = self._ctx.env.event()
        self.send(kind, source, destination, size_bit, lambda: event.succeed())
        return event

    def _hop(
        self, message: _Message, hops: Sequence[Carrier], passed: tuple[str, ...], arrived: Action, lost: Action
    ) -> None:
        """Take the first of ``hops``, after those over the media in ``passed``."""
        hop, media = hops[0], (*passed, hops[0].medium)
        self._count(hop.medium, message.size_bit)

        def go_on() -> None:
            rest = self._onward(message.source, message.destination, hop, hops[1:])
            if rest is None:
                self._lose(message, "none", lost)
            elif rest:
                self._hop(message, rest, media, arrived, lost)
            else:
                self._note(message, "+".join(media), delivered=True)
                arrived()
                self._end_one()

        label = (message.source, message.destination, message.kind)
        hop.carry(label, message.size_bit, go_on, lambda: self._lose(message, hop.medium, lost))

    def _lose(self, message: _Message, medium: str, lost: Action) -> None:
        self._note(message, medium, delivered=False)
        lost()
        self._end_one()

    def _end_one(self) -> None:
        self._under_way.messages -= 1
        self._tell_idle()

    def _tell_idle(self) -> None:
        while not self._under_way.messages and self._under_way.waiting:
            self._under_way.waiting.pop().succeed()

    def _count(self, medium: str, size_bit: float) -> None:
        totals = self._ctx.totals
        if medium == "fibre":
            totals.wired_bit += size_bit
        else:
            totals.air_bit += size_bit

    def _note(self, message: _Message, medium: str, *, delivered: bool) -> None:
        self._ctx.record(
            Transfer(
                round=message.round,
                task=message.task,
                kind=message.kind,
                source=message.source,
                destination=message.destination,
                medium=medium,
                size_bit=message.size_bit,
                sent_s=message.sent_s,
                delivered_s=self._ctx.now if delivered else float("nan"),
                delivered=delivered,
            )
        )

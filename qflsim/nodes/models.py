"""Models on their way from a server to its devices: over the radio, or with the help of entangled pairs."""

from collections.abc import Callable, Generator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import simpy

from qflsim.quantum.pairs import Draw, PairStore
from qflsim.quantum.transports import Content, EntangledTransport, Message, ModelTransport
from qflsim.trace import Pairs

from .context import Context
from .fabric import Fabric

__all__ = ["ModelService", "PairLink"]


@dataclass
class PairLink:
    """The fibre between a server and a device on which they make pairs."""

    store: PairStore
    """Pairs that they hold, or make."""
    fibre_m: float
    """Its length [m], repeaters or not."""
    told_attempts: int = 0
    """Attempts that rows of the pairs table have told of."""
    told_discarded: int = 0
    """Pairs thrown away that rows have told of."""


class ModelService:
    """Takes models from servers to devices, for each server by its own transport.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and links.
    transports:
        How each server hands out models.
    link:
        ``link(server, device)`` is where those two make pairs.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        transports: Mapping[str, ModelTransport],
        link: Callable[[str, str], PairLink],
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._transports = transports
        self._link = link

    def for_task(self, ctx: Context, fabric: Fabric) -> "ModelService":
        """The same ways, for the models of one task."""
        models = copy(self)
        models._ctx, models._fabric = ctx, fabric
        return models

    def hand(self, server: str, device: str, content: Content) -> Generator[Any, Any, bool]:
        """Wait until the model has arrived; returns whether it has. Whoever waits does so with an end."""
        transport = self._transports[server]
        if isinstance(transport, EntangledTransport):
            handing = _Handing(self._ctx, self._fabric, transport, self._link(server, device), (server, device))
            return (yield from handing.run(content))
        yield self._fabric.delivered("model", server, device, content.size_bit)
        return True


class _Handing:
    """One model on its way over pairs, and what it takes."""

    def __init__(
        self, ctx: Context, fabric: Fabric, transport: EntangledTransport, link: PairLink, ends: tuple[str, str]
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._transport = transport
        self._link = link
        self._ends = ends
        self._requested = ctx.now
        self._waited = self._fidelity = self._classical = 0.0
        self._batches = self._pairs = self._stored = 0

    def run(self, content: Content) -> Generator[Any, Any, bool]:
        """Batch after batch until the model has arrived or is given up; whatever the end, it is written down."""
        rng = self._ctx.streams("transport", *self._ends)
        session = self._transport.open(content, self._link.fibre_m, rng)
        outcome = "broken off"
        try:
            told = True
            while told and session.wanted:
                draw = yield from self._draw(session.wanted)
                turn = session.use(draw.states)
                yield self._ctx.env.timeout(turn.flight_s)
                told = yield from self._tell(turn.messages)
            outcome = "arrived" if told and session.arrived else "given up"
        finally:
            self._record(content, outcome)
        return outcome == "arrived"

    def _draw(self, count: int) -> Generator[Any, Any, Draw]:
        """Wait until ``count`` pairs have been made; if the wait is broken off, those made until then are lost."""
        asked, store = self._ctx.now, self._link.store
        draw, there = store.take(asked, count), False
        self._batches += 1
        try:
            yield self._ctx.env.timeout(draw.ready_s - asked)
            there = True
        finally:
            self._waited += self._ctx.now - asked
            used = count if there or self._ctx.now >= draw.ready_s else store.withdraw(self._ctx.now)
            self._pairs += used
            self._stored += draw.stored
            self._fidelity += float(draw.states[:used, 0].sum())
        return draw

    def _tell(self, messages: tuple[Message, ...]) -> Generator[Any, Any, bool]:
        """Send classical messages in order, each again while it is lost; returns whether all have arrived."""
        for message in messages:
            for _ in range(self._transport.repeats + 1):
                if (yield self._sent(message)):
                    break
            else:
                return False
        return True

    def _sent(self, message: Message) -> simpy.Event:
        """The event of a message having arrived, or being lost."""
        server, device = self._ends
        source, destination = (server, device) if message.down else (device, server)
        event: simpy.Event = self._ctx.env.event()
        self._classical += message.size_bit
        self._fabric.send(
            message.kind, source, destination, message.size_bit,
            lambda: event.succeed(True), lambda: event.succeed(False),
        )  # fmt: skip
        return event

    def _record(self, content: Content, outcome: str) -> None:
        now, link = self._ctx.now, self._link
        attempts, discarded = link.store.attempts(now), link.store.discarded(now)
        self._ctx.record(
            Pairs(
                round=self._ctx.round,
                server=self._ends[0],
                device=self._ends[1],
                transport=self._transport.name,
                idealised=self._transport.idealised,
                fibre_m=link.fibre_m,
                segments=len(link.store.plan.lengths),
                purification_rounds=link.store.plan.levels,
                requested_s=self._requested,
                ended_s=now,
                outcome=outcome,
                pair_wait_s=self._waited,
                batches=self._batches,
                pairs=self._pairs,
                stored=self._stored,
                mean_fidelity=self._fidelity / self._pairs if self._pairs else float("nan"),
                attempts=attempts - link.told_attempts,
                discarded=discarded - link.told_discarded,
                message_bit=content.size_bit,
                classical_bit=self._classical,
            )
        )
        link.told_attempts, link.told_discarded = attempts, discarded

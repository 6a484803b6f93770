"""Who is there, on the timeline: devices that drop out, come and go, join and leave, and what follows for others."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import simpy

from qflsim.learning.presence import Presence
from qflsim.trace import Presence as PresenceRecord

from .context import Context
from .workbook import WorkBook

__all__ = ["Attendance"]


class Attendance:
    """The devices of a world, there or away.

    A device that goes has no power: what is under way to or from it is lost, its training breaks off, it votes no more,
    and no decision waits for it. It is a member of nothing until it is back.

    Parameters
    ----------
    ctx:
        The run's shared services.
    presence:
        When devices are there.
    devices:
        All devices.
    switch:
        Told of a device whether it is there now.
    """

    def __init__(
        self, ctx: Context, presence: Presence, devices: Sequence[str], switch: Callable[[str, bool], None]
    ) -> None:
        self._ctx = ctx
        self._presence = presence
        self._devices = tuple(devices)
        self._switch = switch
        self._dropped: dict[str, None] = {}
        self._out: set[str] = set()  # of their spell, as far as that goes
        self._awaited: list[simpy.Event] = []
        self.works: list[WorkBook] = []

    @property
    def announced(self) -> bool:
        """Whether a device that goes says so."""
        return self._presence.announced

    def begin(self) -> None:
        """Let time pass: who is not there at the beginning is away at once."""
        ctx = self._ctx
        for device, spells in self._presence.spells(self._devices, partial(ctx.streams, "presence")).items():
            going = (spell for spell in spells if spell[1] > ctx.now)
            first = next(going, None)
            if first is None or first[0] > ctx.now:
                self._go(device, "not there yet")
                self._out.add(device)
            self._await(device, first, going)

    def next_arrival(self) -> simpy.Event:
        """The event of any device coming or coming back."""
        event = self._ctx.env.event()
        self._awaited.append(event)
        return event

    def drop(self, device: str, task: str, round: int, training_s: float) -> None:
        """A device begins to train for so long [s]: it may drop out on the way."""
        rng = self._ctx.streams.fresh("dropout", device, task, str(round))
        share = self._presence.drops(rng)
        if share is not None:
            self._ctx.after(share * training_s, partial(self._drop_out, device))

    def renew(self) -> None:
        """A round begins: who had dropped out is back."""
        dropped, self._dropped = self._dropped, {}
        for device in dropped:
            if device not in self._out:
                self._come(device, "back")

    def _drop_out(self, device: str) -> None:
        if device not in self._ctx.away:
            self._dropped[device] = None
            self._go(device, "dropped out")

    def _await(self, device: str, spell: tuple[float, float] | None, rest: Iterator[tuple[float, float]]) -> None:
        """Let a device come at the beginning of a spell and go at its end."""
        if spell is None:
            return
        begin, until = spell

        def come() -> None:
            self._out.discard(device)
            self._come(device, "joined" if self.announced else "back")

        def go() -> None:
            self._out.add(device)
            self._go(device, "left" if self.announced else "away")
            self._await(device, next(rest, None), rest)

        if begin > self._ctx.now:
            self._ctx.at(begin, come)
        if until < float("inf"):
            self._ctx.at(until, go)

    def _come(self, device: str, reason: str) -> None:
        if device in self._ctx.away:
            self._switch(device, True)
            self._ctx.away.discard(device)
            self._note(device, reason)
            awaited, self._awaited = self._awaited, []
            for event in awaited:
                event.succeed()

    def _go(self, device: str, reason: str) -> None:
        if device in self._ctx.away:
            return
        self._switch(device, False)
        for works in self.works:
            works.drop_of(device, reason)
        self._note(device, reason)
        self._ctx.away.add(device)

    def _note(self, device: str, reason: str) -> None:
        self._ctx.record(
            PresenceRecord(
                round=self._ctx.round, time_s=self._ctx.now, device=device, there=reason in ("joined", "back"),
                reason=reason,
            )
        )  # fmt: skip

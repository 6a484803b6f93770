"""Which devices are at work on which model, and what became of every update: used, with its staleness, or why not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import simpy

from qflsim.chain.transactions import SignedTransaction
from qflsim.trace import UpdateFate

from .context import Context
from .device import Floats

__all__ = ["Labour", "WorkBook"]


@dataclass(eq=False)
class Labour:
    """One device's work for a server, from its selection to the use of its update.

    Parameters
    ----------
    device, server:
        Who works for whom.
    round, chosen_s:
        The round and the simulated time [s] of the selection.
    start:
        The model that the device is given, shape (parameters,).
    """

    device: str
    server: str
    round: int
    chosen_s: float
    start: Floats = field(repr=False)
    process: simpy.Process | None = None
    begun: bool = False
    update: SignedTransaction | None = None
    rivals: tuple[SignedTransaction, ...] = ()
    """Other updates that its device signed too."""
    signed_s: float = float("nan")
    arrived_s: float = float("nan")


class WorkBook:
    """The work of all devices, by device: each does one at a time.

    Parameters
    ----------
    ctx:
        The run's shared services.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._labours: dict[str, Labour] = {}
        self.handed_in: dict[str, Callable[[Labour], None]] = {}
        """What each server does with an update that its device has just signed."""

    def __contains__(self, device: str) -> bool:
        return device in self._labours

    def of(self, server: str) -> Iterator[Labour]:
        """What is under way for ``server``, by device."""
        return iter(sorted((own for own in self._labours.values() if own.server == server), key=lambda own: own.device))

    def open(self, labour: Labour) -> None:
        """A device begins."""
        self._labours[labour.device] = labour

    def sign(self, labour: Labour, signed: Sequence[SignedTransaction]) -> None:
        """A device is done: its server's committee is told, if one is sitting."""
        labour.update, *rivals = signed
        labour.rivals, labour.signed_s = tuple(rivals), self._ctx.now
        self.handed_in[labour.server](labour)

    def use(self, labour: Labour, staleness: int, weight: float) -> None:
        """An update has gone into a model."""
        self._close(labour, staleness, weight, "")

    def drop(self, labour: Labour, reason: str) -> None:
        """A device is broken off, or its update is not used."""
        if labour.process is not None and labour.process.is_alive:
            labour.process.interrupt(reason)
        self._close(labour, self._ctx.round - labour.round, 0.0, reason)

    def drop_all(self, reason: str) -> None:
        """Nobody will use what is still under way."""
        for labour in list(self._labours.values()):
            self.drop(labour, reason)

    def drop_of(self, device: str, reason: str) -> None:
        """What ``device`` was doing, if anything, is lost."""
        if device in self._labours:
            self.drop(self._labours[device], reason)

    def _close(self, labour: Labour, staleness: int, weight: float, reason: str) -> None:
        if self._labours.get(labour.device) is not labour:
            return  # settled before: a device that left, say
        del self._labours[labour.device]
        self._ctx.record(
            UpdateFate(
                round=self._ctx.round,
                task=self._ctx.task,
                started_round=labour.round,
                server=labour.server,
                device=labour.device,
                chosen_s=labour.chosen_s,
                signed_s=labour.signed_s,
                arrived_s=labour.arrived_s,
                used=not reason,
                staleness=staleness,
                weight=weight,
                reason=reason,
            )
        )

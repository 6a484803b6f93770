"""What every process of one run shares: the clock, the trace, the energy book and the random streams."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from qflsim.chain.archive import Archive
from qflsim.energy import EnergyBook
from qflsim.streams import Streams
from qflsim.trace import Record, Trace

from .clock import Clock
from .stores import Stores

__all__ = ["Alarm", "Away", "Context", "Longest", "Shelf", "Totals"]


class Alarm:
    """Something that will be done at its time unless it is called off; then it holds on to nothing any more."""

    def __init__(self, timeout: simpy.Timeout, action: Callable[[], Any]) -> None:
        self._timeout = timeout
        timeout.callbacks.append(lambda _: action())

    def cancel(self) -> None:
        """Call it off, if it has not been done."""
        if self._timeout.callbacks is not None:
            self._timeout.callbacks.clear()


@dataclass
class Totals:
    """Running sums since time 0, over all tasks, that the round and evaluation records quote."""

    air_bit: float = 0.0
    wired_bit: float = 0.0
    qkd_bit: float = 0.0
    ledger_byte: int = 0


@dataclass
class Longest:
    """The longest of what happened several times in a task's round that goes on [s]."""

    key_wait_s: float = 0.0
    qpu_s: float = 0.0
    repetition_s: float = 0.0
    local_agreement_s: float = 0.0


class Away:
    """The nodes that are not there, and who has to know when one goes."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._watchers: dict[object, Callable[[str], object]] = {}

    def __contains__(self, node: str) -> bool:
        return node in self._names

    def add(self, node: str) -> None:
        """A node goes."""
        self._names.add(node)
        for watcher in list(self._watchers.values()):
            watcher(node)

    def discard(self, node: str) -> None:
        """A node is back."""
        self._names.discard(node)

    def watch(self, owner: object, watcher: Callable[[str], object]) -> None:
        """Let ``watcher`` know of every node that goes, until ``owner`` has heard enough."""
        self._watchers[owner] = watcher

    def unwatch(self, owner: object) -> None:
        """``owner`` has heard enough."""
        self._watchers.pop(owner, None)


@dataclass
class Shelf:
    """Where the contexts of a run find its archive, which is there while the run goes on."""

    archive: Archive | None = None


@dataclass
class Context:
    """The services of one run, handed to every process.

    Where several tasks are learnt at once, each has a context of its own, which shares clock, trace, books and archive
    with that of the run, and counts its own rounds.

    Parameters
    ----------
    env:
        SimPy's clock and event queue; time in seconds.
    trace:
        Where records go.
    energy:
        The book of joules by node and cause.
    streams:
        Named random streams.
    task:
        The learning task; empty for what serves several.
    round:
        The round of the task that goes on; of several tasks' common context, the latest that any has begun.
    parent:
        The run's context, of which this is a task's; ``None`` if it is the run's own.
    """

    env: Clock
    trace: Trace
    energy: EnergyBook
    streams: Streams
    task: str = ""
    round: int = 0
    totals: Totals = field(default_factory=Totals)
    longest: Longest = field(default_factory=Longest)
    shelf: Shelf = field(default_factory=Shelf)
    away: Away = field(default_factory=Away)
    parent: "Context | None" = None
    _stores: Stores | None = None

    @property
    def stores(self) -> Stores:
        """What nodes store of the chains, and in which format models are written; by default everything."""
        if self._stores is None:
            self._stores = Stores(self)
        return self._stores

    def use(self, stores: Stores) -> None:
        """From now on these are the stores, of every task that begins later, too."""
        self._stores = stores

    def of_task(self, task: str, round: int = 0) -> "Context":
        """A context for one of several tasks, after a round of it: its own streams and rounds, all else is shared."""
        streams = self.streams.under("task", task)
        return replace(self, task=task, round=round, streams=streams, longest=Longest(), parent=self)

    def begin_round(self, number: int) -> None:
        """From now on, what is done for the task is done in this round."""
        self.round, self.longest = number, Longest()
        if self.parent is not None:
            self.parent.round = max(self.parent.round, number)

    @property
    def archive(self) -> Archive | None:
        """Where committed blocks are kept; ``None`` if in memory only."""
        return self.shelf.archive

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        now: float = self.env.now
        return now

    def record(self, record: Record) -> None:
        """Write one record to its table."""
        self.trace(record)

    def flush(self) -> None:
        """Bring blocks and records written so far to disk: what stands in a table stands on its chain."""
        if self.archive is not None:
            self.archive.commit()
        self.trace.flush()

    def after(self, delay: float, action: Callable[[], Any]) -> None:
        """Do ``action`` after ``delay`` seconds: an event with a callback, no process."""
        self.env.timeout(delay).callbacks.append(lambda _: action())

    def alarm(self, delay: float, action: Callable[[], Any]) -> Alarm:
        """Do ``action`` after ``delay`` seconds unless it is called off before."""
        return Alarm(self.env.timeout(delay), action)

    def at(self, time: float, action: Callable[[], Any]) -> None:
        """Do ``action`` at simulated ``time``, which must not lie in the past."""
        self.after(max(0.0, time - self.now), action)

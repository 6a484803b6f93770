"""What every process of one run shares: the clock, the trace, the energy book and the random streams."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import simpy

from qflsim.chain.archive import Archive
from qflsim.energy import EnergyBook
from qflsim.streams import Streams
from qflsim.trace import Record, Trace

__all__ = ["Context", "Totals"]


@dataclass
class Totals:
    """Running sums since time 0 that the round and evaluation records quote."""

    air_bit: float = 0.0
    wired_bit: float = 0.0
    qkd_bit: float = 0.0
    ledger_byte: int = 0
    round_key_wait_s: float = 0.0
    round_qpu_s: float = 0.0
    round_repetition_s: float = 0.0
    round_local_agreement_s: float = 0.0

    def open_round(self) -> None:
        """Forget the longest waits of the round before."""
        self.round_key_wait_s = self.round_qpu_s = self.round_repetition_s = self.round_local_agreement_s = 0.0


@dataclass
class Context:
    """The services of one run, handed to every process.

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
    archive:
        Where committed blocks are kept; ``None`` keeps them in memory only.
    """

    env: simpy.Environment
    trace: Trace
    energy: EnergyBook
    streams: Streams
    round: int = 0
    totals: Totals = field(default_factory=Totals)
    archive: Archive | None = None

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        now: float = self.env.now
        return now

    def record(self, record: Record) -> None:
        """Write one record to its table."""
        self.trace(record)

    def flush(self) -> None:
        """Bring records and blocks written so far to disk."""
        self.trace.flush()
        if self.archive is not None:
            self.archive.commit()

    def after(self, delay: float, action: Callable[[], Any]) -> None:
        """Do ``action`` after ``delay`` seconds: an event with a callback, no process."""
        self.env.timeout(delay).callbacks.append(lambda _: action())

    def at(self, time: float, action: Callable[[], Any]) -> None:
        """Do ``action`` at simulated ``time``, which must not lie in the past."""
        self.after(max(0.0, time - self.now), action)

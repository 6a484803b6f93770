"""What the whole run spends between the ends of two rounds, of whichever task they are."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from qflsim.trace import Energy

from .context import Context
from .ledger import Ledger

__all__ = ["Books", "Spent"]


@dataclass(frozen=True)
class Spent:
    """What was spent since the books were closed before."""

    air_bit: float
    wired_bit: float
    key_bit: float
    ledger_byte: int
    energy_j: float
    qpu_cooling_j: float


class Books:
    """The books of a run, which every task closes at the end of each of its rounds.

    A joule of a cooling plant or a base station is nobody's in particular: where several tasks go on at once, what is
    closed is what the run spent since any task closed the books before.

    Parameters
    ----------
    ctx:
        The run's shared services.
    roles:
        ``publisher``, ``server``, ``device`` or ``transit`` for every node.
    upkeep:
        Charges, between two times [s], what runs whether it is used or not.
    tasks:
        How many tasks close them.
    """

    def __init__(
        self, ctx: Context, roles: Mapping[str, str], upkeep: Callable[[float, float], None], tasks: int
    ) -> None:
        self._ctx = ctx
        self._roles = roles
        self._upkeep = upkeep
        self._tasks = tasks
        self._closed_s = ctx.now
        self._before = replace(ctx.totals)

    @property
    def going(self) -> bool:
        """Whether a task still goes on."""
        return self._tasks > 0

    def leave(self) -> bool:
        """Take leave of a task that is over; returns whether it was the last one."""
        self._tasks -= 1
        return not self._tasks

    def close(self, round: int, ledgers: Sequence[Ledger], time: float) -> Spent:
        """Settle energy, and record it and what every copy of ``ledgers`` holds at the end of a round, ``time`` [s]."""
        ctx, before = self._ctx, self._before
        self._upkeep(self._closed_s, time)
        for ledger in ledgers:
            ledger.store(time, round)
        spent = ctx.energy.close_round()
        for node, cause, joules in spent:
            ctx.record(Energy(round=round, node=node, role=self._roles[node], cause=cause, energy_j=joules))
        now = replace(ctx.totals)
        self._closed_s, self._before = time, now
        return Spent(
            air_bit=now.air_bit - before.air_bit,
            wired_bit=now.wired_bit - before.wired_bit,
            key_bit=now.qkd_bit - before.qkd_bit,
            ledger_byte=now.ledger_byte - before.ledger_byte,
            energy_j=math.fsum(joules for _, _, joules in spent),
            qpu_cooling_j=math.fsum(joules for _, cause, joules in spent if cause == "qpu_cooling"),
        )

"""A quantum processor on the timeline: one job at a time, each with its time by part and its energy by cause."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from qflsim.learning.stragglers import Speeds
from qflsim.quantum.qpu import QPU, JobTime, ShotTiming

from .context import Context
from .processor import TaskProcessor

__all__ = ["QuantumProcessor"]


@dataclass
class _Hours:
    """Times [s] of a QPU: that it ran since the last account, that of the account, and when the job under way began."""

    busy_s: float = 0.0
    accounted_s: float = 0.0
    began_s: float | None = None


class QuantumProcessor(TaskProcessor):
    """The QPU of one node.

    Parameters
    ----------
    ctx, node, speeds:
        See `TaskProcessor`.
    qpu:
        Timing and power.
    timing:
        Durations of one shot of the task's circuit.
    qubits:
        Physical qubits of the chip, all of which are controlled and cooled.
    """

    def __init__(self, ctx: Context, node: str, speeds: Speeds, qpu: QPU, timing: ShotTiming, qubits: int) -> None:
        super().__init__(ctx, node, speeds)
        self._qpu = qpu
        self._timing = timing
        self._qubits = qubits
        self._hours = _Hours(accounted_s=ctx.now)

    def for_task(self, ctx: Context, timing: ShotTiming) -> "QuantumProcessor":
        """The same QPU, for the jobs of another task, whose circuit has its own durations: all queue for it."""
        qpu = copy(self)
        qpu._ctx, qpu._timing = ctx, timing
        return qpu

    def duration(self, submissions: Sequence[int]) -> float:
        """Time [s] of a job on this machine, queueing left out."""
        return self._time(submissions).total_s

    def _time(self, submissions: Sequence[int]) -> JobTime:
        return self._qpu.run_time(submissions, self._timing).scaled(self.slowdown)

    def _began(self) -> None:
        self._hours.began_s = self._ctx.now

    def _completed(self, submissions: Sequence[int]) -> None:
        time = self._time(submissions)
        if time.total_s > self._ctx.longest.qpu_s:
            self._ctx.longest.qpu_s = time.total_s
            self._ctx.longest.repetition_s = time.repetition_s

    def _spend(self, submissions: Sequence[int], share: float) -> dict[str, Any]:
        time = self._time(submissions)
        ran_s = share * time.total_s
        control_j = self._qpu.plant.control_energy(self._qubits, ran_s)
        cooling_j = self._qpu.plant.cooling_energy(self._qubits, ran_s)
        self._hours.busy_s += min(ran_s, self._ctx.now - self._hours.accounted_s)
        self._hours.began_s = None
        self._ctx.energy.charge(self._node, "qpu_control", control_j)
        self._ctx.energy.charge(self._node, "qpu_cooling", cooling_j)
        return {
            "circuits": sum(submissions),
            "shots": self._qpu.shots,
            "overhead_s": share * time.overhead_s,
            "circuit_s": share * time.circuit_s,
            "readout_s": share * time.readout_s,
            "repetition_s": share * time.repetition_s,
            "control_j": control_j,
            "cooling_j": cooling_j,
        }

    def account_idle(self, until: float) -> None:
        """Charge the time since the last account in which no job ran: a cryostat of one's own never stops."""
        hours = self._hours
        running = 0.0 if hours.began_s is None else until - max(hours.began_s, hours.accounted_s)
        idle = max(0.0, until - hours.accounted_s - hours.busy_s - running)
        self._ctx.energy.charge(self._node, "qpu_cooling", self._qpu.plant.idle_energy(self._qubits, idle))
        hours.accounted_s, hours.busy_s = until, 0.0

"""A quantum processor on the timeline: one job at a time, each with its time by part and its energy by cause."""

from collections.abc import Callable, Generator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import simpy

from qflsim.learning.stragglers import Speeds
from qflsim.quantum.qpu import QPU, JobTime, ShotTiming
from qflsim.trace import Job

from .context import Context

__all__ = ["QuantumProcessor", "Work"]


@dataclass(frozen=True)
class Work:
    """What a job is for and how much it runs.

    Parameters
    ----------
    purpose:
        ``train`` or ``evaluate``.
    server:
        Server for which it is done.
    submissions:
        Circuits of each submission, one submission after the other.
    samples:
        Data samples used.
    start:
        Called when the QPU begins; hands the job to whoever computes its result.
    finish:
        Called when the QPU is done; gives the mean loss [nat].
    """

    purpose: str
    server: str
    submissions: Sequence[int]
    samples: int
    start: Callable[[], None]
    finish: Callable[[], float]


@dataclass
class _Hours:
    """Times [s] of a QPU: that it ran since the last account, that of the account, and when the job under way began."""

    busy_s: float = 0.0
    accounted_s: float = 0.0
    began_s: float | None = None


class QuantumProcessor:
    """The QPU of one node.

    Parameters
    ----------
    ctx:
        The run's shared services.
    node:
        Its owner.
    qpu:
        Timing and power.
    timing:
        Durations of one shot of the task's circuit.
    qubits:
        Physical qubits of the chip, all of which are controlled and cooled.
    speeds:
        How much longer its jobs take than the model says.

    Attributes
    ----------
    slowdown:
        Factor on the time of its jobs.
    """

    def __init__(self, ctx: Context, node: str, qpu: QPU, timing: ShotTiming, qubits: int, speeds: Speeds) -> None:
        self._ctx = ctx
        self._node = node
        self._qpu = qpu
        self._timing = timing
        self._qubits = qubits
        self._resource = simpy.Resource(ctx.env, capacity=1)
        self._hours = _Hours(accounted_s=ctx.now)
        self._pace = speeds
        self._draws = ctx.streams("speed", "queue", node)
        self.slowdown = speeds.slowdown(ctx.streams.fresh("speed", node))

    def for_task(self, ctx: Context, timing: ShotTiming) -> "QuantumProcessor":
        """The same QPU, for the jobs of another task, whose circuit has its own durations: all queue for it."""
        qpu = copy(self)
        qpu._ctx, qpu._timing = ctx, timing
        return qpu

    def duration(self, submissions: Sequence[int]) -> float:
        """Time [s] of a job on this machine, queueing left out."""
        return self._qpu.run_time(submissions, self._timing).scaled(self.slowdown).total_s

    def run(self, work: Work) -> Generator[Any, Any, None]:
        """Queue for the QPU, run the job, record it; an interrupted job is broken off and recorded as far as it got."""
        submitted = self._ctx.now
        with self._resource.request() as turn:
            yield turn
            if work.purpose == "train" and (wait := self._pace.queueing(self._draws)):
                yield self._ctx.env.timeout(wait)
            started = self._ctx.now
            time = self._qpu.run_time(work.submissions, self._timing).scaled(self.slowdown)
            self._hours.began_s = started
            work.start()
            try:
                yield self._ctx.env.timeout(time.total_s)
            except simpy.Interrupt:
                share = (self._ctx.now - started) / time.total_s
                self._close(
                    replace(work, purpose="aborted", finish=lambda: float("nan")), submitted, started, time, share
                )
                raise
            self._close(work, submitted, started, time, 1.0)
            if work.purpose == "train" and time.total_s > self._ctx.longest.qpu_s:
                self._ctx.longest.qpu_s = time.total_s
                self._ctx.longest.repetition_s = time.repetition_s

    def _close(self, work: Work, submitted: float, started: float, time: JobTime, share: float) -> None:
        """Charge and record a job that ran for ``share`` of its time."""
        ran_s = share * time.total_s
        control_j = self._qpu.plant.control_energy(self._qubits, ran_s)
        cooling_j = self._qpu.plant.cooling_energy(self._qubits, ran_s)
        self._hours.busy_s += min(ran_s, self._ctx.now - self._hours.accounted_s)
        self._hours.began_s = None
        self._ctx.energy.charge(self._node, "qpu_control", control_j)
        self._ctx.energy.charge(self._node, "qpu_cooling", cooling_j)
        self._ctx.record(
            Job(
                round=self._ctx.round,
                task=self._ctx.task,
                node=self._node,
                server=work.server,
                purpose=work.purpose,
                submitted_s=submitted,
                started_s=started,
                ended_s=self._ctx.now,
                steps=len(work.submissions),
                circuits=sum(work.submissions),
                shots=self._qpu.shots,
                overhead_s=share * time.overhead_s,
                circuit_s=share * time.circuit_s,
                readout_s=share * time.readout_s,
                repetition_s=share * time.repetition_s,
                control_j=control_j,
                cooling_j=cooling_j,
                samples=work.samples,
                loss=work.finish(),
            )
        )

    def account_idle(self, until: float) -> None:
        """Charge the time since the last account in which no job ran: a cryostat of one's own never stops."""
        hours = self._hours
        running = 0.0 if hours.began_s is None else until - max(hours.began_s, hours.accounted_s)
        idle = max(0.0, until - hours.accounted_s - hours.busy_s - running)
        self._ctx.energy.charge(self._node, "qpu_cooling", self._qpu.plant.idle_energy(self._qubits, idle))
        hours.accounted_s, hours.busy_s = until, 0.0

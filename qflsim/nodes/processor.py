"""What a node trains and evaluates on: one job at a time, each with its time and its energy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import simpy

from qflsim.learning.stragglers import Speeds
from qflsim.trace import Job

from .context import Context

__all__ = ["TaskProcessor", "Work"]


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
        Circuits or operations of each step, one after the other.
    samples:
        Data samples used.
    start:
        Called when the processor begins; hands the job to whoever computes its result.
    finish:
        Called when the processor is done; gives the mean loss [nat].
    """

    purpose: str
    server: str
    submissions: Sequence[int]
    samples: int
    start: Callable[[], None]
    finish: Callable[[], float]


class TaskProcessor(ABC):
    """The QPU of a node, or the processor on which it trains a network.

    Parameters
    ----------
    ctx:
        The run's shared services.
    node:
        Its owner.
    speeds:
        How much longer its jobs take than the model says.

    Attributes
    ----------
    slowdown:
        Factor on the time of its jobs.
    """

    def __init__(self, ctx: Context, node: str, speeds: Speeds) -> None:
        self._ctx = ctx
        self._node = node
        self._resource = simpy.Resource(ctx.env, capacity=1)
        self._pace = speeds
        self._draws = ctx.streams("speed", "queue", node)
        self.slowdown = speeds.slowdown(ctx.streams.fresh("speed", node))

    @abstractmethod
    def duration(self, submissions: Sequence[int]) -> float:
        """Time [s] of a job on this machine, queueing left out."""

    @abstractmethod
    def _spend(self, submissions: Sequence[int], share: float) -> dict[str, Any]:
        """Charge a job that ran for ``share`` of its time; returns the columns of the jobs table that say what of."""

    def _began(self) -> None:  # noqa: B027  # only a QPU keeps hours
        """A job begins."""

    def _completed(self, submissions: Sequence[int]) -> None:  # noqa: B027  # only a QPU tells
        """A training was not broken off."""

    def run(self, work: Work) -> Generator[Any, Any, None]:
        """Queue, run the job, record it; an interrupted job is broken off and recorded as far as it got."""
        submitted = self._ctx.now
        with self._resource.request() as turn:
            yield turn
            if work.purpose == "train" and (wait := self._pace.queueing(self._draws)):
                yield self._ctx.env.timeout(wait)
            started = self._ctx.now
            duration = self.duration(work.submissions)
            self._began()
            work.start()
            try:
                yield self._ctx.env.timeout(duration)
            except simpy.Interrupt:
                broken = replace(work, purpose="aborted", finish=lambda: float("nan"))
                self._close(broken, submitted, started, (self._ctx.now - started) / duration)
                raise
            self._close(work, submitted, started, 1.0)
            if work.purpose == "train":
                self._completed(work.submissions)

    def _close(self, work: Work, submitted: float, started: float, share: float) -> None:
        """Charge and record a job that ran for ``share`` of its time."""
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
                samples=work.samples,
                loss=work.finish(),
                **self._spend(work.submissions, share),
            )
        )

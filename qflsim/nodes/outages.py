"""Failures and repairs of one fibre on the timeline."""

from collections.abc import Callable, Iterator, Sequence

from qflsim.trace import Outage

from .context import Context
from .media import FibreLink

__all__ = ["FibreOutages"]


class FibreOutages:
    """Takes one fibre down and up again, and writes down what that cost. One pending event, no process.

    Parameters
    ----------
    ctx:
        The run's shared services.
    ends:
        The two ends of the fibre.
    directions:
        The fibre's two directions.
    timetable:
        Times [s] from and until which it is down, in order.
    changed:
        Told ``False`` when the fibre fails and ``True`` when it is back, before any message is given up.
    """

    def __init__(
        self,
        ctx: Context,
        ends: tuple[str, str],
        directions: Sequence[FibreLink],
        timetable: Iterator[tuple[float, float]],
        changed: Callable[[bool], None],
    ) -> None:
        self._ctx = ctx
        self._ends = ends
        self._directions = directions
        self._timetable = timetable
        self._changed = changed
        self._failed_s: float | None = None
        self._await_failure()

    def close(self) -> None:
        """Write down an outage that lasts beyond the run."""
        if self._failed_s is not None:
            self._record(self._failed_s, float("nan"))
            self._failed_s = None

    def _await_failure(self) -> None:
        outage = next((times for times in self._timetable if times[1] > self._ctx.now), None)
        if outage is not None:
            self._ctx.at(outage[0], lambda: self._fail(outage[1]))

    def _fail(self, until: float) -> None:
        self._failed_s = begin = self._ctx.now
        victims = [lost for link in self._directions for lost in link.fail()]
        self._changed(False)
        for lost in victims:
            lost()
        if until < float("inf"):
            self._ctx.at(until, lambda: self._repair(begin))

    def _repair(self, begin: float) -> None:
        for link in self._directions:
            link.repair()
        self._changed(True)
        self._failed_s = None
        self._record(begin, self._ctx.now)
        self._await_failure()

    def _record(self, begin: float, until: float) -> None:
        self._ctx.record(
            Outage(
                first=self._ends[0],
                second=self._ends[1],
                from_s=begin,
                to_s=until,
                lost=sum(link.lost for link in self._directions),
            )
        )

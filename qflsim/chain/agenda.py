"""What is going to happen on a network in memory: messages by the time they arrive, and timers."""

import heapq
import math
from collections import deque
from typing import Generic, TypeVar

__all__ = ["Agenda"]

T = TypeVar("T")
NEVER = (math.inf, math.inf)


class Agenda(Generic[T]):
    """What is to happen, in the order of time and, at equal times, of being put down.

    What is put down for one time lies in a queue of its own, so that a time that many share is sorted once. Timers lie
    apart, since most are cancelled.

    Attributes
    ----------
    bound:
        Of what is due at the time in progress, the number from which on it must wait for a timer.
    """

    def __init__(self) -> None:
        self._number = 0
        self._times: list[float] = []
        self._due: dict[float, deque[tuple[int, str, T]]] = {}
        self._alarms: list[tuple[float, int, str, str]] = []
        self._running: set[tuple[str, str]] = set()
        self.bound = math.inf

    def put(self, time: float, name: str, content: T) -> None:
        """Something happens to ``name`` at ``time`` [s]."""
        self._number += 1
        due = self._due.get(time)
        if due is None:
            due = self._due[time] = deque()
            heapq.heappush(self._times, time)
        due.append((self._number, name, content))

    def set_timer(self, now: float, name: str, timer: str, delay: float) -> None:
        """A timer of ``name`` runs out after ``delay`` [s]."""
        self._running.add((name, timer))
        self._number += 1
        heapq.heappush(self._alarms, (now + delay, self._number, name, timer))
        if now + delay <= now:
            self.bound = min(self.bound, self._number)

    def cancel_timer(self, name: str, timer: str) -> None:
        """A timer does not run out, if it still runs."""
        self._running.discard((name, timer))

    def next_alarm(self) -> tuple[float, float]:
        """Time [s] and number of the next timer to run out; infinite if none will."""
        alarms = self._alarms
        while alarms and alarms[0][2:] not in self._running:
            heapq.heappop(alarms)  # cancelled
        return alarms[0][:2] if alarms else NEVER

    def next_due(self) -> tuple[float, float]:
        """Time [s] and number of what happens next, timers aside; infinite if nothing does."""
        times = self._times
        while times and not self._due[times[0]]:
            del self._due[heapq.heappop(times)]
        return (times[0], self._due[times[0]][0][0]) if times else NEVER

    def due(self, alarm: tuple[float, float]) -> deque[tuple[int, str, T]]:
        """What is due at the next time, which may grow; ``alarm`` is the next timer's."""
        time = self._times[0]
        self.bound = alarm[1] if alarm[0] <= time else math.inf
        return self._due[time]

    def pop_alarm(self) -> tuple[float, str, str]:
        """The next timer runs out: when [s], whose, and which."""
        time, _, name, timer = heapq.heappop(self._alarms)
        self._running.discard((name, timer))
        return time, name, timer

"""Simulated time, which stops between two events when Ctrl-C asks for it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import simpy

__all__ = ["Clock"]


class Clock(simpy.Environment):
    """SimPy's environment, interrupted between events and never within one.

    What is raised within an event goes to whoever waits for it, and is lost if that has stopped waiting: a condition
    that another event has met. So Ctrl-C is remembered and heeded before the next event; again, it stops at once.
    """

    def __init__(self, initial_time: float = 0.0) -> None:
        super().__init__(initial_time)
        self._asked = False

    def step(self) -> None:
        """Process the next event, unless somebody asked to stop."""
        if self._asked:
            raise KeyboardInterrupt
        super().step()

    @contextmanager
    def heeding_interrupts(self) -> Iterator[None]:
        """Within the block, Ctrl-C stops simulated time; whoever handles it otherwise is left alone."""
        ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if not ours:
            yield
            return
        signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

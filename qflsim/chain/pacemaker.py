"""How long a validator waits for progress before it gives up on a leader."""

from qflsim.chain.agreement import Effect
from qflsim.chain.countdown import Countdown

__all__ = ["Pacemaker"]


class Pacemaker:
    """One timer at a time, that runs until a deadline which progress puts off; it looks again then.

    Parameters
    ----------
    first:
        Height at which the chain begins; it names the timers.
    timeout:
        Patience [s] at first; twice that after each time in vain since the last progress.

    Attributes
    ----------
    failed:
        Times in vain since then.
    """

    def __init__(self, first: int, timeout: float) -> None:
        self._countdown = Countdown(first)
        self._timeout = timeout
        self._deadline = 0.0
        self.failed = 0

    def put_off(self, now: float) -> None:
        """There is progress, or a new leader to wait for."""
        self._deadline = now + self._timeout * 2.0**self.failed

    def fail(self, now: float) -> None:
        """It was waited in vain; the next time takes twice as long."""
        self.failed += 1
        self.put_off(now)

    def watch(self, now: float) -> list[Effect]:
        """Let a timer run until the deadline, unless one runs already."""
        return [] if self._countdown.running else self._countdown.start(max(0.0, self._deadline - now))

    def expire(self, timer: str) -> bool:
        """Take in that a timer ran out; False if it does not matter any more."""
        return self._countdown.expire(timer)

    def early(self, now: float) -> bool:
        """Whether the deadline was put off, and is still to come."""
        return self._deadline - now > 1e-9 * self._timeout

    def rest(self) -> list[Effect]:
        """There is nothing to wait for."""
        return self._countdown.stop()

"""A replica's timer, of which one runs at a time."""

from qflsim.chain.agreement import CancelTimer, Effect, SetTimer

__all__ = ["Countdown"]


class Countdown:
    """One timer at a time; each has a name of its own.

    Parameters
    ----------
    height:
        What its names begin with.
    """

    def __init__(self, height: int) -> None:
        self._height = height
        self._count = 0
        self.running = False

    @property
    def _name(self) -> str:
        return f"{self._height}/{self._count}"

    def start(self, delay: float) -> list[Effect]:
        """Run for ``delay`` [s], instead of what runs."""
        stopped = self.stop()
        self._count, self.running = self._count + 1, True
        return [*stopped, SetTimer(self._name, delay)]

    def stop(self) -> list[Effect]:
        """Run no more."""
        if not self.running:
            return []
        self.running = False
        return [CancelTimer(self._name)]

    def expire(self, timer: str) -> bool:
        """Take in that a timer ran out; False if it does not matter any more."""
        if not self.running or timer != self._name:
            return False
        self.running = False
        return True

"""A network in memory that carries out what replicas ask for, to count messages and to measure delays.

It knows nothing of any protocol: it hands messages over after a delay, runs timers and notes decisions, in the
order of time and, at equal times, of sending.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qflsim.chain.agreement import (
    Agreement,
    Broadcast,
    CancelTimer,
    Decide,
    Effects,
    Message,
    Proposal,
    Send,
    SetTimer,
)

__all__ = ["Decision", "Loopback"]


@dataclass(frozen=True)
class Decision:
    """What one replica decided, and when [s]."""

    time_s: float
    digest: str
    view: int


class Loopback:
    """One height of agreement among ``members``.

    Parameters
    ----------
    protocol:
        How they agree.
    members:
        Names of all validators.
    delay:
        Gives the one-way delay [s] of the next message.
    absent:
        Validators that run no protocol: crashed, or played by the caller through `post`.
    """

    def __init__(
        self,
        protocol: Agreement,
        members: tuple[str, ...],
        *,
        delay: Callable[[], float] = lambda: 1.0,
        absent: Iterable[str] = (),
    ) -> None:
        self.members = members
        self.sent: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.decisions: dict[str, Decision] = {}
        self._delay = delay
        self._now = 0.0
        self._number = 0
        self._queue: list[tuple[float, int, str, Message | str]] = []
        self._timers: set[tuple[str, str]] = set()
        self._replicas = {name: protocol.replica(name, members) for name in members if name not in set(absent)}

    def run(self, until: float = 1000.0) -> "Loopback":
        """Let every member propose a block of its own; go on until nothing is left to do, or until a time [s]."""
        for name, replica in self._replicas.items():
            self._carry_out(name, replica.start(self._now, Proposal(f"block of {name}", 1000), 0))
        while self._queue and self._queue[0][0] <= until:
            self._now, _, name, content = heapq.heappop(self._queue)
            if isinstance(content, Message):
                self.received[content.kind] += 1
                self._carry_out(name, self._replicas[name].handle(self._now, content))
            elif (name, content) in self._timers:
                self._timers.discard((name, content))
                self._carry_out(name, self._replicas[name].expire(self._now, content))
        return self

    def post(self, destination: str, message: Message) -> None:
        """Put a message on its way; one to an absent validator is sent but never received."""
        self.sent[message.kind] += 1
        delay = self._delay()
        if destination in self._replicas:
            self._push(self._now + delay, destination, message)

    def _push(self, time: float, name: str, content: Message | str) -> None:
        self._number += 1
        heapq.heappush(self._queue, (time, self._number, name, content))

    def _carry_out(self, name: str, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message):
                    for other in self.members:
                        if other != name:
                            self.post(other, message)
                case Send(to, message):
                    self.post(to, message)
                case SetTimer(timer, delay):
                    self._timers.add((name, timer))
                    self._push(self._now + delay, name, timer)
                case CancelTimer(timer):
                    self._timers.discard((name, timer))
                case Decide(_, digest, view):
                    self.decisions[name] = Decision(self._now, digest, view)

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
    Validate,
)

__all__ = ["Decision", "Loopback"]


@dataclass(frozen=True)
class Decision:
    """What one replica decided, and when [s]."""

    time_s: float
    digest: str
    view: int


class Loopback:
    """Agreement among ``members``, height after height.

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
    validate:
        The application's word on proposals.
    """

    def __init__(
        self,
        protocol: Agreement,
        members: tuple[str, ...],
        *,
        delay: Callable[[], float] = lambda: 1.0,
        absent: Iterable[str] = (),
        validate: Validate | None = None,
    ) -> None:
        self.members = members
        self.sent: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.decided: dict[int, dict[str, Decision]] = {}
        self.now = 0.0
        self._delay = delay
        self._number = 0
        self._heights = 1
        self._queue: list[tuple[float, int, str, Message | str | int]] = []
        self._timers: set[tuple[str, str]] = set()
        gone = set(absent)
        self._others = {name: tuple(other for other in members if other != name) for name in members}
        self._replicas = {name: protocol.replica(name, members, validate) for name in members if name not in gone}

    @property
    def decisions(self) -> dict[str, Decision]:
        """Decisions at height 0, by replica."""
        return self.decided.get(0, {})

    def run(self, until: float = 1000.0, heights: int = 1) -> "Loopback":
        """Let every member propose a block of its own; go on until nothing is left to do, or until a time [s].

        With more than one height, each member begins the next one when it has decided.
        """
        self._heights = heights
        for name in self._replicas:
            self._start(name, 0)
        queue, timers, replicas = self._queue, self._timers, self._replicas
        while queue and queue[0][0] <= until:
            self.now, _, name, content = heapq.heappop(queue)
            if isinstance(content, Message):
                self.received[content.kind] += 1
                self._carry_out(name, replicas[name].handle(self.now, content))
            elif isinstance(content, int):
                self._start(name, content)
            elif (name, content) in timers:
                timers.discard((name, content))
                self._carry_out(name, replicas[name].expire(self.now, content))
        return self

    def post(self, destination: str, message: Message) -> None:
        """Put a message on its way; one to an absent validator is sent but never received."""
        self._post((destination,), message)

    def _post(self, destinations: tuple[str, ...], message: Message) -> None:
        self.sent[message.kind] += len(destinations)
        queue, replicas, now, number = self._queue, self._replicas, self.now, self._number
        for destination in destinations:
            delay = self._delay()
            if destination in replicas:
                number += 1
                heapq.heappush(queue, (now + delay, number, destination, message))
        self._number = number

    def _start(self, name: str, height: int) -> None:
        proposal = Proposal(f"block {height} of {name}", 1000)
        self._carry_out(name, self._replicas[name].start(self.now, proposal, height))

    def _push(self, time: float, name: str, content: Message | str | int) -> None:
        self._number += 1  # messages, names of timers and heights to begin, in order
        heapq.heappush(self._queue, (time, self._number, name, content))

    def _carry_out(self, name: str, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, Broadcast):
                self._post(self._others[name], effect.message)
            elif isinstance(effect, Send):
                self._post((effect.to,), effect.message)
            elif isinstance(effect, SetTimer):
                self._timers.add((name, effect.name))
                self._push(self.now + effect.delay, name, effect.name)
            elif isinstance(effect, CancelTimer):
                self._timers.discard((name, effect.name))
            elif isinstance(effect, Decide):
                self._note(name, effect)

    def _note(self, name: str, decide: Decide) -> None:
        self.decided.setdefault(decide.height, {})[name] = Decision(self.now, decide.digest, decide.view)
        if decide.height + 1 < self._heights:
            self._push(self.now, name, decide.height + 1)

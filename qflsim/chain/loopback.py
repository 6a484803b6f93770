"""A network in memory that carries out what replicas ask for, to count messages and to measure delays.

It knows nothing of any protocol: it hands messages over after a delay, runs timers and notes decisions, in the
order of time and, at equal times, of sending.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from qflsim.chain.agenda import Agenda
from qflsim.chain.agreement import (
    Abort,
    Agreement,
    Broadcast,
    CancelTimer,
    Decide,
    Entangle,
    Extend,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
    Spend,
    Transmit,
    Validate,
)
from qflsim.chain.performer import Performer
from qflsim.chain.seat import Fate, Play, Seat
from qflsim.quantum.singlets import Entries, read_lists
from qflsim.streams import Streams

__all__ = ["Decision", "Loopback"]


class _Read(NamedTuple):
    """Entries of the lists of a height, on their way to who holds them."""

    height: int
    entries: dict[tuple[str, str], Entries]


_Content = Message | int | _Read
"""What happens to a member: a message comes, a height begins, lists are read."""


@dataclass(frozen=True)
class Decision:
    """What one replica decided, and when [s]."""

    time_s: float
    digest: str
    view: int


class Loopback(Performer):
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
    seed:
        Seed of what the protocol draws.
    played:
        Who takes the seats of members that do not follow the protocol; these members are accomplices.
    fate:
        What happens to a message on top of ``delay``; nothing, if left out.
    errors:
        Probability that an entry of a list is turned; lists are there at once.

    Attributes
    ----------
    replicas:
        Those that run the protocol, by name.
    sent, received:
        Messages by kind.
    decided:
        Decisions by height and replica.
    aborted:
        Reasons to decide on nothing, by height and replica.
    qubits:
        Qubits that were counted.
    extended:
        Blocks made, in protocols in which blocks compete, with who made them.
    spent_j:
        Energy [J] by cause.
    """

    def __init__(
        self,
        protocol: Agreement,
        members: tuple[str, ...],
        *,
        delay: Callable[[], float] = lambda: 1.0,
        absent: Iterable[str] = (),
        validate: Validate | None = None,
        seed: int = 0,
        played: Mapping[str, Play] | None = None,
        fate: Fate | None = None,
        errors: float = 0.0,
    ) -> None:
        super().__init__()
        self.members = members
        self.aborted: defaultdict[int, dict[str, str]] = defaultdict(dict)
        self.qubits = 0
        self._errors = errors
        self._streams = Streams(seed)
        self.extended: list[tuple[str, Extend]] = []
        self.spent_j: defaultdict[str, float] = defaultdict(float)
        self.sent: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.decided: dict[int, dict[str, Decision]] = {}
        self.now = 0.0
        self._delay = delay
        self._heights, self._ahead = 1, 0
        self._agenda: Agenda[_Content] = Agenda()
        gone = set(absent)
        self._others = {name: tuple(other for other in members if other != name) for name in members}
        self._fate = fate
        self._played = played or {}
        place = Seat(
            protocol=protocol, me="", members=members, validate=validate, draws=Streams(seed).fresh,
            accomplices=tuple(name for name in members if name in self._played),
        )  # fmt: skip
        self.replicas: dict[str, Replica] = {
            name: self._played.get(name, Seat.honest)(replace(place, me=name)) for name in members if name not in gone
        }
        self._enough = len(self.honest)

    @property
    def decisions(self) -> dict[str, Decision]:
        """Decisions at height 0, by replica."""
        return self.decided.get(0, {})

    def run(
        self, until: float = 1000.0, heights: int = 1, *, ahead: int = 0, stop: Callable[[], bool] | None = None
    ) -> "Loopback":
        """Let every member propose a block of its own; go on until nothing is left to do, or until a time [s].

        With more than one height, each member begins the next one when it has decided, or begins so many ``ahead`` of
        the one it decides, under a protocol that bears that. It ends early when ``stop``, asked after every event, says
        so: `all_decided`, or what the caller looks at.
        """
        self._heights, self._ahead = heights, ahead
        for name in self.replicas:
            for height in range(min(heights, 1 + ahead)):
                self._start(name, height)
        agenda = self._agenda
        while stop is None or not stop():
            alarm, due = agenda.next_alarm(), agenda.next_due()
            if min(alarm, due)[0] > until:
                break
            if due < alarm:
                self._deliver(due[0], agenda.due(alarm), stop)
            else:
                self.now, name, timer = agenda.pop_alarm()
                self.perform(name, self.replicas[name].expire(self.now, timer))
        for name, replica in self.replicas.items():
            self.perform(name, replica.close(self.now))
        return self

    def _deliver(self, time: float, due: deque[tuple[int, str, _Content]], stop: Callable[[], bool] | None) -> None:
        """Let everything happen that is due at ``time``, unless a timer runs out before."""
        replicas, received, agenda, perform = self.replicas, self.received, self._agenda, self.perform
        self.now = time
        while due and due[0][0] < agenda.bound and (stop is None or not stop()):
            _, name, content = due.popleft()
            if isinstance(content, Message):
                received[content.kind] += 1
                effects = replicas[name].handle(time, content)
                if effects:
                    perform(name, effects)
            elif isinstance(content, int):
                self._start(name, content)
            else:
                perform(name, replicas[name].read(time, *content))

    @property
    def honest(self) -> list[str]:
        """Members that follow the protocol."""
        return [name for name in self.replicas if name not in self._played]

    def forks(self) -> list[int]:
        """Heights at which two members that follow the protocol decided differently."""
        found = []
        for height, decisions in self.decided.items():
            blocks = {decisions[name].digest for name in self.honest if name in decisions}
            found += [height] if len(blocks) > 1 else []
        return found

    def all_decided(self) -> bool:
        """Whether all that follow the protocol have decided the last height."""
        decisions = self.decided.get(self._heights - 1, {})
        return len(decisions) >= self._enough and all(name in decisions for name in self.honest)

    def post(self, destination: str, message: Message) -> None:
        """Put a message on its way; one to an absent validator is sent but never received."""
        if self._fate is not None:
            self._post((destination,), message)
            return
        self.sent[message.kind] += 1
        later = self._delay()
        if destination in self.replicas:
            self._agenda.put(self.now + later, destination, message)

    def _post(self, destinations: tuple[str, ...], message: Message) -> None:
        self.sent[message.kind] += len(destinations)
        if self._fate is not None:
            self._meddle(self._fate, destinations, message)
            return
        now, delay, replicas, put = self.now, self._delay, self.replicas, self._agenda.put
        for destination in destinations:
            later = delay()
            if destination in replicas:
                put(now + later, destination, message)

    def _meddle(self, fate: Fate, destinations: tuple[str, ...], message: Message) -> None:
        """Send copies as somebody who holds the network has it."""
        for destination in destinations:
            delay = self._delay()
            for later in fate(self.now, message.sender, destination, message) if destination in self.replicas else ():
                self._agenda.put(self.now + delay + later, destination, message)

    def _start(self, name: str, height: int) -> None:
        proposal = Proposal(f"block {height} of {name}", 1000)
        self.perform(name, self.replicas[name].start(self.now, proposal, height))

    def _send(self, name: str, send: Send) -> None:
        self.post(send.to, send.message)

    def _broadcast(self, name: str, broadcast: Broadcast) -> None:
        self._post(self._others[name], broadcast.message)

    def _set_timer(self, name: str, timer: SetTimer) -> None:
        self._agenda.set_timer(self.now, name, timer.name, timer.delay)

    def _cancel_timer(self, name: str, timer: CancelTimer) -> None:
        self._agenda.cancel_timer(name, timer.name)

    def _decide(self, name: str, decide: Decide) -> None:
        self.decided.setdefault(decide.height, {})[name] = Decision(self.now, decide.digest, decide.view)
        following = decide.height + 1 + self._ahead
        if following < self._heights:
            self._agenda.put(self.now, name, following)

    def _extend(self, name: str, block: Extend) -> None:
        self.extended.append((name, block))

    def _spend(self, name: str, spent: Spend) -> None:
        self.spent_j[spent.cause] += spent.energy_j

    def _entangle(self, name: str, order: Entangle) -> None:
        """Hand out what is read of lists."""
        rng = self._streams.fresh("lists", str(order.height), name)
        read: defaultdict[str, dict[tuple[str, str], Entries]] = defaultdict(dict)
        for pair in order.lists:
            lists = read_lists(order.states, self._errors, self._errors, rng)
            for member, entries in zip((name, *pair), lists, strict=True):
                read[member][pair] = entries
        for member, entries_of in read.items():
            if member in self.replicas:
                self._agenda.put(self.now, member, _Read(order.height, entries_of))

    def _transmit(self, name: str, sent: Transmit) -> None:
        self.qubits += sent.qubits

    def _abort(self, name: str, abort: Abort) -> None:
        self.aborted[abort.height][name] = abort.reason

"""A network in memory that carries out the effects of replicas, for tests of agreement protocols."""

import heapq
from collections import Counter

import pytest

from qflsim.chain.agreement import Broadcast, CancelTimer, Decide, Proposal, Send, SetTimer


class Network:
    """Replicas joined by links with a delay [s]; ``silent`` members neither send nor receive.

    ``delay(source, destination, message)`` returns seconds, or None to lose the message.
    """

    def __init__(self, protocol, members, delay=lambda source, destination, message: 1.0, silent=(), validate=None):
        self.members = tuple(members)
        self.delay = delay
        self.silent = set(silent)
        self.now = 0.0
        self.sent = Counter()
        self.received = Counter()
        self.messages = []
        self.decisions = {}
        self.liars = {}
        self._queue = []
        self._number = 0
        self._timers = {}
        self.replicas = {
            name: protocol.replica(name, self.members, validate) for name in self.members if name not in self.silent
        }

    def start(self, height=0, proposals=None):
        for name, replica in self.replicas.items():
            proposal = Proposal(f"block-{name}", 1000) if proposals is None else proposals.get(name)
            self._carry_out(name, replica.start(self.now, proposal, height))

    def lie(self, name, react):
        """Let ``react(message)`` act for ``name``, returning (destination, message) pairs."""
        self.replicas.pop(name)
        self.liars[name] = react

    def post(self, source, destination, message):
        self.sent[message.kind] += 1
        self.messages.append((source, destination, message))
        delay = self.delay(source, destination, message)
        if delay is not None and destination not in self.silent:
            self._push(self.now + delay, ("message", destination, message))

    def run(self, until=1e9, limit=200_000):
        while self._queue and self._queue[0][0] <= until and limit:
            limit -= 1
            self.now, _, (what, name, content) = heapq.heappop(self._queue)
            if what == "message":
                self.received[content.kind] += 1
            if name in self.liars:
                for destination, message in self.liars[name](content):
                    self.post(name, destination, message)
            elif what == "message":
                self._carry_out(name, self.replicas[name].handle(self.now, content))
            elif self._timers.pop((name, content), False):
                self._carry_out(name, self.replicas[name].expire(self.now, content))
        return self

    def decided(self, height=0):
        """Digests decided at a height, by replica."""
        return {name: found[1] for (name, h), found in self.decisions.items() if h == height}

    def _push(self, time, event):
        self._number += 1
        heapq.heappush(self._queue, (time, self._number, event))

    def _carry_out(self, name, effects):
        for effect in effects:
            match effect:
                case Broadcast(message):
                    for other in self.members:
                        if other != name:
                            self.post(name, other, message)
                case Send(to, message):
                    self.post(name, to, message)
                case SetTimer(timer, delay):
                    assert (name, timer) not in self._timers
                    self._timers[name, timer] = True
                    self._push(self.now + delay, ("timer", name, timer))
                case CancelTimer(timer):
                    self._timers.pop((name, timer), None)
                case Decide(height, digest, view):
                    assert (name, height) not in self.decisions, "a replica decided twice"
                    self.decisions[name, height] = (self.now, digest, view)


@pytest.fixture(scope="session")
def network():
    return Network

"""A key network without a world: links at given rates, messages that take a second a hop."""

import pytest
import simpy

from qflsim.crypto.keyrouting import ShortestPath, ends_of
from qflsim.crypto.keystore import KeyStore
from qflsim.energy import EnergyBook
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.keylink import KeyLink
from qflsim.nodes.keynetwork import KeyNetwork
from qflsim.streams import Streams
from qflsim.trace import Trace


class Hop:
    """A carrier that takes a second, or loses everything."""

    medium = "fibre"

    def __init__(self, ctx, broken=False):
        self._ctx = ctx
        self.broken = broken

    def carry(self, label, size_bit, arrived, lost):
        self._ctx.after(1.0, lost if self.broken else arrived)


class KeyWorld:
    """Links between named nodes, a fabric beside them, and everything that is recorded."""

    def __init__(self, rates, routing=None, **store):
        trace, self.records = Trace(), []
        trace.observe(self.records.append)
        self.ctx = Context(simpy.Environment(initial_time=0.0), trace, EnergyBook(), Streams(1))
        marks = KeyStore(**({"minimum": 100.0, "maximum": 10_000.0} | store))
        self.links = {ends_of(*ends): KeyLink(self.ctx, ends_of(*ends), marks) for ends in rates}
        for ends, rate in rates.items():
            self.links[ends_of(*ends)].set_rate(rate)
        self.hop = Hop(self.ctx)
        self.fabric = Fabric(self.ctx, lambda source, destination: (self.hop,))
        self.network = KeyNetwork(self.ctx, self.fabric, self.links, routing or ShortestPath())
        self.ended = []

    def draw(self, source, target, bits, deadline_s=float("inf")):
        draw = self.network.draw(source, target, bits, deadline_s, self.ended.append)
        if not draw.pending:
            self.ended.append(draw)
        return draw

    def at(self, time, action):
        self.ctx.at(time, action)

    def run(self, until=1e6):
        self.ctx.env.run(until=until)

    def of(self, kind):
        return [record for record in self.records if isinstance(record, kind)]

    def drawn(self):
        return {ends: link.manager.drawn_bit for ends, link in self.links.items()}


@pytest.fixture(scope="session")
def key_world():
    """Builds a key network from the rates of its links."""
    return KeyWorld

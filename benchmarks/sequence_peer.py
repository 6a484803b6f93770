"""Three tasks of benchmarks/network.py in SeQUeNCe [1]_; run by the interpreter of an environment that has it.

    python benchmarks/sequence_peer.py EVENTS TIMERS MESSAGES HOPS BITS     # prints one line of JSON

References
----------
.. [1] X. Wu et al., "SeQUeNCe: a customizable discrete-event simulator of quantum networks", Quantum Sci. Technol. 6,
   045027 (2021).
"""

import json
import sys
import time
from importlib.metadata import version
from itertools import pairwise

from sequence.components.optical_channel import ClassicalChannel, QuantumChannel
from sequence.kernel.event import Event
from sequence.kernel.process import Process
from sequence.kernel.timeline import Timeline
from sequence.message import Message
from sequence.qkd.BB84 import pair_bb84_protocols
from sequence.topology.node import Node, QKDNode

GAPS = [1 + (7919 * i) % 1000 for i in range(1009)]


class Timers:
    """Timers that set themselves again until enough have gone off."""

    def __init__(self, timeline, events):
        self.timeline = timeline
        self.left = events

    def tick(self, number):
        """Go off, and set the next."""
        self.left -= 1
        if self.left > 0:
            due = self.timeline.now() + GAPS[(self.left + number) % 1009]
            self.timeline.schedule(Event(due, Process(self, "tick", [number])))
        else:
            self.timeline.stop()


def timers(events, count):
    """Events per second of the kernel alone."""
    timeline = Timeline()
    ticking = Timers(timeline, events)
    for number in range(count):
        timeline.schedule(Event(GAPS[number % 1009], Process(ticking, "tick", [number])))
    started = time.process_time()
    timeline.run()
    return timeline.run_counter / (time.process_time() - started)


class Relay(Node):
    """A node that passes every message on to the next."""

    onward = None
    received = 0

    def receive_message(self, src, msg):
        """Pass it on."""
        self.received += 1
        if self.onward:
            self.send_message(self.onward, msg)


def messages(count, hops):
    """Messages passed from node to node, per second."""
    timeline = Timeline()
    nodes = [Relay(f"n{i}", timeline) for i in range(hops + 1)]
    for first, second in pairwise(nodes):
        first.onward = second.name
        ClassicalChannel(f"{first.name}-{second.name}", timeline, 20e3).set_ends(first, second.name)
    timeline.init()
    for number in range(count):
        process = Process(nodes[0], "send_message", [nodes[1].name, Message(None, None)])
        timeline.schedule(Event(number * 10**6, process))
    started = time.process_time()
    timeline.run()
    seconds = time.process_time() - started
    assert nodes[-1].received == count
    return count * hops / seconds


class Taker:
    """What takes the keys from a QKD stack."""

    def __init__(self):
        self.lower_protocols = []
        self.bits = 0

    def pop(self, info):
        """One key of 128 bits."""
        self.bits += 128


def bb84(bits):
    """Sifted key bits per second of a BB84 link over 10 km, pulse by pulse."""
    timeline = Timeline(10**15)
    alice, bob = QKDNode("alice", timeline, stack_size=1), QKDNode("bob", timeline, stack_size=1)
    for node, seed in ((alice, 0), (bob, 1)):
        node.set_seed(seed)
    for first, second in ((alice, bob), (bob, alice)):
        ClassicalChannel(f"c-{first.name}", timeline, 10e3).set_ends(first, second.name)
        QuantumChannel(f"q-{first.name}", timeline, 2e-4, 10e3).set_ends(first, second.name)
    alice.update_lightsource_params("frequency", 80e6)
    alice.update_lightsource_params("mean_photon_num", 0.48)
    for node in (alice, bob):
        for detector in (0, 1):
            node.update_detector_params(detector, "efficiency", 0.2)
            node.update_detector_params(detector, "count_rate", 50e6)
    pair_bb84_protocols(alice.protocol_stack[0], bob.protocol_stack[0])
    takers = Taker(), Taker()
    for node, taker in zip((alice, bob), takers, strict=True):
        node.protocol_stack[0].upper_protocols.append(taker)
        taker.lower_protocols.append(node.protocol_stack[0])
    timeline.init()
    timeline.schedule(Event(0, Process(alice.protocol_stack[0], "push", [128, bits // 128])))
    started = time.process_time()
    timeline.run()
    seconds = time.process_time() - started
    return takers[0].bits / seconds


def main():
    events, count, passed, hops, bits = map(int, sys.argv[1:])
    print(
        json.dumps(
            {
                "version": version("sequence"),
                "events": timers(events, count),
                "messages": messages(passed, hops),
                "sifted_bits": bb84(bits),
            }
        )
    )


if __name__ == "__main__":
    main()

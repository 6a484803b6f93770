"""How long a day of key traffic takes in a key network of 1,000 nodes and 5,000 QKD links, and events beside others.

The network: nodes at random in a square of 300 km, with the shortest fibres that join them all and 5,000 in all. Every
fibre is a QKD link of finite-key decoy BB84 at 1 GHz whose blocks are drawn as events, with a key store of 64 kbit to 4
Mbit. The day: between the two ends of every link a 256-bit key every quarter of an hour (encryptors that change keys),
and for every node a 256-bit key with a node anywhere in the network every hour, relayed hop by hop, each hop a message
on its fibre. Requests come at random times and wait up to ten seconds.

    python benchmarks/network.py                                  # the day, and events beside bare SimPy
    python benchmarks/network.py --peer PYTHON --json             # with SeQUeNCe, installed for the interpreter PYTHON

Compared with others, in processor time on one machine in one run: timers that go off (a kernel's events, with nothing
else), messages passed on over five hops, and bits of sifted key on one link.
"""

import argparse
import gc
import json
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import simpy
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree

from qflsim.crypto.keyrouting import Ends, KeyRouting, ShortestPath, WidestPath, ends_of
from qflsim.crypto.keystore import KeyStore
from qflsim.energy import EnergyBook
from qflsim.network.fibre import Fibre
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.keylink import BlockMaker, KeyLink
from qflsim.nodes.keynetwork import KeyDraw, KeyNetwork
from qflsim.nodes.media import FibreLink
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.streams import Streams
from qflsim.trace import Trace
from qflsim.units import Mbit, day, kbit, km, minute

KEY_BIT = 256.0
PATIENCE_S = 10.0


class Counting(simpy.Environment):
    """SimPy's environment, counting the events that it carries out."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0

    def step(self) -> None:
        """One event."""
        self.events += 1
        super().step()


def fibres(nodes: int, links: int, side: float, rng: np.random.Generator) -> dict[Ends, float]:
    """Metres of fibre between random places: to near ones, and as few more as make one network."""
    places = rng.uniform(0.0, side, (nodes, 2))
    tree = cKDTree(places)
    distances, others = tree.query(places, k=40)
    first = np.repeat(np.arange(nodes), 39)
    second, length = others[:, 1:].ravel(), distances[:, 1:].ravel()
    spanning = minimum_spanning_tree(coo_array((length, (first, second)), shape=(nodes, nodes)).tocsr()).tocoo()
    wanted = {
        ends_of(f"n{a}", f"n{b}"): float(d) for a, b, d in zip(spanning.row, spanning.col, spanning.data, strict=True)
    }
    for i in np.argsort(length, kind="stable"):
        if len(wanted) == links:
            break
        wanted.setdefault(ends_of(f"n{first[i]}", f"n{second[i]}"), float(length[i]))
    return dict(sorted(wanted.items()))


def laid(ctx: Context, length: float) -> FibreLink:
    """One direction of a fibre of so many metres."""
    fibre = Fibre(route_factor=1.0)
    return FibreLink(ctx, ("", ""), fibre.queue(length), fibre.intake(), lambda size_bit: None)


class KeyDay:
    """The network and its day."""

    def __init__(self, nodes: int, links: int, routing: KeyRouting, seed: int = 1) -> None:
        self.env = Counting()
        streams = Streams(seed)
        self.ctx = Context(self.env, Trace(), EnergyBook(), streams)
        self.lengths = fibres(nodes, links, 300 * km, streams.fresh("places"))
        self.nodes = sorted({node for ends in self.lengths for node in ends})
        qkd, store = FiniteKeyBB84(), KeyStore(minimum=64 * kbit, maximum=4 * Mbit)
        self.links: dict[Ends, KeyLink] = {}
        for ends, length in self.lengths.items():
            source = qkd.blocks(length, rng=streams.fresh("qkd", *ends))
            maker = BlockMaker(self.ctx, source) if source is not None else None
            self.links[ends] = KeyLink(self.ctx, ends, store, maker)
        carriers = {
            pair: (laid(self.ctx, length),) for (a, b), length in self.lengths.items() for pair in ((a, b), (b, a))
        }
        self.network = KeyNetwork(self.ctx, Fabric(self.ctx, lambda a, b: carriers[a, b]), self.links, routing)
        self.asked = self.granted = self.relayed = self.hops = 0

    def run(self, seconds: float) -> None:
        """Let the requests of so many seconds come."""
        rng = self.ctx.streams.fresh("traffic")
        near = rng.poisson(len(self.links) * seconds / (15 * minute))
        far = rng.poisson(len(self.nodes) * seconds / (60 * minute))
        times = rng.uniform(0.0, seconds, near + far)
        neighbours = list(self.links)
        pairs = [neighbours[i] for i in rng.integers(len(neighbours), size=near)]
        for a, b in rng.integers(len(self.nodes), size=(far, 2)).tolist():
            pairs.append((self.nodes[a], self.nodes[b if b != a else b - 1]))
        order = np.argsort(times, kind="stable").tolist()
        self.env.process(self._requests((float(times[i]), pairs[i]) for i in order))
        self.env.run(until=seconds + PATIENCE_S + 1.0)

    def _requests(self, requests: Any) -> Any:
        """The one process: everything else is an event with a callback."""
        for when, (first, second) in requests:
            yield self.env.timeout(when - self.env.now)
            self.asked += 1
            draw = self.network.draw(first, second, KEY_BIT, when + PATIENCE_S, self._ended)
            if not draw.pending:
                self._ended(draw)

    def _ended(self, draw: KeyDraw) -> None:
        if draw.state == "granted":
            self.granted += 1
            if draw.hops > 1:
                self.relayed += 1
                self.hops += draw.hops

    def checked(self) -> dict[str, float]:
        """Books of all stores, which must be balanced to the bit."""
        managers = [link.manager for link in self.links.values()]
        drawn = sum(manager.drawn_bit for manager in managers)
        direct = self.granted - self.relayed
        if drawn != KEY_BIT * (direct + self.hops) or any(manager.set_aside_bit for manager in managers):
            raise SystemExit(f"bits drawn and bits delivered differ: {drawn} and {KEY_BIT * (direct + self.hops)}")
        return {"made_bit": sum(manager.made_bit for manager in managers), "drawn_bit": drawn}


def a_day(nodes: int, links: int, seconds: float, routing: KeyRouting) -> dict[str, Any]:
    built = time.process_time()
    network = KeyDay(nodes, links, routing)
    started, wall = time.process_time(), time.perf_counter()
    network.run(seconds)
    spent, waited = time.process_time() - started, time.perf_counter() - wall
    books = network.checked()
    return {
        "routing": type(routing).__name__,
        "nodes": len(network.nodes),
        "links": len(network.links),
        "simulated_s": seconds,
        "build_s": started - built,
        "cpu_s": spent,
        "wall_s": waited,
        "events": network.env.events,
        "events_per_s": network.env.events / spent,
        "requests": network.asked,
        "granted": network.granted,
        "relayed": network.relayed,
        "hops": network.hops / max(1, network.relayed),
        **books,
    }


GAPS = [1 + (7919 * i) % 1000 for i in range(1009)]


def bare_timers(events: int, count: int) -> float:
    """Events per second of SimPy alone: timers that set themselves again."""
    env, left = simpy.Environment(), events

    def tick(event: Any) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            env.timeout(GAPS[left % 1009]).callbacks.append(tick)

    for number in range(count):
        env.timeout(GAPS[number % 1009]).callbacks.append(tick)
    started = time.process_time()
    while left > 0:
        env.step()
    return events / (time.process_time() - started)


def timers(events: int, count: int) -> float:
    """Events per second of qflsim's way to set one: `Context.after`."""
    ctx, left = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1)), events

    def tick() -> None:
        nonlocal left
        left -= 1
        if left > 0:
            ctx.after(GAPS[left % 1009], tick)

    for number in range(count):
        ctx.after(GAPS[number % 1009], tick)
    started = time.process_time()
    while left > 0:
        ctx.env.step()
    return events / (time.process_time() - started)


class Line:
    """Nodes in a row, 20 km of fibre between them, with links that hold key enough."""

    def __init__(self, hops: int) -> None:
        self.ctx = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1))
        store = KeyStore(minimum=0.0, maximum=1e12)
        pairs = [ends_of(f"n{i}", f"n{i + 1}") for i in range(hops)]
        self.links = {ends: KeyLink(self.ctx, ends, store) for ends in pairs}
        for link in self.links.values():
            link.put(1e11)
        ways = {pair: laid(self.ctx, 20 * km) for a, b in pairs for pair in ((a, b), (b, a))}
        self.through = [ways[f"n{i}", f"n{i + 1}"] for i in range(hops)]
        self.fabric = Fabric(self.ctx, lambda a, b: (ways[a, b],) if (a, b) in ways else self.through)


def messages(count: int, hops: int) -> float:
    """Messages passed from node to node, per second, without keys."""
    line, arrived = Line(hops), []
    for number in range(count):
        line.ctx.at(number * 1e-6, lambda: line.fabric.send("x", "n0", f"n{hops}", 1000.0, lambda: arrived.append(0)))
    started = time.process_time()
    line.ctx.env.run()
    assert len(arrived) == count
    return count * hops / (time.process_time() - started)


def relays(count: int, hops: int) -> float:
    """Hops of relayed keys per second: path, bits set aside and drawn on every link, and the messages."""
    line = Line(hops)
    network, granted = KeyNetwork(line.ctx, line.fabric, line.links, ShortestPath()), []
    for number in range(count):
        line.ctx.at(number * 1e-6, lambda: network.draw("n0", f"n{hops}", 256.0, float("inf"), granted.append))
    started = time.process_time()
    line.ctx.env.run()
    assert len(granted) == count and all(draw.state == "granted" for draw in granted)
    return count * hops / (time.process_time() - started)


def sifted_bits(blocks: int) -> float:
    """Sifted bits per second of one link over 10 km, block by block, distilled as well."""
    source = FiniteKeyBB84(pulse_rate=80e6).blocks(10 * km, rng=np.random.default_rng(1))
    assert source is not None
    started, now, bits = time.process_time(), 0.0, 0
    for _ in range(blocks):
        block = source.next_block(now)
        now, bits = now + block.duration_s, bits + block.sifted_bit
    return bits / (time.process_time() - started)


def best(runs: int, measure: Any, *arguments: int) -> float:
    gc.collect()
    return max(measure(*arguments) for _ in range(runs))


def compare(peer: str | None, runs: int) -> dict[str, Any]:
    events, count, passed, hops = 300_000, 5_000, 20_000, 5
    rows: dict[str, Any] = {
        "events": {"SimPy": best(runs, bare_timers, events, count), "qflsim": best(runs, timers, events, count)},
        "messages": {"qflsim": best(runs, messages, passed, hops)},
        "relays": {"qflsim": best(runs, relays, passed, hops)},
        "sifted_bits": {"qflsim": best(runs, sifted_bits, 200)},
    }
    if peer:
        script = Path(__file__).with_name("sequence_peer.py")
        sizes = [str(size) for size in (events, count, passed, hops, 12_800)]
        for _ in range(runs):
            done = subprocess.run([peer, str(script), *sizes], check=True, capture_output=True, text=True)
            told = json.loads(done.stdout)
            rows["peer"] = f"SeQUeNCe {told['version']}"
            for task in ("events", "messages", "sifted_bits"):
                rows[task]["SeQUeNCe"] = max(rows[task].get("SeQUeNCe", 0.0), told[task])
    return rows


def show(result: dict[str, Any]) -> None:
    for row in result["days"]:
        print(f"\n{row['routing']}: {row['nodes']:,} nodes, {row['links']:,} links, {row['simulated_s'] / 3600:g} h")
        print(f"  {row['wall_s']:.1f} s ({row['cpu_s']:.1f} s of processor time), {row['build_s']:.1f} s to build")
        print(f"  {row['events']:,} events, {row['events_per_s']:,.0f} per second of processor time")
        print(f"  {row['requests']:,} keys asked for, {row['granted']:,} granted, {row['relayed']:,} of them relayed")
        print(f"  over {row['hops']:.1f} hops; {row['drawn_bit'] / 1e6:,.0f} of {row['made_bit'] / 1e6:,.0f} Mbit")
    print(f"\n{'per second of processor time':<42}{'qflsim':>14}{'SimPy':>14}{'SeQUeNCe':>14}")
    names = {
        "events": "timers that go off",
        "messages": "messages passed on, hops",
        "relays": "keys relayed, hops (key and message)",
        "sifted_bits": "sifted bits of one link",
    }
    for task, name in names.items():
        row = result["others"][task]
        cells = [f"{row[who]:,.0f}" if who in row else "" for who in ("qflsim", "SimPy", "SeQUeNCe")]
        print(f"{name:<42}" + "".join(f"{cell:>14}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--links", type=int, default=5000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--runs", type=int, default=2, help="of the comparisons; the best counts")
    parser.add_argument("--peer", help="interpreter of an environment with SeQUeNCe (pip install sequence)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    args = parser.parse_args()
    seconds = args.hours * day / 24
    routings = [WidestPath(refresh=10 * minute), ShortestPath()]
    result = {
        "python": platform.python_version(),
        "simpy": version("simpy"),
        "days": [a_day(args.nodes, args.links, seconds, routing) for routing in routings],
        "others": compare(args.peer, args.runs),
    }
    if args.json:
        print(json.dumps(result, indent=1))
    else:
        show(result)


if __name__ == "__main__":
    main()

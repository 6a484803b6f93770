"""How long it takes to flood a network with a block: in one pass, message by message, and by others' means.

The same network and the same block, four times: `qflsim.flood`; the relays of a gossip mesh that exchange messages
(`qflsim.network.swarm`), whose times must be the same to the last bit; the same flood written on bare SimPy, a time-out
with a callback per copy; and networkx's shortest paths over the same delays, which know no queues. All times are
processor time of this process, the best of some runs.

Usage: python benchmarks/dissemination.py [--nodes 100 1000 10000]
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import simpy

import qflsim as qfl
from qflsim.network.dissemination import Item
from qflsim.network.swarm import Swarm
from qflsim.streams import Streams
from qflsim.units import MB

BLOCK = Item(name="block", kind="block", size_bit=1 * MB, head_bit=1 * MB)
EAGER = qfl.GossipMesh(degree=6, low=1, high=10**6, lazy=0, share=0.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000, 10_000], help="sizes of the network")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, SimPy {simpy.__version__}, networkx {nx.__version__}\n")
    began = time.process_time()
    qfl.flood(network(20), BLOCK.size_bit)
    print(f"compiling, or loading what was compiled before: {time.process_time() - began:.2f} s\n")
    print("| nodes | copies | one pass [s] | messages [s] | bare SimPy [s] | networkx, no queues [s] | equal |")
    print("|---|---|---|---|---|---|---|")
    for n in options.nodes:
        row(n)
    return 0


def network(nodes: int) -> qfl.Overlay:
    return qfl.RandomOverlay(nodes=nodes).draw(np.random.default_rng(nodes))


def row(nodes: int) -> None:
    overlay = network(nodes)
    flooded, at_once = best(lambda: qfl.flood(overlay, BLOCK.size_bit), 5)
    swarm, messages = best(lambda: by_messages(overlay), 1)
    arrived, on_simpy = best(lambda: bare(overlay), 1)
    _, paths = best(lambda: nx.single_source_dijkstra_path_length(graph(overlay), 0), 1)
    same = [swarm.obtained_s["block"][i] for i in range(nodes)] == flooded.obtained_s.tolist()
    same = same and np.allclose(arrived, flooded.obtained_s, rtol=1e-12, atol=0.0)
    print(
        f"| {nodes:,} | {flooded.copies:,} | {at_once:.4f} | {messages:.2f} | {on_simpy:.2f} | {paths:.2f} | "
        f"{'yes' if same else 'NO'} |",
        flush=True,
    )


def best(work: Callable[[], Any], runs: int) -> tuple[Any, float]:
    times = []
    for _ in range(runs):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return result, min(times)


def by_messages(overlay: qfl.Overlay) -> Swarm:
    relays = EAGER.relays(tuple(f"n{i}" for i in range(overlay.nodes)), Streams(0).fresh)
    for i, relay in enumerate(relays.values()):
        relay.settle(f"n{j}" for j in overlay.served_by(i))
    return Swarm.on(overlay, relays).spread(BLOCK).run()


def bare(overlay: qfl.Overlay) -> list[float]:
    """A flood and nothing else: every copy a time-out whose callback is its arrival."""
    env, arrived = simpy.Environment(), [float("inf")] * overlay.nodes
    served = [list(zip(overlay.served_by(i).tolist(), overlay.delays_of(i).tolist(), strict=True))
              for i in range(overlay.nodes)]  # fmt: skip
    sending = (BLOCK.size_bit / overlay.upload).tolist()

    def take(node: int, sender: int) -> None:
        if arrived[node] <= env.now:
            return
        arrived[node] = leaves = env.now
        for peer, delay in served[node]:
            if peer != sender:
                leaves += sending[node]
                timeout = env.timeout(leaves + delay - env.now)
                timeout.callbacks.append(lambda _, peer=peer: take(peer, node))

    take(0, -1)
    env.run()
    return arrived


def graph(overlay: qfl.Overlay) -> nx.DiGraph:
    made = nx.DiGraph()
    for i in range(overlay.nodes):
        peers, delays = overlay.served_by(i).tolist(), overlay.delays_of(i).tolist()
        made.add_weighted_edges_from((i, j, d) for j, d in zip(peers, delays, strict=True))
    return made


if __name__ == "__main__":
    sys.exit(main())

"""A flood in one pass: equal to messages one by one, to the last bit, and to shortest paths where nothing queues."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.network.dissemination import Item, Pass
from qflsim.network.swarm import Swarm
from qflsim.streams import Streams

BLOCK = Item(name="block", kind="block", size_bit=1e5, head_bit=1e5)
PUSHING = qfl.GossipMesh(degree=6, low=1, high=10_000, lazy=0, share=0.0)  # the eager part of a mesh alone


def members(n):
    return tuple(f"n{i}" for i in range(n))


def network(nodes, seed, *, equal=False, download=float("inf"), connections=3):
    spread = 0.0 if equal else 0.7
    return qfl.RandomOverlay(
        nodes=nodes, connections=min(connections, nodes - 1), delay_sigma=spread, upload=1e7, upload_sigma=spread,
        download=download,
    ).draw(np.random.default_rng(seed))  # fmt: skip


def by_messages(overlay, origin=0, checking=0.0):
    relays = PUSHING.relays(members(overlay.nodes), Streams(0).fresh)
    for i, relay in enumerate(relays.values()):
        relay.settle(f"n{j}" for j in overlay.served_by(i))
    return Swarm.on(overlay, relays, checking=checking).spread(BLOCK, origin).run()


def times(swarm):
    return [swarm.obtained_s["block"].get(i, float("inf")) for i in range(len(swarm.relays))]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(2, 40), st.integers(0, 3), st.integers(0, 10**6), st.booleans(), st.sampled_from([5e7, float("inf")])
)
def test_one_pass_equals_messages_bit_for_bit(nodes, origin, seed, equal, download):
    """With random delays and rates, and with equal ones, where many copies come at the same time."""
    overlay = network(nodes, seed, equal=equal, download=download)
    messages = by_messages(overlay, origin % nodes, checking=0.003)
    at_once = qfl.flood(overlay, BLOCK.size_bit, origin=origin % nodes, checking=0.003)
    assert times(messages) == at_once.obtained_s.tolist()
    assert messages.sent["block"] == at_once.copies and messages.duplicates == at_once.duplicates


def test_a_thousand_nodes_to_the_last_bit():
    overlay = network(1000, 4, connections=8, download=1e8)
    messages, at_once = by_messages(overlay), qfl.flood(overlay, BLOCK.size_bit)
    assert times(messages) == at_once.obtained_s.tolist() and messages.duplicates == at_once.duplicates


@pytest.mark.parametrize("seed", range(5))
def test_infect_and_die_is_a_flood_over_what_it_draws(seed):
    n, way = 60, qfl.Gossip(fanout=3, mode=qfl.Push(), repair=float("inf"))
    drawn = way.relays(members(n), Streams(seed).fresh)
    targets = [
        [int(effect.to[1:]) for effect in relay.release(0.0, BLOCK) if isinstance(effect, Pass)]
        for relay in drawn.values()
    ]
    overlay = qfl.Overlay(
        begin=np.arange(0, 3 * n + 1, 3), peers=np.array(targets).ravel(), delay=np.full(3 * n, 0.02),
        upload=np.full(n, 1e7), download=np.full(n, np.inf),
    )  # fmt: skip
    messages = Swarm.on(overlay, way.relays(members(n), Streams(seed).fresh)).spread(BLOCK).run()
    at_once = qfl.flood(overlay, BLOCK.size_bit, back=True)
    assert times(messages) == at_once.obtained_s.tolist()
    assert messages.sent["block"] == at_once.copies and messages.duplicates == at_once.duplicates


def test_without_queues_times_are_those_of_shortest_paths():
    overlay = network(300, 8)
    graph = nx.DiGraph()
    for i in range(300):
        graph.add_weighted_edges_from(
            (i, int(j), float(d)) for j, d in zip(overlay.served_by(i), overlay.delays_of(i), strict=True)
        )
    shortest = nx.single_source_dijkstra_path_length(graph, 7)
    flooded = qfl.flood(overlay, 0.0, origin=7)
    assert flooded.obtained_s == pytest.approx([shortest[i] for i in range(300)], abs=1e-12)


def test_uploads_queue_and_the_parent_gets_no_copy_back():
    """A line of three: the middle one sends one copy on, unless it also sends back, first."""
    line = qfl.Overlay(
        begin=np.array([0, 1, 3, 4]), peers=np.array([1, 0, 2, 1]), delay=np.full(4, 0.1), upload=np.full(3, 1e6),
        download=np.full(3, np.inf),
    )  # fmt: skip
    assert qfl.flood(line, 1e6).obtained_s == pytest.approx([0.0, 1.1, 2.2])
    assert qfl.flood(line, 1e6, back=True).obtained_s == pytest.approx([0.0, 1.1, 3.2])
    assert qfl.flood(line, 1e6, checking=0.5).obtained_s == pytest.approx([0.0, 1.1, 2.7])
    assert (qfl.flood(line, 1e6).copies, qfl.flood(line, 1e6, back=True).duplicates) == (2, 2)
    assert qfl.flood(line, 1e6).reached(0.5) == pytest.approx(1.1)


def test_a_random_network_is_what_it_says():
    overlay = network(500, 1, connections=8)
    pairs = {
        (i, int(j)): d for i in range(500) for j, d in zip(overlay.served_by(i), overlay.delays_of(i), strict=True)
    }
    assert len(pairs) == len(overlay.peers) and all(pairs[j, i] == d and i != j for (i, j), d in pairs.items())
    degrees = np.diff(overlay.begin)
    assert degrees.min() >= 8 and 15.0 < degrees.mean() <= 16.0
    assert (network(500, 1, connections=8).peers == overlay.peers).all()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: qfl.RandomOverlay(nodes=5, connections=5), "RandomOverlay.connections must be < nodes = 5, got 5"),
        (lambda: qfl.flood(network(5, 0), 1e3, origin=5), "origin must be a node from 0 to 4, got 5"),
        (lambda: qfl.flood(network(5, 0), -1.0), "size_bit and checking must be >= 0"),
        (lambda: qfl.Overlay(np.array([0, 1]), np.array([3]), np.ones(1), np.ones(1), np.ones(1)), "Overlay.peers"),
        (lambda: qfl.Overlay(np.array([0, 1]), np.array([0]), np.zeros(1), np.ones(1), np.ones(1)), "delays > 0 s"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(wrong, told):
    with pytest.raises(ValueError, match=told):
        wrong()

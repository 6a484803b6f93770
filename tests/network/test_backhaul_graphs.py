"""Graphs of the backhaul: what is joined, how long it is, and what is refused."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import EdgeList, FullMesh, LineGraph, RingGraph, StarGraph, WaxmanGraph
from qflsim.units import km

SITES = {
    "publisher": (900.0, 0.0),
    "server-1": (0.0, 0.0),
    "server-2": (1000.0, 0.0),
    "server-3": (1000.0, 1000.0),
    "server-4": (0.0, 1000.0),
}


def rng(seed=1):
    return np.random.default_rng(seed)


def edges(graph):
    return {frozenset(ends) for ends in graph.edges}


def test_the_full_mesh_joins_every_two_sites_at_their_distance():
    graph = FullMesh().graph(SITES, rng())
    assert graph.number_of_edges() == 10
    for first, second, distance in graph.edges(data="distance"):
        assert distance == math.dist(SITES[first], SITES[second])


def test_ring_line_and_star_are_themselves_and_the_publisher_joins_the_nearest_server():
    publisher = frozenset(("publisher", "server-2"))
    line = {frozenset((f"server-{i}", f"server-{i + 1}")) for i in (1, 2, 3)}
    assert edges(LineGraph().graph(SITES, rng())) == line | {publisher}
    assert edges(RingGraph().graph(SITES, rng())) == line | {publisher, frozenset(("server-1", "server-4"))}
    star = StarGraph(hub="server-3").graph(SITES, rng())
    assert edges(star) == {frozenset(("server-3", site)) for site in SITES if site != "server-3"}
    assert StarGraph(hub="publisher").graph(SITES, rng()).degree("publisher") == 4


def test_a_ring_of_one_or_two_servers_has_no_double_fibre():
    for servers, fibres in ((1, 1), (2, 2)):
        sites = dict(list(SITES.items())[: servers + 1])
        assert RingGraph().graph(sites, rng()).number_of_edges() == fibres


def test_an_unknown_hub_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"StarGraph\.hub names the unknown node 'server-9'; did you mean 'server-\d'"):
        StarGraph(hub="server-9").graph(SITES, rng())


def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match=r"RingGraph\.metric must be 'delay' or 'length', got 'hops'"):
        RingGraph(metric="hops")


@given(st.integers(1, 9), st.integers(0, 2**31))
def test_waxman_graphs_are_connected_and_the_same_for_the_same_seed(servers, seed):
    place = rng(seed).uniform(0, 1e4, (servers + 1, 2))
    sites = {"publisher": tuple(place[0])} | {f"server-{i}": tuple(place[i]) for i in range(1, servers + 1)}
    first, second = (WaxmanGraph().graph(sites, rng(seed)) for _ in range(2))
    assert nx.is_connected(first) and edges(first) == edges(second)
    assert first.degree("publisher") == 1


def test_the_share_of_waxman_fibres_falls_with_distance_as_the_formula_says():
    # of three servers on a line, the middle one nearer to the first; connected means at least two of three fibres
    sites = {"publisher": (0.0, 0.0), "server-1": (0.0, 0.0), "server-2": (300.0, 0.0), "server-3": (1000.0, 0.0)}
    chance = {d: 0.8 * math.exp(-d / (0.5 * 1000)) for d in (300.0, 700.0, 1000.0)}
    law = {}
    for d in chance:
        others = [p for e, p in chance.items() if e != d]
        both, one = chance[d] * others[0] * others[1], chance[d] * (others[0] + others[1] - 2 * others[0] * others[1])
        law[d] = both + one
    total = law[300.0] + (1 - chance[300.0]) * chance[700.0] * chance[1000.0]
    generator, seen, draws = rng(4), dict.fromkeys(chance, 0), 4000
    for _ in range(draws):
        graph = WaxmanGraph(probability=0.8, decay=0.5).graph(sites, generator)
        for first, second, d in graph.edges(data="distance"):
            if "publisher" not in (first, second):
                seen[d] += 1
    for d in chance:
        expected = law[d] / total
        assert seen[d] / draws == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / draws))


def test_a_certain_waxman_graph_is_the_full_mesh_of_the_servers():
    graph = WaxmanGraph(probability=1.0, decay=1e9).graph(SITES, rng())
    assert graph.number_of_edges() == 6 + 1


def test_a_hopeless_waxman_graph_is_refused():
    with pytest.raises(ValueError, match="gave no connected graph of 4 servers in 1000 draws; raise probability"):
        WaxmanGraph(probability=1e-6).graph(SITES, rng())


def test_an_edge_list_has_its_transit_nodes_and_the_distances_given():
    graph = EdgeList(
        edges=(("publisher", "server-1", 0.0), ("server-1", "relay", 40 * km), ("relay", "server-2")),
        transit=(("relay", 1000.0, 400.0),),
    ).graph(SITES, rng())
    assert graph.nodes["relay"]["position"] == (1000.0, 400.0)
    assert [graph.edges["relay", end]["distance"] for end in ("server-1", "server-2")] == [40 * km, 400.0]
    assert graph.degree("server-3") == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"edges": (("server-1", "server-2", -3.0),)}, r"EdgeList\.edges\[0\]\[2\] must be >= 0 m, got -3\.0"),
        ({"edges": (("server-1", "server-1"),)}, "must join two nodes, got 'server-1' with itself"),
        ({"edges": (("server-1", "server-2"), ("server-2", "server-1"))}, "every fibre once, got server-2-server-1"),
        ({"edges": (), "transit": (("x", 0.0, 0.0), ("x", 1.0, 0.0))}, "every node once, got 'x' twice"),
        ({"edges": (), "transit": (("x", math.nan, 0.0),)}, r"transit\[0\]\[1\] must be a finite number"),
        ({"edges": (), "metric": "cost"}, r"EdgeList\.metric must be"),
    ],
)
def test_edge_lists_that_make_no_sense_are_refused_when_they_are_written(fields, words):
    with pytest.raises(ValueError, match=words):
        EdgeList(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"edges": (("server-1", "sever-2"),)}, "names the unknown node 'sever-2'; did you mean 'server-2'"),
        ({"edges": (), "transit": (("server-2", 0.0, 0.0),)}, "names 'server-2', which is a site already"),
    ],
)
def test_edge_lists_that_do_not_fit_the_sites_are_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        EdgeList(**fields).graph(SITES, rng())

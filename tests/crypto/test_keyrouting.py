"""Paths through the key network against all paths of random graphs."""

import itertools

import networkx as nx
import numpy as np
import pytest

from qflsim.crypto.keyrouting import KeyGraph, ShortestPath, WidestPath, ends_of


def random_graph(seed, nodes=8, probability=0.35):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(nodes, probability, seed=seed)
    links = [ends_of(f"n{a}", f"n{b}") for a, b in graph.edges]
    levels = rng.integers(0, 6, len(links)).astype(float).tolist()  # few values, many ties
    return links, levels


def all_paths(links, source, target):
    graph = nx.Graph(links)
    if source not in graph or target not in graph:
        return []
    return list(nx.all_simple_paths(graph, source, target))


@pytest.mark.parametrize("seed", range(40))
def test_the_widest_path_is_the_best_of_all_paths(seed):
    links, levels = random_graph(seed)
    width = dict(zip(links, levels, strict=True))
    choose = WidestPath().chooser(KeyGraph(links, lambda number: levels[number]))
    for target in range(1, 8):
        path = choose(0.0, "n0", f"n{target}")
        rated = [(-min(width[ends_of(*hop)] for hop in itertools.pairwise(p)), len(p)) for p in
                 all_paths(links, "n0", f"n{target}")]  # fmt: skip
        if not rated:
            assert path == ()
            continue
        assert path[0] == "n0" and path[-1] == f"n{target}"
        assert (-min(width[ends_of(*hop)] for hop in itertools.pairwise(path)), len(path)) == min(rated)


@pytest.mark.parametrize("seed", range(10))
def test_the_shortest_path_has_the_fewest_hops(seed):
    links, levels = random_graph(seed)
    choose = ShortestPath().chooser(KeyGraph(links, lambda number: levels[number]))
    for target in range(1, 8):
        paths = all_paths(links, "n0", f"n{target}")
        assert len(choose(0.0, "n0", f"n{target}")) == min(map(len, paths), default=0)


def test_the_order_of_the_links_does_not_matter_where_levels_differ():
    links, _ = random_graph(3)
    levels = {link: float(number) for number, link in enumerate(links)}
    paths = []
    for order in (links, links[::-1]):
        choose = WidestPath().chooser(KeyGraph(order, lambda number, order=order: levels[order[number]]))
        paths.append([choose(0.0, "n0", f"n{target}") for target in range(1, 8)])
    assert paths[0] == paths[1]


def test_levels_are_those_of_the_last_refresh():
    levels = [1.0, 1.0, 5.0, 5.0]
    links = [("a", "b"), ("b", "d"), ("a", "c"), ("c", "d")]
    stale, fresh = (WidestPath(refresh=r).chooser(KeyGraph(links, lambda i: levels[i])) for r in (10.0, 0.0))
    assert stale(0.0, "a", "d") == fresh(0.0, "a", "d") == ("a", "c", "d")
    levels[:] = [5.0, 5.0, 1.0, 1.0]
    assert (stale(9.9, "a", "d"), fresh(9.9, "a", "d")) == (("a", "c", "d"), ("a", "b", "d"))
    assert stale(10.0, "a", "d") == ("a", "b", "d")


def test_who_has_no_link_has_no_path():
    choosers = [part.chooser(KeyGraph([("a", "b")], lambda i: 1.0)) for part in (WidestPath(), ShortestPath())]
    assert [choose(0.0, "a", "z") for choose in choosers] == [(), ()]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("routing", [WidestPath(), ShortestPath()], ids=["widest", "shortest"])
def test_leaves_relay_nothing(seed, routing):
    links, levels = random_graph(seed, probability=0.5)
    width, leaves = dict(zip(links, levels, strict=True)), {"n0", "n1", "n2"}
    choose = routing.chooser(KeyGraph(links, lambda number: levels[number], leaves))
    for source, target in itertools.combinations([f"n{i}" for i in range(8)], 2):
        path = choose(0.0, source, target)
        rated = [
            (
                0.0
                if isinstance(routing, ShortestPath)
                else -min(width[ends_of(*hop)] for hop in itertools.pairwise(p)),
                len(p),
            )
            for p in all_paths(links, source, target)
            if not leaves & set(p[1:-1])
        ]
        if not rated:
            assert path == ()
            continue
        assert not leaves & set(path[1:-1])
        best = (
            0.0 if isinstance(routing, ShortestPath) else -min(width[ends_of(*hop)] for hop in itertools.pairwise(path))
        )
        assert (best, len(path)) == min(rated)

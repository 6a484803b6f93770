"""Whole runs over backhauls that are no full mesh: routes, relays, energy by hop, and what cannot be."""

from dataclasses import dataclass, replace

import networkx as nx
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Energy, Link, Node, Transfer
from qflsim.units import km, ms
from qflsim.world import World


def played(scenario):
    world, records = World(scenario, 0), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def short(tiny):
    return replace(tiny, rounds=1, background=None)


RELAYED = qfl.EdgeList(
    edges=(
        ("publisher", "switch", 0.0),
        ("server-1", "switch", 3 * km),
        ("switch", "server-2", 4 * km),
        ("server-2", "server-3", 5 * km),
    ),
    transit=(("switch", 400.0, 300.0),),
)


@pytest.fixture(scope="module")
def relayed(short):
    """World and records of a round over a switch."""
    return played(replace(short, backhaul_graph=RELAYED))


def test_messages_take_the_hops_of_the_graph(relayed):
    world, records = relayed
    hops = {}
    for record in of(records, Transfer):
        if set(record.medium.split("+")) == {"fibre"}:
            hops[record.source, record.destination] = record.medium.count("fibre")
    assert hops["server-1", "server-2"] == 2
    assert hops["server-1", "server-3"] == hops["server-3", "server-1"] == 3
    assert hops["server-2", "server-3"] == 1
    idle = sum(world.wiring.backhaul.graph.edges[ends]["delay"] for ends in (("server-1", "switch"),
               ("switch", "server-2"), ("server-2", "server-3")))  # fmt: skip
    times = [r.delivered_s - r.sent_s for r in of(records, Transfer) if (r.source, r.destination) ==
             ("server-1", "server-3")]  # fmt: skip
    assert times and min(times) >= idle


def test_every_sender_of_a_hop_pays_for_it(relayed):
    _, records = relayed
    spent = {}
    for row in of(records, Energy):
        if row.cause == "network":
            spent[row.node] = spent.get(row.node, 0.0) + row.energy_j
    carried = sum(r.size_bit * r.medium.split("+").count("fibre") for r in of(records, Transfer))
    assert sum(spent.values()) == pytest.approx(qfl.FibreEnergy().energy(carried, 1), rel=1e-9)
    through = sum(r.size_bit for r in of(records, Transfer) if "fibre+fibre" in r.medium)
    assert spent["switch"] >= qfl.FibreEnergy().energy(through, 1) * (1 - 1e-9)
    roles = {row.node: row.role for row in of(records, Energy)}
    assert roles["switch"] == "transit"


def test_transit_nodes_and_fibres_are_written_down(relayed):
    _, records = relayed
    (switch,) = [node for node in of(records, Node) if node.role == "transit"]
    assert (switch.node, switch.server, switch.east_m, switch.north_m) == ("switch", "", 400.0, 300.0)
    lengths = {(link.first, link.second): link.length_m for link in of(records, Link)}
    assert lengths["server-1", "switch"] == 1.5 * 3 * km
    assert len(lengths) == 4


def test_the_shortest_way_by_delay_may_not_be_the_shortest_by_length(tiny):
    graph = qfl.EdgeList(
        edges=(
            ("publisher", "server-1"),
            ("server-1", "server-2", 10 * km),
            ("server-1", "a", 4 * km),
            ("a", "server-2", 4 * km),
            ("server-2", "server-3"),
        ),
        transit=(("a", 0.0, 0.0),),
    )
    slow = replace(tiny, backhaul=qfl.Fibre(switch_delay=1 * ms))
    by_delay = World(replace(slow, backhaul_graph=graph)).wiring.backhaul.path("server-1", "server-2")
    by_length = World(replace(slow, backhaul_graph=replace(graph, metric="length"))).wiring.backhaul
    assert [len(by_delay), len(by_length.path("server-1", "server-2"))] == [1, 2]


def test_a_graph_without_a_way_between_two_sites_is_refused(tiny):
    apart = qfl.EdgeList(edges=(("publisher", "server-1"), ("server-2", "server-3")))
    with pytest.raises(ScenarioError, match=r"no fibre leads from publisher to server-2.*add one between server-2, "
                                            r"server-3 and the others to EdgeList, or use .*FullMesh"):  # fmt: skip
        World(replace(tiny, backhaul_graph=apart))


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (qfl.StarGraph(hub="server-4"), "StarGraph.hub names the unknown node 'server-4'"),
        (qfl.EdgeList(edges=(("server-1", "device-1-1"),)), "names the unknown node 'device-1-1'"),
        (
            qfl.EdgeList(edges=(("server-1", "device-1-1"),), transit=(("device-1-1", 0.0, 0.0),)),
            "has a fibre to the device device-1-1",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused(tiny, graph, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(tiny, backhaul_graph=graph))


@dataclass(frozen=True, kw_only=True)
class Odd(qfl.BackhaulGraph):
    """A graph of one's own with something missing."""

    missing: str = "distance"

    def graph(self, sites, rng):
        graph = nx.path_graph(list(sites))
        nx.set_edge_attributes(graph, -1.0 if self.missing == "sign" else 100.0, "distance")
        if self.missing == "distance":
            del graph.edges["server-1", "server-2"]["distance"]
        if self.missing == "site":
            graph.remove_node("server-3")
        if self.missing == "position":
            graph.add_edge("server-3", "somewhere", distance=1.0)
        return graph


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("distance", "fibre between server-1 and server-2 must have a distance >= 0 m, got nan"),
        ("sign", "must have a distance >= 0 m, got -1.0"),
        ("site", "Odd leaves out server-3"),
        ("position", "Odd does not say where somewhere stands"),
    ],
)
def test_a_graph_of_ones_own_is_checked(tiny, missing, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(tiny, backhaul_graph=Odd(missing=missing)))
    assert World(replace(tiny, backhaul_graph=Odd(missing="nothing"))).wiring.backhaul.graph.number_of_edges() == 3

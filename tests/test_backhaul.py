"""Whole runs over backhauls that are no full mesh: routes, relays, energy by hop, and what cannot be."""

from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Energy, Link, Node, Outage, Round, Transfer
from qflsim.units import km, ms, s
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


def times_of(world, sends):
    """Seconds that messages of 1 kbit take, sent from server to server at the times given; None for a lost one."""
    took = [None] * len(sends)
    for number, (at, source, destination) in enumerate(sends):

        def send(number=number, at=at, source=source, destination=destination):
            def arrived():
                took[number] = world.ctx.now - at

            world._common.fabric.send("probe", source, destination, 1e3, arrived)

        world.ctx.at(at, send)
    world.ctx.env.run(until=100.0)
    return took


def test_in_a_ring_a_failed_fibre_is_gone_around_by_the_longer_way(tiny):
    outage = qfl.LinkFailures(scheduled=(("server-2", "server-1", 10 * s, 20 * s),))
    ring = replace(tiny, topology=replace(tiny.topology, servers=5), backhaul_graph=qfl.RingGraph(), failures=outage)
    world = World(ring)
    graph, fibre = world.wiring.backhaul.graph, ring.backhaul
    per_hop = 1e3 / fibre.rate + 1e3 / fibre.intake_rate
    there = graph.edges["server-1", "server-2"]["delay"] + per_hop
    around = ("server-1", "server-5", "server-4", "server-3", "server-2")
    longer = sum(graph.edges[ends]["delay"] + per_hop for ends in pairwise(around))
    probes = [(at, "server-1", "server-2") for at in (5.0, 15.0, 25.0)]
    assert times_of(world, probes) == pytest.approx([there, longer, there], rel=1e-9)


def test_a_message_under_way_is_lost_and_so_is_one_whose_route_was_chosen_before(tiny):
    far = qfl.EdgeList(
        edges=(
            ("publisher", "server-1", 0.0),
            ("server-1", "server-2", 3000 * km),
            ("server-2", "server-3", 3000 * km),
            ("server-1", "server-3", 30000 * km),
        )
    )
    outage = qfl.LinkFailures(scheduled=(("server-2", "server-3", 10 * s, 20 * s),))
    world, records = World(replace(tiny, keys=qfl.KEMKeys(), backhaul_graph=far, failures=outage)), []
    world.trace.observe(records.append)
    probes = [
        (10.0 - 1e-3, "server-2", "server-3"),
        (10.0 - 1e-3, "server-1", "server-3"),
        (10.0, "server-1", "server-3"),
    ]
    took = times_of(world, probes)
    assert took[:2] == [None, None] and took[2] == pytest.approx(30000 * 1.5 * 4.8974e-6, rel=1e-3)
    (row,) = of(records, Outage)
    assert (row.first, row.second, row.from_s, row.to_s, row.lost) == ("server-2", "server-3", 10.0, 20.0, 2)
    assert [r.medium for r in of(records, Transfer) if not r.delivered] == ["fibre", "fibre"]


def test_in_a_line_a_failed_fibre_parts_the_servers_and_agreement_recovers_after_the_repair(tiny):
    broken = replace(
        tiny,
        background=None,
        agreement=qfl.PBFT(view_timeout=5 * s),
        backhaul_graph=qfl.LineGraph(),
        failures=qfl.LinkFailures(scheduled=(("server-1", "server-2", 0.0, 30 * s),)),
    )
    world, records = played(broken)
    chain = [a for a in of(records, Agreement) if a.chain == "global"]
    assert 30.0 < chain[0].first_decided_s < 120.0 and chain[0].view > 0
    assert all(a.view == 0 and a.decided == a.validators for a in chain[1:])
    assert [r.aggregated for r in of(records, Round)] == [9, 9]
    assert of(records, Round)[0].publish_s > 30.0
    (row,) = of(records, Outage)
    lost = [r for r in of(records, Transfer) if not r.delivered]
    assert row.lost == 0 and lost and {r.medium for r in lost} == {"none"}  # there was no route to lose them on
    assert {(r.source in ("publisher", "server-1"), r.destination in ("publisher", "server-1")) for r in lost} == {
        (True, False),
        (False, True),
    }
    assert world.ledgers[0].chain.verify(world.keyring) is None


def test_a_fibre_that_stays_down_leaves_rounds_without_a_model(tiny):
    apart = replace(
        tiny,
        background=None,
        rounds=1,
        agreement_deadline=20 * s,
        backhaul_graph=qfl.LineGraph(),
        failures=qfl.LinkFailures(scheduled=(("server-1", "server-2", 0.0, float("inf")),)),
    )
    _, records = played(apart)
    (r,) = of(records, Round)
    assert r.aggregated == 0 and r.publish_s == pytest.approx(20.0, abs=0.01)
    (row,) = of(records, Outage)
    assert row.from_s == 0.0 and row.to_s != row.to_s


def test_random_failures_are_the_same_in_every_run_and_for_every_other_fibre(tiny):
    def failed(servers, seed=3):
        failures = qfl.LinkFailures(between=30 * s, repair=3 * s)
        topology = replace(tiny.topology, servers=servers)
        scenario = replace(tiny, seed=seed, topology=topology, backhaul_graph=qfl.LineGraph(), failures=failures)
        world, records = World(scenario), []
        world.trace.observe(records.append)
        world.ctx.env.run(until=500.0)
        return {(r.first, r.second, r.from_s, r.to_s) for r in of(records, Outage)}

    three, four = failed(3), failed(4)
    assert len(three) > 10 and three == failed(3) and three < four
    assert three != failed(3, seed=4)


def test_an_outage_of_a_fibre_that_is_not_there_is_refused(tiny):
    failures = qfl.LinkFailures(scheduled=(("server-1", "server-3", 0.0, 1.0),))
    words = r"names server-1-server-3, which no fibre joins; name two ends .*: publisher-server-1, server-1-server-2"
    with pytest.raises(ScenarioError, match=r"LinkFailures\.scheduled " + words):
        World(replace(tiny, backhaul_graph=qfl.LineGraph(), failures=failures))

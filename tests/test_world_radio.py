"""Whole runs over radio that loses messages, walls, interference and the densest cells."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Node, Round, Transfer
from qflsim.units import km2, m, s
from qflsim.wiring.description import described
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def short(tiny):
    return replace(tiny, rounds=1, background=None, keys=qfl.KEMKeys())


def test_a_radio_that_loses_most_messages_ends_its_rounds_by_their_deadlines(short):
    lossy = qfl.SlotTiming(block_error=0.5, transmissions=1, retries=0)
    access, sidelink = replace(short.access, timing=lossy), replace(short.sidelink, timing=lossy)
    patience = {"update_deadline": 60.0 * s, "agreement_deadline": 5.0 * s}
    world, records = played(replace(short, rounds=3, access=access, sidelink=sidelink, **patience))
    sent = of(records, Transfer)
    on_air = [record for record in sent if record.medium != "fibre"]
    lost = [record for record in sent if not record.delivered]
    assert len(of(records, Round)) == 3
    assert {record.medium for record in lost} == {"access-up", "access-down", "sidelink"}
    assert all(record.delivered_s != record.delivered_s for record in lost)
    # half of those of one block, more of longer ones, more over two hops
    assert 0.5 < len(lost) / len(on_air) < 0.9
    assert world.ctx.now < 3 * (60.0 + 5 * 5.0) + 10.0


def test_devices_in_buildings_are_written_down_and_heard_through_walls(short):
    walls = replace(short.access, buildings=qfl.Buildings(indoor_share=0.5))
    outside = {n.node: n for n in of(played(short)[1], Node) if n.role == "device"}
    world, records = played(replace(short, access=walls))
    nodes = {n.node: n for n in of(records, Node) if n.role == "device"}
    inside = {name for name, node in nodes.items() if node.indoor}
    assert 0 < len(inside) < len(nodes)
    for name, node in nodes.items():
        assert node.indoor == world.wiring.access.channels[name].indoor
        if name not in inside:
            assert (node.line_of_sight, node.snr_up_db) == (outside[name].line_of_sight, outside[name].snr_up_db)
    assert not any(node.indoor for node in of(records, Node) if node.role != "device")


def test_near_cells_disturb_each_other_and_far_ones_do_not(short):
    def disturbance(spacing, **access):
        topology = replace(short.topology, spacing=spacing)
        world = World(replace(short, topology=topology, access=replace(short.access, **access)))
        nodes = [node for node in described(world._common, connected=True) if node.role == "device"]
        return max(node.snr_up_db - node.sinr_up_db for node in nodes)

    assert disturbance(250 * m) > 1.0 > disturbance(1000 * m) > 0.0
    assert disturbance(250 * m, interference=False) == 0.0
    assert disturbance(5400 * m) == 0.0


@pytest.mark.parametrize("density", [1e6, 1e7, 1e8])
def test_the_densities_of_6g_run(short, density):
    crowd = qfl.BackgroundTraffic(density=density / km2)  # 32 bytes every two hours
    world, records = played(replace(short, background=crowd))
    (load,) = set(world.wiring.access.loads.values())
    assert 0.0 < load < 0.1
    assert of(records, Round)[0].aggregated > 0


def test_too_much_of_a_crowd_is_refused_with_advice(short):
    with pytest.raises(
        ScenarioError, match=r"1e\+08 devices per km\^2.*lower BackgroundTraffic\.density or message_rate"
    ):
        World(replace(short, background=qfl.BackgroundTraffic(density=1e8 / km2, message_rate=1 / s)))


def test_up_and_down_are_not_the_same(short):
    _, records = played(short)
    for node in of(records, Node):
        if node.role == "device":
            assert node.sinr_down_db > node.sinr_up_db  # 33 against 23 dBm, and a quieter receiver above

"""Whole runs with devices that move, and with devices that run on batteries."""

import math
import re
from collections import Counter
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.chain.transactions import read_transaction
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Battery, Block, Energy, Handover, Job, Key, Node, Position, Round, Storage, Transfer
from qflsim.units import m, s
from qflsim.world import World

QUARTER = qfl.Rectangle(west=-200 * m, east=500 * m, south=-200 * m, north=450 * m)


def played(scenario, replication=0):
    world, records = World(scenario, replication), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def busy(tiny):
    """Quick devices in three small cells: every one of them is handed over every few seconds."""
    return replace(
        tiny,
        rounds=5,
        topology=replace(tiny.topology, spacing=300 * m),
        keys=qfl.KEMKeys(),
        mobility=qfl.RandomWaypoint(speed=(15.0, 30.0), pause=(0.0, 0.5), area=QUARTER, record_period=0.5),
        update_deadline=20 * s,
        agreement_deadline=20 * s,
    )


@pytest.fixture(scope="module")
def run(busy):
    return played(busy)


def test_devices_are_handed_over_and_rounds_go_on(run):
    _, records = run
    handed = of(records, Handover)
    assert len({h.device for h in handed}) > 4
    assert [r.round for r in of(records, Round)] == [1, 2, 3, 4, 5]
    assert all(r.aggregated > 0 for r in of(records, Round))
    serving = {node.node: node.server for node in of(records, Node) if node.role == "device"}
    for h in handed:  # each hands over from where the one before handed to
        assert serving[h.device] == h.source != h.target
        serving[h.device] = h.target


def test_the_shard_chain_says_who_joined_and_who_left_each_server(run):
    world, records = run
    members = {}
    for node in of(records, Node):
        if node.role == "device" and node.reached:
            members.setdefault(node.server, set()).add(node.node)
    stated, (shard,) = 0, (ledger.chain for ledger in world.ledgers if ledger.chain.name.startswith("shard"))
    for block in shard.blocks[1:]:
        for fields in (read_transaction(signed.payload) for signed in block.transactions):
            if fields["kind"] == "membership":
                stated += 1
                own = members[fields["sender"]]
                assert own >= set(fields["left"]) and not own & set(fields["joined"])
                members[fields["sender"]] = own - set(fields["left"]) | set(fields["joined"])
            if fields["kind"] == "selection":
                assert set(fields["devices"]) <= members[fields["sender"]]
    assert stated > 3
    assert members == {server: set(world.membership.members(server)) for server in members}


def test_every_update_handed_in_is_counted_once_and_by_the_server_that_its_device_trained_for(run):
    world, records = run
    for r in of(records, Round):
        trained = Counter(job.node for job in of(records, Job) if job.purpose == "train" and job.round == r.round)
        assert set(trained.values()) == {1}
        on_chain = Counter()
        for ledger in world.ledgers:
            if ledger.chain.name.startswith("lmuc"):
                for block in ledger.chain.blocks:
                    if block.header.round == r.round:
                        on_chain.update(read_transaction(signed.payload)["sender"] for signed in block.transactions)
        assert set(on_chain.values()) == {1}
        assert set(on_chain) <= set(trained)
        assert sum(on_chain.values()) >= r.aggregated
        assert r.selected == sum(trained.values())


def test_the_task_server_changes_between_rounds_only_and_follows_the_station(run):
    _, records = run
    rounds = {r.round: r for r in of(records, Round)}
    seen = {}
    for place in of(records, Position):
        seen.setdefault((place.round, place.device), []).append(place)
    changed = 0
    for (number, _), places in seen.items():
        selected_s = rounds[number].started_s + rounds[number].publish_s if number else 0.0
        during = {p.task_server for p in places if p.time_s > selected_s}
        assert len(during) <= 1
        changed += any(p.server != p.task_server for p in places)
    assert changed  # somebody trains for one server while another's station serves it


def test_a_device_that_was_handed_over_still_votes_and_sends_to_its_committee_over_the_backhaul(run):
    _, records = run
    roamed = [t for t in of(records, Transfer) if t.kind == "update" and "fibre" in t.medium and t.delivered]
    assert roamed
    # over fibre twice if the receiver is handed over while it comes down
    assert {re.sub(r"(\+fibre)+", "+fibre", t.medium) for t in roamed} == {"access-up+fibre+access-down"}


def test_a_newcomer_stores_the_chain_of_its_new_server_from_the_next_block_on(run):
    _, records = run
    blocks = of(records, Block)
    for server in ("server-1", "server-2", "server-3"):
        chain = f"lmuc-{server}"
        written = sum(block.chain == chain for block in blocks)
        copies = {c.node: c for c in of(records, Storage) if c.chain == chain and c.round == 5}
        assert copies[server].blocks <= written + 1
        own = {
            number: {t.source for t in of(records, Transfer) if t.kind == "update" and t.round == number}
            for number in range(1, 6)
        }
        assert own
        for copy in copies.values():
            assert 2 <= copy.blocks <= written + 1
    short = [c for c in of(records, Storage) if c.round == 5 and c.chain.startswith("lmuc") and c.blocks < 6]
    assert short


def test_bits_on_the_air_and_on_fibre_are_those_of_the_messages(run):
    _, records = run
    transfers = of(records, Transfer)
    arrived, lost = ([t for t in transfers if t.delivered == fate] for fate in (True, False))
    air = sum(t.size_bit * sum(x != "fibre" for x in t.medium.split("+")) for t in arrived)
    wired = sum(t.size_bit * t.medium.split("+").count("fibre") for t in arrived)
    counted = sum(r.air_bit for r in of(records, Round)), sum(r.wired_bit for r in of(records, Round))
    # of a lost message the table names the hop that lost it, and not those before
    assert air * (1 - 1e-9) <= counted[0] <= (air + sum(2 * t.size_bit for t in lost)) * (1 + 1e-9)
    assert wired * (1 - 1e-9) <= counted[1] <= (wired + sum(2 * t.size_bit for t in lost)) * (1 + 1e-9)
    assert len(lost) < 0.05 * len(transfers)


def test_the_same_seed_gives_the_same_bytes(busy, tmp_path):
    from qflsim.experiment import run as run_

    short = replace(busy, rounds=2)
    first, second = (run_(short, out=tmp_path / name, figures=False).folder for name in ("a", "b"))
    for path in first.glob("*.csv"):
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name
    assert (first / "handovers.csv").read_text().count("\n") > 2


def test_adding_devices_moves_no_other(busy):
    few = World(busy)
    many = World(replace(busy, topology=replace(busy.topology, devices_per_server=5)))
    for device in few.placement.home:
        assert few.placement.positions[device] == many.placement.positions[device]
        assert few.wiring.access.serving[device] == many.wiring.access.serving[device]


def shown(scenario):
    return [repr(record) for record in played(scenario)[1]]  # NaN is not equal to itself


def test_a_world_that_does_not_move_is_what_it_was_whatever_the_rule_of_handover(tiny):
    still = replace(tiny, rounds=1)
    other = replace(still, handover=qfl.Handover(offset=0.0, period=0.01), mobility=qfl.Static())
    assert shown(other) == shown(still)
    assert not any(record.startswith(("Position", "Handover", "Battery")) for record in shown(still))


def test_devices_out_of_reach_of_all_stations_train_for_nobody_and_come_back(tiny, tmp_path):
    file = tmp_path / "tracks.csv"
    rows = ["device,time_s,east_m,north_m"]
    for device in World(tiny).placement.home:
        server = int(device.split("-")[1])
        east = {1: 30, 2: 1030, 3: 530}[server]
        north = {1: 0, 2: 0, 3: 850}[server]
        if device.endswith("1"):  # in the country during the first round
            rows += [f"{device},0,90000,{north}", f"{device},4,90000,{north}", f"{device},5,{east},{north}"]
        else:
            rows += [f"{device},0,{east},{north}"]
    file.write_text("\n".join(rows) + "\n")
    moving = replace(tiny, rounds=3, keys=qfl.KEMKeys(), mobility=qfl.MobilityTrace(file=str(file)))
    _, records = played(moving)
    first, *_, last = of(records, Round)
    assert (first.selected, last.selected) == (6, 9)
    assert {n.node for n in of(records, Node) if not n.reached} == {"device-1-1", "device-2-1", "device-3-1"}


def test_tracks_must_be_those_of_the_devices(tiny, tmp_path):
    file = tmp_path / "tracks.csv"
    file.write_text("device,time_s,east_m,north_m\ndevice-1-1,0,0,0\n")
    with pytest.raises(ScenarioError, match="has no track of device-1-2"):
        World(replace(tiny, keys=qfl.KEMKeys(), mobility=qfl.MobilityTrace(file=str(file))))


def test_devices_that_move_have_qkd_up_to_their_anchor_only(busy):
    with pytest.raises(
        ScenarioError, match=r"HybridKeys .Scenario.keys. asks for QKD keys at devices, and devices that"
    ):
        World(replace(busy, keys=qfl.HybridKeys()))
    with pytest.raises(ScenarioError, match=r"WegmanCarter .Scenario.authentication. asks for QKD keys at devices"):
        World(replace(busy, keys=qfl.EitherKeys(), authentication=qfl.WegmanCarter()))
    _, records = played(replace(busy, keys=qfl.EitherKeys(), rounds=2))
    by_kind = {}
    for key in of(records, Key):
        by_kind.setdefault("device" if key.first.startswith("device") else "server", set()).add(key.source)
    assert by_kind == {"device": {"kem"}, "server": {"qkd"}}


@pytest.fixture(scope="module")
def draining(tiny):
    """Batteries that last for a part of the run."""
    return replace(
        tiny, rounds=3, keys=qfl.KEMKeys(), update_deadline=20 * s, agreement_deadline=20 * s,
        battery=qfl.Battery(capacity=0.5, initial=(0.1, 1.0)),
    )  # fmt: skip


def test_a_battery_loses_what_its_device_spends_and_nothing_else(draining):
    _, records = played(draining)
    spent = Counter()
    for e in of(records, Energy):
        if e.cause in ("radio", "computing", "cryptography"):
            spent[e.node] += e.energy_j
    last = [b for b in of(records, Battery) if b.round == 3]
    assert len(last) == 9
    for b in last:
        assert b.initial_j - b.level_j == pytest.approx(spent[b.device], rel=1e-9)
        assert b.empty == (b.level_j <= 0) == math.isfinite(b.emptied_s)
    drawn = Counter()
    for b in of(records, Battery):
        drawn[b.device] += b.drawn_j
    assert drawn == pytest.approx({device: spent[device] for device in drawn})
    assert 0 < sum(b.empty for b in last) < 9


def test_a_device_with_an_empty_battery_is_gone(draining):
    _, records = played(draining)
    emptied = {b.device: b.emptied_s for b in of(records, Battery) if b.empty}
    for transfer in of(records, Transfer):
        for end in (transfer.source, transfer.destination):
            if end in emptied and transfer.delivered:
                assert transfer.delivered_s <= emptied[end] + 2e-3  # decoded by then
    for e in of(records, Energy):
        before = {b.device for b in of(records, Battery) if b.empty and b.round < e.round}
        assert not (e.node in before and e.cause in ("radio", "computing", "cryptography"))
    rounds = {r.round: r for r in of(records, Round)}
    gone = sum(time < rounds[3].started_s for time in emptied.values())
    assert gone and rounds[3].selected == 9 - gone
    assert [a.decided for a in of(records, Agreement)]  # and whoever is left goes on


def test_a_full_battery_changes_nothing(tiny):
    plain = replace(tiny, rounds=1)
    fed = [record for record in shown(replace(plain, battery=qfl.Battery())) if not record.startswith("Battery")]
    assert fed == shown(plain)

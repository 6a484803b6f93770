"""Whole runs under the policies for keys: relayed, padded, tagged, starved."""

import math
from collections import Counter
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Energy, Key, QKDBlock, Round, Transfer
from qflsim.units import km, m, s
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
    return replace(tiny, rounds=1, background=None, keys=qfl.QKDKeys())


def test_servers_without_a_fibre_between_them_get_keys_by_relay(short):
    line = replace(short, backhaul_graph=qfl.LineGraph())
    _, records = played(line)
    relayed = [key for key in of(records, Key) if key.hops > 1]
    assert {(key.purpose, key.path, key.known_to) for key in relayed} == {
        ("mixing", "server-1>server-2>server-3", 3), ("mixing", "server-3>server-2>server-1", 3),
    }  # fmt: skip
    assert all(key.link_bit == 2 * key.qkd_bit and key.relay_s > 0 for key in relayed)
    messages = [t for t in of(records, Transfer) if t.kind == "key-relay"]
    assert len(messages) == 2 * len(relayed)
    drawn = sum(key.link_bit for key in of(records, Key))
    assert of(records, Round)[0].key_bit == drawn


def test_every_bit_that_was_drawn_is_in_a_table(short):
    world, records = played(replace(short, authentication=qfl.WegmanCarter()))
    drawn = sum(link.manager.drawn_bit for link in world.wiring.keys.links.values())
    direct = {(k.first, k.second): 0 for k in of(records, Key) if k.hops == 1}
    assert direct
    tagged = sum(a.tag_bit for a in of(records, Agreement))
    relayed_tags = sum(a.tag_bit for a in of(records, Agreement) if a.chain.startswith("lmuc"))
    keys = sum(key.link_bit for key in of(records, Key))
    assert drawn == pytest.approx(keys + tagged - relayed_tags)
    assert sum(r.key_bit for r in of(records, Round)) == pytest.approx(drawn)


def test_a_tag_for_every_message_of_an_agreement(short):
    _, plain = played(short)
    world, tagged = played(replace(short, authentication=qfl.WegmanCarter()))
    pairs = Counter()
    for before, after in zip(of(plain, Agreement), of(tagged, Agreement), strict=True):
        assert before.tag_bit == 0.0
        assert after.messages == before.messages == 2 * after.validators * (after.validators - 1)
        # transactions name the time in decimals, more or fewer of them
        assert after.size_bit == pytest.approx(before.size_bit + 128 * after.messages, abs=8 * 4 * after.messages)
        hash_keys = (after.tag_bit - 128 * after.messages) / 128
        assert hash_keys in (0, after.validators * (after.validators - 1) / 2, 3)  # shard members met globally, or not
        pairs[after.chain] += 1
    assert any("publisher" in ends for ends in world.wiring.keys.links)


def test_relayed_lots_pay_for_the_tags_of_devices(short):
    _, records = played(replace(short, authentication=qfl.WegmanCarter()))
    lots = [key for key in of(records, Key) if key.purpose == "tags"]
    assert len(lots) >= 9  # three devices in each of three cells make nine pairs
    assert all(key.path.split(">")[1].startswith("server") and key.known_to == 3 for key in lots)


def test_a_one_time_pad_takes_a_bit_for_every_bit(short):
    _, records = played(replace(short, sealing=qfl.OneTimePad()))
    sent = [t for t in of(records, Transfer) if t.kind in ("model", "mixed-model")]
    sealed = 8 * (16 + 16)  # a tag and the key's identifier
    for ends in {tuple(sorted((t.source, t.destination))) for t in sent}:
        sizes = sorted(t.size_bit - sealed for t in sent if {t.source, t.destination} == set(ends))
        keys = sorted(key.qkd_bit for key in of(records, Key) if (key.first, key.second) == ends)
        assert len(keys) == 2
        assert sum(keys) == sum(sizes) + 128 * 2 + 128  # a tag each, and one hash key


def test_one_key_may_seal_many_messages(tiny):
    scenario = replace(tiny, keys=qfl.QKDKeys(), sealing=qfl.AES256(rekey_messages=1000))
    _, records = played(scenario)
    keys = of(records, Key)
    assert Counter((key.first, key.second) for key in keys).most_common(1)[0][1] <= 2  # both ways at once, at first
    assert len(of(records, Transfer)) > len(keys)
    assert {key.round for key in keys} == {1}


STARVED = qfl.DecoyBB84(pulse_rate=1e3)  # some 15 bit/s a device


def test_either_falls_back_when_the_store_is_dry_in_time(short):
    _, records = played(replace(short, keys=qfl.EitherKeys(qkd=STARVED, patience=0.05)))
    keys = of(records, Key)
    back = [key for key in keys if key.source == "kem"]
    assert back
    for key in back:
        assert (key.qkd_bit, key.kem_bit, key.link_bit, key.path) == (0.0, 256.0, 0.0, "")
        assert key.store_wait_s == pytest.approx(0.05) and key.granted_s > key.requested_s + 0.05
    assert of(records, Round)[0].aggregated == 9


def test_qkd_required_waits_where_either_does_not(short):
    slow, quick = (
        of(played(replace(short, keys=keys))[1], Round)[0]
        for keys in (qfl.QKDKeys(qkd=STARVED), qfl.EitherKeys(qkd=STARVED, patience=0.05))
    )
    assert slow.distribute_s > 5 * s > 0.5 * s > quick.distribute_s


def test_links_in_blocks_write_them_down_and_starve_when_somebody_listens(short):
    spied = qfl.FiniteKeyBB84(block_bit=1e6, eavesdropping=qfl.InterceptResend(share=0.5, begin=0.0, end=60.0))
    scenario = replace(short, keys=qfl.QKDKeys(qkd=spied), update_deadline=300 * s)
    _, records = played(scenario)
    rows = of(records, QKDBlock)
    assert all(row.aborted == row.blocks and row.secret_bit == 0.0 for row in rows if row.time_s < 60.0)
    late = [row for row in rows if row.time_s > 61.0]  # no pulse of theirs was sent before she had gone
    assert late and sum(row.aborted for row in late) == 0 < sum(row.secret_bit for row in late)
    assert all(key.granted_s > 60.0 for key in of(records, Key))
    assert of(records, Round)[0].aggregated == 9  # they came in the end


def test_an_agreement_stalls_without_key_and_is_given_up(short):
    spied = qfl.FiniteKeyBB84(block_bit=1e6, eavesdropping=qfl.InterceptResend(share=0.5, begin=0.0, end=25.0))
    scenario = replace(
        short, rounds=3, keys=qfl.EitherKeys(qkd=spied), authentication=qfl.WegmanCarter(), agreement_deadline=10 * s
    )
    _, records = played(scenario)
    sought = of(records, Agreement)
    early, late = ([a for a in sought if (a.ended_s < 25.0) == before] for before in (True, False))
    assert early and all(a.decided == 0 and a.tag_wait_s > 9.9 for a in early)
    assert late[-1].decided == late[-1].validators and late[-1].tag_wait_s < 0.01
    assert (of(records, Round)[0].aggregated, of(records, Round)[-1].aggregated) == (0, 9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"keys": qfl.KEMKeys(), "authentication": qfl.WegmanCarter()},
            r"WegmanCarter \(Scenario.authentication\) pays its tags with QKD keys, and",
        ),
        ({"keys": qfl.KEMKeys(), "sealing": qfl.OneTimePad()}, "OneTimePad needs keys that no computer can find"),
        ({"key_store": qfl.KeyStore(minimum=0.0)}, "KeyStore.minimum must be >= block_tags = 256 bit, got 0.0"),
        (
            {"topology": qfl.DenseCell(spacing=400 * km)},
            "no QKD key reaches from .* nor is relayed: their fibre is 600",
        ),
        (
            {
                "topology": qfl.DenseCell(spacing=400 * km),
                "keys": qfl.EitherKeys(),
                "authentication": qfl.WegmanCarter(),
            },
            "no QKD key reaches",
        ),
    ],
)
def test_keys_that_can_never_come_are_refused(short, change, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(short, **change))


def test_either_goes_without_qkd_where_it_does_not_reach(short):
    _, records = played(
        replace(short, topology=replace(short.topology, spacing=400 * km), keys=qfl.EitherKeys(qkd=qfl.DecoyBB84()))
    )
    assert {key.source for key in of(records, Key) if key.purpose == "mixing"} == {"kem"}
    assert {key.source for key in of(records, Key) if key.purpose == "model"} == {"qkd"}
    assert not math.isnan(sum(key.granted_s for key in of(records, Key)))


@pytest.fixture(scope="module")
def anchored(short):
    """Quick devices in three small cells that fill their key stores in front of the stations."""
    quarter = qfl.Rectangle(west=-150 * m, east=450 * m, south=-100 * m, north=350 * m)
    return replace(
        short,
        rounds=4,
        topology=replace(short.topology, spacing=300 * m),
        mobility=qfl.RandomWaypoint(speed=(20.0, 30.0), pause=(0.0, 1.0), area=quarter),
        key_access=qfl.AnchorAccess(reach=60 * m),
        key_store=qfl.KeyStore(minimum=512.0, maximum=1e6),
        update_deadline=60 * s,
        agreement_deadline=20 * s,
    )


def test_mobile_devices_live_on_the_key_that_they_got_in_front_of_anchors(anchored):
    world, records = played(anchored)
    keys = [key for key in of(records, Key) if key.purpose == "model" and key.qkd_bit]
    assert {key.hops for key in keys} >= {1, 2}
    for key in keys:
        *way, device = sorted(key.path.split(">"), key=lambda node: node.startswith("device"))
        assert device.startswith("device") and all(node.startswith("server") for node in way)
        assert key.known_to == key.hops + 1
    waited = [key for key in keys if key.store_wait_s > 0]
    assert waited  # for the device to come to an anchor
    assert len({key.path.split(">")[-2] for key in keys if key.path.split(">")[-1].startswith("device")}) > 1
    visited = {
        ends: link.manager for ends, link in world.wiring.keys.links.items() if ends in world.wiring.keys.visited
    }
    assert len(visited) == 27
    made, drawn = (sum(getattr(m, name) for m in visited.values()) for name in ("made_bit", "drawn_bit"))
    assert 0 < drawn < made
    assert sum(row.secret_bit for row in of(records, QKDBlock) if "device" in row.first) == pytest.approx(
        made, rel=0.01
    )
    assert sum(r.aggregated for r in of(records, Round)) > 0
    sending = {e.node for e in of(records, Energy) if e.cause == "qkd" and e.energy_j and e.role == "device"}
    assert sending and all(e.energy_j > 0 for e in of(records, Energy) if e.cause == "qkd" and e.role == "server")


def test_anchors_without_qkd_are_refused(short):
    with pytest.raises(ScenarioError, match=r"AnchorAccess brings QKD keys to devices, and KEMKeys uses none"):
        World(replace(short, keys=qfl.KEMKeys(), key_access=qfl.AnchorAccess()))


def test_devices_that_stay_out_of_reach_of_all_anchors_are_refused(short):
    with pytest.raises(
        ScenarioError, match=r"device-\d-\d stays [\d.]+ m from the nearest anchor, whose reach is 12 m"
    ):
        World(replace(short, key_access=qfl.AnchorAccess(reach=12 * m)))


def test_devices_that_stay_within_reach_need_no_fibre(short):
    world, records = played(replace(short, key_access=qfl.AnchorAccess(reach=100 * m)))
    assert len(world.wiring.keys.visited) == 9  # each with the nearest anchor
    assert {key.hops for key in of(records, Key)} == {1}
    rates = {
        link.manager.rate_bps for ends, link in world.wiring.keys.links.items() if ends in world.wiring.keys.visited
    }
    assert rates == {qfl.AnchorAccess().qkd.key_rate(0.0, 3)}


def test_devices_that_move_without_anchors_need_another_source(short):
    with pytest.raises(ScenarioError, match=r"no fibre over which to get any; use key_access=AnchorAccess"):
        World(replace(short, mobility=qfl.RandomWaypoint()))

"""Whole runs in which blocks and transactions spread in one way or another."""

import dataclasses
from collections import defaultdict
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.experiment import run
from qflsim.network.dissemination import Item, Obtain, Packet, Pass
from qflsim.summary import summarise
from qflsim.trace import Agreement, Energy, Propagation, Round, Storage, Transfer
from qflsim.units import m, s
from qflsim.world import World

WAYS = (
    qfl.Gossip(),
    qfl.Gossip(mode=qfl.Push()),
    qfl.Gossip(mode=qfl.Pull()),
    qfl.GossipMesh(degree=3, low=2, high=4),
    qfl.CompactBlocks(connections=3),
)
NAMES = ("push-pull", "push", "pull", "mesh", "compact")


@pytest.fixture
def cell(tiny):
    """One round of three servers with six devices each."""
    return replace(
        tiny, rounds=1, topology=qfl.DenseCell(servers=3, devices_per_server=6, radius=100 * m),
        update_deadline=60 * s, agreement_deadline=30 * s,
    )  # fmt: skip


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def rows(records):
    return [(type(record).__name__, repr(dataclasses.astuple(record))) for record in records]


def test_direct_rows_say_what_the_transfers_say(cell):
    _, records = played(cell)
    spread, sent = of(records, Propagation), defaultdict(list)
    for transfer in of(records, Transfer):
        sent[transfer.kind].append(transfer)
    assert {row.dissemination for row in spread} == {"Direct"} and {row.kind for row in spread} == {
        "pre-prepare", "join", "update", "receipt"
    }  # fmt: skip
    for kind in ("pre-prepare", "join", "update", "receipt"):
        own = [row for row in spread if row.kind == kind]
        assert all(row.messages == row.nodes == row.reached and row.duplicates == 0 for row in own)
        assert sum(row.messages for row in own) == len(sent[kind])
        assert sum(row.size_bit for row in own) == pytest.approx(sum(t.size_bit for t in sent[kind]))
        assert max(row.started_s + row.p100_s for row in own) == max(t.delivered_s for t in sent[kind])
    assert all(row.p50_s <= row.p75_s <= row.p90_s <= row.p95_s <= row.p99_s <= row.p100_s for row in spread)


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_a_run_learns_the_same_whatever_carries_its_blocks(cell, way):
    world, records = played(replace(cell, dissemination=way))
    _, direct = played(cell)
    (round,), (plain,) = of(records, Round), of(direct, Round)
    assert (round.accuracy, round.loss, round.aggregated) == (plain.accuracy, plain.loss, 18)
    assert round.ended_s != plain.ended_s and round.air_bit != plain.air_bit  # it acts on time and on the air
    energy = [sum(e.energy_j for e in of(r, Energy) if e.cause == "radio") for r in (records, direct)]
    assert energy[0] != energy[1]
    assert all(a.decided == a.validators for a in of(records, Agreement))
    spread = of(records, Propagation)
    assert {row.dissemination for row in spread} == {way.name}
    assert all(row.reached == row.nodes for row in spread if row.kind != "pre-prepare")
    assert sum(row.duplicates for row in spread) > 0
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)
    assert rows(played(replace(cell, dissemination=way))[1]) == rows(records)


def test_messages_of_an_agreement_count_what_its_proposal_took(cell):
    _, records = played(replace(cell, dissemination=qfl.GossipMesh(degree=3, low=2, high=4)))
    proposals = {(p.chain, p.height): p for p in of(records, Propagation) if p.kind == "pre-prepare"}
    for agreement in of(records, Agreement):
        n, own = agreement.validators, proposals[agreement.chain, agreement.height]
        votes = (n - 1) ** 2 + n * (n - 1)  # prepares and commits, direct
        assert agreement.messages == own.messages + votes


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_gossip_brings_everybody_what_lossy_links_drop_and_direct_does_not(cell, way):
    lossy = replace(cell, threats=(qfl.MessageLoss(loss=0.15),), update_deadline=40 * s)
    _, records = played(replace(lossy, dissemination=way))
    _, direct = played(lossy)
    updates = [row for row in of(records, Propagation) if row.kind == "update"]
    assert updates and all(row.reached == row.nodes for row in updates)
    assert any(row.reached < row.nodes for row in of(direct, Propagation) if row.kind == "update")


def test_a_part_of_the_network_catches_up_when_it_heals(cell):
    """What is spread while two devices are cut off comes to them after that."""
    apart = qfl.Partition(parts=(("device-1-1", "device-1-2"),), start=0 * s, end=20 * s)
    way = qfl.Gossip(followers=("device-1-*",))
    _, records = played(replace(cell, dissemination=way, threats=(apart,)))
    early = [row for row in of(records, Propagation) if row.kind == "committed-block" and row.started_s < 15.0]
    assert early and all(row.reached == row.nodes == 6 and row.p50_s < 5.0 for row in early)
    assert all(20.0 < row.started_s + row.p100_s < 25.0 for row in early)


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_a_relay_that_is_down_holds_nobody_else_up(cell, way):
    """It passes nothing on and answers nobody; every other device still gets every update."""
    down = qfl.Crash(nodes=("device-1-2",), start=0 * s)
    _, records = played(replace(cell, dissemination=way, threats=(down,), update_deadline=20 * s))
    updates = [row for row in of(records, Propagation) if row.kind == "update" and row.source.startswith("device-1")]
    assert len(updates) == 5 and all(row.reached == row.nodes - 1 for row in updates)
    assert of(records, Round)[0].aggregated == 17


@pytest.mark.parametrize("way", [qfl.Direct(), *WAYS], ids=["direct", *NAMES])
def test_followers_keep_a_copy_of_the_chain(cell, way):
    world, records = played(replace(cell, dissemination=replace(way, followers=("device-2-*", "server-*"))))
    chain = next(ledger.chain for ledger in world.ledgers if ledger.chain.name == "global")
    kept = {row.node: (row.blocks, row.size_byte) for row in of(records, Storage) if row.chain == "global"}
    assert set(kept) == {"publisher", *(f"server-{i}" for i in (1, 2, 3)), *(f"device-2-{i}" for i in range(1, 7))}
    whole = sum(block.size_byte for block in chain.blocks)
    assert len({kept["publisher"], (len(chain.blocks), whole)}) == 1
    committed = [row for row in of(records, Propagation) if row.kind == "committed-block"]
    assert len(committed) == len(chain.blocks) - 1 and all(row.nodes == row.reached == 6 for row in committed)
    shard = {row.node for row in of(records, Storage) if row.chain.startswith("shard")}
    assert shard == {"server-1", "server-2", "server-3"}  # not followed unless named


def test_compact_blocks_do_not_send_what_the_gathering_has_brought(cell):
    _, records = played(replace(cell, dissemination=qfl.CompactBlocks(connections=5)))
    kinds = defaultdict(list)
    for transfer in of(records, Transfer):
        kinds[transfer.kind].append(transfer)
    _, direct = played(cell)
    proposals = [t.size_bit for t in of(direct, Transfer) if t.kind == "pre-prepare" and "device" in t.source]
    compact = [t.size_bit for t in kinds["cmpctblock"] if "device" in t.source]
    assert min(proposals) - max(compact) == 8 * (6 * 32 - (8 + 1 + 6 * 6 + 1))  # six names of 32 bytes are of 6 now
    fetched = [t for t in kinds["blocktxn"] if t.source.startswith("device")]
    assert len(fetched) <= len(kinds["cmpctblock"]) / 4  # nearly all members hold nearly all updates
    assert any(t.source.startswith(("server", "publisher")) for t in kinds["blocktxn"])  # tasks, which nobody had seen


@pytest.mark.parametrize("agreement", [qfl.HotStuff(), qfl.Raft(), qfl.ProofOfWork(interval=1 * s, confirmations=2)])
def test_other_protocols_go_over_gossip_too(cell, agreement):
    _, records = played(replace(cell, agreement=agreement, dissemination=qfl.GossipMesh(degree=2, low=1, high=4)))
    assert of(records, Round)[0].aggregated == 18
    chains = {row.chain for row in of(records, Propagation) if row.height}
    assert {"global", "shard-task-1", "lmuc-server-1"} <= chains


def test_tags_are_paid_for_every_packet_of_a_block(cell):
    tagged = replace(cell, authentication=qfl.WegmanCarter(), dissemination=qfl.Gossip())
    _, records = played(tagged)
    _, plain = played(replace(cell, dissemination=qfl.Gossip()))
    assert sum(a.tag_bit for a in of(records, Agreement)) > 0.0 == sum(a.tag_bit for a in of(plain, Agreement))
    assert all(a.decided == a.validators for a in of(records, Agreement))


def test_a_run_shows_how_things_spread(cell, tmp_path):
    done = run(replace(cell, dissemination=qfl.Gossip(followers=("device-*",))), out=tmp_path)
    text = " ".join(summarise(done.folder).split())
    assert "spreading By Gossip, half of the nodes and all had, on average: LMUC proposals" in text
    assert "committed blocks" in text and "of the copies came to a node that had one." in text
    assert (done.folder / "propagation.png").stat().st_size > 10_000
    table = done.table("propagation")
    ratio = table["size_bit"].sum() / (table["item_bit"] * table["nodes"]).sum()
    assert f"Bits sent were {ratio:.2f} times one copy for each" in text


def test_followers_that_nobody_is_are_refused(cell):
    with pytest.raises(ScenarioError, match=r"Gossip.followers must be nodes, got 'phone-\*', which none is called"):
        World(replace(cell, dissemination=qfl.Gossip(followers=("phone-*",))))


def test_items_and_packets_are_plain_values():
    item = Item(name="a", kind="block", size_bit=8.0, head_bit=8.0)
    packet = Packet(sender="n", kind="block", item=item, size_bit=8.0)
    assert Pass("m", packet).packet.item.held("m") == () and not Obtain(item).rebuilt


def test_public_nodes_get_every_block_of_the_chain_in_one_pass_and_change_nothing_else(cell, tmp_path):
    public = qfl.RandomOverlay(nodes=300, connections=4)
    world, records = played(replace(cell, dissemination=qfl.Direct(public=public)))
    _, plain = played(cell)
    assert [row for row in rows(records) if "public-block" not in row[1]] == rows(plain)
    spread = [row for row in of(records, Propagation) if row.kind == "public-block"]
    chain = next(ledger.chain for ledger in world.ledgers if ledger.chain.name == "global")
    overlay = public.draw(world.ctx.streams.fresh("dissemination", "public"))
    assert len(spread) == len(chain.blocks) - 1 and {row.chain for row in spread} == {"global"}
    for row, block in zip(spread, chain.blocks[1:], strict=True):
        flooded = qfl.flood(overlay, 8.0 * block.size_byte, checking=public.checking)
        assert (row.nodes, row.reached, row.digest) == (299, 299, block.hash.hex())
        assert (row.p50_s, row.p100_s) == (flooded.reached(0.5), flooded.reached(1.0))
        assert (row.messages, row.duplicates) == (flooded.copies, flooded.duplicates)
    slow = replace(public, upload=1e3)  # the first is still under way when the second begins
    _, records = played(replace(cell, dissemination=qfl.Direct(public=slow)))
    ways = [row.dissemination for row in of(records, Propagation) if row.kind == "public-block"]
    assert ways == ["flood", "flood, as if alone"]

"""What a run does when something in it fails: nobody moves on without agreement, and nothing goes unrecorded."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.chain.transactions import digest_of, pack_parameters
from qflsim.checks import ScenarioError
from qflsim.nodes.draft import Commitment
from qflsim.nodes.ledger import Ledger
from qflsim.trace import Agreement, Evaluation, Key, Round, Storage
from qflsim.units import dBm, s
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def without(chain, from_height=1):
    """`Ledger.commit` whose committee never agrees on ``chain`` from some height on."""
    commit = Ledger.commit

    def refuse(self, *arguments, **options):
        done = yield from commit(self, *arguments, **options)
        if self.chain.name.startswith(chain) and done.blocks and done.blocks[-1].header.height >= from_height:
            self.chain.blocks.pop()
            return Commitment()
        return done

    return refuse


def last_digest(world):
    return world.ledgers[0].chain.tip.header.model.digest


def test_the_model_evaluated_as_global_is_the_one_in_the_global_block(tiny):
    for access in (tiny.access, replace(tiny.access, device_power=dBm(-24))):  # all cells alive, and one dead
        world, records = played(replace(tiny, access=access, background=None))
        assert last_digest(world) == digest_of(pack_parameters(world.model))
        assert {e.loss for e in of(records, Evaluation) if e.round == 2 and e.model == "global"} == {
            world.task.score(world.model).loss
        }


def test_a_server_without_devices_adopts_the_global_model(tiny):
    world, records = played(replace(tiny, access=replace(tiny.access, device_power=dBm(-24)), background=None))
    dead = [server for server in world.placement.servers if not world.wiring.reached(server)]
    assert dead and len(dead) < 3
    last = {e.model: e.loss for e in of(records, Evaluation) if e.round == 2}
    assert all(last[server] == last["global"] for server in dead)


@pytest.mark.parametrize(("chain", "from_height"), [("shard", 2), ("global", 2), ("lmuc", 1)])
def test_no_model_moves_before_its_block_is_agreed_on(tiny, monkeypatch, chain, from_height):
    monkeypatch.setattr(Ledger, "commit", without(chain, from_height))
    world, records = played(replace(tiny, rounds=1))
    (r,) = of(records, Round)
    assert r.aggregated == 0 and math.isnan(r.train_loss)
    first = world.scenario.model.initial(world.ctx.streams.fresh("initial")).astype(np.float32).astype(np.float64)
    np.testing.assert_array_equal(world.model, first)
    losses = {e.model: e.loss for e in of(records, Evaluation) if e.round == 1}
    if chain != "global":  # there the servers have mixed by right; only the global model is not agreed on
        assert set(losses.values()) == {world.task.score(world.model).loss}


def test_too_few_updates_for_the_aggregator_are_no_contribution(tiny):
    krum = replace(
        tiny,
        aggregation=qfl.Krum(faulty=0),
        topology=replace(tiny.topology, devices_per_server=5),
        access=replace(tiny.access, device_power=dBm(-24)),
        background=None,
    )
    sizes = [len(World(krum).wiring.reached(server)) for server in ("server-1", "server-2", "server-3")]
    assert min(sizes) < 3 <= max(sizes), sizes
    _, records = played(krum)
    assert [r.aggregated for r in of(records, Round)] == [sum(size for size in sizes if size >= 3)] * 2


def test_one_validator_that_decides_is_enough_for_a_block(tiny):
    _, records = played(tiny)
    local = [a for a in of(records, Agreement) if a.chain.startswith("lmuc")]
    first = min(local, key=lambda a: a.first_decided_s - a.started_s)
    hasty = replace(tiny, agreement_deadline=first.first_decided_s - first.started_s + 1e-6)
    world, records = played(hasty)
    for chain in ("lmuc-server-1", "lmuc-server-2", "lmuc-server-3"):
        decided = [a for a in of(records, Agreement) if a.chain == chain and a.decided]
        (ledger,) = [ledger for ledger in world.ledgers if ledger.chain.name == chain]
        assert ledger.chain.height == len(decided)
    assert any(0 < a.decided < a.validators for a in of(records, Agreement))


def test_every_message_of_an_agreement_is_counted_although_the_others_have_gone_on(tiny):
    many = replace(tiny, topology=replace(tiny.topology, servers=1, devices_per_server=12), mixing=qfl.Star())
    _, records = played(many)
    for a in of(records, Agreement):
        assert a.messages == 2 * a.validators * (a.validators - 1)


def test_nodes_store_the_blocks_that_they_took_part_in(tiny):
    _, records = played(replace(tiny, selection=qfl.RandomSelection(share=0.34), rounds=1))
    local = [row for row in of(records, Storage) if row.chain == "lmuc-server-1"]
    assert len(local) == 2  # the one device that was selected, and the server that fetched the block
    assert {row.blocks for row in local} == {2} and len({row.size_byte for row in local}) == 1


def test_key_draws_that_are_broken_off_are_recorded_and_take_no_bits(tiny):
    starved = replace(
        tiny,
        keys=qfl.QKDKeys(qkd=qfl.DecoyBB84(pulse_rate=2e3)),
        update_deadline=3 * s,
        agreement_deadline=2 * s,
        rounds=1,
    )
    _, records = played(starved)
    keys = of(records, Key)
    broken = [key for key in keys if math.isnan(key.granted_s)]
    assert broken and all(key.store_wait_s > 0 for key in broken)
    assert all((key.qkd_bit, key.link_bit, key.drawn_bit) == (0.0, 0.0, 0.0) for key in broken)  # no bit is lost
    for link in {(key.first, key.second) for key in keys}:
        own = [key for key in keys if (key.first, key.second) == link]
        assert max(key.drawn_bit for key in own) == sum(key.qkd_bit for key in own)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mixing": qfl.Star(hub=3)}, "Star.hub must be < 3"),
        ({"mixing": qfl.RandomGraph(probability=1e-9)}, "gave no connected graph"),
        ({"qpu": qfl.IBMSnapshot(plant=qfl.PlantPower(total=50.0))}, "PlantPower.total must cover"),
        ({"qpu": qfl.IBMSnapshot(repetition_delay=0.0, active_reset=False)}, "leaves no way to prepare the next shot"),
        ({"aggregation": qfl.Krum(faulty=3)}, "Krum needs at least 9 updates, and no server reaches more than 3"),
    ],
)
def test_what_would_fail_in_the_middle_is_refused_at_the_start(tiny, change, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(tiny, **change))


def test_views_that_change_again_and_again_end_in_a_decision(tiny):
    impatient = replace(tiny, agreement=qfl.PBFT(view_timeout=0.01), rounds=1)
    _, records = played(impatient)
    local = [a for a in of(records, Agreement) if a.chain.startswith("lmuc")]
    assert all(a.decided == a.validators for a in local)
    assert max(a.view for a in local) > 0
    assert of(records, Round)[0].aggregated == 9

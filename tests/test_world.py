"""Laws that hold for a whole run, whatever its numbers are."""

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.chain.agreement import Agreement, Broadcast, Decide, Message, Replica
from qflsim.chain.ledger import check_stored
from qflsim.checks import ScenarioError
from qflsim.trace import Job, Key, Round, Transfer
from qflsim.units import dBm, km, ms, s
from qflsim.world import World


def played(scenario, replication=0):
    """Run a scenario in memory; the world and all its records."""
    world, records = World(scenario, replication), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def run(tiny):
    return played(tiny)


def test_steps_fill_the_round_and_rounds_follow_each_other(run):
    _, records = run
    rounds = of(records, Round)
    assert [r.round for r in rounds] == [1, 2]
    for r in rounds:
        steps = (r.publish_s, r.distribute_s, r.train_s, r.cross_chain_s, r.aggregate_s)
        assert min(steps) > 0
        assert math.fsum(steps) == pytest.approx(r.ended_s - r.started_s, rel=1e-12)
    assert rounds[1].started_s == rounds[0].ended_s


def test_energy_by_cause_adds_up_to_every_total(tiny_run):
    energy, rounds = tiny_run.table("energy"), tiny_run.table("rounds")
    spent = energy.groupby("round")["energy_j"].sum()
    np.testing.assert_allclose(spent.to_numpy(), rounds["energy_j"].to_numpy(), rtol=1e-12)
    cooling = energy[energy["cause"] == "qpu_cooling"].groupby("round")["energy_j"].sum()
    np.testing.assert_allclose(cooling.to_numpy(), rounds["qpu_cooling_j"].to_numpy(), rtol=1e-12)
    last = tiny_run.table("evaluations").iloc[-1]
    assert last["energy_j"] == pytest.approx(rounds["energy_j"].sum(), rel=1e-12)
    assert set(energy["cause"]) == {
        "radio",
        "computing",
        "cryptography",
        "qpu_control",
        "qpu_cooling",
        "network",
        "qkd",
    }


def test_job_energy_and_time_add_up(tiny_run):
    jobs, energy = tiny_run.table("jobs"), tiny_run.table("energy")
    parts = jobs[["overhead_s", "circuit_s", "readout_s", "repetition_s"]].sum(axis=1)
    np.testing.assert_allclose(parts, jobs["ended_s"] - jobs["started_s"], rtol=1e-9)
    assert jobs["control_j"].sum() == pytest.approx(energy.query("cause == 'qpu_control'")["energy_j"].sum(), rel=1e-9)
    assert jobs["cooling_j"].sum() <= energy.query("cause == 'qpu_cooling'")["energy_j"].sum()


def test_key_bits_drawn_never_exceed_key_bits_made(run):
    _, records = run
    keys = of(records, Key)
    assert keys
    for key in keys:
        assert key.drawn_bit <= key.made_bit
        spent = qfl.KeyStore().minimum + key.made_bit - key.drawn_bit - key.level_bit  # on authentication of blocks
        assert spent >= 0.0 and spent / qfl.KeyStore().block_tags == pytest.approx(
            round(spent / qfl.KeyStore().block_tags)
        )
    for link in {(key.first, key.second) for key in keys}:
        draws = [k for k in keys if (k.first, k.second) == link]
        assert max(k.drawn_bit for k in draws) == sum(k.qkd_bit for k in draws)
    ids = [key.key_id for key in keys]
    assert len(set(ids)) == len(ids)
    assert {(key.hops, key.known_to, key.link_bit) for key in keys} == {(1, 2, 256.0)}


def test_a_dry_store_makes_the_draw_wait_for_the_key_rate(tiny):
    slow = replace(tiny, keys=qfl.QKDKeys(qkd=qfl.DecoyBB84(pulse_rate=1e4)))
    world, records = played(slow)
    first = next(key for key in of(records, Key) if key.first.startswith("device"))
    rate = world.wiring.keys.links[first.first, first.second].manager.rate_bps
    assert first.granted_s == pytest.approx(256 / rate, rel=1e-9)
    assert first.granted_s - first.requested_s > 0.1 * s
    assert of(records, Round)[0].key_wait_s >= first.granted_s - first.requested_s


def test_every_chain_verifies_and_a_flipped_byte_is_found(run):
    world, _ = run
    rng = np.random.default_rng(5)
    names = []
    for ledger in world.ledgers:
        chain = ledger.chain
        names.append(chain.name)
        assert chain.verify(world.keyring) is None
        stored = chain.encode()
        assert check_stored(stored, chain.name, world.keyring) is None
        for place in rng.integers(len(stored), size=20):
            flipped = bytearray(stored)
            flipped[place] ^= 1 << int(rng.integers(8))
            assert check_stored(bytes(flipped), chain.name, world.keyring) is not None
    assert names == ["global", "shard-task-1", "lmuc-server-1", "lmuc-server-2", "lmuc-server-3"]


def test_blocks_recorded_are_the_blocks_of_the_chains(tiny_run):
    blocks, storage = tiny_run.table("blocks"), tiny_run.table("storage")
    size = blocks[["header_byte", "body_byte", "certificate_byte"]].sum(axis=1)
    np.testing.assert_allclose(
        size.groupby(blocks["round"]).sum().to_numpy(), tiny_run.table("rounds")["ledger_byte"].to_numpy()
    )
    last = storage[storage["round"] == 2].groupby("chain")["size_byte"].agg(["min", "max"])
    assert (last["min"] == last["max"]).all()  # every keeper holds the same copy
    for chain, own in blocks.groupby("chain"):
        assert (own["previous_hash"].iloc[1:].to_numpy() == own["hash"].iloc[:-1].to_numpy()).all(), chain
        assert own["height"].tolist() == list(range(1, len(own) + 1))


def test_bits_of_transfers_are_the_bits_of_the_rounds(tiny_run):
    transfers, rounds = tiny_run.table("transfers"), tiny_run.table("rounds")
    hops = transfers["medium"].str.split("+").apply(lambda media: sum(medium != "fibre" for medium in media))
    on_air = (transfers["size_bit"] * hops).groupby(transfers["round"]).sum()
    np.testing.assert_allclose(on_air.to_numpy(), rounds["air_bit"].to_numpy(), rtol=1e-9)
    assert (transfers["delivered_s"] > transfers["sent_s"]).all()


def test_agreement_takes_the_messages_of_pbft(tiny_run):
    agreements = tiny_run.table("agreements")
    n = agreements["validators"]
    assert (agreements["messages"] == 2 * n * (n - 1)).all()
    assert (agreements["decided"] == n).all() and (agreements["view"] == 0).all()


def test_adding_a_device_moves_no_other(tiny):
    small = World(tiny)
    large = World(replace(tiny, topology=replace(tiny.topology, devices_per_server=4)))
    for name, position in small.placement.positions.items():
        assert large.placement.positions[name] == position
    for device, channel in small.wiring.access.channels.items():
        assert large.wiring.access.channels[device] == channel


@dataclass(frozen=True, kw_only=True)
class Dictator(Agreement):
    """The first member decides and tells the others: a protocol of one's own in twenty lines."""

    name = "dictator"

    def replica(self, me, members, validate=None):
        return DictatorReplica(me, members)


class DictatorReplica(Replica):
    def __init__(self, me, members):
        self.me, self.members = me, members

    def leader(self, view, height=None):
        return self.members[0]

    def start(self, now, proposal, height):
        if self.me != self.members[0]:
            return ()
        order = Message(sender=self.me, kind="order", height=height, view=0, digest=proposal.digest,
                        payload_byte=proposal.size_byte)  # fmt: skip
        return Broadcast(order), Decide(height, proposal.digest, 0)

    def handle(self, now, message):
        return (Decide(message.height, message.digest, 0),)

    def expire(self, now, timer):
        return ()


def test_swapping_the_agreement_protocol_changes_no_radio_draw_and_no_learning(tiny):
    alone = replace(tiny, background=None)  # background frames are drawn by time, and time is what a protocol changes
    pbft, records = played(alone)
    dictator, others = played(replace(alone, agreement=Dictator()))
    assert dictator.wiring.access.channels == pbft.wiring.access.channels
    for kind in ("model", "lmuc-block"):
        first = [(t.round, t.source, t.delivered_s - t.sent_s) for t in of(records, Transfer) if t.kind == kind]
        second = [(t.round, t.source, t.delivered_s - t.sent_s) for t in of(others, Transfer) if t.kind == kind]
        assert [t[:2] for t in sorted(first)] == [t[:2] for t in sorted(second)]
        if kind == "model":  # those of later rounds may meet others on the air, at other times
            early = [[t[2] for t in sorted(run) if t[0] == 1] for run in (second, first)]
            assert early[0] == pytest.approx(early[1], abs=1e-6)
    assert [r.loss for r in of(others, Round)] == [r.loss for r in of(records, Round)]
    assert of(others, Round)[0].publish_s < of(records, Round)[0].publish_s


def test_other_seeds_and_replications_are_other_worlds(tiny, run):
    _, records = run
    final = [r.loss for r in of(records, Round)]
    assert [r.loss for r in of(played(tiny)[1], Round)] == final
    assert [r.loss for r in of(played(replace(tiny, seed=4))[1], Round)] != final
    assert [r.loss for r in of(played(tiny, replication=1)[1], Round)] != final


def test_one_device_of_one_server_is_plain_local_training(tiny):
    alone = replace(tiny, topology=replace(tiny.topology, servers=1, devices_per_server=1), mixing=qfl.Star())
    world, _ = played(alone)
    task, initial = world.task, alone.model.initial(world.ctx.streams.fresh("initial"))
    model = initial.astype(np.float32).astype(np.float64)
    for number in (1, 2):
        rng = world.ctx.streams.fresh("train", "device-1-1", str(number))
        model = task.train("device-1-1", model, rng).result().parameters.astype(np.float32).astype(np.float64)
    np.testing.assert_array_equal(world.model, model)


def test_devices_that_miss_the_deadline_are_left_out_and_their_jobs_recorded(tiny):
    uneven = replace(tiny, data=qfl.Digits(classes=(0, 1), features=2, split=qfl.Dirichlet(alpha=0.5)))
    world = World(uneven)
    times = sorted(uneven.qpu.run_time(world.task.submissions(d), world.timing).total_s for d in world.placement.home)
    late = replace(uneven, update_deadline=(times[3] + times[4]) / 2)
    _, records = played(late)
    rounds, jobs = of(records, Round), of(records, Job)
    assert all(0 < r.aggregated < r.selected == 9 for r in rounds)
    aborted = [job for job in jobs if job.purpose == "aborted"]
    assert len(aborted) + sum(job.purpose == "train" for job in jobs) == 18
    assert aborted and all(math.isnan(job.loss) and job.cooling_j > 0 for job in aborted)


def test_a_committee_that_cannot_agree_in_time_leaves_a_round_without_update(tiny):
    hasty = replace(tiny, agreement_deadline=5 * ms, rounds=1)
    world, records = played(hasty)
    (r,) = of(records, Round)
    assert (r.selected, r.aggregated) == (9, 0)
    initial = hasty.model.initial(world.ctx.streams.fresh("initial")).astype(np.float32)
    np.testing.assert_array_equal(world.model, initial.astype(np.float64))
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)


def test_devices_out_of_reach_do_not_take_part(tiny):
    faint = replace(tiny, access=replace(tiny.access, device_power=dBm(-20)), rounds=1)
    world, records = played(faint)
    reached = sum(len(world.wiring.reached(server)) for server in world.placement.servers)
    assert 0 < reached < 9
    assert of(records, Round)[0].selected == reached


def test_no_device_in_reach_at_all_still_makes_a_round(tiny):
    _, records = played(replace(tiny, access=replace(tiny.access, device_power=dBm(-150)), background=None, rounds=1))
    assert of(records, Round)[0].selected == 0


def test_kem_keys_need_no_store_and_cost_bytes(tiny):
    _, records = played(replace(tiny, keys=qfl.KEMKeys(), rounds=1))
    assert {key.source for key in of(records, Key)} == {"kem"}
    sizes = {t.kind: t.size_bit for t in of(records, Transfer) if t.kind.startswith("kem")}
    assert sizes == {"kem-public-key": 8 * (1184 + 3309), "kem-ciphertext": 8 * 1088}
    assert of(records, Round)[0].key_bit == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topology": qfl.DenseCell(spacing=400 * km)}, "no QKD key reaches"),
        ({"update_deadline": 1 * ms}, "must leave time for training"),
        ({"data": qfl.Digits(classes=(0, 1, 2), features=2)}, "2 at most, the data set has 3"),
        ({"qpu": qfl.EdgeQPU(snapshot="manila")}, "32 circuits of 2 qubits need 64, and manila has 5"),
        ({"qpu": qfl.IBMSnapshot(snapshot="manilla")}, "did you mean 'manila'"),
        ({"background": qfl.BackgroundTraffic(density=1e3, message_rate=1.0)}, "must leave room in the cell"),
    ],
)
def test_worlds_that_cannot_be_are_refused_before_they_start(tiny, change, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(tiny, **change))


def test_run_json_holds_what_was_run(tiny_run):
    run_json = json.loads((tiny_run.folder / "run.json").read_text())
    topology = run_json["scenario"]["topology"]
    assert topology.pop("layout")["part"] == "HexagonalSites"
    assert topology == {
        "part": "DenseCell", "servers": 3, "devices_per_server": 3, "radius": 100.0, "spacing": 1000.0, "nearest": 10.0,
        "publisher": [0.0, 0.0], "names": [],
    }  # fmt: skip
    assert (run_json["status"], run_json["rounds_done"], run_json["scenario"]["seed"]) == ("finished", 2, 3)
    assert set(run_json["sha256"]) == {path.name for path in tiny_run.folder.glob("*.csv")}
    assert run_json["aer"]["samples"] == 4


def test_the_final_model_agrees_with_aer_within_shot_noise(tiny_run):
    aer = json.loads((tiny_run.folder / "run.json").read_text())["aer"]
    assert aer["largest_standard_errors"] < 4.5  # 8 values; 5e-5 by chance
    rows = tiny_run.table("evaluations").query("model == 'global-sample'")
    assert rows["backend"].tolist() == ["engine", "aer"]
    assert rows["loss"].iloc[0] == pytest.approx(aer["loss_engine"])


@pytest.mark.parametrize(("gradient", "per_sample"), [(qfl.ParameterShift(), 1 + 2 * 6 + 4 * 2), (qfl.SPSA(), 3)])
def test_gradients_from_shots_cost_their_circuits_and_take_another_path(tiny, run, gradient, per_sample):
    sampled = replace(tiny, training=replace(tiny.training, gradient=gradient))
    _, records = played(sampled)
    _, exact = run
    for job in of(records, Job):
        if job.purpose == "train":
            assert job.circuits == job.samples * per_sample
    losses = [r.loss for r in of(records, Round)]
    assert losses != [r.loss for r in of(exact, Round)]
    assert losses == [r.loss for r in of(played(sampled)[1], Round)]

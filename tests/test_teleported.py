"""Whole runs whose models travel over entangled pairs."""

import math
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Energy, Pairs, Round, Transfer
from qflsim.world import World

FAST = qfl.Midpoint(source=0.5)
TELEPORTED = qfl.Teleported(link=FAST, memories=64)


@pytest.fixture(scope="module")
def quiet(tiny):
    """The tiny world in one round, with keys that nobody waits for."""
    return replace(tiny, rounds=1, background=None, keys=qfl.KEMKeys())


def played(scenario, replication=0):
    world, records = World(scenario, replication), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def radioed(quiet):
    return played(quiet)[1]


@pytest.fixture(scope="module")
def teleported(quiet):
    return played(replace(quiet, model_transport=TELEPORTED))[1]


def test_every_model_that_went_down_is_in_the_table(teleported):
    rows = of(teleported, Pairs)
    assert len(rows) == 18  # nine devices, selected once and handed the final model once
    assert {row.outcome for row in rows} == {"arrived"}
    assert not [t for t in of(teleported, Transfer) if t.kind == "model"]


def test_the_bits_of_the_table_are_those_of_the_radio(teleported):
    sent = [t for t in of(teleported, Transfer) if t.kind.startswith("teleport-")]
    rows = of(teleported, Pairs)
    assert math.fsum(t.size_bit for t in sent) == math.fsum(row.classical_bit for row in rows)
    assert {t.medium for t in sent} == {"access-down"}
    for row in rows:
        assert row.classical_bit >= 2 * row.message_bit
        assert row.pairs >= row.message_bit


def test_teleportation_is_slower_and_longer_than_sending(radioed, teleported):
    (ours,), (theirs,) = of(teleported, Round), of(radioed, Round)
    assert ours.distribute_s > theirs.distribute_s
    assert ours.air_bit > theirs.air_bit
    models = {(t.source, t.destination): t for t in of(radioed, Transfer) if t.kind == "model"}
    for row in of(teleported, Pairs):
        assert row.message_bit == pytest.approx(models[row.server, row.device].size_bit, abs=80)
        light = row.fibre_m / 1.5 / 299_792_458.0
        assert row.ended_s - row.requested_s - row.pair_wait_s > light


def test_what_is_learnt_does_not_depend_on_the_transport(radioed, teleported):
    assert [r.loss for r in of(teleported, Round)] == [r.loss for r in of(radioed, Round)]


def test_entanglement_takes_energy_of_its_own(radioed, teleported):
    def spent(records):
        return math.fsum(e.energy_j for e in of(records, Energy) if e.cause == "entanglement")

    (round_,) = of(teleported, Round)
    terminals = 18 * 1000.0 * (round_.ended_s - round_.started_s)
    attempts = 1e-6 * sum(row.attempts for row in of(teleported, Pairs))
    assert spent(teleported) == pytest.approx(terminals + attempts, rel=1e-3)
    assert spent(radioed) == 0.0


def test_the_same_seed_gives_the_same_rows(quiet, teleported):
    again = played(replace(quiet, model_transport=TELEPORTED))[1]
    assert of(again, Pairs) == of(teleported, Pairs)


def test_a_device_more_makes_no_other_pairs(quiet, teleported):
    large = replace(quiet, model_transport=TELEPORTED, topology=replace(quiet.topology, devices_per_server=4))
    world = World(large)
    store = world.wiring.pairs.link("server-1", "device-1-1").store
    alike = World(replace(quiet, model_transport=TELEPORTED)).wiring.pairs.link("server-1", "device-1-1").store
    assert store.take(1.0, 100).ready_s == alike.take(1.0, 100).ready_s


def test_servers_with_transports_of_their_own(quiet):
    mixed = qfl.PerServer(
        transports=(
            qfl.Radioed(),
            qfl.SuperdenseCoded(link=FAST, memories=64),
            qfl.Teleported(link=FAST, encoding=qfl.IdealisedAmplitudes()),
        )
    )
    _, records = played(replace(quiet, model_transport=mixed))
    names = {(row.server, row.transport, row.idealised) for row in of(records, Pairs)}
    assert names == {
        ("server-2", "superdense-coded", False),
        ("server-3", "teleported, idealised amplitudes", True),
    }
    assert {t.source for t in of(records, Transfer) if t.kind == "model"} == {"server-1"}
    dense = [row for row in of(records, Pairs) if row.server == "server-2"]
    assert all(row.message_bit <= 2 * row.pairs for row in dense)


def test_models_that_come_too_late_leave_their_devices_out(quiet):
    slow = replace(quiet, model_transport=qfl.Teleported(link=qfl.Midpoint(source=0.25), memories=2))
    _, patient = played(slow)
    (whole,) = of(patient, Round)
    first = sorted(row.ended_s for row in of(patient, Pairs))[:9]  # each device its first
    deadline = 0.5 * (first[3] + first[4]) - whole.publish_s
    _, records = played(replace(slow, update_deadline=deadline))
    outcomes = [row.outcome for row in of(records, Pairs)]
    assert outcomes.count("broken off") >= 5
    for row in of(records, Pairs):
        if row.outcome == "broken off":
            assert 0 < row.pairs < TELEPORTED.pairs(qfl.Content(8, row.message_bit), row.fibre_m)
    (round_,) = of(records, Round)
    assert round_.aggregated < round_.selected


def test_models_that_are_given_up_are_not_trained_from(quiet):
    """The code corrects less than pairs err when they are used: nothing arrives, and everybody waits in vain."""
    worn = qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.097), memories=64, repeats=0)
    _, records = played(replace(quiet, model_transport=worn, update_deadline=5.0))
    assert {row.outcome for row in of(records, Pairs)} == {"given up"}
    (round_,) = of(records, Round)
    assert (round_.selected, round_.aggregated) == (9, 0)


def test_pairs_reach_another_server_over_its_site(quiet):
    chained = qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.01), memories=8, repeaters=1)
    world = World(replace(quiet, model_transport=qfl.PerServer(transports=(chained,))))
    pairs = world.wiring.pairs
    own, other = pairs.link("server-1", "device-1-1"), pairs.link("server-2", "device-1-1")
    assert (len(own.store.plan.lengths), len(other.store.plan.lengths)) == (2, 4)
    between = world.wiring.backhaul.graph.edges["server-1", "server-2"]["length"]
    assert other.fibre_m == pytest.approx(own.fibre_m + between)
    assert pairs.link("server-2", "device-1-1") is other


def test_repeaters_run_in_the_world(quiet):
    """Few bits, since every pair is made one by one."""
    chained = qfl.Teleported(link=FAST, memories=32, repeaters=1, encoding=qfl.IdealisedAmplitudes())
    _, records = played(replace(quiet, model_transport=chained))
    rows = of(records, Pairs)
    assert {row.segments for row in rows} == {2}
    assert {row.outcome for row in rows} == {"arrived"}
    direct = [row.mean_fidelity for row in rows]
    assert 0.8 < max(direct) < 0.93  # two links of 0.94, swapped


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        (
            qfl.Teleported(link=qfl.Midpoint(source=0.01), memories=1),
            "update_deadline must leave time for pairs: .* 600 s",
        ),
        (qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.3)), "of the bits wrong; LDPC corrects"),
        (qfl.Teleported(cutoff=1e-9), "cutoff must be > .* which light alone takes"),
    ],
)
def test_worlds_that_cannot_be_are_refused_before_they_start(tiny, transport, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(tiny, model_transport=transport))

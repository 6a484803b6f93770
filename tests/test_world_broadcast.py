"""Worlds whose chains are agreed on over lists of entangled states, or by idealised quantum coins."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Energy, ListPairs, Round, Transfer
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
def listed(tiny):
    return replace(tiny, rounds=1, background=None, agreement=qfl.DetectableBroadcast(states=1000))


@pytest.fixture(scope="module")
def run(listed):
    return played(listed)


def test_all_chains_are_agreed_on_over_lists(run):
    world, records = run
    decisions = of(records, Agreement)
    assert {decision.chain.split("-")[0] for decision in decisions} == {"global", "shard", "lmuc"}
    for decision in decisions:
        n = decision.validators
        assert decision.decided + decision.aborted == n
        assert decision.blocks == 1
        assert decision.messages == n * (n - 1)
        assert decision.pairs == 1000 * (n - 1) * (n - 2)
        assert 0 < decision.sender_risk < decision.receiver_risk < 0.5
    assert of(records, Round)[0].aggregated == 9
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)


def test_nothing_is_told_before_pairs_are_made_and_light_has_brought_the_bits(run):
    _, records = run
    for rows in of(records, ListPairs):
        assert rows.ready_s > rows.requested_s
        assert rows.read_s >= rows.ready_s + rows.fibre_m * 4.8e-9
        assert rows.pairs == 1000 * rows.lists
        assert rows.classical_bit == 2 * rows.pairs
        decision = next(d for d in of(records, Agreement) if (d.chain, d.height) == (rows.chain, rows.height))
        assert decision.first_decided_s > rows.ready_s
    sent = [t for t in of(records, Transfer) if t.kind == "teleport-bits"]
    assert len(sent) == len(of(records, ListPairs))


def test_entries_err_as_the_fidelity_of_their_pairs_says(listed, run):
    _, records = run
    for rows in of(records, ListPairs):
        assert rows.error_rate == pytest.approx(2 * (1 - rows.mean_fidelity) / 3, abs=0.03)
        assert rows.error_rate > 2 * (1 - rows.mean_fidelity) / 3 * 0.5
    better = qfl.PairSupply(link=qfl.Midpoint(mixed=0.0, visibility=0.99))
    _, improved = played(replace(listed, agreement=qfl.DetectableBroadcast(states=1000, pairs=better)))
    assert max(r.error_rate for r in of(improved, ListPairs)) < min(r.error_rate for r in of(records, ListPairs))
    abort = {d.chain: d.abort_risk for d in of(improved, Agreement)}
    assert all(abort[d.chain] < d.abort_risk for d in of(records, Agreement))


def test_pairs_cost_energy_and_the_same_seed_makes_the_same_lists(listed, run):
    _, records = run
    spent = {row.node for row in of(records, Energy) if row.cause == "entanglement" and row.energy_j > 0}
    assert {"publisher", "server-1", "device-1-1"} <= spent
    _, again = played(listed)
    assert of(again, ListPairs) == of(records, ListPairs)
    assert of(again, Agreement) == of(records, Agreement)
    _, other = played(replace(listed, seed=listed.seed + 1))
    assert of(other, ListPairs) != of(records, ListPairs)


def test_a_sender_that_equivocates_is_found_out_and_the_block_is_not_decided(listed):
    sure = qfl.DetectableBroadcast(states=4000)  # with a thousand, a lie passes once in twelve
    _, records = played(replace(listed, agreement=sure, threats=(qfl.Equivocation(nodes=("device-*-1",)),)))
    held = [decision for decision in of(records, Agreement) if decision.faulty]
    assert held
    for decision in held:
        assert (decision.decided, decision.aborted, decision.blocks) == (0, 2, 0)
        assert decision.reason == "the sender told another block"
    assert of(records, Round)[0].aggregated == 0


def test_the_best_lie_of_a_receiver_is_mostly_in_vain(listed):
    threat = qfl.ForgedLists(nodes=("device-*-2",))
    _, records = played(replace(listed, threats=(threat,), agreement=qfl.DetectableBroadcast(states=2000)))
    held = [decision for decision in of(records, Agreement) if decision.faulty]
    assert len(held) == 3
    assert all(decision.decided == 2 for decision in held)


def test_the_best_lie_of_a_sender_splits_no_two(listed):
    _, records = played(replace(listed, threats=(qfl.ForgedLists(nodes=("device-*-1",)),)))
    held = [decision for decision in of(records, Agreement) if decision.faulty]
    assert held and all(decision.blocks <= 1 < decision.aborted + decision.decided for decision in held)


def test_three_parties_as_published(tiny):
    three = replace(
        tiny, rounds=1, topology=qfl.DenseCell(servers=2, devices_per_server=3, radius=100 * m), mixing=qfl.Star(),
        agreement=qfl.ThreePartyBroadcast(states=600),
    )  # fmt: skip
    world, records = played(three)
    for decision in of(records, Agreement):
        assert decision.decided == decision.validators
        assert (decision.messages, decision.pairs) == ((5, 1200) if decision.validators == 3 else (2, 0))
    assert any("three-party broadcast: lists of an LMUC are wrong in up to 0.054" in note for note in world.notes())


def test_coins_are_counted_and_called_idealised(tiny):
    world, records = played(replace(tiny, rounds=1, background=None, agreement=qfl.IdealisedBenOrHassidim()))
    for decision in of(records, Agreement):
        assert decision.idealised and decision.decided == decision.validators
        assert decision.messages == qfl.IdealisedBenOrHassidim().messages(decision.validators)
        assert decision.qubits == 0  # nobody was split
    assert any("idealised Ben-Or-Hassidim: it is granted that quantum coins" in note for note in world.notes())
    silenced = replace(
        tiny, rounds=1, background=None, agreement=qfl.IdealisedBenOrHassidim(timeout=0.2 * s),
        threats=(qfl.ConflictingVotes(nodes=("publisher",), lies=1.0),),
    )  # fmt: skip
    _, lied = played(silenced)
    assert all(decision.blocks <= 1 for decision in of(lied, Agreement))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agreement": qfl.ThreePartyBroadcast()}, "committees of three at most, got one of 4"),
        ({"agreement": qfl.DetectableBroadcast(tolerance=0.02)}, "fails with probability 1 though all are honest"),
        ({"agreement_deadline": 0.5 * s}, "Scenario.agreement_deadline must leave time for lists of"),
        ({"mobility": qfl.RandomWaypoint(), "keys": qfl.KEMKeys()}, "Scenario.mobility must be Static"),
        (
            {"topology": qfl.DenseCell(spacing=3000 * km), "keys": qfl.KEMKeys()},
            "cutoff must be > .* light alone",
        ),
    ],
)
def test_lists_that_cannot_be_are_refused(listed, change, words):
    with pytest.raises(ScenarioError, match=words):
        World(replace(listed, **change))


def test_forged_lists_need_lists(listed):
    with pytest.raises(ScenarioError, match="ForgedLists must be used with a broadcast over lists, got PBFT"):
        World(replace(listed, agreement=qfl.PBFT(), threats=(qfl.ForgedLists(nodes=("server-1",)),)))

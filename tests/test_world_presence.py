"""Devices that drop out, come and go, join and leave: what it does to rounds, committees, chains and keys."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.chain.transactions import read_transaction
from qflsim.checks import ScenarioError
from qflsim.experiment import run
from qflsim.trace import Agreement, Block, Job, Presence, Round, Transfer, UpdateFate
from qflsim.units import s
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
    topology = replace(tiny.topology, devices_per_server=5)
    return replace(tiny, rounds=4, topology=topology, update_deadline=10 * s, agreement_deadline=5 * s)


@pytest.fixture(scope="module")
def dropped(short):
    return played(replace(short, presence=qfl.Dropouts(chance=0.3)))


@pytest.fixture(scope="module")
def churned(short):
    return played(replace(short, presence=qfl.Churn(present=0.5, arrivals=0.3 / s, lifetime=30 * s)))


def test_who_drops_out_breaks_off_and_is_back_in_the_next_round(dropped):
    _, records = dropped
    gone = [p for p in of(records, Presence) if p.reason == "dropped out"]
    assert gone
    broken = {(job.node, job.round) for job in of(records, Job) if job.purpose == "aborted"}
    assert {(p.device, p.round) for p in gone} == broken
    assert {f.device for f in of(records, UpdateFate) if f.reason == "dropped out"} == {p.device for p in gone}
    back = {(p.device, p.round) for p in of(records, Presence) if p.there}
    assert {(p.device, p.round + 1) for p in gone if p.round < 4} == back
    assert {r.selected for r in of(records, Round)} == {15}


def test_without_a_word_a_synchronous_server_waits_for_the_deadline(dropped, short):
    waited = [r.distribute_s + r.train_s >= short.update_deadline for r in of(dropped[1], Round)]
    assert all(waited)
    _, records = played(replace(short, presence=qfl.Dropouts(chance=0.3), participation=qfl.FirstK(k=2)))
    assert any(r.distribute_s + r.train_s < short.update_deadline for r in of(records, Round))


def test_a_decision_waits_for_nobody_who_is_away(dropped, short):
    """One of five is away when votes are due: a quorum is there, and nobody waits out the deadline."""
    decided = [a for a in of(dropped[1], Agreement) if a.decided == a.validators - 1 and a.chain.startswith("lmuc")]
    assert decided
    assert min(a.ended_s - a.started_s for a in decided) < short.agreement_deadline


def test_too_few_votes_decide_nothing(dropped):
    failed = [a for a in of(dropped[1], Agreement) if not a.decided]
    assert failed and all(a.chain.startswith("lmuc") for a in failed)
    assert any(f.reason == "no agreement on its block" for f in of(dropped[1], UpdateFate))


def test_who_joined_and_left_stands_on_the_shard_chain(churned):
    world, records = churned
    shard = next(ledger.chain for ledger in world.ledgers if ledger.chain.name.startswith("shard"))
    members, told = set(world.placement.home), 0  # those of the scenario, until a server says otherwise
    for block in list(shard.blocks)[1:]:
        for item in block.transactions:
            fields = read_transaction(item.payload)
            if fields["kind"] == "membership":
                told += 1
                assert not members & set(fields["joined"]) and set(fields["left"]) <= members
                members = members - set(fields["left"]) | set(fields["joined"])
    assert told > 3
    gone = {p.device for p in of(records, Presence) if p.reason == "left" and p.round < 4}
    assert not members & gone
    assert shard.verify(world.keyring) is None


def test_who_left_comes_back_no_more(churned):
    _, records = churned
    left = {p.device: p.time_s for p in of(records, Presence) if p.reason == "left"}
    assert left
    assert all(f.chosen_s <= left[f.device] for f in of(records, UpdateFate) if f.device in left)
    sent = [t for t in of(records, Transfer) if t.source in left and t.sent_s > left[t.source] and t.delivered]
    assert not sent


def test_committees_of_the_next_round_are_those_present(churned):
    _, records = churned
    sizes = {a.validators for a in of(records, Agreement) if a.chain.startswith("lmuc")}
    assert len(sizes) > 1


def test_absent_devices_make_no_key_and_do_nothing(short):
    away = qfl.Churn(present=0.0, arrivals=1e-9)
    scenario = replace(short, rounds=1, presence=away, battery=qfl.Battery())
    world, records = played(scenario)
    assert of(records, Round)[0].selected == 0 and not [b for b in of(records, Block) if b.chain.startswith("lmuc")]
    links = {ends: link for ends, link in world.wiring.keys.links.items() if any(e.startswith("device") for e in ends)}
    there, _ = played(replace(short, rounds=1))
    assert sum(link.manager.made_bit for link in links.values()) < sum(
        link.manager.made_bit for ends, link in there.wiring.keys.links.items() if ends in links
    )


def test_a_round_without_devices_waits_for_the_first_one_to_come(short):
    """Nobody is there at first; the first device comes in the first round, and trains alone with its server."""
    _, records = played(replace(short, presence=qfl.Churn(present=0.0, arrivals=0.1 / s), update_deadline=60 * s))
    came = min(p.time_s for p in of(records, Presence) if p.reason == "joined")
    first = of(records, Round)[0]
    assert first.started_s + first.publish_s > came > 0.5 and first.selected >= 1
    assert came < first.started_s + short.update_deadline


def test_a_round_to_which_nobody_comes_ends_at_the_deadline(short):
    _, records = played(replace(short, rounds=2, presence=qfl.Churn(present=0.0, arrivals=1e-9)))
    rounds = of(records, Round)
    assert all(short.update_deadline <= r.publish_s < short.update_deadline + 1.0 for r in rounds)
    assert not any(r.selected for r in rounds)


def test_a_world_that_nobody_is_in_or_comes_to_is_refused(short):
    with pytest.raises(ScenarioError, match=r"Churn.present must be >= 0.0667 if nobody joins later .*got 0.05"):
        World(replace(short, presence=qfl.Churn(present=0.05, arrivals=0.0)))


def test_the_same_draws_whoever_else_is_there(short):
    """The fate of a device does not depend on how many others there are."""
    rule = qfl.Intermittent(on=20 * s, off=8 * s)
    first = [of(played(replace(short, rounds=2, presence=rule))[1], Presence) for _ in range(2)]
    assert first[0] == first[1] and first[0]


def test_summary_and_figure_show_it(short, tmp_path):
    from qflsim.summary import summarise

    scenario = replace(
        short, rounds=3, speeds=qfl.QueueingDelays(mean=5 * s), participation=qfl.FirstK(k=2),
        presence=qfl.Churn(present=0.6, arrivals=0.3 / s, lifetime=30 * s),
    )  # fmt: skip
    made = run(scenario, out=tmp_path)
    text = summarise(made.folder)
    assert "selections of a device led to an update that was used" in text and "left for good" in text
    assert (made.folder / "participation.png").stat().st_size > 5000


def test_who_waits_for_all_and_has_all_has_no_such_figure(tiny_run):
    assert not (tiny_run.folder / "participation.png").exists()

"""Every threat to validators and links in a run: what it does to decisions, and that each ends with a record."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.trace import Agreement, Round, Transfer
from qflsim.units import s
from qflsim.world import World

QUICK = qfl.PBFT(view_timeout=2 * s)
TENDERMINT = qfl.Tendermint(view_timeout=2 * s)
PROTOCOLS = {
    "PBFT": QUICK,
    "Tendermint": TENDERMINT,
    "HotStuff": qfl.HotStuff(view_timeout=2 * s),
    "chained HotStuff": qfl.ChainedHotStuff(view_timeout=2 * s),
    "proof of stake": qfl.ProofOfStake(slot=0.5 * s, epoch=2),
}


@pytest.fixture(scope="module")
def played(tiny):
    """Records of one round of the tiny scenario, changed."""

    def play(**changes):
        world, records = World(replace(tiny, **({"rounds": 1, "agreement": QUICK} | changes)), 0), []
        world.trace.observe(records.append)
        world.run()
        return records

    return play


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def servers_chains(records):
    return [a for a in of(records, Agreement) if not a.chain.startswith("lmuc")]


def took(decision):
    return decision.ended_s - decision.started_s


def test_who_crashes_and_recovers_is_in_the_next_decisions(played):
    records = played(threats=(qfl.Crash(nodes=("server-2",), end=6 * s),), rounds=2)
    first, *_, last = servers_chains(records)
    assert (first.chain, first.faulty, first.decided, first.validators) == ("global", 1, 3, 4)
    assert last.started_s > 6.0 and (last.faulty, last.decided) == (0, last.validators)
    lost = [t for t in of(records, Transfer) if t.medium == "adversary"]
    assert lost and all("server-2" in (t.source, t.destination) and t.sent_s < 6.0 for t in lost)
    assert [r.aggregated for r in of(records, Round)] == [6, 9]  # it heard of the first task too late


def test_a_server_that_was_waited_for_in_vain_is_not_waited_for_again_until_it_is_heard(played):
    """It is down when the first task is announced; all later rounds begin without it, and soon with it again."""
    down = qfl.Crash(nodes=("server-2",), end=20 * s)
    records = played(threats=(down,), rounds=6, agreement_deadline=5 * s, update_deadline=60 * s)
    first, *rest = of(records, Round)
    assert 5.0 <= first.publish_s < 6.0 and max(r.publish_s for r in rest) < 3.0
    assert [first.aggregated, rest[-1].aggregated] == [6, 9]
    assert [r.aggregated for r in rest if r.started_s < 19.0] == [6] * sum(r.started_s < 19.0 for r in rest)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_more_crashed_than_a_protocol_bears_end_each_decision_at_the_deadline_with_a_record(played, name):
    """Two of four: nothing is decided, nobody waits for ever, and every decision sought leaves its row."""
    dead = qfl.Crash(nodes=("server-2", "server-3"))
    records = played(agreement=PROTOCOLS[name], threats=(dead,), agreement_deadline=9 * s, update_deadline=30 * s)
    (announced,) = [a for a in servers_chains(records) if a.chain == "global"]
    assert (announced.decided, announced.faulty, announced.blocks) == (0, 2, 0)
    assert took(announced) == pytest.approx(9.0) and announced.first_decided_s != announced.first_decided_s
    assert of(records, Round)[0].aggregated == 0


def test_slow_validators_make_a_decision_wait_only_as_long_as_a_quorum_needs_them(played):
    calm = servers_chains(played())[0]
    one, two = (
        servers_chains(played(threats=(qfl.SlowNodes(nodes=nodes, delay=0.5 * s),)))[0]
        for nodes in (("server-2",), ("server-2", "server-3"))
    )
    assert calm.first_decided_s - calm.started_s < 0.1
    assert one.first_decided_s - one.started_s < 0.1 and took(one) < 0.1  # three of four are enough
    assert two.first_decided_s - two.started_s > 0.5  # votes of a slow one are needed


def test_a_partition_that_loses_messages_stops_decisions_until_it_heals(played):
    halves = qfl.Partition(parts=(("publisher", "server-1"), ("server-2", "server-3")), end=12 * s)
    records = played(threats=(halves,))
    first = servers_chains(records)[0]
    assert first.first_decided_s > 12.0 and (first.decided, first.blocks) == (4, 1) and first.view > 0
    lost = [t for t in of(records, Transfer) if t.medium == "adversary"]
    assert lost and all(t.sent_s < 12.0 for t in lost)
    assert of(records, Round)[0].aggregated == 9


@pytest.mark.parametrize("name", PROTOCOLS)
def test_validators_go_on_after_a_minority_is_cut_off_and_it_catches_up(played, name):
    cut = qfl.Partition(parts=(("server-3",),), end=8 * s)
    records = played(agreement=PROTOCOLS[name], threats=(cut,), agreement_deadline=60 * s)
    first = servers_chains(records)[0]
    assert first.first_decided_s < 8.0 < first.ended_s
    assert (first.decided, first.blocks) == (4, 1)


def test_reordered_messages_overtake_each_other_and_change_no_decision(played):
    calm, mixed = played(), played(threats=(qfl.Reordering(late=0.7, delay=0.4 * s),))
    assert all((a.decided, a.blocks) == (a.validators, 1) for a in of(mixed, Agreement))
    assert of(mixed, Round)[0].loss == of(calm, Round)[0].loss
    assert sum(map(took, of(mixed, Agreement))) > sum(map(took, of(calm, Agreement)))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_conflicting_votes_of_one_in_four_split_nothing(played, name):
    liar = qfl.ConflictingVotes(nodes=("server-2",), lies=1.0)
    first = servers_chains(played(agreement=PROTOCOLS[name], threats=(liar,), agreement_deadline=60 * s))[0]
    assert (first.faulty, first.decided, first.blocks) == (1, 3, 1)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_equivocating_leader_of_four_splits_nothing_under_any_protocol(played, name):
    two_faced = qfl.Equivocation(nodes=("publisher",))
    first = servers_chains(played(agreement=PROTOCOLS[name], threats=(two_faced,), agreement_deadline=60 * s))[0]
    assert (first.faulty, first.decided, first.blocks) == (1, 3, 1)


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name != "proof of stake"])
def test_a_silent_leader_costs_views_under_any_protocol(played, name):
    silent = qfl.SilentLeader(nodes=("publisher",))
    first = servers_chains(played(agreement=PROTOCOLS[name], threats=(silent,)))[0]
    assert (first.faulty, first.decided, first.blocks) == (1, 3, 1)
    assert first.view > 0 and took(first) > 2.0


def test_a_block_withheld_from_some_is_had_from_the_others(played):
    """PBFT's leader reaches one of three: no quorum sees the block, and the next leader proposes."""
    nobody = servers_chains(played(threats=(qfl.WithheldBlocks(nodes=("publisher",), reached=0.4),)))[0]
    assert (nobody.decided, nobody.view) == (3, 1)
    most = servers_chains(played(threats=(qfl.WithheldBlocks(nodes=("publisher",), reached=0.7),)))[0]
    assert most.first_decided_s - most.started_s < 2.0 and most.decided == 3


def test_a_packet_adversary_with_a_bound_delays_every_step_by_at_most_that(played):
    calm = servers_chains(played())[0]
    bounded = servers_chains(played(threats=(qfl.PacketAdversary(bound=0.3 * s),)))[0]
    assert took(calm) + 0.3 < took(bounded) < took(calm) + 3 * 0.3 + 0.1
    assert bounded.view == 0


@pytest.mark.parametrize("name", PROTOCOLS)
def test_nothing_is_decided_before_the_network_calms_down_and_all_is_after(played, name):
    """Eventual synchrony: before the calm the adversary holds everything back; agreement then follows."""
    storm = qfl.PacketAdversary(bound=0.2 * s, calm=10 * s, nodes=("publisher", "server-*"))
    records = played(agreement=PROTOCOLS[name], threats=(storm,), agreement_deadline=100 * s)
    first = servers_chains(records)[0]
    assert first.first_decided_s >= 10.0
    assert (first.decided, first.blocks) == (4, 1)
    assert of(records, Round)[0].aggregated == 9


def test_selfish_and_double_spending_miners_of_a_run_are_outpaced(played):
    for threat in (qfl.SelfishMining(nodes=("server-2",)), qfl.DoubleSpending(nodes=("server-2",))):
        work = qfl.ProofOfWork(interval=0.5 * s, confirmations=3)
        records = played(agreement=work, threats=(threat,))
        first = servers_chains(records)[0]
        assert (first.faulty, first.decided) == (1, 3)

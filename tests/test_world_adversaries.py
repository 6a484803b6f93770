"""Proof of work, proof of stake, and validators and links in an adversary's hands, on the timeline."""

from dataclasses import replace

import pandas as pd
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.experiment import run
from qflsim.units import s
from qflsim.world import World

QUICK = qfl.PBFT(view_timeout=1 * s)


@pytest.fixture
def tables(tiny, tmp_path):
    """The tables of a run of the tiny scenario, changed."""

    def read(**changes):
        kept = tmp_path / str(len(list(tmp_path.iterdir())))
        run(replace(tiny, rounds=1, **changes), out=kept, figures=False)
        folder = next(kept.rglob("rounds.csv")).parent
        return {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}

    return read


def shard(agreements):
    """The decisions of the servers' chains, on which a threat to servers shows."""
    return agreements[agreements["chain"].isin(["global", "shard-task-1"])]


def test_miners_decide_after_so_many_blocks_and_pay_for_every_hash(tables):
    work = qfl.ProofOfWork(interval=1 * s, confirmations=4)
    run = tables(agreement=work)
    agreements, tree, energy = run["agreements"], run["tree"], run["energy"]
    assert (agreements["decided"] == agreements["validators"]).all() and (agreements["blocks"] == 1).all()
    kept = tree[tree["kept"]]
    assert (kept.groupby(["chain", "height"]).size() >= work.confirmations).all()
    assert (kept.groupby(["chain", "height"])["filled"].sum() == 1).all()
    for _, chain in tree.groupby("chain"):  # each decision goes on from the branch of the one before
        first = chain.iloc[0]
        assert (chain["depth"] == first["depth"]).sum() >= 1 and first["depth"] == 1
        assert set(chain[chain["kept"]]["parent"].iloc[1:]) <= set(chain["name"])
    busy = sum(row.validators * (row.ended_s - row.started_s) for row in agreements.itertuples())
    spent = energy[energy["cause"] == "mining"]["energy_j"].sum()
    assert spent == pytest.approx(busy * 2e6 * 4.9e-6)
    assert not run["transfers"]["kind"].eq("prepare").any()


def test_headers_of_the_tree_are_in_every_copy_of_the_ledger(tables):
    run = tables(agreement=qfl.ProofOfWork(interval=1 * s))
    blocks, tree = run["blocks"], run["tree"]
    for chain, stored in run["storage"].groupby("chain"):
        mine = blocks[blocks["chain"] == chain]
        whole = mine["header_byte"] + mine["body_byte"] + mine["certificate_byte"]
        headers = 80 * tree[(tree["chain"] == chain) & tree["kept"]].shape[0]
        copies = stored[stored["blocks"] == len(mine) + 1]["size_byte"]
        genesis = copies.max() - whole.sum() - headers
        assert 100 < genesis < 400  # an empty block


def test_stakeholders_decide_when_two_epochs_are_over(tables):
    stake = qfl.ProofOfStake(slot=1 * s, epoch=3)
    agreements = tables(agreement=stake)["agreements"]
    assert (agreements["decided"] == agreements["validators"]).all()
    took = agreements["ended_s"] - agreements["started_s"]
    assert took.between(2 * 3 * 1.0 - 2.0, stake.latency(4) + 1.5).all()


def test_a_deadline_below_what_the_protocol_takes_is_refused(tiny):
    with pytest.raises(ScenarioError, match="must leave time for proof of work, which takes 60 s by design, got 30"):
        World(replace(tiny, agreement=qfl.ProofOfWork(interval=10 * s), agreement_deadline=30 * s))


def test_a_silent_leader_costs_a_view_change_and_nothing_else(tables):
    honest, silent = (
        shard(tables(agreement=QUICK, threats=threats)["agreements"])
        for threats in ((), (qfl.SilentLeader(nodes=("publisher",)),))
    )
    assert (honest["view"] == 0).all()
    led = silent[(silent["chain"] == "global") & (silent["height"] == 1)].iloc[0]
    assert (led["view"], led["faulty"], led["decided"]) == (1, 1, 3)
    assert led["ended_s"] - led["started_s"] > 1.0


def test_one_equivocator_of_four_splits_nothing_and_two_fork_the_chain(tables):
    one = shard(tables(agreement=QUICK, threats=(qfl.Equivocation(nodes=("publisher",)),))["agreements"])
    assert (one["blocks"] == 1).all()
    run = tables(agreement=QUICK, threats=(qfl.Equivocation(nodes=("publisher", "server-2")),))
    first = shard(run["agreements"]).iloc[0]
    assert (first["chain"], first["faulty"], first["decided"], first["blocks"]) == ("global", 2, 2, 2)


def test_a_crashed_server_is_done_without_and_its_messages_are_lost(tables):
    run = tables(agreement=QUICK, threats=(qfl.Crash(nodes=("server-2",), start=0.001 * s),), update_deadline=60 * s)
    chains = shard(run["agreements"])
    assert (chains[chains["faulty"] == 1]["decided"] == chains["validators"].iloc[0] - 1).any()
    lost = run["transfers"][run["transfers"]["medium"] == "adversary"]
    assert not lost.empty and (lost[["source", "destination"]] == "server-2").any(axis=1).all()


def test_a_partition_holds_up_whom_it_cuts_off_until_it_heals(tables):
    cut = qfl.Partition(parts=(("server-1", "device-1-*"),), end=20 * s, kept=True)
    agreements = shard(tables(agreement=QUICK, threats=(cut,))["agreements"])
    first = agreements.iloc[0]
    assert first["first_decided_s"] < 15.0 and first["ended_s"] > 20.0 and (agreements["blocks"] == 1).all()
    assert (agreements["decided"] == agreements["validators"]).all()


def test_losses_and_copies_stand_in_the_transfers(tables):
    doubled = tables(threats=(qfl.Duplication(doubled=1.0),))["transfers"]
    once = tables()["transfers"]
    assert len(doubled) == 2 * len(once)
    lossy = tables(threats=(qfl.MessageLoss(loss=0.02, nodes=("device-*",)),), update_deadline=30 * s)["transfers"]
    taken = lossy[lossy["medium"] == "adversary"]
    assert 0 < len(taken) < 0.1 * len(lossy) and taken["source"].str.startswith("device").any()


def test_a_threat_that_does_not_suit_the_protocol_is_refused_before_anything_runs(tiny):
    with pytest.raises(ScenarioError, match="SelfishMining must be used with ProofOfWork, got PBFT"):
        World(replace(tiny, threats=(qfl.SelfishMining(nodes=("server-1",)),)))
    with pytest.raises(ScenarioError, match="names 'server-7', which is no node"):
        World(replace(tiny, threats=(qfl.Crash(nodes=("server-7",)),)))


def test_other_draws_stay_as_they_are_when_a_threat_is_added(tables):
    calm, watched = tables(), tables(threats=(qfl.MessageLoss(loss=0.5, start=1e6 * s),))
    pd.testing.assert_frame_equal(calm["rounds"], watched["rounds"])

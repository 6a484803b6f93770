"""A protocol for each kind of chain, on the timeline."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.chain.perchain import PerChain
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Block, Round
from qflsim.units import s
from qflsim.world import World

MIXED = qfl.PerChain(
    global_chain=qfl.Tendermint(view_timeout=20 * s),
    shard=qfl.ProofOfWork(interval=1 * s, confirmations=2),
    local=qfl.Raft(election_timeout=20 * s),
)


def played(scenario):
    world, records = World(scenario, 0), []
    world.trace.observe(records.append)
    world.run()
    return world, records


@pytest.fixture(scope="module")
def mixed(tiny):
    return played(replace(tiny, agreement=MIXED))


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_every_kind_of_chain_runs_its_own_protocol(mixed):
    world, records = mixed
    found = {(a.chain.split("-")[0], a.protocol) for a in of(records, Agreement)}
    assert found == {("global", "Tendermint"), ("shard", "proof of work"), ("lmuc", "Raft")}
    for a in of(records, Agreement):
        protocol = MIXED.on(a.chain)
        assert (a.decided, a.quorum) == (a.validators, protocol.quorum(a.validators))
        if a.protocol != "proof of work":
            assert a.messages == protocol.messages(a.validators)
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)


def test_what_is_learned_is_what_one_protocol_for_all_learns(mixed, tiny):
    _, records = played(replace(tiny, agreement=qfl.PBFT(view_timeout=20 * s)))
    assert [r.loss for r in of(records, Round)] == [r.loss for r in of(mixed[1], Round)]
    assert len(of(records, Block)) == len(of(mixed[1], Block))


def test_one_protocol_thrice_is_one_for_all(tiny):
    raft = qfl.Raft(election_timeout=20 * s)
    scenario = replace(tiny, rounds=1)
    _, thrice = played(replace(scenario, agreement=qfl.PerChain(global_chain=raft, shard=raft, local=raft)))
    _, once = played(replace(scenario, agreement=raft))
    assert list(map(repr, thrice)) == list(map(repr, once))
    assert PerChain.of(raft).on("lmuc-server-1") is raft


def test_threats_attack_the_chains_that_they_suit(tiny):
    selfish = qfl.SelfishMining(nodes=("server-1",))
    _, records = played(replace(tiny, rounds=1, agreement=MIXED, threats=(selfish,)))
    faulty = {(a.chain.split("-")[0], a.faulty) for a in of(records, Agreement)}
    assert faulty == {("global", 0), ("shard", 1), ("lmuc", 0)}
    with pytest.raises(ScenarioError, match="SelfishMining must be used with ProofOfWork, got Raft"):
        World(replace(tiny, agreement=qfl.PerChain(global_chain=qfl.Raft()), threats=(selfish,)))


def test_a_protocol_too_slow_for_one_kind_of_chain_is_refused(tiny):
    slow = qfl.PerChain(local=qfl.ProofOfWork(interval=10 * s))
    with pytest.raises(ScenarioError, match="must leave time for proof of work, which takes 60 s by design, got 30"):
        World(replace(tiny, agreement=slow, agreement_deadline=30 * s))


def test_wrong_protocols_are_refused_in_a_sentence(tiny):
    with pytest.raises(TypeError, match=r"PerChain\.shard must be an Agreement .*, got the class Raft \(write Raft"):
        qfl.PerChain(shard=qfl.Raft)
    with pytest.raises(TypeError, match=r"Scenario\.agreement must be .*, got 'PBFT'"):
        replace(tiny, agreement="PBFT")

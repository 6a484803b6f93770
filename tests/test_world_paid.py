"""Agreements whose messages are paid for with quantum keys, under every protocol and on single chains."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Round
from qflsim.units import s
from qflsim.world import World

PROTOCOLS = [
    qfl.PBFT(), qfl.HotStuff(), qfl.ChainedHotStuff(), qfl.Tendermint(), qfl.Raft(), qfl.ProofOfAuthority(),
    qfl.DetectableBroadcast(states=1500), qfl.IdealisedBenOrHassidim(),
]  # fmt: skip


def played(scenario):
    world, records = World(scenario, 0), []
    world.trace.observe(records.append)
    world.run()
    return records


def sought(records):
    return [record for record in records if isinstance(record, Agreement)]


@pytest.fixture(scope="module")
def keyed(tiny):
    return replace(tiny, rounds=1, background=None, keys=qfl.QKDKeys())


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_message_of_every_protocol_pays_for_its_tag(keyed, protocol):
    paid = sought(played(replace(keyed, agreement=qfl.QKDPaid(protocol=protocol))))
    for decision in paid:
        assert decision.decided == decision.validators
        assert decision.protocol == f"{protocol.name}, QKD-paid"
        assert decision.tag_bit >= 128 * decision.messages
        hash_keys = decision.tag_bit / 128 - decision.messages
        assert hash_keys == int(hash_keys) <= decision.validators * (decision.validators - 1) / 2


def test_it_is_the_same_as_authentication_of_the_scenario(keyed):
    paid = sought(played(replace(keyed, agreement=qfl.QKDPaid(protocol=qfl.PBFT()))))
    tagged = sought(played(replace(keyed, authentication=qfl.WegmanCarter())))
    assert [replace(decision, protocol="PBFT") for decision in paid] == tagged


def test_one_chain_alone_can_be_paid(keyed):
    chains = qfl.PerChain(global_chain=qfl.QKDPaid())
    for decision in sought(played(replace(keyed, agreement=chains))):
        assert (decision.tag_bit > 0) == (decision.chain == "global") == decision.protocol.endswith("QKD-paid")


def test_a_dry_store_stalls_it_and_a_refilled_one_sets_it_going(keyed):
    spied = qfl.FiniteKeyBB84(block_bit=1e6, eavesdropping=qfl.InterceptResend(share=0.5, begin=0.0, end=25.0))
    dry = replace(
        keyed, rounds=3, keys=qfl.EitherKeys(qkd=spied), agreement=qfl.QKDPaid(protocol=qfl.Tendermint()),
        agreement_deadline=10 * s,
    )  # fmt: skip
    records = played(dry)
    early, late = ([d for d in sought(records) if (d.ended_s < 25.0) == before] for before in (True, False))
    assert early and all(d.decided == 0 and d.tag_wait_s > 9.9 for d in early)
    assert late[-1].decided == late[-1].validators and late[-1].tag_wait_s < 0.01
    rounds = [record.aggregated for record in records if isinstance(record, Round)]
    assert (rounds[0], rounds[-1]) == (0, 9)


def test_threats_see_the_protocol_within(keyed):
    attacked = replace(
        keyed, agreement=qfl.QKDPaid(protocol=qfl.PBFT()), threats=(qfl.Equivocation(nodes=("server-1",)),)
    )
    assert any(decision.faulty for decision in sought(played(attacked)))
    with pytest.raises(ScenarioError, match="SelfishMining must be used with ProofOfWork, got PBFT"):
        World(replace(attacked, threats=(qfl.SelfishMining(nodes=("server-1",)),)))


def test_without_quantum_keys_it_is_refused(keyed):
    with pytest.raises(
        ScenarioError,
        match=r"QKDPaid \(Scenario.agreement\) pays its tags with QKD keys, and KEMKeys \(Scenario.keys\) has",
    ):
        World(replace(keyed, keys=qfl.KEMKeys(), agreement=qfl.QKDPaid()))
    with pytest.raises(ValueError, match=r"QKDPaid.protocol must be a protocol that is not paid yet"):
        qfl.QKDPaid(protocol=qfl.QKDPaid())

"""The tiny world under every agreement protocol: it learns the same, and its chains hold."""

from dataclasses import fields, replace

import pytest

import qflsim as qfl
from qflsim.chain.ledger import check_stored
from qflsim.crypto.keyring import IDENTITY_BYTE
from qflsim.trace import Agreement, Round
from qflsim.units import s
from qflsim.world import World

PROTOCOLS = {
    "PBFT": qfl.PBFT(view_timeout=20 * s),
    "Tendermint": qfl.Tendermint(view_timeout=20 * s),
    "HotStuff": qfl.HotStuff(view_timeout=20 * s),
    "chained HotStuff": qfl.ChainedHotStuff(view_timeout=20 * s),
    "Raft": qfl.Raft(election_timeout=20 * s),
    "proof of authority": qfl.ProofOfAuthority(view_timeout=20 * s),
}


@pytest.fixture(scope="module")
def runs(tiny):
    """World and records of one round under each protocol."""
    found = {}
    for name, protocol in PROTOCOLS.items():
        world, records = World(replace(tiny, rounds=1, agreement=protocol), 0), []
        world.trace.observe(records.append)
        world.run()
        found[name] = world, records
    return found


def of(runs, name, kind):
    return [record for record in runs[name][1] if isinstance(record, kind)]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_committee_decides_in_view_0_with_the_published_number_of_messages(runs, name):
    decisions = of(runs, name, Agreement)
    assert {decision.chain.split("-")[0] for decision in decisions} == {"global", "shard", "lmuc"}
    for decision in decisions:
        assert (decision.protocol, decision.view) == (name, 0)
        assert decision.decided == decision.validators
        assert decision.quorum == PROTOCOLS[name].quorum(decision.validators)
        assert decision.messages == PROTOCOLS[name].messages(decision.validators)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_chain_grows_and_verifies(runs, name):
    world, _ = runs[name]
    signature_byte = world.scenario.signatures.signature_byte
    for ledger in world.ledgers:
        chain = ledger.chain
        assert chain.height >= 1
        assert chain.verify(world.keyring) is None
        assert check_stored(chain.encode(), chain.name, world.keyring) is None
        for block in chain.blocks[1:]:
            quorum = PROTOCOLS[name].quorum(3 if chain.name != "global" else 4)
            assert block.certificate_byte == 8 + quorum * (IDENTITY_BYTE + signature_byte)


def test_learning_is_the_same_under_every_protocol(runs):
    losses = {tuple(r.loss for r in of(runs, name, Round)) for name in PROTOCOLS}
    assert len(losses) == 1


def test_cheaper_protocols_send_less_and_take_less_time(runs):
    sent = {name: sum(decision.messages for decision in of(runs, name, Agreement)) for name in PROTOCOLS}
    assert sent["proof of authority"] < sent["Raft"] < sent["HotStuff"] < sent["Tendermint"]
    time = {name: of(runs, name, Round)[0].local_agreement_s for name in PROTOCOLS}
    assert time["proof of authority"] < time["Raft"] < time["PBFT"] < time["HotStuff"]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_time_outs_far_too_short_cost_views_and_time_but_no_decision(tiny, name):
    """Every processor and link is flooded by views given up too early, until doubling makes them long enough."""
    (field,) = (field.name for field in fields(PROTOCOLS[name]) if field.name.endswith("timeout"))
    world, records = World(replace(tiny, rounds=1, agreement=type(PROTOCOLS[name])(**{field: 0.05 * s})), 0), []
    world.trace.observe(records.append)
    world.run()
    decisions = [r for r in records if isinstance(r, Agreement)]
    assert all(decision.decided == decision.validators for decision in decisions)
    assert max(decision.view for decision in decisions) > 0
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)

"""Protocols that draw lots draw new ones for every block, the same for the same seed."""

from dataclasses import replace

import pytest

from qflsim.chain.proofofstake import ProofOfStake
from qflsim.chain.proofofwork import ProofOfWork
from qflsim.trace import Agreement
from qflsim.units import s
from qflsim.world import World


def decisions(scenario):
    world, found = World(scenario, 0), []
    world.trace.observe(lambda record: found.append(record) if isinstance(record, Agreement) else None)
    world.run()
    return world, found


@pytest.fixture(scope="module")
def mined(tiny):
    patient = replace(tiny, rounds=2, background=None, agreement_deadline=600 * s, aer_samples=0)
    return replace(patient, agreement=ProofOfWork(interval=1.0, confirmations=2))


def test_no_two_blocks_of_a_chain_are_mined_with_the_same_luck(mined):
    _, found = decisions(mined)
    lasted = [d.first_decided_s - d.started_s for d in found if d.chain == "global" and d.decided]
    assert len(lasted) == 4
    assert len({round(seconds, 6) for seconds in lasted}) == len(lasted)


def test_the_same_seed_mines_alike_and_another_does_not(mined):
    assert decisions(mined)[1] == decisions(mined)[1]
    assert decisions(mined)[1] != decisions(replace(mined, seed=mined.seed + 1))[1]


def test_stake_decides_on_the_timeline_and_its_chains_verify(mined):
    world, found = decisions(replace(mined, agreement=ProofOfStake(slot=1.0), agreement_deadline=120 * s))
    assert all(decision.decided for decision in found)
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)

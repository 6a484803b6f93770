"""Nothing of a round stays in memory for good: what grows with the rounds stands on disk."""

import gc
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.chain.kept import KeptBlocks
from qflsim.chain.ledger import Chain
from qflsim.energy.book import _add_exactly
from qflsim.nodes.ledger import KEPT_BLOCKS
from qflsim.trace import Round
from qflsim.units import s
from qflsim.world import World

WATCHED = (
    "Block", "Header", "Certificate", "SignedTransaction", "Session", "Outcome", "Business", "Committee", "Message",
    "PBFTReplica", "VoteLog", "Gathering", "Labour", "Contribution", "Process", "Spread", "Update", "Generator",
    "StoredBlock",
)  # fmt: skip


@pytest.fixture(scope="module")
def long_run(tiny, tmp_path_factory):
    """Objects alive at the ends of two rounds of one run, and its world, with the ledger still open."""
    world, alive = World(replace(tiny, rounds=24, update_deadline=30 * s, agreement_deadline=10 * s)), {}

    def look(record):
        if isinstance(record, Round) and record.round in (8, 24):
            gc.collect()
            alive[record.round] = Counter(type(item).__name__ for item in gc.get_objects())

    world.trace.observe(look)
    folder = tmp_path_factory.mktemp("long")
    world.trace.open(folder)
    world.keep_ledgers(folder / "ledger.sqlite")
    world.run()
    world.trace.close()
    yield world, alive
    world.close_ledgers()


def test_objects_of_a_round_do_not_outlive_it(long_run):
    _, alive = long_run
    assert alive[8]["Block"] and alive[8]["SignedTransaction"]
    grown = {kind: (alive[8][kind], alive[24][kind]) for kind in WATCHED if alive[24][kind] > alive[8][kind] + 2}
    assert not grown
    assert sum(alive[24].values()) < 1.02 * sum(alive[8].values())


def test_old_blocks_come_back_from_the_durable_ledger(long_run):
    world, _ = long_run
    for ledger in world.ledgers:
        chain = ledger.chain
        assert chain.height >= 24
        assert len(chain.blocks._last) == KEPT_BLOCKS
        assert chain.verify(world.keyring) is None
        assert chain.size_byte == sum(block.size_byte for block in chain.blocks) == len(chain.encode())
        assert chain.blocks[5].header.height == 5 and chain.blocks[-1] is chain.tip


def blocks(count):
    """A chain's first blocks, uncertified: enough to be kept in order."""
    chain, made = Chain("c"), []
    for _ in range(count):
        block = replace(chain.propose([], proposer="a", round=1, time_s=0.0), certificate=None)
        chain.blocks.append(block)
        made.append(block)
    return chain.blocks[0], made


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 4))
def test_kept_blocks_are_a_list_whatever_is_on_the_shelf(before, after, most):
    first, made = blocks(before + after)
    kept = KeptBlocks(first)
    for block in made[:before]:
        kept.append(block)
    kept.rest_on(lambda height: made[height - 1], most)
    for block in made[before:]:
        kept.append(block)
    assert list(kept) == [first, *made] and kept[1:3] == [first, *made][1:3]
    assert kept.size_byte == sum(block.size_byte for block in [first, *made])
    assert not after or len(kept._last) <= most
    with pytest.raises(IndexError):
        kept[before + after + 1]


def test_what_is_kept_for_good_cannot_be_changed():
    first, made = blocks(3)
    kept = KeptBlocks(first)
    kept.rest_on(lambda height: made[height - 1], 1)
    kept.extend(made)
    kept[3] = made[2]
    with pytest.raises(ValueError, match="block 1 is kept for good"):
        kept[1] = made[0]
    assert kept.pop() is made[2]


@given(st.lists(st.floats(0.0, 1e12), max_size=60))
def test_joules_add_up_exactly_without_being_kept(values):
    parts = []
    for value in values:
        _add_exactly(parts, value)
    assert math.fsum(parts) == math.fsum(values)


def test_a_million_joules_are_a_handful_of_parts():
    parts = []
    for value in np.random.default_rng(1).lognormal(0.0, 8.0, 20_000).tolist():
        _add_exactly(parts, value)
    assert len(parts) < 12

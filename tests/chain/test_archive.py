import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings, strategies as st

from qflsim.chain.archive import Archive
from qflsim.chain.ledger import Chain
from qflsim.chain.transactions import Join, Task
from qflsim.crypto.keyring import AssumedSignatures, Keyring

NODES = ("a", "b", "c", *(f"server-{i}" for i in range(1, 10)))
KEYRING = Keyring(AssumedSignatures(33, 64), NODES, str.encode)


def chain_of(blocks, name="shard-digits"):
    chain = Chain(name)
    for i in range(1, blocks + 1):
        origin = {"sender": f"server-{i}", "task": "digits", "round": i, "time_s": float(i)}
        items = [Task(**origin, model="VQC", samples=1, rounds=9, reward=1.0), Join(**origin, devices=2, samples=5)]
        block = chain.propose([tx.signed(KEYRING) for tx in items], proposer="a", round=i, time_s=float(i))
        chain.append(block.certified(("a", "b", "c"), KEYRING))
    return chain


def archived(path, *chains):
    archive = Archive(path, new=KEYRING)
    for chain in chains:
        for block in chain.blocks[1:]:
            archive.append(block)
    archive.close()
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return archived(tmp_path_factory.mktemp("kept") / "ledger.sqlite", chain_of(3), chain_of(2, "global"))


def test_what_was_kept_is_what_a_node_stores(kept):
    with closing(Archive(kept)) as archive:
        assert archive.chains == ("global", "shard-digits")
        assert archive.stored("shard-digits") == chain_of(3).encode()
        assert archive.block("global", 2).encode() == chain_of(2, "global").tip.encode()
        assert archive.tips()["global"] == f"2:{chain_of(2, 'global').tip.hash.hex()}"
        assert archive.verify("shard-digits") is None


def test_transactions_are_found_by_kind_sender_and_hash(kept):
    with closing(Archive(kept)) as archive:
        places = [(entry.chain, entry.height) for entry in archive.find("server-2")]
        assert places == [("global", 2)] * 2 + [("shard-digits", 2)] * 2
        assert [entry.kind for entry in archive.find("join")] == ["join"] * 5
        digest = archive.digest("shard-digits", 3)
        assert [entry.position for entry in archive.find(digest[:12])] == [0, 1]
        assert archive.find("nobody") == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 7))
def test_any_flipped_bit_is_found_in_its_block(tmp_path_factory, height, place, bit):
    path = archived(tmp_path_factory.mktemp("flipped") / "ledger.sqlite", chain_of(3))
    file = sqlite3.connect(path)
    (data,) = file.execute("SELECT data FROM blocks WHERE height = ?", (height,)).fetchone()
    changed = bytearray(data)
    changed[int(place * len(data))] ^= 1 << bit
    file.execute("UPDATE blocks SET data = ? WHERE height = ?", (bytes(changed), height))
    file.commit()
    file.close()
    with closing(Archive(path)) as archive:
        fault = archive.verify("shard-digits")
    assert fault is not None
    assert fault.height == height


def test_an_index_that_lies_is_found(tmp_path):
    path = archived(tmp_path / "ledger.sqlite", chain_of(3))
    file = sqlite3.connect(path)
    file.execute("UPDATE transactions SET sender = 'mallory' WHERE height = 2 AND position = 1")
    file.commit()
    file.close()
    with closing(Archive(path)) as archive:
        assert archive.verify("shard-digits").height == 2


def test_rolling_back_keeps_the_rounds_before_and_changes_nothing(kept, tmp_path):
    before = kept.read_bytes()
    with (
        closing(Archive(kept)) as archive,
        closing(archive.rolled_back({"shard-digits": 2}, tmp_path / "earlier.sqlite")) as earlier,
    ):
        assert earlier.stored("shard-digits") == chain_of(2).encode()
        assert earlier.verify("shard-digits") is None
    assert kept.read_bytes() == before


def test_nothing_is_overwritten_and_other_files_are_refused(kept, tmp_path):
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        Archive(kept, new=KEYRING)
    with pytest.raises(FileNotFoundError, match="no ledger"):
        Archive(tmp_path / "none.sqlite")
    other = tmp_path / "other.sqlite"
    other.write_text("not a database, but long enough to be looked at as one " * 40)
    with pytest.raises(ValueError, match="is no ledger"):
        Archive(other)
    with closing(Archive(kept)) as archive, pytest.raises(ValueError, match="no block 9"):
        archive.block("global", 9)


@pytest.mark.parametrize("durable", [True, False])
def test_a_ledger_that_need_not_outlast_a_crash_holds_the_same(kept, tmp_path, durable):
    path = tmp_path / "ledger.sqlite"
    archive = Archive(path, new=KEYRING, durable=durable)
    (mode,) = archive._file.execute("PRAGMA journal_mode").fetchone()
    assert (mode == "memory") is not durable
    for block in [*chain_of(3).blocks[1:], *chain_of(2, "global").blocks[1:]]:
        archive.append(block)
        archive.commit()
        assert path.with_name("ledger.sqlite-journal").exists() is False
    archive.close()
    with closing(Archive(path)) as one, closing(Archive(kept)) as other:
        assert one.tips() == other.tips()
        assert [one.stored(name) for name in one.chains] == [other.stored(name) for name in other.chains]

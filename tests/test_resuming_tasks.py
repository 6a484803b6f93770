"""Going on from a round of several tasks: each where it was, lots and payments between their shards as they were."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim import audit
from qflsim.chain.archive import Archive
from qflsim.chain.beginning import beginning
from qflsim.chain.paymentbook import PaymentBook
from qflsim.chain.payments import ShardAccounts
from qflsim.checks import ScenarioError
from qflsim.cli import main
from qflsim.experiment import run
from qflsim.resuming import resume
from qflsim.tables import read_run
from qflsim.units import m, s

HOLDERS, BALANCE = 3, 3


@pytest.fixture(scope="module")
def source(tiny, tmp_path_factory):
    """Two tasks of which one is slower; blocks of the shards wait, so that payments are under way at every moment."""
    slow = qfl.Digits(classes=(2, 3), features=2)
    tasks = (
        qfl.Task(name="fast"),
        qfl.Task(name="slow", data=slow, rounds=2, training=qfl.LocalTraining(batch=16, epochs=3)),
    )
    scenario = replace(
        tiny, rounds=3, mixing=qfl.Star(), tasks=tasks, sharding=qfl.Sharding(rounds=2),
        topology=qfl.DenseCell(servers=4, devices_per_server=2, radius=100 * m),
        payments=qfl.CrossShardTraffic(rate=3 / s, accounts=3, holders=HOLDERS, balance=BALANCE),
        block_limits=qfl.BlockLimits(interval=0.5 * s, chains=("shard",)),
    )  # fmt: skip
    return run(scenario, out=tmp_path_factory.mktemp("from"), figures=False)


@pytest.fixture(scope="module")
def resumed(source, tmp_path_factory):
    return resume(source.folder, 2, out=tmp_path_factory.mktemp("on"), figures=False)


def ledger_of(made):
    return closing(Archive(made.folder / "ledger.sqlite"))


def shards_of(archive):
    return [chain for chain in archive.chains if chain.startswith("shard-")]


def read_payments(archive, blocks):
    """The book of payments after some blocks, and the balance that every account starts with."""
    book = PaymentBook({chain: ShardAccounts(dict.fromkeys(range(HOLDERS), BALANCE)) for chain in shards_of(archive)})
    for block in blocks:
        if block.header.chain in book.accounts:
            book.read(block)
    return book


def money(book):
    return {chain: [accounts.balance(i) for i in range(HOLDERS)] for chain, accounts in book.accounts.items()}


def test_every_task_ends_with_the_model_of_the_uninterrupted_run(source, resumed):
    told = read_run(resumed.folder)
    assert told["resumed"]["tasks"] == {"fast": 2, "slow": 1} and told["rounds_done"] == 5
    before, after = (made.table("rounds").set_index(["task", "round"]) for made in (source, resumed))
    assert sorted(after.index) == [("fast", 3), ("slow", 2)]
    assert after["loss"].to_dict() == before.loc[after.index, "loss"].to_dict()
    assert after["aggregated"].tolist() == [8, 8]


def test_chains_begin_with_the_same_blocks_and_are_whole(source, resumed):
    with ledger_of(source) as old, ledger_of(resumed) as new:
        heights = old.heights_after(2)
        assert heights["shard-slow"] and heights["lmuc-server-1-fast"] == 2
        for chain, height in heights.items():
            for place in range(1, height + 1):
                assert new.block(chain, place).encode() == old.block(chain, place).encode()
    told = []
    assert audit.audit(resumed.folder, told.append) == 0, told


def test_contracts_refuse_nothing_and_end_as_they_would_have(source, resumed):
    assert resumed.table("refusals").empty and resumed.table("rejections").empty
    ends = [made.table("standings").groupby(["task", "node"]).last() for made in (source, resumed)]
    columns = ["balance", "deposit", "reputation"]
    assert ends[0][columns].equals(ends[1][columns])


def test_lots_that_were_drawn_stay(source, resumed):
    lots = [made.table("shards").set_index(["task", "epoch"]) for made in (source, resumed)]
    assert lots[1].index.tolist() == [("fast", 1)], "nobody is drawn again"
    columns = ["validators", "new", "seated"]
    assert lots[1][columns].equals(lots[0].loc[lots[1].index, columns])


def test_payments_under_way_are_seen_through_once_and_no_money_is_lost(source, resumed):
    with ledger_of(source) as old:
        begins = beginning(old, 2)
        kept = read_payments(old, begins.in_order())
    free = {chain: sum(balances) for chain, balances in money(kept).items()}
    assert any(kept.accounts[chain].total > free[chain] for chain in free), "something is locked"
    ended = resumed.table("payments")
    assert ended["number"].is_unique
    under_way = ended[ended["asked_s"] < begins.time_s]
    assert len(under_way)
    before = source.table("payments").set_index("number")["asked_s"]
    common = [number for number in ended["number"] if number in before.index]
    assert ended.set_index("number").loc[common, "asked_s"].to_dict() == pytest.approx(before[common].to_dict())
    over = set(before[source.table("payments").set_index("number")["ended_s"] <= begins.time_s].index)
    assert over | set(ended["number"]) >= set(range(1, ended["number"].max() - 5))
    with ledger_of(resumed) as new:
        book = read_payments(new, sorted(new.blocks(), key=lambda block: block.header.time_s))
    assert sum(accounts.total for accounts in book.accounts.values()) == 2 * HOLDERS * BALANCE


def test_money_is_all_there_after_every_block(source):
    with ledger_of(source) as archive:
        blocks = sorted(archive.blocks(), key=lambda block: block.header.time_s)
        for end in range(0, len(blocks), 7):
            book = read_payments(archive, blocks[:end])
            assert sum(accounts.total for accounts in book.accounts.values()) == 2 * HOLDERS * BALANCE
            assert all(balance >= 0 for row in money(book).values() for balance in row)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("payments.rate=4", "Scenario.payments must stay"),
        ("sharding.rounds=3", "Scenario.sharding must stay"),
        ("tasks=(Task(name='fast'),)", "Scenario.tasks must stay fast, slow"),
        ("contract.deposit=5", "terms of the task"),
    ],
)
def test_what_led_to_the_chains_must_stay(source, tmp_path, capsys, setting, said):
    code = main(
        ["resume", str(source.folder), "--from-round", "2", "--set", setting, "--out", str(tmp_path), "--quiet"]
    )
    error = capsys.readouterr().err
    assert code == 2 and said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("chain", "height"), [("shard-slow", 4), ("lmuc-server-2-fast", 2), ("global", 1)])
def test_a_tampered_chain_of_any_task_is_refused_with_the_block_named(source, tmp_path, chain, height):
    folder = tmp_path / "copy"
    shutil.copytree(source.folder, folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as file:
        query = "SELECT data FROM blocks WHERE chain = ? AND height = ?"
        data = bytearray(file.execute(query, (chain, height)).fetchone()[0])
        data[len(data) // 2] ^= 1
        file.execute("UPDATE blocks SET data = ? WHERE chain = ? AND height = ?", (bytes(data), chain, height))
        file.commit()
    with pytest.raises(ScenarioError, match=f"block {height} of chain {chain} is not as it was agreed on"):
        resume(folder, 2, out=tmp_path / "out", figures=False)
    assert not (tmp_path / "out").exists()


def test_nothing_is_left_to_be_done_after_the_last_round_of_all(source, tmp_path):
    with pytest.raises(ScenarioError, match=r"Scenario\.rounds must be > 3"):
        resume(source.folder, 3, out=tmp_path, figures=False)

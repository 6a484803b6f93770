"""The figure and the sentences on full blocks, from a run whose chain others overload."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.plots import mempool
from qflsim.plots.style import canvas, save
from qflsim.readable import show_time
from qflsim.summary import summarise
from qflsim.units import kB, s


@pytest.fixture(scope="module")
def crowded(tiny, tmp_path_factory):
    """Others offer a third more than the global chain carries."""
    scenario = replace(
        tiny,
        rounds=1,
        block_limits=qfl.BlockLimits(size=30 * kB, interval=1 * s, chains=("global",)),
        traffic=qfl.ChainTraffic(rate=150 / s, chains=("global",)),
    )
    return qfl.run(scenario, out=tmp_path_factory.mktemp("crowded"), figures=False)


def test_the_summary_says_who_waited_and_what_was_offered(crowded):
    text = " ".join(summarise(crowded.folder).split())
    handed_in, pool = crowded.table("submissions"), crowded.table("mempool")
    included = handed_in[handed_in["outcome"] == "included"]
    longest = show_time(included["wait_s"].max())
    assert f"waiting {len(included)} of {len(handed_in)} transactions of the federation got into a block" in text
    assert f"and {longest} at most in a mempool" in text
    left = pool[pool["chain"] == "global"]["waiting"].iloc[-1]
    assert left > 100 and f"On the global chain {left:,} transactions were left waiting: 1" in text


def test_the_figure_shows_backlog_and_waits(crowded, tmp_path):
    with canvas():
        figure = mempool.draw(crowded.folder)
        backlog, waits = figure.axes
        (line,) = backlog.get_lines()
        pool = crowded.table("mempool")
        assert list(line.get_ydata()) == list(pool[pool["chain"] == "global"]["waiting"])
        shown = sum(len(dots.get_xdata()) for dots in waits.get_lines())
        assert shown == len(crowded.table("submissions"))
        first, second = (save(mempool.draw(crowded.folder), tmp_path / name, ("png",))[0] for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_a_run_without_mempools_has_neither(tiny_run):
    assert mempool.draw(tiny_run.folder) is None
    assert "waiting  " not in summarise(tiny_run.folder)


def test_the_audit_of_a_run_with_others_on_its_chain_holds(crowded):
    from qflsim.audit import audit, show

    said = []
    assert audit(crowded.folder, said.append) == 0, said
    blocks = crowded.table("blocks")
    block = blocks[blocks["others"] > 0].iloc[0]
    lines = []
    show(crowded.folder, f"global:{block['height']}", lines.append)
    assert any(f"bundle by {block['proposer']}" in line and f"count {block['others']}" in line for line in lines)

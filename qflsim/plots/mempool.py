"""Waiting for blocks: how many transactions wait on each kind of chain, and how long the federation's own waited."""

from pathlib import Path
from typing import Any

from qflsim.readable import show_time
from qflsim.tables import read_table

from .style import COLOURS, beside, label_rows, log_time, new_figure

__all__ = ["draw"]

_CHAINS = {
    "global": ("global chain", COLOURS["black"]),
    "shard": ("shard chains", COLOURS["vermillion"]),
    "lmuc": ("LMUCs", COLOURS["sky"]),
}
_LEAST_S = 1e-3


def draw(folder: Path) -> Any:
    """Backlog and rates against time, and waits by kind of transaction; None if nothing ever had to wait."""
    pools = read_table(folder, "mempool", ["chain", "time_s", "waiting", "offered_per_s", "accepted_per_s"])
    handed_in = read_table(folder, "submissions", ["chain", "kind", "outcome", "wait_s"])
    if pools.empty or (not pools["waiting"].any() and not (handed_in["wait_s"] > 0.0).any()):
        return None
    figure = new_figure(11.0, 3.8)
    backlog, waits = beside(figure, 2, (1.3, 1.0))
    _backlog(backlog, pools)
    _waits(waits, handed_in)
    return figure


def _backlog(axes: Any, pools: Any) -> None:
    """Transactions that wait, chain by chain."""
    for prefix, (name, colour) in _CHAINS.items():
        for number, (_, chain) in enumerate(pools[pools["chain"].str.startswith(prefix)].groupby("chain")):
            label = name if number == 0 else None
            axes.step(chain["time_s"], chain["waiting"], where="post", color=colour, label=label, linewidth=1.3)
    axes.set_title("Transactions that wait for a block")
    axes.set_xlabel("simulated time [s]")
    axes.set_ylabel("transactions")
    axes.set_ylim(bottom=0.0)
    axes.legend(loc="upper left")


def _waits(axes: Any, handed_in: Any) -> None:
    """How long every transaction of the federation waited: a dot if it got into a block, a cross if it did not."""
    kinds = list(dict.fromkeys(handed_in["kind"]))
    for row, kind in enumerate(kinds):
        own = handed_in[handed_in["kind"] == kind]
        for prefix, (_, colour) in _CHAINS.items():
            there = own[own["chain"].str.startswith(prefix)]
            got, lost = (there[(there["outcome"] == "included") == is_in] for is_in in (True, False))
            axes.plot(got["wait_s"].clip(_LEAST_S), [row] * len(got), "o", color=colour, alpha=0.6)
            axes.plot(lost["wait_s"].clip(_LEAST_S), [row] * len(lost), "x", color=colour, markersize=7)
    label_rows(axes, kinds)
    axes.set_xscale("log")
    log_time(axes.xaxis)
    axes.set_xlim(0.7 * _LEAST_S, 2.0 * max(handed_in["wait_s"].max(), _LEAST_S))
    longest = handed_in["wait_s"].max()
    lost = " (x: in no block)" if (handed_in["outcome"] != "included").any() else ""
    axes.set_title(f"Waits, {show_time(longest)} at most{lost}")
    axes.set_xlabel("time in the mempool (1 ms: that or less)")

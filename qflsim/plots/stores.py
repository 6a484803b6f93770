"""Starved agreement: key in the stores of QKD links against time, and how long each decision took meanwhile."""

from pathlib import Path
from typing import Any

from qflsim.readable import show
from qflsim.tables import read_table

from .style import COLOURS, MUTED, log_time, new_figure, points

__all__ = ["draw"]

_CHAINS = {
    "global": ("global chain", COLOURS["vermillion"]),
    "shard": ("shard chain", COLOURS["orange"]),
    "lmuc": ("LMUCs", COLOURS["sky"]),
}


def draw(folder: Path) -> Any:
    """Levels of the stores and latencies of the decisions; None if no agreement paid tags or no link made blocks."""
    from matplotlib.ticker import FuncFormatter

    sought = read_table(folder, "agreements", ["chain", "started_s", "ended_s", "decided", "tag_bit", "tag_wait_s"])
    made = read_table(folder, "qkd")
    made = made[(made["blocks"] > 0) & ~made["first"].str.startswith("device")]
    if made.empty or sought[["tag_bit", "tag_wait_s"]].to_numpy().sum() == 0.0:
        return None
    figure = new_figure(10.0, 5.6)
    levels, waits = figure.subplots(2, 1, sharex=True)
    links = list(made.groupby(["first", "second"]))
    for _, link in links:
        times = link["time_s"].repeat(2)
        bits = link[["before_bit", "level_bit"]].to_numpy().ravel()
        levels.plot(times, bits, color=COLOURS["blue"], alpha=0.45, linewidth=1.1)
    levels.set_ylim(bottom=0.0)
    levels.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "bit")))
    levels.set_title(f"Key in the stores of {len(links)} QKD links between sites")
    _latencies(waits, sought)
    aborted = made[made["aborted"] > 0]
    if len(aborted):
        begin, end = aborted["time_s"].min(), aborted["time_s"].max()
        for axes in (levels, waits):
            axes.axvspan(begin, end, color=COLOURS["yellow"], alpha=0.25, linewidth=0, zorder=0)
        levels.text(
            0.5 * (begin + end), 0.97, "QKD blocks aborted", ha="center", va="top", color=MUTED, fontsize=points(9),
            transform=levels.get_xaxis_transform(),
        )  # fmt: skip
    waits.set_xlabel("simulated time [s]")
    figure.legend(*waits.get_legend_handles_labels(), loc="outside right center", title="decisions", alignment="left")
    return figure


def _latencies(axes: Any, sought: Any) -> None:
    """Each decision at the time at which it was sought, as high as it took; one that was not reached as a cross."""
    latency = sought["ended_s"] - sought["started_s"]
    reached = sought["decided"] > 0
    for prefix, (name, colour) in _CHAINS.items():
        own = sought["chain"].str.startswith(prefix)
        axes.plot(sought["started_s"][own & reached], latency[own & reached], "o", color=colour, label=name, alpha=0.8)
    axes.plot(
        sought["started_s"][~reached], latency[~reached], "x", color=COLOURS["black"], markersize=6, label="not reached"
    )
    axes.set_yscale("log")
    log_time(axes.yaxis)
    axes.set_title("Time until the last validator decided")

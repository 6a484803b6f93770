"""Runs side by side: latency, energy, bits, ledger growth, accuracy, and accuracy against time."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from qflsim.comparison import labels, read_comparison
from qflsim.readable import show, show_time
from qflsim.tables import read_table

from .style import COLOURS, INK, MUTED, label_rows, log_time, new_figure, points

__all__ = ["draw"]

_LATENCY = {
    "round_s": ("whole round", "D", MUTED),
    "global_s": ("global block", "o", COLOURS["blue"]),
    "shard_s": ("shard block", "s", COLOURS["vermillion"]),
    "local_s": ("local block", "^", COLOURS["orange"]),
}
_ENERGY = {
    "qpu_j": ("QPUs", "o", COLOURS["blue"]),
    "mining_j": ("mining", "s", COLOURS["vermillion"]),
    "qkd_j": ("QKD terminals", "^", COLOURS["green"]),
    "other_j": ("the rest", "v", COLOURS["purple"]),
}
_BITS = {
    "sent_bit": ("all sent", "D", MUTED),
    "agreement_bit": ("agreement", "o", COLOURS["blue"]),
    "key_bit": ("QKD key", "^", COLOURS["green"]),
}
_BYTES = {
    "stored_byte": ("all copies", "D", MUTED),
    "ledger_byte": ("one copy", "o", COLOURS["blue"]),
    "device_byte": ("a device", "^", COLOURS["orange"]),
}
_TROUBLE = {
    "undecided": ("decisions not reached", COLOURS["orange"]),
    "forked": ("decisions forked", COLOURS["vermillion"]),
    "without": ("rounds without a new model", MUTED),
}
_LINES = ["blue", "orange", "green", "vermillion", "purple", "black", "sky", "yellow"]
_STYLES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]


def draw(top: Path) -> Any:
    """One row of marks per variant and measure, mean and range over replications, and curves of accuracy."""
    table = read_comparison(top)
    table["variant"] = labels(table)
    names = list(dict.fromkeys(table["variant"]))
    troubled = bool(table[list(_TROUBLE)].to_numpy().any())
    figure = new_figure(11.0, 3.4 + 0.5 * len(names), wide=True)
    figure.set_layout_engine("constrained", wspace=0.04, hspace=0.06)
    panels = figure.subplot_mosaic("ABCD;EFGG" if troubled else "ABCD;EGGG")
    joules, bits, octets = (partial(show, unit=unit) for unit in ("J", "bit", "B"))
    _marks(panels["A"], table, names, _LATENCY, "Time to decide", "mean simulated time", show_time)
    _marks(panels["B"], table, names, _ENERGY, "Energy of a round", "energy per round", joules)
    _marks(panels["C"], table, names, _BITS, "Bits of a round", "bits per round", bits)
    _marks(panels["D"], table, names, _BYTES, "Ledger growth", "bytes per round", octets)
    _accuracies(panels["E"], table, names)
    if troubled:
        _troubles(panels["F"], table, names)
    _curves(panels["G"], table, names, top)
    for place in "BCDF":
        if place in panels:
            panels[place].set_yticklabels([])
    return figure


def _marks(
    axes: Any,
    table: Any,
    names: list[str],
    measures: Mapping[str, Any],
    title: str,
    label: str,
    text_of: Callable[[float], str],
) -> None:
    """Marks on a logarithmic axis; what is nothing has no mark."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for place, (column, (what, mark, colour)) in enumerate(measures.items()):
        shift = 0.19 * (place - (len(measures) - 1) / 2)  # so that equal values do not hide each other
        seen = False
        for row, name in enumerate(names):
            values = table.loc[table["variant"] == name, column].dropna()
            values = values[values > 0.0]
            if values.empty:
                continue
            axes.plot([values.min(), values.max()], [row + shift] * 2, color=colour, linewidth=3, solid_capstyle="butt")
            text = {} if seen else {"label": what}
            axes.plot(values.mean(), row + shift, mark, color=colour, markersize=5.5, markeredgecolor="white", **text)
            seen = True
    axes.set_xscale("log")
    _widen(axes)
    axes.xaxis.set_major_locator(LogLocator(numticks=3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text_of(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    axes.set_title(title, pad=34)
    label_rows(axes, names)
    legend = axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.05, 0.98),
        ncols=2,
        handletextpad=0.0,
        columnspacing=0.2,
        fontsize=points(7.5),
    )
    legend.set_in_layout(False)  # wider than some panels, and there is room for it


def _widen(axes: Any) -> None:
    """Two decades of a logarithmic axis at least, so that it has two ticks at least."""
    low, high = axes.get_xlim()
    middle = (low * high) ** 0.5
    axes.set_xlim(min(low, middle / 10.0), max(high, middle * 10.0))


def _accuracies(axes: Any, table: Any, names: list[str]) -> None:
    for row, name in enumerate(names):
        values = 100.0 * table.loc[table["variant"] == name, "accuracy"]
        axes.plot([values.min(), values.max()], [row, row], color=COLOURS["blue"], linewidth=3, solid_capstyle="butt")
        axes.plot(values.mean(), row, "o", color=COLOURS["blue"], markersize=7, markeredgecolor="white")
        text = f"{values.mean():.1f} %"
        axes.annotate(
            text, (values.mean(), row), xytext=(7, -3), textcoords="offset points", fontsize=points(8), color=INK
        )
    axes.set_xlim(0.0, 118.0)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("accuracy at the end [%]")
    axes.set_title("Accuracy")
    label_rows(axes, names)


def _troubles(axes: Any, table: Any, names: list[str]) -> None:
    """Bars of what went wrong, the number beside each that is not 0; mean over replications."""
    for place, (column, (what, colour)) in enumerate(_TROUBLE.items()):
        means = [table.loc[table["variant"] == name, column].mean() for name in names]
        rows = [row + 0.26 * (place - 1) for row in range(len(names))]
        axes.barh(rows, means, height=0.24, color=colour, label=what)
        for row, mean in zip(rows, means, strict=True):
            if mean:
                axes.annotate(
                    f"{mean:.3g}", (mean, row), xytext=(3, -3), textcoords="offset points", fontsize=points(7)
                )
    axes.set_xlim(right=1.15 * axes.get_xlim()[1])
    axes.xaxis.get_major_locator().set_params(integer=True)  # things are counted
    axes.set_xlabel("number in the run")
    axes.set_title("What went wrong", pad=46)
    label_rows(axes, names)
    legend = axes.legend(loc="lower left", bbox_to_anchor=(-0.05, 0.98), handlelength=1.0, fontsize=points(7.5))
    legend.set_in_layout(False)


def _curves(axes: Any, table: Any, names: list[str], top: Path) -> None:
    """Accuracy after each round against the time at its end, first replication."""
    for number, name in enumerate(names):
        folder = table.loc[table["variant"] == name, "folder"].iloc[0]
        rounds = read_table(top / folder, "rounds", ["ended_s", "accuracy"])
        style = {"color": COLOURS[_LINES[number % len(_LINES)]], "linestyle": _STYLES[number % len(_STYLES)]}
        axes.plot(rounds["ended_s"], 100.0 * rounds["accuracy"], label=name, **style)
    axes.set_xscale("log")
    _widen(axes)
    log_time(axes.xaxis)
    axes.set_ylim(0.0, 100.0)
    axes.set_xlabel("simulated time")
    axes.set_title("Accuracy [%] against time")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=2.6)

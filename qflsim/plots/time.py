"""Where the time of a round goes, along its critical path."""

from pathlib import Path
from typing import Any

from qflsim.breakdown import PARTS, QPU_PARTS, read_time_by_part
from qflsim.readable import share, show_time, time_unit

from .style import COLOURS, label_rows, log_time, new_figure, points, rounds_axis

__all__ = ["draw"]

_COLOURS = {
    "publish": COLOURS["black"],
    "distribute": COLOURS["green"],
    "qpu_gates": "#08519C",
    "qpu_readout": "#3182BD",
    "qpu_repetition": "#6BAED6",
    "qpu_overhead": "#BDD7E7",
    "arithmetic": COLOURS["sky"],
    "updates": COLOURS["yellow"],
    "local_agreement": COLOURS["orange"],
    "cross_chain": COLOURS["purple"],
    "aggregate": COLOURS["vermillion"],
}


def draw(folder: Path) -> Any:
    """Left: every round as a stack of its parts. Right: mean and range of every part, on a logarithmic scale."""
    parts = read_time_by_part(folder)
    figure = new_figure(11.0, 4.2, wide=True)
    stack, rows = figure.subplots(1, 2, width_ratios=(1.0, 1.05))
    shown = _shown(parts)
    _stack(stack, parts[shown])
    _rows(rows, parts[shown])
    return figure


def _shown(parts: Any) -> list[str]:
    """Parts of a round, without those of machines that nobody trained on, and steps that no round has."""
    idle = {part for group in (list(QPU_PARTS), ["arithmetic"]) if not parts[group].to_numpy().any() for part in group}
    return [part for part in PARTS if part not in idle and (part in QPU_PARTS or parts[part].to_numpy().any())]


def _stack(axes: Any, parts: Any) -> None:
    factor, unit = time_unit(parts.sum(axis=1).max())
    bottom = 0.0 * parts.sum(axis=1)
    for part in parts:
        height = parts[part] / factor
        axes.bar(parts.index, height, bottom=bottom, width=0.8, color=_COLOURS[part], linewidth=0)
        bottom = bottom + height
    axes.set_ylim(0.0, 1.06 * bottom.max())
    axes.set_title("Duration of each round")
    axes.set_ylabel(f"simulated time [{unit}]")
    rounds_axis(axes, parts.index)


def _rows(axes: Any, parts: Any) -> None:
    mean, whole = parts.mean(), parts.sum(axis=1).mean()
    for row, part in enumerate(parts):
        taken = parts[part][parts[part] > 0.0]
        if len(taken):
            axes.plot([taken.min(), taken.max()], [row, row], color=_COLOURS[part], linewidth=3, solid_capstyle="butt")
            axes.plot(mean[part], row, "s", color=_COLOURS[part], markersize=8, markeredgecolor="white")
        beside = {"transform": axes.get_yaxis_transform(), "va": "center", "ha": "right", "fontsize": points(8)}
        axes.text(1.17, row, show_time(mean[part]) if len(taken) else "none", **beside)
        axes.text(1.33, row, share(mean[part], whole), **beside)
    axes.set_xscale("log")
    log_time(axes.xaxis)
    axes.set_xlabel("simulated time per round, mean and range")
    axes.set_title("What a round waits for, in order")
    label_rows(axes, [PARTS[part] for part in parts])

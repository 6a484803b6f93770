"""What the joules are spent on, with the QPU cooling plant and without it, and by whom."""

from pathlib import Path
from typing import Any

from qflsim.readable import axis_unit, show
from qflsim.tables import read_table

from .style import COLOURS, MUTED, beside, label_rows, new_figure, points, rounds_axis

__all__ = ["draw"]

_CAUSES = {
    "qpu_cooling": ("QPU cooling plant", COLOURS["sky"]),
    "qpu_control": ("QPU control", COLOURS["blue"]),
    "qkd": ("QKD terminals", COLOURS["green"]),
    "entanglement": ("entanglement", COLOURS["yellow"]),
    "mining": ("mining", MUTED),
    "radio": ("radio", COLOURS["orange"]),
    "cryptography": ("cryptography", COLOURS["purple"]),
    "network": ("fibre network", COLOURS["vermillion"]),
    "computing": ("computing", COLOURS["black"]),
}
_ROLES = {"device": ("o", -0.2), "server": ("s", 0.0), "publisher": ("D", 0.2)}
"""Mark of each role, and its place within a row."""


def draw(folder: Path) -> Any:
    """Stacks per round with and without the cooling plant, and the run's energy by cause and role, all in one view."""
    rows = read_table(folder, "energy", ["round", "role", "cause", "energy_j"])
    rounds = read_table(folder, "rounds", ["round"])["round"]
    rows = rows[rows["round"].isin(rounds)]
    by_round = rows.pivot_table(index="round", columns="cause", values="energy_j", aggfunc="sum", fill_value=0.0)
    figure = new_figure(11.0, 3.8)
    causes = [cause for cause in _CAUSES if cause in by_round and by_round[cause].any()]
    if "qpu_cooling" in causes:
        everything, without, spread = beside(figure, 3, (1.0, 1.0, 1.6))
        _stack(everything, by_round, causes, "With cooling plant")
        _stack(without, by_round, [cause for cause in causes if cause != "qpu_cooling"], "Without it")
    else:
        everything, spread = beside(figure, 2, (1.0, 1.6))
        _stack(everything, by_round, causes, "No QPU is cooled")
    _spread(spread, rows, causes)
    return figure


def _stack(axes: Any, by_round: Any, causes: list[str], title: str) -> None:
    factor, unit = axis_unit(by_round[causes].sum(axis=1).max() if causes else 0.0, "J")
    bottom = 0.0 * by_round.sum(axis=1)
    for cause in causes:
        height = by_round[cause] / factor
        axes.bar(by_round.index, height, bottom=bottom, width=0.8, color=_CAUSES[cause][1], linewidth=0)
        bottom = bottom + height
    axes.set_ylim(0.0, 1.06 * bottom.max() or 1.0)
    axes.set_title(title)
    axes.set_ylabel(f"energy per round [{unit}]")
    rounds_axis(axes, by_round.index)


def _spread(axes: Any, rows: Any, causes: list[str]) -> None:
    """One row per cause: a mark per role on a logarithmic scale, the sum written beside it."""
    from matplotlib.ticker import FuncFormatter

    spent = rows.groupby(["cause", "role"])["energy_j"].sum()
    for row, cause in enumerate(causes):
        for role, joules in spent[cause].items():
            if joules > 0.0:
                mark, shift = _ROLES[role]
                axes.plot(joules, row + shift, mark, color=_CAUSES[cause][1], markersize=7, markeredgecolor="white")
        total = show(spent[cause].sum(), "J")
        axes.text(1.02, row, total, transform=axes.get_yaxis_transform(), va="center", fontsize=points(8))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "J")))
    axes.set_xlabel("energy of the whole run, by role")
    axes.set_title("By cause and role")
    label_rows(axes, [_CAUSES[cause][0] for cause in causes])
    for role, (mark, _) in _ROLES.items():
        axes.plot([], [], mark, color=MUTED, label=f"all {role}s" if role != "publisher" else role)
    axes.legend(loc="lower right", handletextpad=0.2)

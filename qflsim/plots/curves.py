"""Accuracy against time of several runs in one panel: a line for every variant and task, mean over replications."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qflsim.readable import time_unit
from qflsim.sweepfolder import keeps
from qflsim.tables import read_table

from .spread import spread
from .style import COLOURS, MUTED, log_time, points, widen

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["Curve", "draw_curves", "handles", "no_handles", "read_curves", "tasks_of"]

_COLOURS = ("blue", "orange", "green", "vermillion", "purple", "black", "sky", "yellow")
_STYLES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_MARKS = ("o", "s", "^", "D", "v", "X")
_APART = 10.0
"""Where the last of the curves ends so many times as late as the first, time is logarithmic."""
_DOTTED = 10
"""Rounds up to which each is marked: a curve of one round is nothing but its mark."""


@dataclass(frozen=True)
class Curve:
    """Accuracy [%] after each round of a task: mean and bounds over replications, at the mean time [s]."""

    name: str
    task: str
    time_s: "Series"
    mean: list[float]
    low: list[float]
    high: list[float]


def read_curves(top: Path, folders: Sequence[str], names: Sequence[str]) -> list[Curve]:
    """One curve for each name and task, from the runs in ``folders``; those of one name are its replications.

    There is none where a sweep keeps no table of rounds.
    """
    if not keeps(top, "rounds"):
        return []
    return [curve for name in dict.fromkeys(names) for curve in _curves(top, folders, names, name)]


def _curves(top: Path, folders: Sequence[str], names: Sequence[str], wanted: str) -> Iterator[Curve]:
    import pandas as pd

    own = [folder for folder, name in zip(folders, names, strict=True) if name == wanted]
    columns = ["round", "task", "ended_s", "accuracy"]
    rounds = pd.concat([read_table(top / folder, "rounds", columns) for folder in own])
    for task, rows in rounds.groupby("task", sort=False):
        yield _mean(wanted, str(task), rows, len(own))


def _mean(name: str, task: str, rows: "DataFrame", replications: int) -> Curve:
    """Over the rounds that all replications have: a mean over other ones from there on would jump."""
    count = rows.groupby("round")["accuracy"].transform("size")
    rounds = rows[count == min(replications, count.max())].groupby("round")
    made = [spread((100.0 * accuracies).tolist(), within=(0.0, 100.0)) for _, accuracies in rounds["accuracy"]]
    mean, low, high = ([getattr(at, bound) for at in made] for bound in ("mean", "low", "high"))
    return Curve(name, task, rounds["ended_s"].mean(), mean, low, high)


def tasks_of(curves: Sequence[Curve]) -> list[str]:
    """The tasks that the curves are about."""
    return list(dict.fromkeys(curve.task for curve in curves))


def draw_curves(axes: Any, curves: Sequence[Curve]) -> None:
    """The curves, and a band over what their replications leave open."""
    names, tasks = list(dict.fromkeys(curve.name for curve in curves)), tasks_of(curves)
    factor, unit = time_unit(max(curve.time_s.max() for curve in curves))
    logarithmic = _far_apart(curves)
    for curve in curves:
        time, look = curve.time_s / (1.0 if logarithmic else factor), _look(names.index(curve.name))
        mark = _MARKS[tasks.index(curve.task) % len(_MARKS)] if len(tasks) > 1 or len(time) <= _DOTTED else ""
        axes.plot(time, curve.mean, marker=mark, markevery=max(1, len(time) // _DOTTED), markersize=points(3.5), **look)
        axes.fill_between(time, curve.low, curve.high, color=look["color"], alpha=0.15, linewidth=0)
    if logarithmic:
        axes.set_xscale("log")
        widen(axes)
        log_time(axes.xaxis)
    else:
        axes.set_xlim(left=0.0)
    axes.set_ylim(0.0, 102.0)
    axes.set_xlabel("simulated time" if logarithmic else f"simulated time [{unit}]")
    axes.set_title("Accuracy [%] against time")


def handles(rows: int, tasks: Sequence[str]) -> list[Any]:
    """What a key shows of each row, then of each task if there are several."""
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], **_look(number)) for number in range(rows)]
    marks = [Line2D([], [], color=MUTED, linestyle="", marker=_MARKS[n % len(_MARKS)]) for n in range(len(tasks))]
    return [*lines, *(marks if len(tasks) > 1 else [])]


def no_handles(rows: int) -> list[Any]:
    """What a key shows of each row where no curves are drawn: nothing beside its text."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], linestyle="") for _ in range(rows)]


def _look(number: int) -> dict[str, Any]:
    """Colour and dashes of the curves of a row; forty rows are told apart."""
    return {"color": COLOURS[_COLOURS[number % len(_COLOURS)]], "linestyle": _STYLES[number % len(_STYLES)]}


def _far_apart(curves: Sequence[Curve]) -> bool:
    ends = [float(curve.time_s.max()) for curve in curves]
    return max(ends) > _APART * min(ends)

"""Accuracy and loss, of the global model or of isolated devices on average, against time, joules, bytes on the air."""

from pathlib import Path
from typing import Any

from qflsim.readable import axis_unit, time_unit
from qflsim.tables import read_table

from .style import COLOURS, new_figure

__all__ = ["draw"]

_SEVERAL = ("blue", "vermillion", "green", "purple", "orange", "black")
"""Colours of several tasks."""


def draw(folder: Path) -> Any:
    """Two rows, accuracy and loss, over simulated time, energy (with and without cooling) and air traffic."""
    rows = read_table(folder, "evaluations")
    rows = rows[
        (rows["backend"] == "engine") & (rows["round"] <= read_table(folder, "rounds", ["round"])["round"].max())
    ]
    figure = new_figure(11.0, 4.6, wide=True)
    costs = _costs(rows)
    axes = figure.subplots(2, len(costs), sharex="col", sharey="row")
    tasks = list(dict.fromkeys(rows["task"]))
    for number, task in enumerate(tasks):
        colours = ("blue", "vermillion") if len(tasks) == 1 else (_SEVERAL[number % len(_SEVERAL)],) * 2
        _task(axes, rows[rows["task"] == task], costs, colours, task)
    for place in axes[1]:
        place.set_xlim(left=0.0)
    if len(tasks) > 1:
        axes[0, 0].legend(loc="lower right")
    axes[0, 0].set_ylim(0.0, 1.0)
    axes[0, 0].yaxis.set_major_formatter(_percent())
    axes[0, 0].set_ylabel("test accuracy")
    axes[1, 0].set_ylabel("test loss [nat]")
    figure.align_ylabels()
    return figure


def _task(axes: Any, rows: Any, costs: list[tuple[Any, str]], colours: tuple[str, str], task: str) -> None:
    """The curves of one task."""
    told = rows["model"].isin(["global", "devices"])
    model, own = rows[told], rows[~told & ~rows["model"].str.endswith("-sample")].groupby("round")
    for column, (cost, label) in enumerate(costs):
        values = cost[model.index]
        for row, (measure, colour) in enumerate(zip(("accuracy", "loss"), colours, strict=True)):
            place = axes[row, column]
            place.plot(values, model[measure], marker="o", color=COLOURS[colour], clip_on=False, zorder=3, label=task)
            _spread(place, dict(zip(model["round"], values, strict=True)), own[measure], COLOURS[colour])
        axes[1, column].set_xlabel(label)


def _costs(model: Any) -> list[tuple[Any, str]]:
    """Scaled values and axis label of every cost."""
    whose = "\nof all tasks" if model["task"].nunique() > 1 else ""  # joules and bits are not told apart by task
    time, time_name = time_unit(model["time_s"].max())
    without = model["energy_j"] - model["qpu_cooling_j"]
    joule, joule_name = axis_unit(model["energy_j"].max(), "J")
    less, less_name = axis_unit(without.max(), "J")
    byte, byte_name = axis_unit(model["air_bit"].max() / 8, "B")
    energies = [
        (model["energy_j"] / joule, f"energy with\nQPU cooling plant [{joule_name}]{whose}"),
        (without / less, f"energy without\nthe plant [{less_name}]{whose}"),
    ]
    if not model["qpu_cooling_j"].any():
        energies = [(model["energy_j"] / joule, f"energy [{joule_name}]{whose}")]
    return [
        (model["time_s"] / time, f"simulated time [{time_name}]"),
        *energies,
        (model["air_bit"] / 8 / byte, f"sent over the air [{byte_name}]{whose}"),
    ]


def _spread(axes: Any, at: dict[int, float], measures: Any, colour: str) -> None:
    """A band from the worst to the best of the servers' own models, or of isolated devices', where they differ."""
    low, high = measures.min(), measures.max()
    if len(low) and (high > low).any():
        axes.fill_between([at[number] for number in low.index], low, high, color=colour, alpha=0.2, linewidth=0)


def _percent() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(xmax=1.0, decimals=0)

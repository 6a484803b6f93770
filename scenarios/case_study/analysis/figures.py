"""The paper's figures 3 and 4 from what came out, and the figure that it does not have: what the accuracy costs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from qflsim.intervals import intervals
from qflsim.plots.style import COLOURS, MUTED, canvas, new_figure, save

from .measures import selected

__all__ = ["draw"]

STYLES = {
    "CNN": (COLOURS["black"], "--"), "FL CNN": (COLOURS["black"], "-"),
    "MLP": (COLOURS["purple"], "--"), "FL MLP": (COLOURS["purple"], "-"),
    "QNN": (COLOURS["orange"], "--"), "QFL": (COLOURS["orange"], "-"),
    "DQFL star": (COLOURS["blue"], "-"), "DQFL circle": (COLOURS["green"], "--"),
    "DQFL random": (COLOURS["vermillion"], ":"),
    "star": (COLOURS["blue"], "-"), "star graph": (COLOURS["sky"], "-"), "circle": (COLOURS["green"], "-"),
    "circle 4 steps": (COLOURS["green"], "--"), "random": (COLOURS["vermillion"], "-"),
}  # fmt: skip
TOPOLOGIES = ("DQFL star", "DQFL circle", "DQFL random")
LABELS = {"accuracy": "test accuracy [%]", "loss": "test loss [nat]"}
FORMATS = ("png", "pdf")
ALIKE = "IID()"


Tables = dict[str, pd.DataFrame]


def draw(curves: Tables, ends: Tables, tops: Tables, out: Path) -> list[Path]:
    """Draw what there are tables for, by the names of their studies."""
    made: list[Path] = []
    with canvas():
        if "four_classes" in curves:
            made += _saved(_figure_3(curves, ends), out / "figure_3")
            made += _saved(_figure_4(curves, tops), out / "figure_4")
            made += _saved(_costs(curves["four_classes"]), out / "costs")
    return made


def _saved(figure: Any, stem: Path) -> list[Path]:
    return save(figure, stem, FORMATS)


def _figure_3(curves: Tables, ends: Tables) -> Any:
    """Topologies: the paper's three servers, and more of them, where topologies are different graphs."""
    many = "more_servers" in curves
    figure = new_figure(11.0, 6.0 if many else 3.2)
    panels = figure.subplot_mosaic("AB;CD" if many else "AB")
    table = _alike(curves["four_classes"])
    for axes, column, label in (
        (panels["A"], "accuracy", "test accuracy [%]"),
        (panels["B"], "loss", "test loss [nat]"),
    ):
        _bands(axes, table, column, TOPOLOGIES)
        axes.set(xlabel="round", ylabel=label)
    panels["A"].set_title("Three servers, IID: accuracy")
    panels["B"].set_title("Three servers, IID: loss")
    panels["A"].legend(loc="lower right")
    if many:
        _own_accuracy(panels["C"], ends["more_servers"])
        _disagreement(panels["D"], curves["more_servers"])
    return figure


def _own_accuracy(axes: Any, ends: pd.DataFrame) -> None:
    table = intervals(ends, "own_accuracy", ["variant", "topology.servers"])
    table["servers"] = table["topology.servers"].astype(int)
    counts = sorted(table["servers"].unique())
    names = list(dict.fromkeys(table["variant"]))
    for number, name in enumerate(names):
        rows = table[table["variant"] == name].sort_values("servers")
        places = [counts.index(n) + 0.1 * (number - (len(names) - 1) / 2) for n in rows["servers"]]
        low, high = rows["low"].clip(lower=0.0), rows["high"].clip(upper=1.0)
        error = [100 * (rows["mean"] - low), 100 * (high - rows["mean"])]
        axes.errorbar(places, 100 * rows["mean"], yerr=error, fmt="o", color=STYLES[name][0], label=name, capsize=2,
                      mfc="white" if "--" in STYLES[name][1] else None)  # fmt: skip
    axes.set_xticks(range(len(counts)), counts)
    axes.set(xlabel="servers, two devices each", ylabel="accuracy of a server's own model [%]")
    axes.set_title("More servers, Dirichlet(0.5): own models at the end")
    axes.legend(loc="best", ncols=2)


def _disagreement(axes: Any, curves: pd.DataFrame) -> None:
    most = curves[curves["topology.servers"].astype(int) == curves["topology.servers"].astype(int).max()]
    for name in dict.fromkeys(most["variant"]):
        rows = most[most["variant"] == name].sort_values("round")
        shown = rows["disagreement_after_mean"].where(rows["disagreement_after_mean"] > 1e-6)
        axes.plot(rows["round"], shown, color=STYLES[name][0], linestyle=STYLES[name][1], label=name)
    axes.set_yscale("log")
    axes.set(xlabel="round", ylabel="disagreement after mixing [rad]")
    servers = most["topology.servers"].iloc[0]
    axes.set_title(f"{servers} servers: distance of their models (star: none)")
    axes.legend(loc="best")


def _figure_4(curves: Tables, tops: Tables) -> Any:
    """Methods, on four and on ten digits, devices alike and devices that hold different digits."""
    studies = [name for name in ("four_classes", "ten_classes") if name in curves]
    splits = sorted(set(curves["four_classes"]["data.split"]), key=lambda split: split != ALIKE)
    figure = new_figure(11.0, 3.3 * len(studies) * len(splits) / 2 + 0.8)
    grid = figure.subplots(len(studies) * len(splits) // 2 or 1, 4, squeeze=False)
    panels = iter(grid.flat)
    for study in studies:
        digits = "digits 0 to 3" if study == "four_classes" else "ten digits"
        for split in splits:
            table = selected(curves[study], {"data.split": split})
            for column, label in LABELS.items():
                axes = next(panels)
                _bands(axes, table, column, [name for name in STYLES if name in set(table["variant"])])
                axes.set(xlabel="round", ylabel=label)
                axes.set_title(f"{digits}, {'IID' if split == ALIKE else 'Dirichlet(0.5)'}", fontsize=9)
                if column == "accuracy" and study in tops:
                    _ceiling(axes, tops[study])
                if column == "loss":
                    axes.set_yscale("log")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def _ceiling(axes: Any, tops: pd.DataFrame) -> None:
    best = tops.loc[tops["features"] == "4 components", "accuracy"].max()
    axes.axhline(
        100 * best, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), label="classical reference, 4 components"
    )


def _costs(curves: pd.DataFrame) -> Any:
    """Accuracy against what it took."""
    table = _alike(curves)
    figure = new_figure(11.0, 3.6)
    panels = figure.subplots(1, 3, sharey=True)
    costs = (("seconds", "simulated time [s]"), ("joules", "energy, cooling included [J]"), ("bytes", "sent [byte]"))
    for axes, (column, label) in zip(panels, costs, strict=True):
        for name, (colour, line) in STYLES.items():
            rows = table[(table["variant"] == name) & (table[column] > 0)].sort_values("round")
            if len(rows):
                axes.plot(rows[column], 100 * rows["accuracy_mean"], color=colour, linestyle=line, label=name)
        axes.set_xscale("log")
        axes.set_xlabel(label)
    panels[0].set_ylabel("test accuracy [%]")
    panels[0].set_title("digits 0 to 3, IID")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def _bands(axes: Any, table: pd.DataFrame, column: str, names: Sequence[str]) -> None:
    """Mean and 95 % interval of each method, round by round."""
    scale = 100.0 if column == "accuracy" else 1.0
    for name in names:
        rows = table[table["variant"] == name].sort_values("round")
        colour, line = STYLES[name]
        width = 4.0 if name == "QFL" else None  # which decentralised learning lies upon
        axes.plot(rows["round"], scale * rows[f"{column}_mean"], color=colour, linestyle=line, label=name, lw=width)
        low, high = (
            rows[f"{column}_{bound}"].clip(0.0, 1.0 if column == "accuracy" else None) for bound in ("low", "high")
        )
        axes.fill_between(rows["round"], scale * low, scale * high, color=colour, alpha=0.15, linewidth=0)


def _alike(curves: pd.DataFrame) -> pd.DataFrame:
    """The part in which all devices hold samples of the same distribution."""
    return selected(curves, {"data.split": ALIKE})

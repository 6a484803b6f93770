"""Devices on the move: where they went and were handed over, and what that means for the rounds."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from qflsim.readable import time_unit
from qflsim.tables import read_table

from .style import COLOURS, INK, MUTED, new_figure

__all__ = ["draw"]

_CELLS = ("blue", "orange", "green", "purple", "sky", "yellow", "vermillion")
"""Colours of the cells; with more cells than colours they come again."""


def draw(folder: Path) -> Any:
    """Left: tracks in the colour of the serving station, handovers marked. Right: rounds against time.

    None if no device was handed over.
    """
    handed, rounds = read_table(folder, "handovers"), read_table(folder, "rounds")
    handed = handed[handed["round"] <= rounds["round"].max()]
    if handed.empty:
        return None
    places = read_table(folder, "positions")
    places = places[places["round"].isin((0, *rounds["round"]))]
    nodes = read_table(folder, "nodes", ["node", "role", "east_m", "north_m"])
    servers = nodes[nodes["role"] == "server"]
    colours = {server: COLOURS[_CELLS[i % len(_CELLS)]] for i, server in enumerate(servers["node"])}
    figure = new_figure(11.0, 5.0, wide=True)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1.0))
    _map(figure.add_subplot(grid[:, 0]), places, handed, servers, colours)
    counts = figure.add_subplot(grid[0, 1])
    _handovers(counts, handed, rounds)
    _participants(figure.add_subplot(grid[1, 1], sharex=counts), places, rounds)
    return figure


def _map(axes: Any, places: Any, handed: Any, servers: Any, colours: dict[str, str]) -> None:
    """Every way of every device, station by station, and the places where one station followed another."""
    from matplotlib.collections import LineCollection

    ways: list[Any] = []
    inks: list[str] = []
    for _, own in places.groupby("device", sort=False):
        points = own[["east_m", "north_m"]].to_numpy()
        ways += [np.stack(ends) for ends in pairwise(points)]
        inks += [colours[server] for server in own["server"].iloc[1:]]
    axes.add_collection(LineCollection(ways, colors=inks, linewidths=1.0, alpha=0.45, zorder=1))
    marks = {"a3": ("o", "handed over, better heard"), "recovery": ("X", "handed over, after an outage")}
    for cause, (marker, name) in marks.items():
        there = handed[handed["cause"] == cause]
        fill = [colours[server] for server in there["target"]]
        axes.scatter(
            there["east_m"], there["north_m"], c=fill, marker=marker, s=16 if marker == "o" else 34, edgecolor=INK,
            linewidth=0.5, zorder=3,
        )  # fmt: skip
        axes.scatter([], [], c=MUTED, marker=marker, edgecolor=INK, linewidth=0.5, label=name)
    for server in servers.itertuples():
        place = (server.east_m, server.north_m)
        axes.plot(*place, "^", color=colours[server.node], markersize=13, markeredgecolor=INK, zorder=4)
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
        axes.annotate(server.node, place, (0, 13), textcoords="offset points", ha="center", bbox=paper, zorder=5)
    axes.set(aspect="equal", xlabel="east [m]", ylabel="north [m]", title="Ways, in the colour of the serving station")
    axes.autoscale_view()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=2, handletextpad=0.2)


def _handovers(axes: Any, handed: Any, rounds: Any) -> None:
    """Handovers of each round, as wide as the round is long."""
    factor, unit = time_unit(rounds["ended_s"].max())
    begin, width = rounds["started_s"] / factor, (rounds["ended_s"] - rounds["started_s"]) / factor
    bottom = np.zeros(len(rounds))
    for cause, name, colour in (("a3", "better heard", "blue"), ("recovery", "after an outage", "vermillion")):
        in_round = handed[handed["cause"] == cause].groupby("round").size().reindex(rounds["round"], fill_value=0)
        rate = in_round.to_numpy() / width.to_numpy()
        axes.bar(begin, rate, width, bottom, align="edge", color=COLOURS[colour], edgecolor="white", label=name)
        bottom += rate
    axes.set(ylabel=f"handovers per {unit}", title="Handovers, round by round")
    axes.legend(loc="upper right", ncols=2)
    axes.set_ylim(0.0, 1.25 * max(bottom.max(), 1e-9))
    axes.tick_params(labelbottom=False)


def _participants(axes: Any, places: Any, rounds: Any) -> None:
    """Devices selected, aggregated, and on average away from the server they train for, round by round."""
    factor, unit = time_unit(rounds["ended_s"].max())
    away = places.assign(away=places["server"] != places["task_server"]).groupby(["round", "time_s"])["away"].sum()
    mean_away = away.groupby("round").mean().reindex(rounds["round"], fill_value=0.0).to_numpy()
    edges = [*(rounds["started_s"] / factor), rounds["ended_s"].iloc[-1] / factor]
    lines = (
        (rounds["selected"].to_numpy(), "selected", MUTED, 3.5),
        (rounds["aggregated"].to_numpy(), "in the global model", COLOURS["green"], 1.8),
        (mean_away, "in another server's cell (mean)", COLOURS["purple"], 1.8),
    )
    for values, name, colour, width in lines:
        axes.stairs(values, edges, baseline=None, color=colour, linewidth=width, label=name)
    axes.set(xlabel=f"simulated time [{unit}]", ylabel="devices", title="Devices that take part")
    axes.set_ylim(0.0, 1.45 * max(1.0, rounds["selected"].max()))
    axes.legend(loc="upper left", ncols=3, handlelength=1.2, columnspacing=1.0)

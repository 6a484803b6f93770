"""Contracts of tasks: what reputation devices have after each round, and what each node has gained or lost by then."""

from pathlib import Path
from typing import Any

from qflsim.tables import read_table

from .style import COLOURS, MUTED, beside, new_figure, rounds_axis

__all__ = ["draw"]

_GROUPS = {
    "server": ("servers", COLOURS["orange"]),
    "honest": ("devices without a fault", COLOURS["blue"]),
    "faulty": ("devices with a fault", COLOURS["vermillion"]),
}
"""Labels and colours, by what a node is."""


def draw(folder: Path) -> Any:
    """Left: reputation of every device. Right: rewards less slashes of every node. None without a contract in force."""
    columns = ["round", "task", "node", "role", "fault", "earned", "slashed", "reputation"]
    rows, rounds = read_table(folder, "standings", columns), read_table(folder, "rounds", ["round"])
    rows = rows[rows["round"].isin(rounds["round"]) & (rows["role"] != "publisher")]
    if rows.empty:
        return None
    figure = new_figure(10.0, 4.2)
    trust, money = beside(figure, 2)
    for _, own in rows.groupby(["task", "node"]):
        _, colour = _GROUPS[_group(own)]
        look = {"color": colour, "alpha": 0.55, "linewidth": 1.2, "marker": ".", "markersize": 4}
        if own["role"].iloc[0] == "device":
            trust.plot(own["round"], own["reputation"], **look)
        money.plot(own["round"], (own["earned"] - own["slashed"]).cumsum(), **look)
    trust.set(title="Reputation of devices", ylim=(0.0, 1.0))
    money.set_title("Rewards less slashes [units]")
    money.axhline(0.0, color=MUTED, linewidth=0.8)
    for axes in (trust, money):
        rounds_axis(axes, rounds["round"].tolist())
    groups = {_group(own) for _, own in rows.groupby(["task", "node"])}
    for group, (name, colour) in _GROUPS.items():
        if group in groups:
            money.plot([], [], color=colour, label=name)
    figure.legend(*money.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _group(own: Any) -> str:
    if own["role"].iloc[0] == "server":
        return "server"
    return "faulty" if (own["fault"] != "").any() else "honest"

"""How long the committees take to agree."""

from pathlib import Path
from typing import Any

from qflsim.tables import read_table

from .style import COLOURS, log_time, new_figure, rounds_axis

__all__ = ["draw"]

_CHAINS = {
    "global": ("global chain", COLOURS["black"]),
    "shard": ("shard chain", COLOURS["vermillion"]),
    "lmuc": ("LMUC", COLOURS["blue"]),
}


def draw(folder: Path) -> Any:
    """Every decision as a line from its first to its last validator; crosses are decisions that were not reached."""
    rounds = read_table(folder, "rounds", ["round"])["round"]
    columns = ["round", "chain", "validators", "started_s", "first_decided_s", "ended_s", "decided"]
    rows = read_table(folder, "agreements", columns)
    rows = rows[rows["round"].isin(rounds)]
    if rows.empty:
        return None
    figure = new_figure(7.0, 3.6)
    axes = figure.subplots()
    rows = rows.assign(at=rows["round"] + rows["chain"].map(_shifts(sorted(rows["chain"].unique()))))
    for family, (name, colour) in _CHAINS.items():
        own = rows[rows["chain"].str.startswith(family)]
        if not own.empty:
            _decisions(axes, own, f"{name}, {_sizes(own['validators'])} validators", colour)
    axes.set_yscale("log")
    log_time(axes.yaxis)
    axes.set_ylabel("simulated time since the proposal")
    axes.set_title("Agreement: from the first validator that decided to the last")
    rounds_axis(axes, rounds)
    figure.legend(loc="outside right center")
    return figure


def _decisions(axes: Any, rows: Any, name: str, colour: str) -> None:
    reached = rows[rows["decided"] > 0]
    first = reached["first_decided_s"] - reached["started_s"]
    last = reached["ended_s"] - reached["started_s"]
    axes.vlines(reached["at"], first, last, color=colour, linewidth=1.2)
    axes.plot(reached["at"], last, "o", color=colour, markersize=4, label=name)
    failed = rows[rows["decided"] == 0]
    if not failed.empty:
        gave_up = failed["ended_s"] - failed["started_s"]
        axes.plot(failed["at"], gave_up, "x", color=colour, label=f"{name}: not reached")


def _shifts(chains: list[str]) -> dict[str, float]:
    """Chains side by side within a round, so that none hides another."""
    return {chain: 0.6 * (i + 0.5) / len(chains) - 0.3 for i, chain in enumerate(chains)}


def _sizes(validators: Any) -> str:
    low, high = validators.min(), validators.max()
    return f"{low}" if low == high else f"{low} to {high}"

"""How long the committees take to agree."""

from pathlib import Path
from typing import Any

from qflsim.readable import time_unit
from qflsim.tables import read_table

from .style import COLOURS, new_figure, points, rounds_axis

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
    families = [family for family in _CHAINS if rows["chain"].str.startswith(family).any()]
    figure = new_figure(7.0, 0.8 + 1.5 * len(families))
    panels = figure.subplots(len(families), sharex=True, squeeze=False)[:, 0]
    for axes, family in zip(panels, families, strict=True):
        _panel(axes, family, rows[rows["chain"].str.startswith(family)])
    rounds_axis(panels[-1], rounds)
    figure.supylabel("simulated time since the proposal", fontsize=points(9))
    figure.suptitle("Agreement: from the first to the last that decides", fontsize=points(10), fontweight="bold")
    return figure


def _panel(axes: Any, family: str, rows: Any) -> None:
    """The decisions of one kind of chain, which may take a thousand times as long as another kind's."""
    name, colour = _CHAINS[family]
    rows = rows.assign(at=rows["round"] + rows["chain"].map(_shifts(sorted(rows["chain"].unique()))))
    factor, unit = time_unit((rows["ended_s"] - rows["started_s"]).max())
    _decisions(axes, rows, colour, factor)
    failed = int((rows["decided"] == 0).sum())
    missed = f"; crosses: {failed} not reached" if failed else ""
    axes.set_title(f"{name}, {_sizes(rows['validators'])} validators{missed}", fontsize=points(9), fontweight="normal")
    axes.set_ylabel(f"[{unit}]")
    longest = float((rows["ended_s"] - rows["started_s"]).max())
    axes.set_ylim(0.0, 1.15 * longest / factor or 1.0)  # a validator alone decides at once
    axes.grid(visible=False, axis="x")


def _decisions(axes: Any, rows: Any, colour: str, factor: float) -> None:
    reached = rows[rows["decided"] > 0]
    first = (reached["first_decided_s"] - reached["started_s"]) / factor
    last = (reached["ended_s"] - reached["started_s"]) / factor
    axes.vlines(reached["at"], first, last, color=colour, linewidth=1.2)
    axes.plot(reached["at"], last, "o", color=colour, markersize=4)
    failed = rows[rows["decided"] == 0]
    if not failed.empty:
        gave_up = (failed["ended_s"] - failed["started_s"]) / factor
        axes.plot(failed["at"], gave_up, "x", color=colour)


def _shifts(chains: list[str]) -> dict[str, float]:
    """Chains side by side within a round, so that none hides another."""
    return {chain: 0.6 * (i + 0.5) / len(chains) - 0.3 for i, chain in enumerate(chains)}


def _sizes(validators: Any) -> str:
    low, high = validators.min(), validators.max()
    return f"{low}" if low == high else f"{low} to {high}"

"""Whose updates a round used, and what became of the others."""

from pathlib import Path
from typing import Any

from qflsim.tables import read_table

from .style import COLOURS, MUTED, new_figure

__all__ = ["draw"]

_SHADES = ("blue", "sky", "green", "orange")
_LABELS = ("of the round itself", "one round late", "two rounds late", "later still")


def draw(folder: Path) -> Any:
    """Updates by round and staleness, and those that were not used; None if all devices are waited for and come."""
    from matplotlib.ticker import MaxNLocator

    updates = read_table(folder, "updates")
    if updates.empty or (updates["used"].all() and not updates["staleness"].any()):
        return None
    rounds = read_table(folder, "rounds", ["round"])["round"].unique()
    figure = new_figure(9.0, 3.4)
    axes = figure.subplots()
    below, used = [0] * len(rounds), updates[updates["used"]]
    late = used["staleness"].clip(upper=len(_SHADES) - 1)
    for staleness, (shade, label) in enumerate(zip(_SHADES, _LABELS, strict=True)):
        counts = used.loc[late == staleness, "round"].value_counts().reindex(rounds, fill_value=0).tolist()
        if any(counts):
            axes.bar(rounds, counts, bottom=below, color=COLOURS[shade], width=0.8, label=label)
        below = [low + count for low, count in zip(below, counts, strict=True)]
    lost = updates[~updates["used"]]["round"].value_counts().reindex(rounds, fill_value=0)
    if lost.any():
        axes.bar(rounds, -lost, color=MUTED, width=0.8, label="not used")
    axes.axhline(0.0, color=COLOURS["black"], lw=0.8)
    axes.set_title("Updates that went into a round's models, by how late they were")
    axes.set_xlabel("round")
    axes.set_ylabel("updates")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    return figure

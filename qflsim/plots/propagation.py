"""How blocks and transactions came to everybody: after what time to which share of the nodes, and what was sent."""

from pathlib import Path
from typing import Any

from qflsim.propagation import families
from qflsim.tables import read_table

from .style import COLOURS, MUTED, beside, label_rows, log_time, new_figure, points

__all__ = ["draw"]

_SHARES = {"p50_s": 50, "p75_s": 75, "p90_s": 90, "p95_s": 95, "p99_s": 99, "p100_s": 100}
_LEAST = 1e-6  # [s] where the axis of times begins at the lowest


def draw(folder: Path) -> Any:
    """Mean times to shares of the nodes, and bits sent over one copy for each node; None if nothing spread."""
    rows = read_table(folder, "propagation")
    rows = rows[rows["round"].isin(read_table(folder, "rounds", ["round"])["round"])]
    if rows.empty:
        return None
    sorts = list(families(rows))
    figure = new_figure(10.0, 3.6)
    times, sent = beside(figure, 2, (3.0, 2.0))
    _times(times, sorts)
    _sent(sent, sorts)
    names = ", ".join(rows["dissemination"].unique())
    figure.suptitle(f"How blocks and transactions spread: {names}", fontsize=points(10), fontweight="bold")
    return figure


def _times(axes: Any, sorts: list[tuple[str, Any]]) -> None:
    """One line per sort over the shares, means over all that came so far."""
    for (name, own), colour in zip(sorts, _colours(len(sorts)), strict=True):
        means = own[list(_SHARES)].mean().clip(lower=_LEAST)
        axes.plot(range(len(_SHARES)), means, "o-", color=colour, label=name)
    axes.set_xticks(range(len(_SHARES)), [f"{percent} %" for percent in _SHARES.values()])
    axes.set_yscale("log")
    log_time(axes.yaxis)
    axes.set_xlabel("share of the nodes")
    axes.set_title("Time until they had it, mean")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _sent(axes: Any, sorts: list[tuple[str, Any]]) -> None:
    """Bars of bits sent; the line is one copy for each node."""
    for place, ((_, own), colour) in enumerate(zip(sorts, _colours(len(sorts)), strict=True)):
        ratio = own["size_bit"].sum() / (own["item_bit"] * own["nodes"]).sum()
        copies = own["duplicates"].sum() + own["reached"].sum()
        axes.barh(place, ratio, color=colour)
        axes.annotate(f"{ratio:.2f}, {100 * own['duplicates'].sum() / max(1, copies):.0f} % duplicates", (ratio, place),
                      (4, 0), textcoords="offset points", va="center", fontsize=points(7))  # fmt: skip
    axes.axvline(1.0, color=MUTED, linewidth=0.8)
    label_rows(axes, [name for name, _ in sorts])
    axes.set_xlim(0.0, 1.8 * axes.get_xlim()[1])
    axes.set_title("Bits sent")
    axes.set_xlabel("times one copy for each node")
    axes.grid(visible=False, axis="y")


def _colours(count: int) -> list[str]:
    palette = [colour for name, colour in COLOURS.items() if name != "yellow"]
    return [palette[i % len(palette)] for i in range(count)]

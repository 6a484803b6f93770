"""Key material: what is left in the key stores, and how long nodes wait for a session key."""

from pathlib import Path
from typing import Any

from qflsim.readable import show, time_unit
from qflsim.tables import read_table

from .style import COLOURS, beside, new_figure, rounds_axis

__all__ = ["draw"]

_LINKS = {
    "access": ("device and server", COLOURS["blue"]),
    "backhaul": ("server and server", COLOURS["vermillion"]),
}


def draw(folder: Path) -> Any:
    """Level of the stores after each round's draws if any was drawn from, and waits; None if no key was drawn."""
    rounds = read_table(folder, "rounds", ["round"])["round"]
    draws = read_table(folder, "keys")
    draws = draws[draws["round"].isin(rounds) & (draws["purpose"] != "tags")]
    if draws.empty:
        return None
    nodes = read_table(folder, "nodes", ["node", "role"])
    devices = set(nodes.loc[nodes["role"] == "device", "node"])
    at_device = draws["first"].isin(devices) | draws["second"].isin(devices)
    draws = draws.assign(link=at_device.map({True: "access", False: "backhaul"}))
    draws = draws.assign(wait_s=draws["granted_s"] - draws["requested_s"])
    stored = draws[draws["qkd_bit"] > 0.0]
    if stored.empty:
        figure = new_figure(6.5, 3.4)
        panels = (waits,) = (figure.subplots(),)
    else:
        figure = new_figure(10.0, 3.4)
        panels = levels, waits = beside(figure, 2)
        _levels(levels, stored)
    factor, unit = time_unit(draws["wait_s"].max())
    _bands(waits, draws, "wait_s", factor)
    waits.set_title("Wait for a session key")
    waits.set_ylabel(f"median and range [{unit}]")
    for axes in panels:
        rounds_axis(axes, rounds)
    figure.legend(
        *waits.get_legend_handles_labels(), title="link between", alignment="left", loc="outside right center"
    )
    return figure


def _levels(axes: Any, stored: Any) -> None:
    """What draws left in the stores."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    _bands(axes, stored, "level_bit", 1.0)
    axes.set_yscale("symlog", linthresh=1000.0)  # logarithmic, yet an empty store stands at 0
    axes.set_ylim(0.0, 3.0 * max(1000.0, stored["level_bit"].max()))
    axes.yaxis.set_major_locator(FixedLocator([0.0, *(10.0**power for power in range(3, 19))]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "bit")))
    axes.set_title("QKD key left in a store after a draw")
    axes.set_ylabel("median and range")


def _bands(axes: Any, draws: Any, column: str, factor: float) -> None:
    """Median and range over the links of each kind, round by round."""
    for link, (name, colour) in _LINKS.items():
        by_round = draws[draws["link"] == link].groupby("round")[column]
        median = by_round.median() / factor
        if len(median):
            axes.fill_between(
                median.index, by_round.min() / factor, by_round.max() / factor, color=colour, alpha=0.2, lw=0
            )
            axes.plot(median.index, median, marker="o", color=colour, label=name)
    axes.set_ylim(bottom=0.0)

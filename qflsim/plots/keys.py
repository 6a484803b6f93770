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
    """Level of the stores after each round's draws, and waits, for both kinds of link; None if no key was drawn."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

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
    figure = new_figure(10.0, 3.4)
    levels, waits = beside(figure, 2)
    stored = draws[draws["qkd_bit"] > 0.0]
    _bands(levels, stored, "level_bit", 1.0)
    levels.set_yscale("symlog", linthresh=1000.0)  # logarithmic, yet an empty store stands at 0
    levels.set_ylim(0.0, 3.0 * max(1000.0, stored["level_bit"].max()) if len(stored) else 1000.0)
    levels.yaxis.set_major_locator(FixedLocator([0.0, *(10.0**power for power in range(3, 19))]))
    levels.yaxis.set_minor_locator(NullLocator())
    levels.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "bit")))
    levels.set_title("QKD key left in a store after a draw" if len(stored) else "No key store was drawn from")
    levels.set_ylabel("median and range")
    factor, unit = time_unit(draws["wait_s"].max())
    _bands(waits, draws, "wait_s", factor)
    waits.set_title("Wait for a session key")
    waits.set_ylabel(f"median and range [{unit}]")
    for axes in (levels, waits):
        rounds_axis(axes, rounds)
    figure.legend(
        *waits.get_legend_handles_labels(), title="link between", alignment="left", loc="outside right center"
    )
    return figure


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

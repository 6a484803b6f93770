"""Keys from satellites: what every two stations could use at any time, and when a satellite passed."""

import itertools
from pathlib import Path
from typing import Any

from qflsim.checks import ScenarioError
from qflsim.readable import axis_unit, time_unit
from qflsim.tables import read_run, read_table

from .style import COLOURS, INK, MUTED, new_figure, points

__all__ = ["draw", "pair_stocks"]

_MOST_PAIRS = 6
"""Pairs of stations that have a colour each; with more of them all are grey and have no names."""

Steps = list[tuple[float, float]]
"""Times [s] and what a store holds from then on [bit]."""


def draw(folder: Path) -> Any:
    """Stock of key of every two stations over time, contacts above it, rounds below; None if no satellite passed."""
    passes = read_table(folder, "passes")
    if passes.empty:
        return None
    rounds = read_table(folder, "rounds", ["started_s", "ended_s", "aggregated"])
    end = max(rounds["ended_s"].max(), passes["ended_s"].max())
    factor, unit = time_unit(end)
    stocks = pair_stocks(folder)
    most = max([bits for steps in stocks.values() for _, bits in steps], default=0.0)
    scale, bits = axis_unit(most, "bit")
    figure = new_figure(10.0, 4.2)
    above, axes, below = figure.subplots(3, 1, sharex=True, height_ratios=(1.2, 4.0, 0.3))
    _contacts(above, passes, factor)
    for number, (pair, steps) in enumerate(stocks.items()):
        named = len(stocks) <= _MOST_PAIRS
        colour = list(COLOURS.values())[number + 1] if named else MUTED
        times, levels = zip(*steps, (end, steps[-1][1]), strict=True)
        label = " and ".join(pair) if named else None
        style = ("-", (0, (4, 2)), (0, (1, 1)))[number % 3] if named else "-"  # equal stocks lie on each other
        axes.step([t / factor for t in times], [b / scale for b in levels], where="post", color=colour, label=label,
                  linestyle=style)  # fmt: skip
    axes.set_ylabel(f"stock [{bits}]")
    axes.set_title("Key that each two stations could use for one another")
    axes.set_ylim(bottom=0.0)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    _rounds(below, rounds, factor)
    below.set_xlabel(f"simulated time [{unit}]")
    below.set_xlim(0.0, end / factor)
    return figure


def pair_stocks(folder: Path) -> dict[tuple[str, str], Steps]:
    """For every two stations of a satellite, what both share with it above the reserve, over time; of all satellites.

    Every block raises the level of its link, less the key that authenticates it; every key over the satellite lowers
    those of two links once both had it. Key that is dropped for its age is not seen.
    """
    passes, blocks, keys = (read_table(folder, name) for name in ("passes", "qkd", "keys"))
    store = read_run(folder)["scenario"].get("key_store", {})
    if not {"minimum", "block_tags"} <= store.keys():
        raise ScenarioError(f"{folder / 'run.json'} is damaged (it says nothing of key stores); run the scenario again")
    spares = {
        (satellite, station): _spare({satellite, station}, blocks, keys, store)
        for satellite, station in sorted(set(zip(passes["satellite"], passes["station"], strict=True)))
    }
    pairs: dict[tuple[str, str], Steps] = {}
    for satellite, links in itertools.groupby(spares, key=lambda link: link[0]):
        for (_, first), (_, second) in itertools.combinations(list(links), 2):
            both = _combined(spares[satellite, first], spares[satellite, second], min)
            known = pairs.get((first, second))
            pairs[first, second] = both if known is None else _combined(known, both, lambda a, b: a + b)
    return dict(sorted(pairs.items()))


def _spare(ends: set[str], blocks: Any, keys: Any, store: dict[str, Any]) -> Steps:
    """What one link could serve over time."""
    own = blocks[blocks["first"].isin(ends) & blocks["second"].isin(ends) & (blocks["secret_bit"] > 0.0)]
    changes = [(row.time_s, row.secret_bit - store["block_tags"]) for row in own.itertuples()]
    changes += [
        (row.requested_s + row.store_wait_s, -row.link_bit / row.hops)
        for row in keys[keys["link_bit"] > 0.0].itertuples()
        if any(set(hop) == ends for hop in itertools.pairwise(row.path.split(">")))
    ]
    spare, steps = 0.0, [(0.0, 0.0)]
    for time, change in sorted(changes, key=lambda item: item[0]):
        spare = min(spare + change, store["maximum"] - store["minimum"])
        steps.append((time, spare))
    return steps


def _combined(first: Steps, second: Steps, of: Any) -> Steps:
    """A function of two levels, at every time at which one of them changes."""
    times = sorted({time for time, _ in [*first, *second]})
    return [(time, of(_at(first, time), _at(second, time))) for time in times]


def _at(steps: Steps, time: float) -> float:
    """The last level at or before ``time``."""
    return [level for since, level in steps if since <= time][-1]


def _contacts(axes: Any, passes: Any, factor: float) -> None:
    """One row per station: its contacts, with the secret bits of each."""
    stations = sorted(passes["station"].unique())
    for row in passes.itertuples():
        height = stations.index(row.station)
        bits, unit = axis_unit(row.secret_bit, "bit")
        colour = COLOURS["blue"] if row.secret_bit else COLOURS["vermillion"]
        axes.plot(row.started_s / factor, height, "|", color=colour, markersize=8, markeredgewidth=2.0)
        axes.annotate(f"{row.secret_bit / bits:.0f} {unit}", (row.ended_s / factor, height), (4, 0), color=INK,
                      textcoords="offset points", va="center", fontsize=points(7))  # fmt: skip
    axes.set_yticks(range(len(stations)), stations)
    axes.set_ylim(len(stations) - 0.5, -0.5)
    axes.set_title("Satellite in contact, and the key that it brought")
    axes.tick_params(axis="both", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _rounds(axes: Any, rounds: Any, factor: float) -> None:
    """Every round as a bar, coloured by whether a new global model came out of it."""
    for made, colour, name in ((True, COLOURS["green"], "new model"), (False, COLOURS["orange"], "none")):
        own = rounds[(rounds["aggregated"] > 0) == made]
        spans = [((row.started_s + 0.02 * (row.ended_s - row.started_s)) / factor,
                  0.96 * (row.ended_s - row.started_s) / factor) for row in own.itertuples()]  # fmt: skip
        axes.broken_barh(spans, (0.0, 1.0), color=colour, label=name)
    axes.set_yticks([0.5], ["rounds"])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0)

"""What rises and falls in a run: accuracy, power, ledgers, key stores, waiting transactions, batteries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from qflsim.tables import read_table

from .ticks import microseconds, ticks
from .tracks import RUN, Tracks

__all__ = ["Counters"]

Curve = tuple[str, str, str, Any, Any]
"""Group, name, unit, times [s] and values of one counter."""


class Counters:
    """The counters of a run.

    Parameters
    ----------
    folder:
        The run's folder.
    most:
        Points of all counters of a kind together, about; of longer ones they are evenly spread.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self.left_out: list[str] = []

    def events(self, tracks: Tracks) -> Iterator[dict[str, Any]]:
        """The points of all of them."""
        for what, curves_of in _SOURCES.items():
            curves = list(curves_of(self._folder))
            shown = curves[: max(1, self._most // 2)]
            points, there, kept = max(2, self._most // max(1, len(shown))), 0, 0
            for group, name, unit, times, values in shown:
                whole = _without_gaps(times, values)
                part = _thinned(whole, points)
                there, kept = there + len(whole), kept + len(part)
                for time, value in part:
                    at = {"pid": tracks.group(group), "ts": microseconds(ticks(time))}
                    yield {"ph": "C", "name": name, **at, "args": {unit: value}}
            if len(shown) < len(curves):
                self.left_out.append(f"{what}: only {len(shown):,} of {len(curves):,} curves are shown")
            if kept < there:
                self.left_out.append(f"{what}: only {kept:,} of {there:,} points are shown")


def _without_gaps(times: Any, values: Any) -> list[tuple[float, float]]:
    """Points whose time and value are there."""
    pairs = zip(map(float, times), map(float, values), strict=True)
    return [(time, value) for time, value in pairs if time == time and value == value]


def _thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Every so many of the points, and the last one."""
    step = -(-len(points) // most)
    return points if step <= 1 else [*points[:-1:step], points[-1]]


def _accuracy(folder: Path) -> Iterator[Curve]:
    rows = read_table(folder, "evaluations", ["task", "time_s", "model", "backend", "accuracy", "loss"])
    rows = rows[(rows["model"] == "global") & (rows["backend"] == "engine")]
    for task, own in rows.groupby("task"):
        yield RUN, f"accuracy of {task}", "per cent", own["time_s"], 100.0 * own["accuracy"]
        yield RUN, f"loss of {task}", "nat", own["time_s"], own["loss"]


def _power(folder: Path) -> Iterator[Curve]:
    """Mean power of a round by cause, from the round's start on; nothing after the last."""
    rounds = read_table(folder, "rounds", ["round", "started_s", "ended_s"]).groupby("round").agg(
        start=("started_s", "min"), end=("ended_s", "max")
    )  # fmt: skip
    if rounds.empty:
        return
    joules = read_table(folder, "energy", ["round", "cause", "energy_j"])
    spent = joules.groupby(["cause", "round"])["energy_j"].sum()
    for cause in sorted(set(joules["cause"])):
        watts = spent[cause].reindex(rounds.index, fill_value=0.0) / (rounds["end"] - rounds["start"])
        times, values = [*rounds["start"], rounds["end"].iloc[-1]], [*watts, 0.0]
        yield RUN, f"power of {cause.replace('_', ' ')}", "W", times, values


def _ledgers(folder: Path) -> Iterator[Curve]:
    rows = read_table(folder, "rounds", ["ended_s", "ledger_byte"])
    yield RUN, "all chains together", "B", rows["ended_s"], rows["ledger_byte"].cumsum()


def _key_stores(folder: Path) -> Iterator[Curve]:
    """The level of each store, where blocks came in and where keys of its own link were drawn."""
    import pandas as pd

    made = read_table(folder, "qkd", ["first", "second", "time_s", "level_bit"])
    drawn = read_table(folder, "keys", ["first", "second", "granted_s", "hops", "level_bit"])
    drawn = drawn[(drawn["hops"] == 1) & drawn["granted_s"].notna()].rename(columns={"granted_s": "time_s"})
    rows = pd.concat([made, drawn[made.columns]]).sort_values("time_s", kind="stable")
    ends = rows[["first", "second"]].min(axis=1) + " and " + rows[["first", "second"]].max(axis=1)
    for link, own in rows.groupby(ends):
        yield "key stores", f"key store of {link}", "bit", own["time_s"], own["level_bit"]


def _backlog(folder: Path) -> Iterator[Curve]:
    rows = read_table(folder, "mempool", ["chain", "time_s", "waiting"])
    for chain, own in rows.groupby("chain"):
        yield f"chain {chain}", "waiting", "transactions", own["time_s"], own["waiting"]


def _batteries(folder: Path) -> Iterator[Curve]:
    rows = read_table(folder, "batteries", ["device", "time_s", "level_j"])
    for device, own in rows.groupby("device"):
        yield device, "battery", "J", own["time_s"], own["level_j"]


_SOURCES: dict[str, Callable[[Path], Iterator[Curve]]] = {
    "accuracy": _accuracy,
    "power": _power,
    "ledgers": _ledgers,
    "key stores": _key_stores,
    "backlog": _backlog,
    "batteries": _batteries,
}
"""What each kind of counters is called, and where its curves come from."""

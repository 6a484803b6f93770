"""What the runs of a study say: one row per point and replication, and curves with their intervals.

A method's accuracy is the mean over its last ten rounds, so that one lucky round decides nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from qflsim import intervals as statistics

__all__ = ["COLUMNS", "curves", "ends", "reached", "selected", "settings_of"]

LAST = 10
COLUMNS = ("accuracy", "loss", "own_accuracy", "disagreement_before", "disagreement_after")
_COSTS = {"seconds": "ended_s", "joules": "energy_j", "bytes": "bytes"}


def settings_of(rounds: pd.DataFrame) -> list[str]:
    """The columns that tell the points of a study apart."""
    return list(rounds.columns[: rounds.columns.get_loc("replication")])


def ends(rounds: pd.DataFrame) -> pd.DataFrame:
    """One row per point and replication: means over the last ten rounds, and what the whole run took."""
    keys = [*settings_of(rounds), "replication"]
    rounds = rounds.assign(bytes=(rounds["air_bit"] + rounds["wired_bit"]) / 8.0)
    groups = rounds.sort_values("round", kind="stable").groupby(keys, sort=False)
    means = groups[list(COLUMNS)].apply(lambda group: group.tail(LAST).mean())
    spent = groups.agg(seconds=("ended_s", "last"), joules=("energy_j", "sum"), bytes=("bytes", "sum"))
    return means.join(spent).reset_index()


def curves(rounds: pd.DataFrame) -> pd.DataFrame:
    """Means and 95 % intervals over replications, round by round, and mean costs until the end of each round."""
    keys = settings_of(rounds)
    rounds = rounds.sort_values("round", kind="stable").assign(bytes=(rounds["air_bit"] + rounds["wired_bit"]) / 8.0)
    for column in ("energy_j", "bytes"):
        rounds[column] = rounds.groupby([*keys, "replication"], sort=False)[column].cumsum()
    made = [statistics.intervals(rounds, column, [*keys, "round"]).set_index([*keys, "round"]) for column in COLUMNS]
    table = pd.concat(
        [one.drop(columns="count").add_prefix(f"{name}_") for name, one in zip(COLUMNS, made, strict=True)], axis=1
    )
    costs = rounds.groupby([*keys, "round"], sort=False)[list(_COSTS.values())].mean()
    costs.columns = list(_COSTS)
    return table.join(costs).reset_index()


def selected(table: pd.DataFrame, settings: Mapping[str, object]) -> pd.DataFrame:
    """The rows with these settings."""
    wanted = np.logical_and.reduce([table[name].astype(str) == str(value) for name, value in settings.items()])
    return table[wanted]


def reached(rounds: pd.DataFrame, accuracies: Sequence[float]) -> pd.DataFrame:
    """Rounds, seconds, joules and bytes to reach accuracies: in how many replications, and their median."""
    keys = settings_of(rounds)
    rows = []
    for accuracy in accuracies:
        took = statistics.reached(rounds, accuracy, keys)
        for names, group in took.groupby(keys, sort=False):
            there = group.dropna()
            medians = there[["rounds", "seconds", "joules", "bytes"]].median()
            rows.append([*names, accuracy, len(there), len(group), *medians])
    return pd.DataFrame(
        rows, columns=[*keys, "accuracy", "reached", "replications", "rounds", "seconds", "joules", "bytes"]
    )

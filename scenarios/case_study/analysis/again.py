"""One point of the case study again, as a run of its own, beside the result that is kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

import qflsim as qfl
from qflsim.sweeps.identity import written
from qflsim.sweeps.points import axes_of, points_of

from . import measures
from .studies import Study

__all__ = ["rerun"]

SHOWN = ("accuracy", "loss", "own_accuracy", "seconds", "joules", "bytes")


def rerun(studies: Sequence[Study], given: Sequence[str], kept: Path) -> tuple[str, bool]:
    """Run the point; what it gives and what is kept of it in words, and whether the two are the same.

    Parameters
    ----------
    studies:
        The one study that it is of.
    given:
        Its settings as the tables have them, e.g. ``variant=DQFL star``, and ``replication=3``.
    kept:
        Folder with the tables of the finished case study.

    Raises
    ------
    ScenarioError
        If there is no such point.
    """
    if len(studies) != 1:
        raise qfl.ScenarioError("a point is of one study; name it with --only, e.g. --only four_classes")
    (study,) = studies
    chosen, replication = _chosen(study, given)
    (point,) = points_of(study.variants, chosen, replications=1)
    run = qfl.run(point.scenario, out=kept.with_name(f"{kept.name}_again"), replication=replication)
    rounds = run.table("rounds")
    rounds.insert(0, "replication", replication)
    came = measures.ends(rounds).iloc[0]
    there = _kept(kept / f"ends_{study.name}.csv", {**point.settings, "replication": replication})
    told, same = _compared(came, there)
    return f"{told}{run.folder}\n", same


def _chosen(study: Study, given: Sequence[str]) -> tuple[dict[str, tuple[object]], int]:
    """The one value of every axis, and the replication."""
    axes = axes_of(study.variants, study.axes)
    texts = dict(text.partition("=")[::2] for text in given)
    if len(texts) < len(given):
        raise qfl.ScenarioError(f"a setting stands twice in {' '.join(given)}; give each once")
    chosen: dict[str, tuple[object]] = {}
    for axis, values in axes.items():
        names = {written(value): value for value in values}
        if texts.get(axis) not in names:
            raise qfl.ScenarioError(
                f"{axis} must be one of {', '.join(names)}, got {texts.get(axis, 'none')}; write {axis}=..."
            )
        chosen[axis] = (names[texts[axis]],)
    number = texts.get("replication", "none")
    if not number.isdigit():
        raise qfl.ScenarioError(f"replication must be a whole number from 0, got {number}; write replication=0")
    unknown = [name for name in texts if name not in axes and name != "replication"]
    if unknown:
        raise qfl.ScenarioError(f"{study.name} has no axis {unknown[0]!r}; it has {', '.join(axes)} and replication")
    return chosen, int(number)


def _kept(path: Path, settings: Mapping[str, object]) -> "pd.Series[float] | None":
    if not path.exists():
        return None
    rows = measures.selected(pd.read_csv(path), settings)
    return rows.iloc[0] if len(rows) else None


def _compared(came: "pd.Series[float]", there: "pd.Series[float] | None") -> tuple[str, bool]:
    """Side by side, with the six digits that tables keep."""
    lines, same = [f"{'':<14}{'this run':>14}{'kept':>14}"], True
    for name in SHOWN:
        here, kept = f"{came[name]:.6g}", "" if there is None else f"{there[name]:.6g}"
        same = same and here == kept
        lines.append(f"{name:<14}{here:>14}{kept:>14}")
    verdict = "the same" if same else "not the same"
    lines.append("nothing is kept of this point to compare it with" if there is None else verdict)
    return "\n".join(lines) + "\n", same or there is None

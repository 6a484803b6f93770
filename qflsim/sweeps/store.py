"""The folder of a sweep: what is swept in ``sweep.json``, the points in ``index.csv``, each finished one in a folder.

A store grows: further values of an axis and further replications are added to what is there. It never changes what it
is of once a point is finished: another scenario, other axes or another program are refused.
"""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qflsim.checks import ScenarioError, nearest
from qflsim.differences import settings_that_differ
from qflsim.runs import describe, refuse_unwritable
from qflsim.sweepfolder import INDEX, PLAN, POINTS
from qflsim.trace import TABLES
from qflsim.wholefiles import written_whole

from .identity import made_by, written
from .points import VARIANT, Base, Point
from .whole import fault_of
from .worker import LOCKS, under_way

__all__ = ["INDEX", "PLAN", "Store", "plan_of", "read_plan"]

Plan = dict[str, Any]

_ENTRIES: dict[str, type | tuple[type, ...]] = {
    "program": dict, "scenarios": dict, "axes": dict, "replications": int, "keep": (list, type(None)),
}  # fmt: skip


def plan_of(base: Base, axes: Mapping[str, Sequence[Any]], replications: int, keep: Sequence[str] | None) -> Plan:
    """What a sweep is of, as ``sweep.json`` says it.

    Raises
    ------
    ScenarioError
        If a table to be kept does not exist.
    """
    known = [record.table for record in TABLES]
    for name in keep or ():
        if name not in (*known, "ledger"):
            raise ScenarioError(f"keep: a point has no table {name!r}; {nearest(name, [*known, 'ledger'])}")
    scenarios = base if isinstance(base, Mapping) else {"": base}
    used = [str(name) for name in axes.get(VARIANT, scenarios)]
    return {
        "program": made_by(),
        "scenarios": {name: describe(scenarios[name]) for name in used},
        "axes": {axis: [written(value) for value in values] for axis, values in axes.items()},
        "replications": replications,
        "keep": None if keep is None else sorted(set(keep), key=[*known, "ledger"].index),
    }


def read_plan(folder: Path) -> Plan:
    """What the sweep in a folder is of.

    Raises
    ------
    ScenarioError
        If there is none, or its file is damaged.
    """
    path = folder / PLAN
    if not path.is_file():
        raise ScenarioError(f"there is no sweep in {folder}: it holds no {PLAN}; give the folder of a sweep")
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        for entry, kinds in _ENTRIES.items():
            if not isinstance(plan[entry], kinds):
                raise ValueError(f"its entry {entry!r} is {plan[entry]!r}")
        if not all(isinstance(values, list) for values in plan["axes"].values()):
            raise ValueError("an axis in it has no list of values")
    except KeyError as missing:
        raise ScenarioError(f"{path} is damaged (it lacks {missing}); give another folder with --out") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ScenarioError(f"{path} is damaged ({error}); give another folder with --out") from None
    return dict(plan)


@dataclass(frozen=True)
class Store:
    """The folder of a sweep."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where the points are."""
        return self.folder / POINTS

    def admit(self, plan: Plan) -> None:
        """Refuse a sweep that this folder is not of, if points of its own are finished there; nothing is written.

        Raises
        ------
        ScenarioError
            If the folder holds something else, or cannot be written.
        """
        refuse_unwritable(self.folder)
        if not self.folder.exists() or not any(self.folder.iterdir()):
            return
        if not (self.folder / PLAN).exists() and not self._is_bare():
            raise ScenarioError(f"{self.folder} holds files but no sweep; give a new folder with --out")
        if self.keys():  # a sweep without any finished point is replaced: nothing is lost
            _refuse_other(self.folder, read_plan(self.folder), plan)

    def _is_bare(self) -> bool:
        """Whether nothing stands there but the locks of a sweep that was killed before it wrote down what it is of."""
        there = {str(path.relative_to(self.folder)) for path in (*self.folder.iterdir(), *self.home.glob("*"))}
        return there <= {POINTS, f"{POINTS}/{LOCKS}", f".{PLAN}.new"}

    def keys(self) -> list[str]:
        """The finished points that are there, of whatever sweep, by their keys."""
        return sorted(path.name for path in self.home.glob("[!.]*") if path.is_dir())

    def begin(self, plan: Plan, points: Iterable[Point]) -> None:
        """Write down what is swept, before anything runs."""
        (self.home / LOCKS).mkdir(parents=True, exist_ok=True)
        _replace(self.folder / PLAN, json.dumps(plan, indent=2) + "\n")
        _replace(self.folder / INDEX, _index(plan["axes"], points))

    def finished(self, point: Point) -> bool:
        """Whether a point is there, whole."""
        return (self.home / point.key).is_dir()

    def remove_damaged(self, points: Iterable[Point], keep: Sequence[str] | None) -> dict[str, str]:
        """Remove finished points that no longer hold what their runs wrote; what was wrong with each, by its key."""
        faults = {p.key: fault_of(self.home / p.key, keep) for p in points if self.finished(p)}
        damaged = {key: fault for key, fault in faults.items() if fault}
        for key in damaged:
            hidden = under_way(self.home, key)  # a point is there or not, and never by halves
            shutil.rmtree(hidden, ignore_errors=True)
            (self.home / key).rename(hidden)
            shutil.rmtree(hidden)
        return damaged

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from sweeping into the folder at the same time.

        Raises
        ------
        ScenarioError
            If one does.
        """
        (self.home / LOCKS).mkdir(parents=True, exist_ok=True)
        with (self.home / LOCKS / ".sweep").open("w") as file:
            try:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ScenarioError(f"another process sweeps into {self.folder} now; wait for it") from None
            except (ImportError, OSError):
                pass  # a file system without locks
            yield


def _refuse_other(folder: Path, there: Plan, wanted: Plan) -> None:
    new = "give another folder with --out"
    for what, version in wanted["program"].items():
        if there["program"].get(what) != version:
            name = "source of qflsim's models" if what == "source" else what
            raise ScenarioError(
                f"{folder} was made with another version of {name} ({there['program'].get(what)}, "
                f"here {version}); {new}"
            )
    for variant, described in there["scenarios"].items():
        if variant in wanted["scenarios"] and wanted["scenarios"][variant] != described:
            first = next(settings_that_differ(described, wanted["scenarios"][variant]))
            raise ScenarioError(
                f"{folder} is a sweep of another scenario: its {first.what} is {first.first}, not {first.second}; {new}"
            )
    if list(there["axes"]) != list(wanted["axes"]):
        raise ScenarioError(
            f"{folder} is a sweep over {_listed(there['axes'])}, not over {_listed(wanted['axes'])}; {new}"
        )
    for axis, values in there["axes"].items():
        lacking = [value for value in values if value not in wanted["axes"][axis]]
        if lacking:
            raise ScenarioError(
                f"{folder} also holds points with {axis}={lacking[0]}; add the value to the axis or {new}"
            )
    if there["replications"] > wanted["replications"]:
        raise ScenarioError(
            f"{folder} holds {there['replications']} replications of each point, got {wanted['replications']}; "
            f"give as many or more, or {new}"
        )
    if there["keep"] != wanted["keep"]:
        kept = "all tables" if there["keep"] is None else ", ".join(there["keep"])
        raise ScenarioError(f"{folder} keeps {kept} of each point; keep the same or {new}")


def _listed(axes: Iterable[str]) -> str:
    return ", ".join(axes) or "nothing"


def _index(axes: Iterable[str], points: Iterable[Point]) -> str:
    """Which folder holds which point, as CSV."""
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*axes, "replication", "folder"])
    writer.writerows([*p.settings.values(), p.replication, f"{POINTS}/{p.key}"] for p in points)
    return text.getvalue()


def _replace(path: Path, text: str) -> None:
    """Write a file so that it is never there by halves."""
    with written_whole(path, "make room there, or give another folder with --out") as new:
        new.write_text(text, encoding="utf-8")

"""Sweeping: run what is not there yet, tell how it went, and lay everything side by side."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qflsim.checks import ScenarioError
from qflsim.paths import folder_of
from qflsim.sweepfolder import points_listed

from .arguments import axes_given, folder_given, tables_given, whole_number
from .crews import Cluster, Crew, CrewError, LocalProcesses, carry_all
from .identity import made_by
from .packing import packed
from .points import Base, Point, axes_of, points_of
from .sources import scenarios_of
from .store import Store, plan_of, read_plan
from .tables import gather, read
from .worker import INTERRUPTED, Order, Outcome

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Failure", "Sweep", "SweepError", "read_sweep", "sweep"]


class SweepError(RuntimeError):
    """A sweep came to an end before all points were run; what is finished is kept."""


@dataclass(frozen=True)
class Failure:
    """A point that could not be run.

    Parameters
    ----------
    point:
        Its settings and replication in words.
    reason:
        What went wrong, in a sentence.
    trace:
        Where in the program; empty if the scenario was refused, of which the reason says all.
    """

    point: str
    reason: str
    trace: str = ""


@dataclass(frozen=True)
class Sweep:
    """A sweep that has been made.

    Parameters
    ----------
    folder:
        Where its tables, ``index.csv`` and the folders of the points are.
    finished, ran:
        Points that are there, and how many of them were run just now.
    failures:
        Points that could not be run.
    """

    folder: Path
    finished: int
    ran: int = 0
    failures: tuple[Failure, ...] = ()

    def table(self, name: str) -> "DataFrame":
        """One table of all points as a pandas data frame, e.g. ``made.table("rounds")``, settings in front."""
        return read(self.folder, name)

    @property
    def comparison(self) -> "DataFrame":
        """One row of measures for each point and replication; see `qflsim.comparison.Compared`."""
        return read(self.folder, "comparison")


def sweep(
    base: Base | str | Path | Sequence[str | Path],
    *,
    axes: Mapping[str, Iterable[Any]] | None = None,
    replications: int = 1,
    out: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    keep: Iterable[str] | None = None,
    progress: bool = True,
    told: Callable[[str], object] | None = None,
    **fields: Iterable[Any],
) -> Sweep:
    """Run every combination of settings, in several replications, and gather the tables.

    Points that are finished in ``out`` are not run again: a sweep which was killed goes on where it was, and one with
    further values or replications runs only those.

    Parameters
    ----------
    base:
        A scenario; several by name; or scenario files, or a folder of them.
    axes, fields:
        Values of each field that varies, by its dotted name: ``mixing=[qfl.Ring(), qfl.Star()]``, or
        ``axes={"topology.servers": (3, 5, 9)}``. Where scenarios have names, ``variant`` chooses among them.
    replications:
        Independent repetitions of each combination. Repetition r of all combinations draws from the same streams, so
        that differences between them are paired.
    out:
        Folder of the sweep; ``results/<scenario>/sweep`` if left out.
    workers:
        Processes on this machine; as many as there are cores if left out.
    scheduler:
        Address of a Dask cluster's scheduler, e.g. ``"tcp://10.0.0.1:8786"``, to carry the points out instead.
    keep:
        Tables that each point keeps, and ``"ledger"`` for its chains; all tables and no ledger if left out.
    progress:
        Whether a bar shows points done and time left, on standard error.
    told:
        Called with each sentence on what goes wrong while the others go on; standard error if left out. Of points
        that fail for one reason the first is told at once, and in the end how many they were.

    Raises
    ------
    ScenarioError
        If an axis or a value is refused, or the folder holds something else; nothing has run or been written then.
    SweepError
        If processes or the cluster died and did not come back; what is finished is kept, and gathered in tables.
    """
    replications = whole_number("replications", replications, "e.g. replications=10")
    kept, folder, given = tables_given(keep), folder_given(out), axes_given(axes, fields)
    named = scenarios_of(base)
    chosen = axes_of(named, given)
    points = points_of(named, chosen, replications)
    plan = plan_of(named, chosen, replications, kept)
    store = Store(folder or _default_folder(points))
    crew = _crew(workers, scheduler)
    store.admit(plan)
    with store.alone():
        store.begin(plan, points)
        _tell_of_damaged(store.remove_damaged(points, plan["keep"]), points, told or _tell)
        waiting = [point for point in points if not store.finished(point)]
        try:
            outcomes = _carry_out(store, waiting, crew, plan["keep"], progress, told or _tell)
            _count(outcomes, told or _tell)
        finally:  # also of a sweep that Ctrl-C ended, or whose cluster is gone
            gather(store.folder, store.home, points, plan["keep"])
        finished = [point for point in points if store.finished(point)]
    labels = {point.key: point.label for point in points}
    failures = tuple(Failure(labels[o.key], o.error, o.trace) for o in outcomes if o.error)
    return Sweep(store.folder, len(finished), len(waiting) - len(failures), failures)


def read_sweep(folder: str | Path) -> Sweep:
    """A sweep that was made before, to look at its tables.

    Raises
    ------
    ScenarioError
        If there is none in the folder.
    """
    store = Store(folder_of(folder))
    read_plan(store.folder)
    listed = points_listed(store.folder)  # beside them may be what was run before the user's code was changed
    return Sweep(store.folder, sum(point.is_dir() for point in listed))


def _default_folder(points: Sequence[Point]) -> Path:
    names = {point.scenario.name for point in points}
    if len(names) > 1:
        raise ScenarioError(
            f"scenarios of several names ({', '.join(sorted(names))}) need a folder; give one with --out"
        )
    return Path("results") / names.pop() / "sweep"


def _crew(workers: int | None, scheduler: str | None) -> Crew:
    if workers is not None:
        workers = whole_number("workers", workers, "leave it out for all cores")
    if scheduler is None:
        from joblib import cpu_count

        return LocalProcesses(workers or cpu_count())
    if workers is not None:
        raise ScenarioError("a cluster's scheduler knows its workers; give either workers or scheduler, not both")
    cluster = Cluster(scheduler)
    cluster.refuse_silence()
    return cluster


def _carry_out(
    store: Store,
    points: Sequence[Point],
    crew: Crew,
    keep: Sequence[str] | None,
    progress: bool,
    told: Callable[[str], object],
) -> list[Outcome]:
    """Run points and tell of those that fail."""
    from tqdm import tqdm

    outcomes: list[Outcome] = []
    reasons: set[str] = set()
    labels = {point.key: point.label for point in points}
    kept = None if keep is None else tuple(keep)
    home = store.home.resolve()
    orders = [Order(point.key, packed(point.scenario), point.replication, home, kept, made_by()) for point in points]
    layout = "{desc} |{bar}| {n_fmt}/{total_fmt} points [{elapsed}<{remaining}]"
    with tqdm(
        total=len(points), desc="sweeping", disable=not progress or not points, file=sys.stderr, bar_format=layout
    ) as bar:

        def done(outcome: Outcome) -> None:
            if outcome.error == INTERRUPTED:
                raise KeyboardInterrupt
            outcomes.append(outcome)
            if outcome.error and outcome.error not in reasons:
                reasons.add(outcome.error)
                told(f"{labels[outcome.key]} failed: {outcome.error}")
            bar.update(1)

        try:
            carry_all(crew, orders, done, told)
        except CrewError as lost:
            whole = sum(store.finished(point) for point in points)
            raise SweepError(
                f"{lost}; {whole} of {len(points)} points were finished and are kept in {store.folder}, "
                f"{len(points) - whole} are left; the same command goes on with them"
            ) from None
    return outcomes


def _tell_of_damaged(faults: Mapping[str, str], points: Iterable[Point], told: Callable[[str], object]) -> None:
    """Tell that points are run again which no longer hold what their runs wrote."""
    damaged = [f"{point.label}: {faults[point.key]}" for point in points if point.key in faults]
    if len(damaged) == 1:
        told(f"a damaged point is run again: {damaged[0]}")
    elif damaged:
        told(f"{len(damaged)} damaged points are run again, the first of them {damaged[0]}")


def _count(outcomes: Iterable[Outcome], told: Callable[[str], object]) -> None:
    """Tell how many points failed for each reason that several had in common."""
    for reason, times in Counter(outcome.error for outcome in outcomes if outcome.error).items():
        if times > 1:
            told(f"{times} points failed: {reason}")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"\rqflsim: {sentence}\n")

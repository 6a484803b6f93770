"""Running scenarios: one replication, several, or from the command line."""

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from . import runs
from .checks import Part
from .loading import load
from .overrides import apply
from .runs import LEDGER
from .scenario import Scenario
from .trace import Record, Round
from .world import World

__all__ = ["Run", "run", "run_from_command_line"]

Observer = Callable[[Record], None]


@dataclass(frozen=True)
class Run:
    """A run that has been made.

    Parameters
    ----------
    folder:
        Where its tables, figures and ``run.json`` are.
    scenario:
        What was run.
    status:
        ``finished``, ``interrupted``, or ``finished, Aer check interrupted``.
    rounds_done:
        Rounds whose records are complete.
    """

    folder: Path
    scenario: Scenario
    status: str
    rounds_done: int

    def table(self, name: str) -> Any:
        """One table as a pandas data frame, e.g. ``run.table("rounds")``."""
        from .tables import read_table

        return read_table(self.folder, name)


def run(
    scenario: Scenario,
    *,
    out: str | Path = "results",
    replication: int = 0,
    observers: Sequence[Observer] = (),
    told: Callable[[str], object] | None = None,
    figures: bool = True,
) -> Run:
    """Run one replication of a scenario and write its tables and figures.

    Parameters
    ----------
    scenario:
        What the world is.
    out:
        Folder under which ``<scenario>/<run>/`` is made; an existing run is never overwritten.
    replication:
        Which independent repetition, counted from 0.
    observers:
        Called with every record as it happens.
    told:
        Called, before anything happens, with each sentence that a user should know of this world.
    figures:
        Whether figures are drawn at the end.

    Raises
    ------
    ScenarioError
        If the scenario cannot be run or the folder not be written; nothing has run or been written then.
    """
    runs.refuse_unwritable(out)
    world = World(scenario, replication)
    if told is not None:
        for note in world.notes():
            told(note)
    folder = runs.create_folder(out, scenario.name, scenario.seed, replication)
    rounds_done = [0]

    def count(record: Record) -> None:
        rounds_done[0] += isinstance(record, Round)

    for observer in (count, *observers):
        world.trace.observe(observer)
    world.trace.open(folder)
    world.keep_ledgers(folder / LEDGER)
    status, check = "failed", None
    try:
        world.run()
        status = "finished"
        check = world.check_on_aer()
    except KeyboardInterrupt:
        status = "interrupted" if rounds_done[0] < scenario.rounds else "finished, Aer check interrupted"
    finally:
        world.trace.close()
        runs.write_run_json(
            folder, scenario, replication=replication, status=status, rounds_done=rounds_done[0], aer=check,
            ledgers=world.close_ledgers(),
        )  # fmt: skip
    if figures and rounds_done[0]:
        draw_figures(folder)
    return Run(folder, scenario, status, rounds_done[0])


def draw_figures(folder: Path) -> None:
    """Draw all figures of a run; Ctrl-C leaves out those that are not drawn yet, the tables are whole by now."""
    from .plots import draw_all

    try:
        draw_all(folder)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\nqflsim: interrupted while drawing; all tables in {folder} are whole, figures are missing\n"
        )


def run_from_command_line(
    path: str,
    *,
    overrides: Sequence[str],
    seed: int | None,
    replications: int,
    out: str,
    quiet: bool,
) -> int:
    """What ``python -m qflsim scenarios/….py`` does; returns the exit code."""
    scenario = load(path)
    names = _names(sys.modules[f"scenarios.{Path(path).stem}"])
    for assignment in overrides:
        scenario = apply(scenario, assignment, names)
    if seed is not None:
        scenario = replace(scenario, seed=seed)
    for replication in range(replications):
        code = _run_and_tell(scenario, out, replication, quiet)
        if code:
            return code
    return 0


def _run_and_tell(scenario: Scenario, out: str, replication: int, quiet: bool) -> int:
    from .progress import Progress

    began = time.perf_counter()
    with Progress(scenario.rounds, silent=quiet) as progress:
        made = run(scenario, out=out, replication=replication, observers=[progress], told=None if quiet else _note)
    if not quiet:
        from .summary import summarise

        sys.stdout.write(summarise(made.folder))
        plural = "s" * (made.rounds_done != 1)
        sys.stdout.write(f"\n{made.rounds_done} round{plural} in {time.perf_counter() - began:.1f} s of computing\n")
    sys.stdout.write(f"results: {made.folder}\n")
    if made.status == "interrupted":
        sys.stderr.write(
            f"qflsim: interrupted in round {made.rounds_done + 1}; the tables in {made.folder} are complete and "
            f"readable up to there, {made.rounds_done} of {scenario.rounds} rounds are whole\n"
        )
        return 130
    return 0


def _note(sentence: str) -> None:
    """Tell the user on standard error, above the progress bar."""
    sys.stderr.write(f"\rqflsim: note: {sentence}\n")


def _names(module: ModuleType) -> dict[str, Any]:
    """What an override's value may refer to: units, qflsim's parts, and the parts that the scenario file defines."""
    import qflsim

    from . import units

    names: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
    names |= {name: getattr(units, name) for name in units.__all__}
    names |= {name: getattr(qflsim, name) for name in qflsim.PARTS}
    own = {k: v for k, v in vars(module).items() if isinstance(v, type) and issubclass(v, Part)}
    return names | own

"""What ``python -m qflsim scenarios/….py`` does: run the scenario, or its variants, and tell how it went."""

import math
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from .checks import Part
from .comparison import tabulate
from .experiment import Observer, Run, run
from .loading import load_module, load_variants
from .overrides import apply
from .scenario import Scenario
from .variants import compare

__all__ = ["known_names", "resume_from_command_line", "run_from_command_line"]


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
    variants = load_variants(path)
    module = sys.modules[f"scenarios.{Path(path).stem}"]
    names = known_names(module)

    def changed(scenario: Scenario) -> Scenario:
        for assignment in overrides:
            scenario = apply(scenario, assignment, names)
        return scenario if seed is None else replace(scenario, seed=seed)

    if variants:
        wanted = {name: changed(variant) for name, variant in variants.items()}
        return _compare_and_tell(wanted, out, replications, quiet)
    scenario = changed(module.scenario)
    for replication in range(replications):
        code = _run_and_tell(scenario, out, replication, quiet, last=replication == replications - 1)
        if code:
            return code
    if replications > 1 and not quiet:
        changes = [*(f"--set {shlex.quote(one)}" for one in overrides), *([] if seed is None else [f"--seed {seed}"])]
        command = " ".join(["python -m qflsim sweep", shlex.quote(path), f"--replications {replications}", *changes])
        sys.stdout.write(f"replications side by side, in one table: {command}\n")
    return 0


def _compare_and_tell(variants: Mapping[str, Scenario], out: str, replications: int, quiet: bool) -> int:
    from .progress import Progress

    began = time.perf_counter()
    with ExitStack() as bars:

        def bar(name: str, scenario: Scenario) -> Observer:
            bars.close()  # that of the run before
            return bars.enter_context(Progress(scenario.all_rounds, silent=quiet, name=name))

        made = compare(variants, out=out, replications=replications, observers=bar, told=None if quiet else _note)
    if not quiet:
        sys.stdout.write(tabulate(made.rows, made.names))
        plural = "s" * (len(made.rows) != 1)
        sys.stdout.write(f"\n{len(made.rows)} run{plural} in {time.perf_counter() - began:.1f} s of computing\n")
        if made.rows:
            sys.stdout.write(f"go on with: python -m qflsim report {made.folder}, a page of it all for the browser\n")
    sys.stdout.write(f"results: {made.folder}\n")
    if made.interrupted:
        sys.stderr.write(
            f"qflsim: interrupted after {len(made.rows)} of {len(variants) * replications} runs, the last of them "
            f"perhaps in the middle; the tables in {made.folder} are complete and readable up to there\n"
        )
        return 130
    return 0


def resume_from_command_line(
    folder: str, from_round: int, *, scenario: str | None, overrides: Sequence[str], out: str, quiet: bool
) -> int:
    """What ``python -m qflsim resume RUN --from-round R`` does; returns the exit code."""
    from .progress import Progress
    from .resuming import resume

    names = known_names(None if scenario is None else load_module(scenario))

    def changed(before: Scenario) -> Scenario:
        for assignment in overrides:
            before = apply(before, assignment, names)
        return before

    began = time.perf_counter()
    with ExitStack() as bars:

        def bar(rounds: int) -> list[Observer]:
            return [bars.enter_context(Progress(rounds, silent=quiet))]

        told = None if quiet else _note
        made = resume(folder, from_round, out=out, change=changed, names=names, observers=bar, told=told)
    return _tell(made, began, quiet)


def _run_and_tell(scenario: Scenario, out: str, replication: int, quiet: bool, last: bool) -> int:
    from .progress import Progress

    began = time.perf_counter()
    told = None if quiet or replication else _note  # another replication has the same to say
    with Progress(scenario.all_rounds, silent=quiet) as progress:
        made = run(scenario, out=out, replication=replication, observers=[progress], told=told)
    return _tell(made, began, quiet, last)


def _tell(made: Run, began: float, quiet: bool, last: bool = True) -> int:
    """Say how a run went that began computing at a time of the wall clock [s]; returns the exit code.

    After the ``last`` one it is told how to go on, which need not be read twice.
    """
    scenario = made.scenario
    if not quiet:
        from .summary import summarise

        sys.stdout.write(summarise(made.folder))
        computed = made.rounds_done - made.rounds_before
        plural = "s" * (computed != 1)
        sys.stdout.write(f"\n{computed} round{plural} in {time.perf_counter() - began:.1f} s of computing\n")
        if made.rounds_done and last:
            sys.stdout.write(f"go on with: python -m qflsim report {made.folder}, a page of it all for the browser;\n")
            sys.stdout.write("  in place of report: plot (figures for print), timeline (who did what when), audit\n")
    sys.stdout.write(f"results: {made.folder}\n")
    if made.status == "interrupted":
        sys.stderr.write(
            f"qflsim: interrupted in round {made.rounds_done + 1}; the tables in {made.folder} are complete and "
            f"readable up to there, {made.rounds_done} of {scenario.all_rounds} rounds are whole\n"
        )
        return 130
    return 0


def _note(sentence: str) -> None:
    """Tell the user on standard error, above the progress bar."""
    sys.stderr.write(f"\rqflsim: note: {sentence}\n")


def known_names(module: ModuleType | None) -> dict[str, Any]:
    """What an override's value may refer to: units, qflsim's parts, and those that a scenario file, if any, defines."""
    import qflsim

    from . import units

    names: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
    names |= {name: getattr(units, name) for name in units.__all__}
    names |= {name: getattr(qflsim, name) for name in qflsim.PARTS}
    defined = {} if module is None else vars(module)
    here = getattr(module, "__name__", "")
    classes = {k: v for k, v in defined.items() if isinstance(v, type)}
    own = {k: v for k, v in classes.items() if issubclass(v, Part) or v.__module__ == here}  # may hold parts
    return names | own

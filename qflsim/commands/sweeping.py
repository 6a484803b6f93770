"""``python -m qflsim sweep SCENARIO``: every combination of the axes' values, on all cores or a cluster."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .options import count, new_parser

if TYPE_CHECKING:
    from qflsim.scenario import Scenario
    from qflsim.sweeps.points import Base
    from qflsim.sweeps.sweep import Sweep

__all__ = ["carry_out", "parser"]

_EPILOG = """\
examples:
  python -m qflsim sweep scenarios/6g_dense.py --axis topology.servers=3,5,9 --replications 10
  python -m qflsim sweep scenarios/agreements.py --axis variant=PBFT,HotStuff --keep rounds,agreements

The same command again runs only what is not finished in the folder, so that a sweep which was killed goes on; with
further values or more replications it runs those."""


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "sweep",
        "Run every combination of the axes' values, in several replications, on all cores or a Dask cluster, and "
        "gather the tables of all points with their settings in front.",
        _EPILOG,
    )
    made.add_argument("scenario", nargs="+", help="scenario file with its variants, several files, or a folder of them")
    made.add_argument(
        "--axis", metavar="KEY=VALUE,VALUE", action="append", default=[],
        help="values of a field, nested by dots, or of 'variant', some of the names; repeatable",
    )  # fmt: skip
    made.add_argument(
        "--replications", type=count(1), default=1, metavar="R", help="repetitions of each combination (default 1)"
    )
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="change a field of all points, nested by dots"
    )
    made.add_argument("--seed", type=count(0), metavar="N", help="seed in place of the scenario's own")
    made.add_argument("--out", metavar="FOLDER", help="folder of the sweep (default results/<scenario>/sweep)")
    who = made.add_mutually_exclusive_group()
    who.add_argument("--workers", type=count(1), metavar="N", help="processes on this machine (default all cores)")
    who.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask cluster that carries it out, e.g. tcp://10.0.0.1:8786"
    )
    made.add_argument(
        "--keep", metavar="TABLE,TABLE",
        help="tables that each point keeps, e.g. rounds,energy, and 'ledger' (default all tables, no ledger)",
    )  # fmt: skip
    made.add_argument("--quiet", action="store_true", help="no progress bar, only the path of the results")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Sweep, and tell how it went."""
    from qflsim.sweeps.sources import scenarios_of
    from qflsim.sweeps.sweep import SweepError, sweep

    base = scenarios_of(options.scenario[0] if len(options.scenario) == 1 else options.scenario)
    names = _names()
    _refuse_lost(options)
    base = _changed(base, options.set, options.seed, names)
    began = time.perf_counter()
    try:
        made = sweep(
            base,
            axes=_read_axes(base, options.axis, names),
            replications=options.replications,
            out=options.out,
            workers=options.workers,
            scheduler=options.scheduler,
            keep=None if options.keep is None else [name.strip() for name in options.keep.split(",")],
            progress=not options.quiet,
        )
    except SweepError as stopped:
        sys.stderr.write(f"qflsim: {stopped}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nqflsim: interrupted; finished points are kept, the same command goes on with the others\n")
        return 130
    return _tell(made, time.perf_counter() - began, options.quiet)


def _changed(base: "Base", overrides: Sequence[str], seed: int | None, names: Mapping[str, Any]) -> "Base":
    """All scenarios with the fields changed that the command line changes."""
    from qflsim.overrides import apply

    if isinstance(base, Mapping):
        return {name: _changed(one, overrides, seed, names) for name, one in base.items()}  # type: ignore[misc]  # no mapping within
    for assignment in overrides:
        base = apply(base, assignment, names)
    return base if seed is None else replace(base, seed=seed)


def _refuse_lost(options: argparse.Namespace) -> None:
    """Refuse a field that is set for all points and then to something else by an axis, without a trace of the first."""
    from qflsim.checks import ScenarioError

    axes = [assignment.partition("=")[0].strip() for assignment in options.axis]
    fields = [(f"--set {key}", key) for key in (text.partition("=")[0].strip() for text in options.set)]
    for option, key in [*fields, *([] if options.seed is None else [("--seed", "seed")])]:
        for axis in axes:
            if axis and f"{key}.".startswith(f"{axis}."):
                raise ScenarioError(
                    f"{option} would be lost, since --axis {axis} gives all points a value of their own; leave one out"
                )


def _names() -> dict[str, Any]:
    """What values may refer to: units, qflsim's parts, and those of all scenario files that were loaded."""
    from qflsim.terminal import known_names

    names = known_names(None)
    for name, module in list(sys.modules.items()):
        if name.startswith("scenarios."):
            names |= known_names(module)
    return names


def _read_axes(base: "Base", assignments: Sequence[str], names: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    from qflsim.checks import ScenarioError
    from qflsim.overrides import read_axis
    from qflsim.sweeps.points import VARIANT

    one = _chosen(base, assignments) if isinstance(base, Mapping) else base
    axes: dict[str, tuple[Any, ...]] = {}
    for assignment in assignments:
        if _is_of_variants(assignment):
            key, values = VARIANT, _variants(assignment)
        else:
            key, values = read_axis(one, assignment, names)
        if key in axes:
            raise ScenarioError(f"--axis {key} is given twice; give all its values at once, e.g. --axis {key}=1,2")
        axes[key] = values
    return axes


def _chosen(base: Mapping[str, "Scenario"], assignments: Sequence[str]) -> "Scenario":
    """The scenario whose fields the axes are read by: the first of the variants that are swept."""
    from qflsim.sweeps.points import VARIANT, axes_of

    wanted = [name for assignment in assignments if _is_of_variants(assignment) for name in _variants(assignment)]
    return base[axes_of(base, {VARIANT: wanted} if wanted else {})[VARIANT][0]]


def _is_of_variants(assignment: str) -> bool:
    from qflsim.sweeps.points import VARIANT

    return assignment.partition("=")[0].strip() == VARIANT


def _variants(assignment: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in assignment.partition("=")[2].split(","))


def _tell(made: "Sweep", seconds: float, quiet: bool) -> int:
    if not quiet:
        sys.stdout.write(f"{_points(made.ran)} run in {seconds:.1f} s, {made.finished} are there\n")
        if made.finished:
            sys.stdout.write(f"side by side: python -m qflsim show {made.folder}\n")
    sys.stdout.write(f"results: {made.folder}\n")
    faults = [failure for failure in made.failures if failure.trace]  # of refusals the reasons, told by now, say all
    if faults:
        sys.stderr.write(f"qflsim: {_points(len(faults))} failed within the program, the first of them so:\n")
        sys.stderr.write(faults[0].trace)
    if not made.finished:
        sys.stderr.write("qflsim: no point is finished; mend the scenario or the axes and give the command again\n")
    return 1 if made.failures else 0


def _points(count: int) -> str:
    return f"{count} point{'s' * (count != 1)}"

"""What a process does with one point: run it in a folder beside its place, and move it there once it is whole.

The process may be killed at any moment. A point whose folder has its final name is finished; what else there is was
under way, is told by the dot in front of its name, and is run again. A lock per point, which the operating system lets
go when its holder dies, keeps two processes from running the same point.
"""

import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qflsim.checks import ScenarioError
from qflsim.comparison import measure, write_comparison
from qflsim.experiment import carry_out
from qflsim.runs import LEDGER
from qflsim.sweepfolder import POINTS
from qflsim.trace import TABLES
from qflsim.world import World

from .identity import made_by
from .packing import unpacked

__all__ = ["INTERRUPTED", "LOCKS", "Order", "Outcome", "carry", "lock", "under_way"]

LOCKS = ".locks"
INTERRUPTED = "interrupted"
"""What a process says of a point that Ctrl-C ended."""


@dataclass(frozen=True)
class Order:
    """What a process is handed to run one point.

    Parameters
    ----------
    key:
        The point's key, its folder's name.
    scenario:
        The scenario, pickled, with the classes of the user's own.
    replication:
        Which repetition.
    home:
        Folder of all points.
    keep:
        Tables to keep, ``ledger`` among them if it is to be kept; ``None`` for all tables.
    program:
        What the program must be made of.
    """

    key: str
    scenario: bytes
    replication: int
    home: Path
    keep: tuple[str, ...] | None
    program: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """How a point went: nothing to say, or what went wrong in a sentence, and where in the program.

    Where the user's mistake was refused, the sentence says all, and there is no trace.
    """

    key: str
    error: str = ""
    trace: str = ""


def carry(order: Order) -> Outcome:
    """Run a point unless it is finished; never raises for what goes wrong in it."""
    from threadpoolctl import threadpool_limits

    try:
        differs = [name for name, value in order.program.items() if made_by().get(name) != value]
        if differs:
            return Outcome(order.key, f"the worker has another version of {', '.join(differs)}")
        with lock(order.home / LOCKS / order.key), threadpool_limits(1):
            if not (order.home / order.key).exists():
                _run(order, under_way(order.home, order.key))
    except KeyboardInterrupt:
        return Outcome(order.key, INTERRUPTED)
    except ScenarioError as refused:
        return Outcome(order.key, " ".join(str(refused).split()))
    except Exception as error:
        kind = "" if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: "
        return Outcome(order.key, kind + " ".join(str(error).split()), traceback.format_exc())
    return Outcome(order.key)


def under_way(home: Path, key: str) -> Path:
    """Where a point is while it is not whole."""
    return home / f".{key}"


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a file for oneself, and wait for whoever has it; where a file system knows no locks, nothing is held."""
    with path.open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass
        yield


def _run(order: Order, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what a killed process left
    folder.mkdir()
    try:
        world = World(unpacked(order.scenario), order.replication)
        made = carry_out(world, folder, observers=(), figures=False, durable=_keeps_ledger(order.keep))
        if made.status != "finished":
            raise KeyboardInterrupt
        if made.rounds_done:
            write_comparison(folder, [measure(folder, f"{POINTS}/{order.key}")])
        _drop(folder, order.keep)
        folder.rename(order.home / order.key)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _drop(folder: Path, keep: tuple[str, ...] | None) -> None:
    """Remove what is not to be kept."""
    tables = {record.table for record in TABLES}
    for name in tables - set(tables if keep is None else keep):
        (folder / f"{name}.csv").unlink()
    if not _keeps_ledger(keep):
        for path in folder.glob(f"{LEDGER}*"):
            path.unlink()


def _keeps_ledger(keep: tuple[str, ...] | None) -> bool:
    return "ledger" in (keep or ())

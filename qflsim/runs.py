"""Run folders: ``results/<scenario>/<run>/``, made anew, never overwritten, with ``run.json`` beside the tables."""

import dataclasses
import hashlib
import json
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .checks import Part, ScenarioError
from .paths import path_of

__all__ = [
    "LEDGER",
    "RUNNING",
    "create_folder",
    "describe",
    "digests",
    "own_parts",
    "refuse_unwritable",
    "versions",
    "write_run_json",
]

RUNNING = "running"
"""Status of a run that goes on, or was killed."""

LEDGER = "ledger.sqlite"
"""Name of the durable ledger in a run's folder."""

_PACKAGES = (
    "qflsim",
    "simpy",
    "pennylane",
    "pennylane-qiskit",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "numpy",
    "numba",
    "scipy",
    "networkx",
    "sgp4",
    "cryptography",
    "pqcrypto",
    "py-fn-dsa",
)


def create_folder(out: str | Path, scenario: str, seed: int, replication: int, more: str = "") -> Path:
    """A new folder for one run: ``seed7``, or ``seed7-rep1``, with ``-2``, ``-3`` … if the name is taken.

    ``more`` stands behind the name.

    Raises
    ------
    ScenarioError
        If the folder cannot be made, e.g. for want of permission or because ``out`` is a file.
    """
    parent = path_of("out", out, "results") / scenario
    name = f"seed{seed}" + (f"-rep{replication}" if replication else "") + more
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, 100_000):
            folder = parent / (name if attempt == 1 else f"{name}-{attempt}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        reason = error.strerror or error
        raise ScenarioError(f"cannot write results to {parent}: {reason}; give a writable folder with --out") from None
    raise ScenarioError(f"{parent} holds too many runs called {name}; give another folder with --out")


def refuse_unwritable(out: str | Path) -> None:
    """Refuse, before anything runs, a place in which no folder can be made."""
    place = path_of("out", out, "results").absolute()
    while not (place.exists() or place.is_symlink()):
        place = place.parent
    if place.is_symlink() and not place.exists():
        raise ScenarioError(
            f"cannot write results to {out}: {place} is a link to {place.readlink()}, which is not there; make that "
            "folder, or give another with --out"
        )
    if not place.is_dir():
        raise ScenarioError(f"cannot write results to {out}: {place} is a file; give a writable folder with --out")
    try:
        Path(tempfile.mkdtemp(dir=place)).rmdir()
    except OSError as error:
        reason = error.strerror or error
        raise ScenarioError(f"cannot write results to {out}: {reason}; give a writable folder with --out") from None


def write_run_json(
    folder: Path,
    scenario: Part,
    *,
    replication: int,
    status: str,
    rounds_done: int,
    aer: dict[str, Any] | None,
    ledgers: dict[str, str],
    resumed: dict[str, Any] | None = None,
) -> None:
    """Write what was run: scenario, seed, versions, the tip of every chain and the digest of every table.

    No date: same seed, same bytes.
    """
    content = {
        "scenario": describe(scenario),
        "python": repr(scenario),
        "question": getattr(scenario, "question", ""),
        "replication": replication,
        "status": status,
        "rounds_done": rounds_done,
        "aer": aer,
        "ledgers": ledgers,
        **({"resumed": resumed} if resumed else {}),
        **({"own": own} if (own := own_parts(scenario)) else {}),
        "versions": versions(),
        "sha256": {} if status == RUNNING else digests(folder),
    }
    text = json.dumps(content, indent=2, sort_keys=False, allow_nan=False)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def own_parts(value: Any) -> dict[str, str]:
    """Classes of the user's own in a scenario, each with the name of its file; none of what a program itself defines.

    The name is that of the module, which is the same in every process of a sweep.
    """
    found: dict[str, str] = {}
    if isinstance(value, Part):
        module = type(value).__module__
        if module.partition(".")[0] != "qflsim":
            found[type(value).__name__] = "" if module == "__main__" else f"{module.rpartition('.')[2]}.py"
        value = tuple(getattr(value, field.name) for field in dataclasses.fields(value))
    for item in value if isinstance(value, tuple) else ():
        found |= own_parts(item)
    return found


def describe(value: Any) -> Any:
    """A part as plain JSON: its class under ``"part"``, its fields by name, units left to the reference.

    Fields that do not count when two parts are compared are left out.
    """
    if isinstance(value, Part):
        fields = [field.name for field in dataclasses.fields(value) if field.compare]
        return {"part": type(value).__name__, **{name: describe(getattr(value, name)) for name in fields}}
    if isinstance(value, tuple):
        return [describe(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(describe, value), key=repr)  # whose repr has the order of this process
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return repr(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"  # its repr shows where in memory it happens to be
    return repr(value)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every CSV in ``folder``, by file name."""
    return {path.name: _digest(path) for path in _tables(folder)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:  # a long table need not fit into memory
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.csv") if path.is_file())


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found

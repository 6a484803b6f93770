"""Execute notebooks from start to end; any error in a cell fails the command.

    python tests/run_notebooks.py notebooks                        # all of a folder at their small size, as CI does
    python tests/run_notebooks.py --full notebooks/energy.ipynb    # at full size; writes its figure and its table

At the small size (``QFLSIM_SMALL=1``) they run two at a time in a scratch copy of the folders that they read, and one
that writes into results/ fails. At full size they run one after the other where they stand, and what their cells print
is shown. Outputs are stored in neither case.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

READ = ("notebooks", "scenarios")
"""Folders that the scratch copy holds."""


def main() -> int:
    """Run what the command line names; the exit code is 1 if anything failed."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of them")
    reader.add_argument("--full", action="store_true", help="at full size, where they stand")
    asked = reader.parse_args()
    found = [path.resolve() for given in asked.paths for path in _notebooks(given)]
    if not found:
        reader.error(f"no notebook in {', '.join(map(str, asked.paths))}; give a folder that holds some")
    failed = sum(not _tell(*outcome) for outcome in (_in_place(found) if asked.full else _in_scratch(found)))
    sys.stdout.write(f"{len(found) - failed} of {len(found)} notebooks ran\n")
    return 1 if failed else 0


def _notebooks(given: Path) -> list[Path]:
    return sorted(given.glob("*.ipynb")) if given.is_dir() else [given]


def _in_place(found: list[Path]) -> Any:
    os.environ.pop("QFLSIM_SMALL", None)
    for path in found:
        yield execute(path, show=True)


def _in_scratch(found: list[Path]) -> Any:
    """Outcomes of the notebooks at their small size, two at a time, the first listed first."""
    os.environ["QFLSIM_SMALL"] = "1"
    root = found[0].parents[1]
    with tempfile.TemporaryDirectory() as scratch:
        for folder in READ:
            shutil.copytree(root / folder, Path(scratch) / folder, ignore=shutil.ignore_patterns("results"))
        with ProcessPoolExecutor(2) as pool:
            yield from pool.map(execute, [Path(scratch) / path.relative_to(root) for path in found])
        for written in sorted(Path(scratch).glob("**/results/**/*")):
            if written.is_file():
                yield str(written.relative_to(scratch)), 0.0, "a notebook wrote it at its small size; nothing may be"


def execute(path: Path, show: bool = False) -> tuple[str, float, str]:
    """Run one notebook in its own folder, as a reader would: its name, seconds, and what went wrong, if anything."""
    os.environ.pop("MPLBACKEND", None)  # a notebook shows its figures by a backend of its own
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    began, wrong = time.perf_counter(), ""
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        wrong = f"{_failing(notebook)}:\n{error}"
    if show:
        _show(notebook)
    return path.name, time.perf_counter() - began, wrong


def _failing(notebook: Any) -> str:
    """The cell that failed: the last one that was begun."""
    begun = [cell for cell in notebook.cells if cell.cell_type == "code" and "execution" in cell.metadata]
    return f"cell {begun[-1].id!r}" if begun else "before the first cell"


def _show(notebook: Any) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            sys.stdout.write(f"[{cell.id}] {text.rstrip()}\n")


def _tell(name: str, seconds: float, wrong: str) -> bool:
    sys.stdout.write(f"{name}: {'FAILED, ' + wrong if wrong else f'ran in {seconds:.0f} s'}\n")
    sys.stdout.flush()
    return not wrong


if __name__ == "__main__":
    sys.exit(main())

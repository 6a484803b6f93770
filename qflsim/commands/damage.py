"""Files of a run that were changed after it: told in a note, and named where a command stumbles over what is in them.

The tables may well be read as they are now, and somebody may have a reason to change them; but nobody is to take their
numbers for those of the run without knowing.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["changes_told"]


@contextmanager
def changes_told(*folders: str | Path) -> Iterator[None]:
    """Let what fails in here be the fault of a table that is no longer the one that a run wrote, if there is one.

    A table whose columns and numbers are in order can still contradict the others: rows gone, say. Where no table has
    changed, it is a fault of the program and shows where. Where all goes well, a note tells of those that have.

    Raises
    ------
    ScenarioError
        That names the first such table.
    """
    from qflsim.checks import ScenarioError

    try:
        yield
    except ScenarioError:
        raise
    except Exception as error:
        for folder in map(Path, folders):
            for name in _changed(folder):
                raise ScenarioError(
                    f"{folder / name} was changed after the run and no longer fits the other tables; run the scenario "
                    "again"
                ) from error
        raise
    for folder in map(Path, folders):
        _note(folder, [name for name in _changed(folder) if (folder / name).is_file()])  # a sweep may keep few


def _note(folder: Path, names: Sequence[str]) -> None:
    """Tell of tables that are no longer those that the run wrote."""
    if not names:
        return
    told = "is not as the run wrote it (its digest differs from the one in run.json)"
    if len(names) > 1:
        told = "are not as the run wrote them (their digests differ from those in run.json)"
    sys.stderr.write(f"qflsim: note: {', '.join(names)} in {folder} {told}\n")


def _changed(folder: Path) -> list[str]:
    """Tables of a run with other bytes than it wrote."""
    from qflsim.runs import digests
    from qflsim.tables import read_run

    if not (folder / "run.json").is_file():
        return []
    now = digests(folder)
    return [name for name, digest in read_run(folder).get("sha256", {}).items() if now.get(name) != digest]

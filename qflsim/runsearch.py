"""Looking for a run below a folder that is none, to propose it to whoever gave the folder."""

import os
from pathlib import Path

__all__ = ["run_within", "runs_in"]

_LEVELS, _FOLDERS = 3, 1000
"""Levels below the folder, and folders of each, that are looked at: a whole disk is not searched."""


def run_within(folder: Path) -> Path | None:
    """The first run that lies not too deep below a folder, if there is one."""
    level = [folder]
    for _ in range(_LEVELS):
        level = [below for above in level for below in _folders(above)][:_FOLDERS]
        for below in level:
            if _is_run(below):
                return below
    return None


def runs_in(folder: Path) -> int:
    """How many runs lie side by side in a folder."""
    return sum(map(_is_run, _folders(folder)))


def _folders(folder: Path) -> list[Path]:
    """Folders in a folder; none if one may not look, or it has gone meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _is_run(folder: Path) -> bool:
    try:
        return (folder / "run.json").is_file()
    except OSError:  # which one may not ask
        return False

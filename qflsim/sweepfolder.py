"""The folder of a sweep as whoever wants a run of it sees it: how far the sweep came, and where its runs are."""

import csv
import json
from pathlib import Path

__all__ = ["INDEX", "PLAN", "POINTS", "is_point", "keeps", "left_out", "points_listed", "told_of_sweep"]

PLAN, INDEX = "sweep.json", "index.csv"

POINTS = "points"
"""Folder of a sweep in which each finished point has its own."""


def is_point(folder: Path) -> bool:
    """Whether a run is a point of a sweep, which keeps of it what the sweep was told to."""
    return folder.parent.name == POINTS and (folder.parent.parent / PLAN).is_file()


def keeps(folder: Path, table: str) -> bool:
    """Whether runs below a folder are to have a table: all do, unless they are points of a sweep that keeps others."""
    try:
        kept = json.loads((folder / PLAN).read_text(encoding="utf-8"))["keep"]
        return kept is None or table in kept
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def told_of_sweep(folder: Path) -> str:
    """That a folder is a sweep's and no run's, and what to do about it; empty if it is none."""
    if not (folder / PLAN).is_file():
        return ""
    listed = points_listed(folder)
    finished = [point for point in listed if (point / "run.json").is_file()]
    if not listed:
        return f"{folder} is a sweep whose {INDEX} is missing or damaged; the same command writes it again and goes on"
    example = f"give one of its points, e.g. {finished[0]}" if finished else ""
    if len(finished) == len(listed):
        return f"{folder} is a sweep and not a run; {example}"
    verb = "is" if len(finished) == 1 else "are"
    told = f"{folder} is a sweep; {len(finished)} of {len(listed)} points {verb} finished"
    return f"{told}; the same command goes on with the others{', or ' * bool(example)}{example}"


def left_out(folder: Path) -> str:
    """That some points of a sweep are not there, for whoever shows the others; empty if all are, or it is no sweep."""
    listed = points_listed(folder)
    lacking = sum(not (point / "run.json").is_file() for point in listed)
    if not lacking:
        return ""
    verb = "is" if lacking == 1 else "are"
    return f"{lacking} of {len(listed)} points {verb} not there: failed, or not run yet; the same command runs them."


def points_listed(folder: Path) -> list[Path]:
    """Folders of all points, finished or not, as the index lists them; none if there is no index or a damaged one."""
    try:
        with (folder / INDEX).open(newline="", encoding="utf-8") as file:
            return [folder / row["folder"] for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return []

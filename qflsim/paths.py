"""Folders and files that somebody names: whatever stands in place of one is refused in a sentence."""

import os
from pathlib import Path

from .checks import ScenarioError

__all__ = ["folder_of", "path_of"]


def folder_of(folder: object) -> Path:
    """The folder of a run or of a comparison, as a path.

    Raises
    ------
    ScenarioError
        If it is no path.
    """
    return path_of("folder", folder, "results/paper/seed7")


def path_of(name: str, path: object, example: str) -> Path:
    """What was given under a name, as a path.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    if isinstance(path, (str, os.PathLike)):
        return Path(path)
    raise ScenarioError(f"{name} must be a path, or its text, got {path!r}; give e.g. {example}")

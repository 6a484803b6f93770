"""Figures of a run, or of several side by side, drawn from their tables alone."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from qflsim.checks import ScenarioError, nearest
from qflsim.paths import folder_of, path_of
from qflsim.tables import read_table

__all__ = ["draw_all", "draw_comparison", "refuse_unknown"]

FORMATS = ("png", "pdf", "svg")

FIGURES = (
    "learning", "time", "energy", "ledgers", "mempool", "network", "agreement", "propagation", "contract", "keys",
    "stores", "satellites", "mobility", "distribution", "participation",
)  # fmt: skip
"""The figures of a run: each is the module of its name, whose ``draw`` gives none where there is nothing to show."""


def draw_all(
    folder: str | Path,
    formats: Sequence[str] = ("png",),
    *,
    only: Sequence[str] = (),
    into: str | Path | None = None,
    size: str = "screen",
) -> list[Path]:
    """Draw all figures of the run in ``folder``; returns their files.

    Parameters
    ----------
    folder:
        The run's folder.
    formats:
        ``png`` (150 dots per inch), ``pdf`` or ``svg``, one or several. The same tables give the same PNG bytes.
    only:
        Names of the figures wanted; all if left out.
    into:
        Where the files go, made if need be; the run's folder if left out.
    size:
        ``screen``; or, for print with text of 7 points, ``page`` (7.16 inch wide) or ``column`` (3.5 inch, panels one
        below the other; maps and other figures of many panels take the page there too).

    Raises
    ------
    ScenarioError
        If a format or figure is unknown, the folder holds no run, no round was completed, a table is damaged, or
        nothing can be written.
    """
    _check(formats, size)
    refuse_unknown(only)
    from .style import canvas, save

    place = folder_of(folder)
    if read_table(place, "rounds", ["round"]).empty:
        raise ScenarioError(f"there is nothing to draw: no round was completed in {place}")
    target = _target(place, into)
    files: list[Path] = []
    with canvas(size):
        for name in only or FIGURES:
            figure = import_module(f".{name}", __name__).draw(place)
            if figure is not None:
                files += save(figure, target / name, formats)
    return files


def draw_comparison(
    folder: str | Path, formats: Sequence[str] = ("png",), *, into: str | Path | None = None, size: str = "screen"
) -> list[Path]:
    """Draw the figure of the comparison in ``folder`` there, or ``into`` another folder; see `draw_all`.

    Raises
    ------
    ScenarioError
        If a format is unknown, the folder holds no comparison, or a table is damaged.
    """
    _check(formats, size)
    from qflsim.comparison import read_comparison

    from . import comparison
    from .style import canvas, save

    place = folder_of(folder)
    read_comparison(place)  # before a folder is made
    target = _target(place, into)
    with canvas(size):
        return save(comparison.draw(place), target / "comparison", formats)


def refuse_unknown(names: Sequence[str]) -> None:
    """Refuse what is no figure of a run, with the one that may have been meant, or all there are.

    Raises
    ------
    ScenarioError
        If there is such a name.
    """
    for name in _listed("only", names, FIGURES):
        if name not in FIGURES:
            meant = nearest(name, FIGURES).replace("it has", "there are")
            raise ScenarioError(f"there is no figure {name!r}; {meant}")


def _check(formats: Sequence[str], size: str) -> None:
    from .style import SIZES

    if not isinstance(size, str) or size not in SIZES:
        raise ScenarioError(f"a figure's size must be one of {', '.join(SIZES)}, got {size!r}")
    for name in _listed("formats", formats, FORMATS):
        if name not in FORMATS:
            raise ScenarioError(f"a figure's format must be one of {', '.join(FORMATS)}, got {name!r}")


def _listed(field: str, names: object, known: Sequence[str]) -> Sequence[str]:
    """Names that stand in a list, refused if there is none: a text would be taken for its letters."""
    if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
        return names
    raise ScenarioError(f"{field} must be a list of names, got {names!r}; give e.g. {field}={list(known[:2])}")


def _target(place: Path, into: object) -> Path:
    """Where the files go: a folder that is made if it is not there."""
    folder = place if into is None else path_of("into", into, "figures")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"cannot write to {folder}: {error.strerror}; give a folder with --out") from None
    return folder

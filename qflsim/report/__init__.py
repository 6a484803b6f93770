"""A run, or a comparison of several, as one file that a browser opens without a network."""

from pathlib import Path

from qflsim.checks import ScenarioError
from qflsim.comparison import is_comparison
from qflsim.paths import folder_of, path_of
from qflsim.tables import check_run
from qflsim.wholefiles import written_whole

__all__ = ["write_report"]

NAME = "report.html"


def write_report(folder: str | Path, *, into: str | Path | None = None) -> Path:
    """Write ``report.html`` of the run or comparison in ``folder``; returns the file.

    Parameters
    ----------
    folder:
        Folder of a run, or of a comparison (with ``comparison.csv``).
    into:
        The file to write; ``report.html`` in the folder if left out.

    Raises
    ------
    ScenarioError
        If the folder holds neither, a table is missing or damaged, or the file cannot be written.

    Notes
    -----
    Everything is within the file: figures are drawings (SVG), or pictures (PNG) where a drawing would be larger than
    1.5 MB. It loads nothing and runs no script. The same tables give the same bytes.
    """
    place = folder_of(folder)
    file = place / NAME if into is None else path_of("into", into, NAME)
    if into is not None and not file.parent.is_dir():  # told before figures are drawn
        raise ScenarioError(f"cannot write {file}: there is no folder {file.parent}; give another file with --out")
    if is_comparison(place):
        from .comparing import page_of_comparison

        text = page_of_comparison(place)
    else:
        check_run(place)
        from .running import page_of_run

        text = page_of_run(place)
    with written_whole(file) as new:
        new.write_text(text, encoding="utf-8")
    return file

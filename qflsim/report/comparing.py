"""The report of a comparison: several runs side by side."""

from pathlib import Path
from typing import Any

from qflsim.comparison import Compared, columns_shown, compared, legend, read_comparison, settings_of, shown
from qflsim.plots import comparison
from qflsim.plots.style import canvas
from qflsim.sweepfolder import left_out
from qflsim.tables import read_run

from .figures import inline
from .page import Section, page, paragraphs, table
from .settings import settings
from .together import again, carry, means, ranges

__all__ = ["page_of_comparison"]


def page_of_comparison(folder: Path) -> str:
    """The whole page."""
    rows, names = compared(folder)
    about = _first_run(folder, rows)
    scenario = about.get("scenario", {})
    with canvas():
        figure = inline(comparison.draw(folder), "comparison", (comparison.__doc__ or "").partition("\n\n")[0])
    measured = read_comparison(folder)
    sections = [
        Section("In short", paragraphs(left_out(folder)) + ranges(measured)),
        Section("Figures", figure),
        Section("Means over replications", means(measured)),
        Section("Every run", _table(rows, names)),
        Section("How far to trust it", carry(about, measured)),
        Section("Settings of the first run", settings(scenario) if scenario else ""),
        Section("Run it again", again(folder, str(scenario.get("name", folder.name)))),
        Section("Runs", _runs(measured)),
    ]
    title = f"{scenario.get('name', folder.name)}: {len(rows)} runs side by side"
    return page(title, str(about.get("question", "")), sections)


def _first_run(folder: Path, rows: tuple[Compared, ...]) -> dict[str, Any]:
    """What the first of the runs was; nothing if it has been deleted since."""
    path = folder / rows[0].folder if rows else folder
    return read_run(path) if (path / "run.json").is_file() else {}


def _runs(rows: Any) -> str:
    """Which folder holds which run."""
    columns = [*settings_of(rows), "replication", "folder"]
    lines = [[str(cell) for cell in row] for row in rows[columns].itertuples(index=False)]
    told = "<p>Each folder has tables, and a report of its own by <code>python -m qflsim report</code>.</p>"
    return table(columns, lines) + told


def _table(rows: tuple[Compared, ...], names: tuple[str, ...]) -> str:
    """One row per run, means of a round; what is nothing in all of them is left out."""
    told = columns_shown(rows)
    lines = [
        [called, str(row.replication), *(shown(getattr(row, name), text) for name, text in told.values())]
        for called, row in zip(names, rows, strict=True)
    ]
    return table(["", "replication", *told], lines) + paragraphs(legend(told))

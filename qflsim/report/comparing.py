"""The report of a comparison: several runs side by side."""

from html import escape
from pathlib import Path
from typing import Any

from qflsim.comparison import COLUMNS, Compared, compared, read_comparison, shown
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
    folders = "".join(f"<li><code>{escape(row.folder)}</code></li>" for row in rows)
    runs = "<p>Each of these has tables, and a report of its own by <code>python -m qflsim report</code>:</p>"
    measured = read_comparison(folder)
    sections = [
        Section("In short", paragraphs(left_out(folder)) + ranges(measured)),
        Section("Figures", figure),
        Section("Means over replications", means(measured)),
        Section("Every run", _table(rows, names)),
        Section("How far to trust it", carry(about, measured)),
        Section("Settings of the first run", settings(scenario) if scenario else ""),
        Section("Run it again", again(folder, str(scenario.get("name", folder.name)))),
        Section("Runs", f"{runs}<ul>{folders}</ul>"),
    ]
    title = f"{scenario.get('name', folder.name)}: {len(rows)} runs side by side"
    return page(title, str(about.get("question", "")), sections)


def _first_run(folder: Path, rows: tuple[Compared, ...]) -> dict[str, Any]:
    """What the first of the runs was; nothing if it has been deleted since."""
    path = folder / rows[0].folder if rows else folder
    return read_run(path) if (path / "run.json").is_file() else {}


def _table(rows: tuple[Compared, ...], names: tuple[str, ...]) -> str:
    """One row per run, means of a round; what is nothing in all of them is left out."""
    told = {
        heading: (name, text)
        for heading, (name, text) in COLUMNS.items()
        if any(getattr(row, name) and getattr(row, name) == getattr(row, name) for row in rows)
    }
    lines = [
        [called, str(row.replication), *(shown(getattr(row, name), text) for name, text in told.values())]
        for called, row in zip(names, rows, strict=True)
    ]
    return table(["", "replication", *told], lines) + "<p>Times, joules, bits and bytes are means of a round.</p>"

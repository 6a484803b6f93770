"""The report of one run."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from qflsim.breakdown import PARTS, read_time_by_part
from qflsim.readable import share, show, show_time
from qflsim.summary import COLUMNS, RunTables, carried_bit, glued, texts_of, title_of

from .figures import figures_of_run
from .notes import trust
from .page import Section, page, table, unbroken
from .rerunning import rerun
from .settings import settings

__all__ = ["page_of_run"]

_MOST_ROUNDS = 60
"""Rounds that the table shows; of more, the first, the last and some between."""


def page_of_run(folder: Path) -> str:
    """The whole page."""
    run = RunTables(folder)
    results = [Section("In short", "<p>No round was completed, so there is nothing to show.</p>")]
    if not run.rounds.empty:
        results = [
            Section("In short", _cards(run) + _sentences(run)),
            Section("Figures", figures_of_run(folder)),
            Section("Tables", "".join(_tables(run))),
        ]
    ending = [
        Section("How far to trust it", trust(run)),
        Section("Settings", settings(run.about.get("scenario", {}))),
        Section("Run it again", rerun(run)),
    ]
    return page(title_of(run), str(run.about.get("question", "")), [*results, *ending])


def _cards(run: RunTables) -> str:
    """The numbers that one asks for first; what was not used at all has no card."""
    rounds, last = run.rounds, run.last
    spent, cooling = rounds["energy_j"].sum(), rounds["qpu_cooling_j"].sum()
    numbers = {
        "accuracy on the test samples": share(last.accuracy, 1.0),
        "simulated time": show_time(rounds["ended_s"].max()),
        "energy, QPU cooling included" if cooling else "energy": show(spent, "J"),
    }
    further = {
        "energy without QPU cooling": (spent - cooling if cooling else 0.0, "J"),
        "sent over the air": (rounds["air_bit"].sum() / 8.0, "B"),
        "sent over fibre": (rounds["wired_bit"].sum() / 8.0, "B"),
        "growth of all chains": (rounds["ledger_byte"].sum(), "B"),
        "key bits from QKD stores": (rounds["key_bit"].sum(), "bit"),
    }
    numbers |= {what: show(number, unit) for what, (number, unit) in further.items() if number}
    cards = (f"<div><b>{escape(number)}</b>{what}</div>" for what, number in numbers.items())
    return f'<div class="cards">{"".join(cards)}</div>\n'


def _sentences(run: RunTables) -> str:
    """The summary, block by block."""
    lines = (f"<dt>{label}</dt><dd>{unbroken(escape(glued(text)))}</dd>" for label, text in texts_of(run) if text)
    return "<dl>\n" + "\n".join(lines) + "\n</dl>"


def _tables(run: RunTables) -> Iterator[str]:
    yield from _rounds(run)
    times = read_time_by_part(run.folder)
    seconds = {part: float(times[part].sum()) for part in PARTS}
    whole, count = sum(seconds.values()), len(times)
    rows = [(run.parts[part], show_time(took / count), share(took, whole)) for part, took in seconds.items() if took]
    yield "<h3>What a round waits for</h3>" + table(("part", "mean of a round", "share"), rows)
    yield "<h3>Energy by cause</h3>" + _sums(run.table("energy", "cause", "energy_j"), "cause", "energy_j", "J")
    sent = run.table("transfers", "kind", "medium", "size_bit")
    if len(sent):
        bits = sent.assign(carried_bit=carried_bit(sent))
        yield "<h3>Messages by kind</h3>" + _sums(bits, "kind", "carried_bit", "bit", counted="messages")
        yield "<p>A message counts once for each leg of its way, e.g. up to a station and down again.</p>"


def _rounds(run: RunTables) -> Iterator[str]:
    rows = list(run.rounds.itertuples())
    step = -(-len(rows) // _MOST_ROUNDS)
    shown = rows if step == 1 else [*rows[:-1:step], rows[-1]]
    tasks = len(run.tasks) > 1
    lines = [[str(row.task)] * tasks + [text(row) for _, text in COLUMNS.values()] for row in shown]
    yield "<h3>Rounds</h3>" + table([*["task"] * tasks, *COLUMNS], lines)
    if len(shown) < len(rows):
        yield f"<p>{len(shown)} of {len(rows)} rounds are shown; all are in <code>rounds.csv</code>.</p>"


def _sums(rows: Any, key: str, column: str, unit: str, counted: str = "") -> str:
    """Sums by a key, the largest first, with their share, and the number of rows if that says something."""
    groups = rows.groupby(key)[column]
    sums, counts = groups.sum().sort_values(ascending=False, kind="stable"), groups.size()
    whole = sums.sum()
    lines = []
    for name in sums.index[sums > 0.0]:
        number = [f"{counts[name]:,}"] if counted else []
        lines.append([str(name).replace("_", " "), *number, show(sums[name], unit), share(sums[name], whole)])
    headings = [key, *([counted] if counted else []), "sum", "share"]
    return table(headings, lines) if lines else "<p>None.</p>"

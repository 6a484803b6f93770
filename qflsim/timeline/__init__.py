"""A run as a timeline that opens in Perfetto: who did what when, made from the tables of the run alone.

References
----------
.. [1] *Trace Event Format*, The Chromium Projects: JSON objects with ``ph``, ``ts`` and ``dur`` [µs], ``pid``, ``tid``.
.. [2] Perfetto, https://ui.perfetto.dev, which opens a file of this format in the browser; nothing is uploaded.
"""

import operator
import sys
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from qflsim.checks import ScenarioError
from qflsim.paths import folder_of, path_of
from qflsim.tables import check_run, read_run, read_table

__all__ = ["Timeline", "write_timeline"]

NAME = "timeline.json"


@dataclass(frozen=True)
class Timeline:
    """A timeline that has been written.

    Parameters
    ----------
    file:
        Where it is.
    events:
        Events in it, names of tracks included.
    left_out:
        Sentences on what is not shown, since a table is too long; empty if everything is there.
    """

    file: Path
    events: int
    left_out: tuple[str, ...]


def write_timeline(folder: str | Path, *, into: str | Path | None = None, most: float = 10_000) -> Timeline:
    """Write ``timeline.json`` of the run in ``folder``.

    Parameters
    ----------
    folder:
        The run's folder; a run that was interrupted is shown as far as it came.
    into:
        The file to write; ``timeline.json`` in the run's folder if left out.
    most:
        Rows of a table that are shown at most, a whole number; infinity shows all. Of a longer one whole rounds are,
        the first, the last and others spread between them, or evenly spread rows if no round is short enough;
        ``left_out`` says so, and so does the file.

    Raises
    ------
    ScenarioError
        If ``most`` is no such number, the folder holds no run, a table is missing or damaged, or the file cannot be
        written.

    Notes
    -----
    Times are rounded to 1/8 µs, which binary fractions hold exactly. What overlaps on a track goes to further ones of
    the same name, since Perfetto drops one of two slices that overlap.

    *Scope*: a message is a slice from its sending to its last arrival at the sender and a mark of 1/8 µs where and when
    it arrives, joined by an arrow; copies that were sent at one instant are one slice. The phases of an agreement are
    worked out from its votes: from the first one sent to the last one delivered. Votes are told apart by who sent them,
    when, and for which task, as the table of transfers does not name their chain. Power is the mean of a round.
    """
    shown = _rows_shown(most)
    place = folder_of(folder)
    check_run(place)
    from .counters import Counters
    from .tracks import Tracks
    from .trail import Trail
    from .writing import write

    trail, tracks = Trail(place, shown), Tracks(read_table(place, "nodes", ["node", "role", "server"]))
    curves = Counters(place, shown)
    points = list(curves.events(tracks))
    events = [*trail.events(tracks, curves.left_out), *points]
    left_out = tuple(trail.left_out)
    about = read_run(place)
    file = place / NAME if into is None else path_of("into", into, NAME)
    count = write(file, [*tracks.names(), *events], about, left_out)
    return Timeline(file, count, left_out)


def _rows_shown(most: Any) -> int:
    """How many rows of each table are shown at most, as a whole number however many there are."""
    if most == inf:
        return sys.maxsize
    try:
        number = 0 if isinstance(most, bool) else operator.index(most)
    except TypeError:
        number = 0
    if number < 1:
        raise ScenarioError(
            f"most must be a whole number, at least 1 row of each table, got {most!r}; e.g. most=10_000, or math.inf "
            "for all rows"
        )
    return number

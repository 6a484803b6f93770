"""Everything that happened in a run, as slices on the tracks of who did it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qflsim.tables import read_table

from .actors import devices_training, fibres_failing, handovers, key_waits, qpu_jobs, rounds_and_steps
from .chains import blocks, decisions
from .messages import arrows, sent_and_received
from .phases import phases_of
from .sampling import thinned
from .tracks import RUN, Slice, Tracks

__all__ = ["Trail"]


class Trail:
    """Reads the tables of a run, shortened where they are long.

    Parameters
    ----------
    folder:
        The run's folder.
    most:
        Rows of each table that are shown.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self.left_out: list[str] = []

    def events(self, tracks: Tracks, also_left_out: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Slices and arrows; what is left out is told on a track of its own, with what is left out besides."""
        made = [*self._acting(), *self._agreeing()]
        messages = sent_and_received(self._rows("transfers", "messages"))
        made += [piece for message in messages for piece in message]
        self.left_out += also_left_out
        made += self._notice(made)
        placed = tracks.place(made)
        return [*placed.values(), *arrows(messages, placed)]

    def _acting(self) -> list[Slice]:
        return [
            *rounds_and_steps(self._rows("rounds", "rounds")),
            *qpu_jobs(self._rows("jobs", "QPU jobs")),
            *devices_training(self._rows("updates", "selections of devices")),
            *key_waits(self._rows("keys", "waits for keys")),
            *handovers(self._rows("handovers", "handovers")),
            *fibres_failing(self._rows("outages", "failures of fibres")),
        ]

    def _agreeing(self) -> list[Slice]:
        sought = self._rows("agreements", "decisions")
        columns = ["round", "task", "kind", "source", "size_bit", "sent_s", "delivered_s"]
        sent = read_table(self._folder, "transfers", columns)
        servers = read_table(self._folder, "jobs", ["round", "task", "node", "server", "purpose"])
        return [
            *decisions(sought),
            *blocks(self._rows("blocks", "blocks")),
            *phases_of(sought, sent, servers, read_table(self._folder, "nodes", ["node", "role", "server"])),
        ]

    def _rows(self, table: str, what: str) -> Any:
        rows, sentence = thinned(read_table(self._folder, table), self._most, what)
        if sentence:
            self.left_out.append(sentence)
        return rows

    def _notice(self, made: list[Slice]) -> list[Slice]:
        """What is left out, told on the timeline itself."""
        end = max((piece.end_s for piece in made), default=0.0)
        return [Slice(RUN, "left out of this file", sentence, 0.0, end) for sentence in self.left_out]

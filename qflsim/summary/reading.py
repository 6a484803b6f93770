"""The tables of one run as a summary needs them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from qflsim.breakdown import PARTS
from qflsim.tables import read_run, read_table

__all__ = ["RunTables", "carried_bit"]


def carried_bit(transfers: Any) -> Any:
    """Bits that each message took on the air and on fibre together, of rows with ``medium`` and ``size_bit``.

    What goes up to a station and down again, or on over fibre, takes each leg with all its bits; what no route or an
    adversary kept from leaving takes none. So these sum to the bits of the table of rounds.
    """
    legs = transfers["medium"].str.count(r"\+") + 1
    return transfers["size_bit"] * legs.where(~transfers["medium"].isin(_UNSENT), 0)


_UNSENT = ("none", "adversary")
"""Media of messages that never were on any."""


@dataclass(frozen=True)
class RunTables:
    """The tables of one run, read when they are asked for and cut to whole rounds.

    Parameters
    ----------
    folder:
        The run's folder.
    task:
        The task whose rounds count; empty for all.
    """

    folder: Path
    task: str = ""

    @property
    def tasks(self) -> list[str]:
        """All learning tasks of the run, by the end of their first rounds."""
        return list(dict.fromkeys(self.rounds["task"]))

    def of_task(self, task: str) -> "RunTables":
        """The tables as far as they are about one task."""
        return RunTables(self.folder, task)

    @cached_property
    def about(self) -> dict[str, Any]:
        """The contents of ``run.json``."""
        return read_run(self.folder)

    @property
    def isolated(self) -> bool:
        """Whether every device trained for itself."""
        part: str = self.about.get("scenario", {}).get("collaboration", {}).get("part", "")
        return part == "Isolated"

    @property
    def parts(self) -> dict[str, str]:
        """What the parts of a round are called in it; who trains alone sends no updates."""
        return {**PARTS, "updates": "optimizer steps"} if self.isolated else PARTS

    @cached_property
    def rounds(self) -> Any:
        """The table of rounds, which only holds whole ones."""
        rounds = read_table(self.folder, "rounds")
        return rounds[rounds["task"] == self.task] if self.task else rounds

    @property
    def last(self) -> Any:
        """The last whole round."""
        return next(self.rounds.tail(1).itertuples())

    @property
    def initial(self) -> Any:
        """The evaluation of the model before the first round; None if the table lacks it."""
        rows = read_table(self.folder, "evaluations", ["round", "task", "model", "accuracy", "loss"])
        rows = rows[(rows["round"] == 0) & rows["model"].isin(["global", "devices"])]
        rows = rows[rows["task"] == self.task] if self.task else rows
        return None if rows.empty else next(rows.itertuples())

    def table(self, name: str, *columns: str) -> Any:
        """The given columns of a table, ``round`` in any case, whole rounds only."""
        rows = read_table(self.folder, name, sorted({"round", *columns}))
        return rows[rows["round"].isin(self.rounds["round"])]

"""The progress bar: round, simulated time and accuracy, on standard error."""

import sys
from types import TracebackType
from typing import Any

from .trace import Record, Round

__all__ = ["Progress"]


class Progress:
    """An observer of records that moves a bar by one for every round.

    Parameters
    ----------
    rounds:
        Rounds to be run.
    silent:
        Show nothing.
    name:
        What is run, of several; shown in front.
    """

    def __init__(self, rounds: int, *, silent: bool = False, name: str = "") -> None:
        self._rounds = rounds
        self._silent = silent
        self._front = f"{name}: " if name else ""
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        from tqdm import tqdm

        layout = "{desc} |{bar}| {n_fmt}/{total_fmt} rounds [{elapsed}<{remaining}{postfix}]"
        self._bar = tqdm(
            total=self._rounds, desc=f"{self._front}building", disable=self._silent, file=sys.stderr, bar_format=layout
        )
        return self

    def __call__(self, record: Record) -> None:
        """Take in a record."""
        if isinstance(record, Round):
            self._bar.set_description(f"{self._front}running", refresh=False)
            self._bar.set_postfix_str(f"t = {record.ended_s:.1f} s, accuracy {record.accuracy:.1%}", refresh=False)
            self._bar.update(1)
            self._done += 1
            if self._done == self._rounds:
                self._bar.set_description(f"{self._front}checking, drawing")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._bar.leave = False  # a sentence follows that says what happened
        self._bar.close()

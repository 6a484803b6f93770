"""What the rows of a comparison are called where there is little room: short, wrapped, or by letter with a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from qflsim.comparison import settings_of

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["RowNames", "row_names"]

_LONGEST, _LINES = 22, 2
"""Characters and lines that a name may take beside its row; longer ones stand in the key alone."""


@dataclass(frozen=True)
class RowNames:
    """Names of the rows of a comparison.

    Parameters
    ----------
    names:
        One for each row of the table; replications of the same settings share one.
    common:
        The settings that all rows share, which no name repeats; empty if there are none.
    """

    names: tuple[str, ...]
    common: str

    @property
    def different(self) -> list[str]:
        """Each name once, in the order of the table."""
        return list(dict.fromkeys(self.names))

    @property
    def lettered(self) -> bool:
        """Whether names are too long to stand beside their rows."""
        return any(len(lines) > _LINES or len(max(lines, key=len)) > _LONGEST for lines in self._wrapped)

    @property
    def beside(self) -> list[str]:
        """What stands beside each row."""
        if self.lettered:
            return [_letter(number) for number in range(len(self.different))]
        return ["\n".join(lines) for lines in self._wrapped]

    @property
    def in_key(self) -> list[str]:
        """What the key says of each row."""
        if not self.lettered:
            return self.different
        return [f"{letter}  {name}" for letter, name in zip(self.beside, self.different, strict=True)]

    @property
    def _wrapped(self) -> list[list[str]]:
        return [wrap(name, _LONGEST, break_long_words=False, break_on_hyphens=False) or [""] for name in self.different]


def row_names(table: "DataFrame") -> RowNames:
    """Names that say what differs: fields by their last word, a part without parameters by its class alone."""
    axes = settings_of(table)
    told = [axis for axis in axes if table[axis].nunique(dropna=False) > 1] or axes
    words = _words(told)
    columns = [[_setting(words[axis], value) for value in table[axis]] for axis in told]
    names = tuple(", ".join(row) for row in zip(*columns, strict=True)) if told else ("",) * len(table)
    shared = [axis for axis in axes if axis not in told]
    return RowNames(names, ", ".join(_setting(_word(axis), table[axis].iloc[0]) for axis in shared))


def _words(axes: Sequence[str]) -> dict[str, str]:
    """The last word of each axis, or all of them where two axes end in the same."""
    words = [_word(axis) for axis in axes]
    return {axis: word if words.count(word) == 1 else axis for axis, word in zip(axes, words, strict=True)}


def _word(axis: str) -> str:
    return "" if axis == "variant" else axis.rpartition(".")[2]


def _setting(word: str, value: object) -> str:
    text = str(value).removesuffix("()")
    return f"{word}={text}" if word else text


def _letter(number: int) -> str:
    """The letters of a row: A, B, … Z, AA, AB and so on."""
    higher, place = divmod(number, 26)
    return (_letter(higher - 1) if higher else "") + chr(ord("A") + place)

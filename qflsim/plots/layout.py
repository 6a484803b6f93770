"""Where the panels of a comparison stand: as many beside each other as have room for what stands above them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from .style import points

__all__ = ["Layout"]

_LEAST = 2.15
"""Width [inch of the screen] of a panel that holds the names of its marks in two columns."""
_CHARACTER = 0.068
"""Width [inch of the screen] of a character of 8 points, on average."""
_HANDLE = 0.62
"""Width [inch of the screen] of the line beside a text of the key, and of the gap after it."""
_LINE = 0.168
"""Height [inch of the screen] of a line of the key."""
_AROUND = 1.45
"""Height [inch of the screen] of title, names of marks, ticks and label of a panel of rows."""
_ROW = {"plain": 0.25, "wrapped": 0.32, "roomy": 0.44}
"""Height [inch of the screen] of a row: of one line of text, of two, or with three bars and their numbers."""
_CURVES = 2.6
"""Height [inch of the screen] of curves that stand alone below everything."""


@dataclass(frozen=True)
class Layout:
    """A grid of small panels with the curves, if any, in what is left of its last row, or in a row of their own.

    Lengths are in inch of the screen; print scales them like text.

    Parameters
    ----------
    width:
        Width of the figure.
    columns:
        Panels beside each other.
    small:
        How many panels of rows there are.
    panel:
        Height of each of them.
    curves:
        Whether there are curves.
    """

    width: float
    columns: int
    small: int
    panel: float
    curves: bool

    @classmethod
    def of(cls, width: float, beside: Sequence[str], small: int, *, roomy: bool, curves: bool) -> "Layout":
        """The layout for rows with these texts beside them."""
        lines = [line for text in beside for line in text.split("\n")]
        columns = int((width - _CHARACTER * max(map(len, lines))) / _LEAST)
        row = _ROW["roomy" if roomy else "wrapped" if len(lines) > len(beside) else "plain"]
        return cls(width, max(2, min(4, columns)), small, _AROUND + row * max(4, len(beside)), curves)

    @property
    def heights(self) -> list[float]:
        """Heights of the rows of panels."""
        rows = -(-self.small // self.columns)
        return [self.panel] * rows + [_CURVES] * (self.curves and self.small % self.columns == 0)

    def wrapped(self, text: str) -> str:
        """A text of the key, as wide as the figure at most."""
        return fill(text, int((self.width - _HANDLE) / _CHARACTER), break_on_hyphens=False)

    def key(self, texts: Sequence[str], title: str) -> tuple[int, float]:
        """How many of the texts of a key fit beside each other, and how high the key is then."""
        longest = max(len(line) for text in texts for line in text.split("\n"))
        columns = max(1, min(len(texts), int(self.width / (_HANDLE + _CHARACTER * longest))))
        lines = max(text.count("\n") + 1 for text in texts) * math.ceil(len(texts) / columns)
        return columns, _LINE * (lines + (title.count("\n") + 1 if title else 0)) + 0.15

    def panels(self, figure: Any) -> list[Any]:
        """The panels of rows in order, and that of the curves last, if there are any."""
        figure.set_layout_engine("constrained", wspace=0.04, hspace=0.0, h_pad=points(0.08))
        grid = figure.add_gridspec(len(self.heights), self.columns, height_ratios=self.heights)
        places = [divmod(number, self.columns) for number in range(self.small)]
        made = [figure.add_subplot(grid[place]) for place in places]
        if self.curves:
            last, used = divmod(self.small, self.columns)
            made.append(figure.add_subplot(grid[last, used:]))
        return made

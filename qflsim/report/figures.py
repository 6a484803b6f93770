"""Figures within a page: drawings as they are, or pictures of those that hold too much."""

import base64
import io
import re
from collections.abc import Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from qflsim.plots import FIGURES
from qflsim.plots.style import canvas, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figures_of_run", "inline"]

_LARGEST = 1_500_000
"""Characters of a drawing; a larger one is shown as a picture."""

_LEAST, _MOST = 76, 120
"""Pixels per inch of a figure: text of 9 points is 9.5 to 15 pixels high; a figure wider than the screen scrolls."""


def figures_of_run(folder: Path) -> str:
    """All figures that there are of a run, each with its caption."""
    with canvas():
        return "\n".join(_drawn(folder))


def _drawn(folder: Path) -> Iterator[str]:
    for name in FIGURES:
        module = import_module(f"qflsim.plots.{name}")
        figure = module.draw(folder)
        if figure is not None:
            caption = (module.__doc__ or "").partition("\n\n")[0]
            yield inline(figure, name, " ".join(caption.split()))


def inline(figure: "Figure", name: str, caption: str) -> str:
    """A figure as HTML; ``name`` sets its inner names apart from those of other figures on the page."""
    width = figure.get_size_inches()[0]
    size = f"min-width: {round(_LEAST * width)}px; max-width: {round(_MOST * width)}px"
    drawing = _drawing(figure, name, caption)
    if len(drawing) > _LARGEST:
        drawing = _picture(figure, caption)
        caption += " (Shown as a picture, since a drawing of it would be too large.)"
    return (
        f'<figure id="figure-{name}"><div class="wide drawing"><div style="{size}">{drawing}'
        f"</div></div><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _drawing(figure: "Figure", name: str, caption: str) -> str:
    text = io.BytesIO()
    write(figure, text, "svg")
    svg = text.getvalue().decode("utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"([^>]*?) (?:width|height)="[^"]*"', r"\1\2", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(caption)}"', 1)


def _picture(figure: "Figure", caption: str) -> str:
    data = io.BytesIO()
    write(figure, data, "png")
    coded = base64.b64encode(data.getvalue()).decode("ascii")
    return f'<img alt="{escape(caption)}" src="data:image/png;base64,{coded}">'

"""How all figures look: one colour-blind-safe palette, legible sizes, no box around what needs none.

References
----------
.. [1] M. Okabe and K. Ito, *Color Universal Design* (2008): eight colours that
   people with any colour vision tell apart.
.. [2] IEEE, *Preparation of Papers for IEEE Transactions and Journals*: a column is 3.5 inch wide, a page 7.16 inch.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

from qflsim.units import day, h, minute
from qflsim.wholefiles import written_whole

__all__ = [
    "COLOURS",
    "INK",
    "MUTED",
    "SIZES",
    "beside",
    "canvas",
    "label_rows",
    "legend_below",
    "log_time",
    "new_figure",
    "points",
    "rounds_axis",
    "save",
    "widen",
    "write",
]

COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
_TIMES = {
    1e-9: "1 ns", 1e-8: "10 ns", 1e-7: "100 ns",
    1e-6: "1 µs", 1e-5: "10 µs", 1e-4: "100 µs",
    1e-3: "1 ms", 1e-2: "10 ms", 1e-1: "100 ms",
    1.0: "1 s", 10.0: "10 s", minute: "1 min", 10 * minute: "10 min",
    h: "1 h", 10 * h: "10 h", 4 * day: "4 d", 40 * day: "40 d", 400 * day: "400 d",
}  # fmt: skip
"""Times [s] that stand on a logarithmic axis, and how they are written there."""

INK, MUTED = "#222222", "#767676"

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a figure looks the same everywhere
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
    "svg.hashsalt": "qflsim",
}

_SCALED = ("font.size", "titlesize", "labelsize", "legend.fontsize", "lines.linewidth", "lines.markersize")
_HEIGHT = 2.2
"""Height [inch] of each panel of a column."""


@dataclass(frozen=True)
class Size:
    """A size in which figures are drawn.

    Parameters
    ----------
    width:
        Widest figure [inch]; wider ones are laid out anew for it.
    text:
        Size of text, as a multiple of that on the screen.
    stacked:
        Whether panels that stand side by side on the screen stand one below the other.
    """

    width: float
    text: float
    stacked: bool = False


SIZES = {"screen": Size(14.0, 1.0), "page": Size(7.16, 7 / 9), "column": Size(3.5, 7 / 9, stacked=True)}
"""Sizes by name; page and column are those of IEEE journals, 7.16 and 3.5 inch wide, with text of 7 points [2]_."""

_size: ContextVar[Size] = ContextVar("size", default=SIZES["screen"])


@contextmanager
def canvas(size: str = "screen") -> Iterator[None]:
    """Draw in this style and size within the block, whatever the user's settings are; they are untouched after it."""
    from matplotlib import style

    chosen = SIZES[size]
    scaled = {key: chosen.text * float(value) for key, value in _STYLE.items() if key.endswith(_SCALED)}
    token = _size.set(chosen)
    try:
        with style.context(["default", {**_STYLE, **scaled}]):
            yield
    finally:
        _size.reset(token)


def points(size: float) -> float:
    """A size of text [points] given for the screen, as it is in the size that is drawn now."""
    return size * _size.get().text


def new_figure(width: float, height: float, *, wide: bool = False) -> "Figure":
    """An empty figure that needs no display, of the given size [inch] on the screen.

    Where it is too wide for the size that is drawn now, it is made narrower, and lower by less than that; a figure that
    is ``wide`` does not fit into a column and takes the page.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    least = SIZES["page"].width if wide else 0.0
    narrower = min(1.0, max(least, _size.get().width) / width)
    figure = Figure(figsize=(width * narrower, height * narrower**0.6))
    FigureCanvasAgg(figure)
    return figure


def beside(figure: "Figure", panels: int, ratios: Sequence[float] = (), **options: Any) -> Any:
    """Axes side by side with the given ratios of widths; one below the other where a column is too narrow for that."""
    if not _size.get().stacked:
        return figure.subplots(1, panels, width_ratios=ratios or None, **options)
    figure.set_size_inches(_size.get().width, _HEIGHT * panels)
    return figure.subplots(panels, 1)


def save(figure: "Figure", stem: Path, formats: Sequence[str]) -> list[Path]:
    """Write a figure in every format; no date and no program name, so that equal figures are equal bytes."""
    files = [stem.with_suffix(f".{name}") for name in formats]
    for name, file in zip(formats, files, strict=True):
        with written_whole(file, "give another folder with --out") as new:
            write(figure, new, name)
    return files


def write(figure: "Figure", file: Path | BinaryIO, name: str) -> None:
    """Write a figure in one format, as `save` does."""
    nothing: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
        "svg": {"Date": None, "Creator": None},
    }
    figure.savefig(file, format=name, metadata=nothing[name])


def rounds_axis(axes: "Axes", rounds: Sequence[int]) -> None:
    """Whole round numbers along the bottom, no vertical grid."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("round")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.set_xlim(min(rounds) - 0.6, max(rounds) + 0.6)
    axes.grid(visible=False, axis="x")


def log_time(axis: "Axis") -> None:
    """Ticks of a logarithmic axis of times [s] where people expect them: 100 ms, 1 s, 10 s, 1 min, 10 min."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_major_locator(FixedLocator(list(_TIMES)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _TIMES.get(value, "")))
    axis.set_minor_locator(NullLocator())


def legend_below(axes: "Axes", **options: Any) -> None:
    """A legend under the label of the axis along the bottom, where no line can cross it, however high the panel is."""
    from matplotlib.transforms import ScaledTranslation

    down = ScaledTranslation(0.0, -points(36) / 72, axes.figure.dpi_scale_trans)
    axes.legend(bbox_to_anchor=(-0.05, 0.0), bbox_transform=axes.transAxes + down, loc="upper left",
                borderaxespad=0.0, **options)  # fmt: skip


def widen(axes: "Axes") -> None:
    """Two decades of a logarithmic axis at least, so that it has two ticks at least."""
    low, high = axes.get_xlim()
    middle = (low * high) ** 0.5
    axes.set_xlim(min(low, middle / 10.0), max(high, middle * 10.0))


def label_rows(axes: "Axes", names: Sequence[str]) -> None:
    """Names down the left side, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)

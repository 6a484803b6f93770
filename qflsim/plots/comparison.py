"""Runs side by side: latency, energy, bits, ledger growth, accuracy, and accuracy against time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from qflsim.comparison import read_comparison
from qflsim.readable import show, show_time

from .curves import Curve, draw_curves, handles, no_handles, read_curves, tasks_of
from .layout import Layout
from .rows import RowNames, row_names
from .spread import spread, told_of_spread
from .style import COLOURS, INK, MUTED, label_rows, new_figure, points, widen

__all__ = ["draw"]

_LATENCY = {
    "round_s": ("whole round", "D", MUTED),
    "global_s": ("global block", "o", COLOURS["blue"]),
    "shard_s": ("shard block", "s", COLOURS["vermillion"]),
    "local_s": ("local block", "^", COLOURS["orange"]),
}
_ENERGY = {
    "qpu_j": ("QPUs", "o", COLOURS["blue"]),
    "mining_j": ("mining", "s", COLOURS["vermillion"]),
    "qkd_j": ("QKD terminals", "^", COLOURS["green"]),
    "other_j": ("the rest", "v", COLOURS["purple"]),
}
_BITS = {
    "sent_bit": ("all sent", "D", MUTED),
    "agreement_bit": ("agreement", "o", COLOURS["blue"]),
    "key_bit": ("QKD key", "^", COLOURS["green"]),
}
_BYTES = {
    "stored_byte": ("all copies", "D", MUTED),
    "ledger_byte": ("one copy", "o", COLOURS["blue"]),
    "device_byte": ("a device", "^", COLOURS["orange"]),
}
_TROUBLE = {
    "undecided": ("decisions not reached", COLOURS["orange"]),
    "forked": ("decisions forked", COLOURS["vermillion"]),
    "without": ("rounds without a new model", MUTED),
}


def draw(top: Path) -> Any:
    """One row of marks per variant and measure, mean and interval over replications, and curves of accuracy."""
    table = read_comparison(top)
    rows = row_names(table)
    table["variant"] = rows.names
    curves = read_curves(top, list(table["folder"]), rows.names)
    figure = new_figure(11.0, 1.0, wide=True)
    small = dict(_small_panels(table, rows.different, len(tasks_of(curves))))
    width = float(figure.get_size_inches()[0])
    layout = Layout.of(width / points(1.0), rows.beside, len(small), roomy="trouble" in small, curves=bool(curves))
    key = _draw_key(figure, rows, curves, layout, int(table["variant"].value_counts().max()))
    figure.set_size_inches(width, points(1.0) * (sum(layout.heights) + key))
    panels = layout.panels(figure)
    for axes, draw_one in zip(panels, small.values(), strict=False):
        draw_one(axes)
        label_rows(axes, rows.beside)
        if not axes.get_subplotspec().is_first_col():
            axes.set_yticklabels([])
    if curves:
        draw_curves(panels[-1], curves)
    return figure


def _small_panels(table: Any, names: list[str], tasks: int) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """What draws each panel of rows."""
    joules, bits, octets = (partial(show, unit=unit) for unit in ("J", "bit", "B"))
    for measures, title, label, text in (
        (_LATENCY, "Time to decide", "mean simulated time", show_time),
        (_ENERGY, "Energy of a round", "energy per round", joules),
        (_BITS, "Bits of a round", "bits per round", bits),
        (_BYTES, "Ledger growth", "bytes per round", octets),
    ):
        yield (
            title,
            partial(_marks, table=table, names=names, measures=measures, title=title, label=label, text_of=text),
        )
    yield "accuracy", partial(_accuracies, table=table, names=names, several=tasks > 1)
    if table[list(_TROUBLE)].to_numpy().any():
        yield "trouble", partial(_troubles, table=table, names=names)


def _draw_key(figure: Any, rows: RowNames, curves: Sequence[Curve], layout: Layout, replications: int) -> float:
    """Which curve, and which letter, is which row; what all share, and what marks and bars are. Returns its height."""
    tasks = tasks_of(curves)
    named = rows.in_key if curves or rows.lettered else [""]  # names beside the rows suffice where no curves are
    texts = [*named, *(tasks if len(tasks) > 1 else [])]
    notes = [f"all: {rows.common}"] if rows.common else []
    if replications > 1:
        marks, bars = ("marks and lines", "bars and bands") if curves else ("marks", "bars")
        notes.append(
            f"{marks}: mean of {replications} replications, geometric on logarithmic axes; "
            f"{bars}: {told_of_spread(replications)}"
        )
    title = layout.wrapped("; ".join(notes))
    if not any(texts) and not title:
        return 0.0
    texts = [layout.wrapped(text) for text in texts]
    columns, height = layout.key(texts, title)
    beside = handles(len(rows.different), tasks) if curves else no_handles(len(texts))
    legend = figure.legend(
        beside, texts, loc="outside lower left", ncols=columns, title=title or None,
        alignment="left", handlelength=2.6, columnspacing=1.2,
    )  # fmt: skip
    legend.get_title().set_color(MUTED)
    legend.get_title().set_fontsize(points(8))
    return height


def _marks(
    axes: Any,
    table: Any,
    names: list[str],
    measures: Mapping[str, Any],
    title: str,
    label: str,
    text_of: Callable[[float], str],
) -> None:
    """Marks on a logarithmic axis; what is nothing has no mark."""
    for place, (column, (what, mark, colour)) in enumerate(measures.items()):
        shift = 0.19 * (place - (len(measures) - 1) / 2)  # so that equal values do not hide each other
        seen = False
        for row, name in enumerate(names):
            values = table.loc[table["variant"] == name, column].dropna()
            values = values[values > 0.0]
            if values.empty:
                continue
            made = spread(values.tolist(), geometric=True)
            axes.plot(
                [made.low, made.high],
                [row + shift] * 2,
                color=colour,
                linewidth=points(3),
                solid_capstyle="butt",
            )
            text = {} if seen else {"label": what}
            axes.plot(
                made.mean,
                row + shift,
                mark,
                color=colour,
                markersize=points(5.5),
                markeredgecolor="white",
                markeredgewidth=points(0.6),
                **text,
            )
            seen = True
    _dress(axes, title, label, text_of)


def _dress(axes: Any, title: str, label: str, text_of: Callable[[float], str]) -> None:
    """Scale, ticks, title and legend of a panel of marks."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    widen(axes)
    axes.xaxis.set_major_locator(LogLocator(numticks=3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text_of(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    axes.set_title(title, pad=points(34))
    legend = axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.05, 0.98),
        ncols=2,
        handletextpad=0.0,
        columnspacing=0.2,
        fontsize=points(7.5),
    )
    legend.set_in_layout(False)  # wider than some panels, and there is room for it


def _accuracies(axes: Any, table: Any, names: list[str], several: bool) -> None:
    """The accuracy that each row came to, written right of its interval."""
    for row, name in enumerate(names):
        values = 100.0 * table.loc[table["variant"] == name, "accuracy"]
        made = spread(values.tolist(), within=(0.0, 100.0))
        axes.plot([made.low, made.high], [row, row], color=COLOURS["blue"], linewidth=points(3), solid_capstyle="butt")
        axes.plot(
            made.mean,
            row,
            "o",
            color=COLOURS["blue"],
            markersize=points(7),
            markeredgecolor="white",
            markeredgewidth=points(0.6),
        )
        text = f"{made.mean:.1f} %"
        axes.annotate(
            text,
            (made.high, row),
            xytext=(points(7), 0),
            textcoords="offset points",
            va="center",
            fontsize=points(8),
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    axes.set_xlim(0.0, 136.0)  # room for the text beside 100 %
    axes.set_xticks(range(0, 101, 25))
    axes.set_xlabel("accuracy at the end [%]" + ("\nof the task that ends last" if several else ""))
    axes.set_title("Accuracy")


def _troubles(axes: Any, table: Any, names: list[str]) -> None:
    """Bars of what went wrong, the number beside each that is not 0; mean over replications."""
    for place, (column, (what, colour)) in enumerate(_TROUBLE.items()):
        means = [table.loc[table["variant"] == name, column].mean() for name in names]
        rows = [row + 0.26 * (place - 1) for row in range(len(names))]
        axes.barh(rows, means, height=0.24, color=colour, label=what)
        for row, mean in zip(rows, means, strict=True):
            if mean:
                beside = {"xytext": (3, 0), "textcoords": "offset points", "va": "center", "fontsize": points(7)}
                axes.annotate(f"{mean:.3g}", (mean, row), **beside)
    axes.set_xlim(right=1.15 * axes.get_xlim()[1])
    axes.xaxis.get_major_locator().set_params(integer=True)  # things are counted
    axes.set_xlabel("number in the run")
    axes.set_title("What went wrong", pad=points(46))
    legend = axes.legend(loc="lower left", bbox_to_anchor=(-0.05, 0.98), handlelength=1.0, fontsize=points(7.5))
    legend.set_in_layout(False)

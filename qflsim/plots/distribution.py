"""What it takes to hand a model down: over the radio, and with entangled pairs."""

from pathlib import Path
from typing import Any

from qflsim.distribution import read_handed_models
from qflsim.readable import show, show_time
from qflsim.units import day, h, minute

from .style import COLOURS, MUTED, beside, label_rows, new_figure, points

__all__ = ["draw"]

_TICKS = (1e-5, 1e-3, 1e-1, 10.0, 20 * minute, 40 * h, 200 * day)
"""Times [s] that stand on the axis: two decades apart, so that they do not run into each other."""


def draw(folder: Path) -> Any:
    """Time, bits over the radio and pairs of a model, for each transport; None if no pairs were used."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    handed = read_handed_models(folder)
    if not (handed["pairs"] > 0).any():
        return None
    arrived = handed[handed["arrived"]]
    names = [name for name in handed["transport"].unique() if (arrived["transport"] == name).any()]
    idealised = set(handed.loc[handed["idealised"], "transport"])
    groups = [arrived[arrived["transport"] == name] for name in names]
    figure = new_figure(11.0, 1.5 + 0.55 * len(names))
    time, bits, pairs = beside(figure, 3, sharey=True)
    colours = [COLOURS["sky"] if name in idealised else COLOURS["blue"] for name in names]
    _bars(time, [group["time_s"] for group in groups], colours, show_time)
    time.xaxis.set_major_locator(FixedLocator(_TICKS))
    time.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show_time(value)))
    time.set_title("Time until a device has it")
    time.set_xlabel("simulated time, mean and range")
    _bars(bits, [group["radio_bit"] for group in groups], colours, lambda value: show(value, "bit"))
    bits.axvline(arrived["message_bit"].mean(), color=MUTED, ls="--", lw=1.0)
    bits.set_title("Bits over the radio for it")
    bits.set_xlabel("bits, dashed: those of the model's message")
    _bars(pairs, [group["pairs"] for group in groups], colours, lambda value: f"{value:,.0f}")
    pairs.set_title("Entangled pairs used for it")
    pairs.set_xlabel("pairs")
    label_rows(time, [f"{name}*" if name in idealised else name for name in names])
    note = "one model handed to one device" + ("; * idealised: grants what physics does not" if idealised else "")
    figure.supxlabel(note, fontsize=points(8), color=MUTED)
    return figure


def _bars(axes: Any, values: list[Any], colours: list[str], text: Any) -> None:
    """A bar for the mean of each group with its range, on a logarithmic axis, and the mean written beside it."""
    means = [float(group.mean()) for group in values]
    shown = [mean for mean in means if mean > 0.0]
    axes.set_xscale("log")
    least, most = min(shown), max(shown)
    axes.set_xlim(least / 6.0, most * (most / least) ** 0.25 * 6.0)
    axes.minorticks_off()
    for row, (group, mean, colour) in enumerate(zip(values, means, colours, strict=True)):
        if mean <= 0.0:
            axes.text(least / 5.0, row, "none", va="center", fontsize=points(8), color=MUTED)
            continue
        axes.barh(row, mean, height=0.6, color=colour)
        axes.hlines(row, group.min(), group.max(), color=COLOURS["black"], lw=1.2)
        axes.text(max(mean, float(group.max())) * 1.3, row, text(mean), va="center", fontsize=points(8))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)

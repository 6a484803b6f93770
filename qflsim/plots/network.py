"""The map of the network: where everybody stands and how well the devices are heard."""

import math
from pathlib import Path
from typing import Any

from qflsim.readable import axis_unit
from qflsim.tables import read_table

from .style import COLOURS, INK, MUTED, new_figure, points

__all__ = ["draw"]

_MOST_CELLS = 6
"""Cells drawn large; with more of them the overview shows where the others are, without their names."""

_SITES: dict[str, tuple[str, int, str, int]] = {
    "publisher": ("o", 13, "none", -17),
    "server": ("^", 8, INK, 15),
    "transit": ("s", 6, "white", 13),
}
"""Marker of a site, its size and filling, and by how much its name stands above it."""

_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}


def draw(folder: Path) -> Any:
    """Left: servers, publisher and backhaul to scale. Right: every cell with its devices, coloured by uplink SINR."""
    nodes, links = read_table(folder, "nodes"), read_table(folder, "links", ["first", "second"])
    servers = nodes[nodes["role"] == "server"]
    if servers.empty or links.empty:
        return None
    cells = list(servers.itertuples())[:_MOST_CELLS]
    columns = min(3, len(cells))
    rows = math.ceil(len(cells) / columns)
    figure = new_figure(3.4 + 2.7 * columns, max(3.5, 2.9 * rows), wide=True)
    grid = figure.add_gridspec(rows, columns + 1, width_ratios=(1.25, *[1.0] * columns))
    _overview(figure.add_subplot(grid[:, 0]), nodes, links)
    norm, reach = _scales(nodes)
    places = [figure.add_subplot(grid[i // columns, 1 + i % columns]) for i in range(len(cells))]
    shown = [_cell(place, server, nodes, norm, reach) for place, server in zip(places, cells, strict=True)]
    label = "uplink SINR while all cells send [dB]"
    figure.colorbar(shown[-1], ax=places, label=label, shrink=0.85, aspect=30, panchor=False)
    transit = bool((nodes["role"] == "transit").any())
    _legend(figure, some_in=nodes["indoor"].any(), some_out=not nodes["reached"].all(), transit=transit)
    return figure


def _scales(nodes: Any) -> tuple[Any, float]:
    """One colour scale [dB] and one half-width [m] for all cells."""
    from matplotlib.colors import Normalize

    devices = _about_servers(nodes)
    sinr = devices["sinr_up_db"].dropna()
    norm = Normalize(sinr.min(), sinr.max()) if len(sinr) else Normalize(0.0, 1.0)
    farthest = (devices["east_m"] ** 2 + devices["north_m"] ** 2).max() ** 0.5 if len(devices) else 1.0
    return norm, 1.08 * float(farthest)


def _about_servers(nodes: Any) -> Any:
    """The devices, with positions relative to their server."""
    homes = nodes[nodes["role"] == "server"].set_index("node")
    devices = nodes[nodes["role"] == "device"].copy()
    for axis in ("east_m", "north_m"):
        devices[axis] -= devices["server"].map(homes[axis])
    return devices


def _overview(axes: Any, nodes: Any, links: Any) -> None:
    """Sites joined by their fibres, devices as dots around them."""
    sites = nodes[nodes["role"] != "device"]
    devices = nodes[nodes["role"] == "device"]
    points = list(sites.itertuples())
    places = {point.node: (point.east_m, point.north_m) for point in points}
    for link in links.itertuples():
        ends = zip(places[link.first], places[link.second], strict=True)
        axes.plot(*ends, color=MUTED, linewidth=2.0 / len(points) ** 0.5, zorder=1)
    axes.plot(devices["east_m"], devices["north_m"], ".", color=COLOURS["blue"], markersize=2, zorder=2)
    named = len(points) <= _MOST_CELLS + 1
    for point in points:
        _site(axes, point, named=named or point.role == "publisher")
    axes.set_aspect("equal")
    axes.margins(x=0.14, y=0.2)
    axes.set_title("Sites and backhaul")
    axes.set_axis_off()
    axes.set_anchor("N")
    _scale_bar(axes, max(_extent(sites["east_m"]), _extent(sites["north_m"]), _extent(devices["east_m"])))


def _site(axes: Any, point: Any, *, named: bool) -> None:
    """A server's triangle, the publisher's circle, a transit node's square; the publisher may stand at a server."""
    marker, size, fill, shift = _SITES[point.role]
    axes.plot(point.east_m, point.north_m, marker, markersize=size, color=INK, markerfacecolor=fill, zorder=3)
    if named:
        place = {"xytext": (0, shift), "textcoords": "offset points", "ha": "center", "va": "center"}
        axes.annotate(point.node, (point.east_m, point.north_m), fontsize=points(8), bbox=_PAPER, **place)


def _cell(axes: Any, server: Any, nodes: Any, norm: Any, reach: float) -> Any:
    """One cell around its server, with rings at round distances."""
    from matplotlib.patches import Circle

    devices = _about_servers(nodes)
    devices = devices[devices["server"] == server.node]
    step = _round_number(reach / 3)
    for ring in range(1, int(reach / step) + 1):
        axes.add_patch(Circle((0.0, 0.0), ring * step, fill=False, color="#DDDDDD", linewidth=0.8))
        distance = f"{ring * step:g} m"
        axes.text(0.0, -ring * step, distance, fontsize=points(6.5), color=MUTED, ha="center", va="center", bbox=_PAPER)
    shown = None
    style = {"cmap": "viridis", "norm": norm, "s": 30, "linewidth": 0.8, "zorder": 3}
    for sees, marker in ((True, "o"), (False, "s")):
        own = devices[(devices["line_of_sight"] == sees) & devices["reached"]]
        edges = [INK if inside else "white" for inside in own["indoor"]]
        shown = axes.scatter(
            own["east_m"], own["north_m"], c=own["sinr_up_db"], marker=marker, edgecolor=edges, **style
        )
    out = devices[~devices["reached"]]
    axes.plot(out["east_m"], out["north_m"], "x", color=COLOURS["vermillion"], markersize=6, zorder=3)
    axes.plot(0.0, 0.0, "^", color=INK, markersize=8, zorder=4)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=f"Cell of {server.node}")
    axes.set_axis_off()
    axes.set_anchor("N")
    return shown


def _scale_bar(axes: Any, extent: float) -> None:
    """A bar of a round length below the map."""
    length = _round_number(extent / 3)
    left, (bottom, top) = axes.get_xlim()[0], axes.get_ylim()
    bottom -= 0.15 * (top - bottom)
    axes.plot([left, left + length], [bottom, bottom], color=INK, linewidth=2.0, solid_capstyle="butt")
    factor, unit = axis_unit(length, "m")
    axes.annotate(f"{length / factor:g} {unit}", (left + length / 2, bottom), (0, -4), textcoords="offset points",
                  ha="center", va="top", fontsize=points(8))  # fmt: skip


def _legend(figure: Any, *, some_in: bool, some_out: bool, transit: bool) -> None:
    from matplotlib.lines import Line2D

    def mark(marker: str, name: str, **style: Any) -> Line2D:
        return Line2D([], [], linestyle="none", marker=marker, label=name, **{"color": MUTED, "markersize": 6, **style})

    marks = [
        mark("^", "server", color=INK, markersize=8),
        mark("o", "publisher", color=INK, markerfacecolor="none", markersize=10),
        mark("o", "device in line of sight"),
        mark("s", "device without line of sight"),
    ]
    if transit:
        marks.insert(2, mark("s", "switch or relay", color=INK, markerfacecolor="white"))
    if some_in:
        marks.append(mark("o", "device in a building", markeredgecolor=INK))
    if some_out:
        marks.append(mark("x", "device out of reach", color=COLOURS["vermillion"]))
    figure.legend(handles=marks, loc="outside lower center", ncols=min(len(marks), 5))


def _extent(values: Any) -> float:
    return float(values.max() - values.min()) if len(values) else 0.0


def _round_number(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``value``."""
    if not value > 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value))

"""How the ledgers grow: per chain and per role, what a block is made of, and what nodes ask others for."""

from pathlib import Path
from typing import Any

from qflsim.readable import axis_unit, show
from qflsim.tables import read_table

from .style import COLOURS, beside, label_rows, legend_below, new_figure, points, rounds_axis

__all__ = ["draw"]

_CHAINS = {
    "global": ("global chain", COLOURS["black"]),
    "shard": ("shard chain", COLOURS["vermillion"]),
    "lmuc": ("LMUC (mean of servers)", COLOURS["blue"]),
}
_ROLES = {
    "publisher": ("publisher", COLOURS["black"]),
    "server": ("server", COLOURS["vermillion"]),
    "device": ("device", COLOURS["blue"]),
}
_KINDS = {
    "proof": ("proofs", COLOURS["green"]),
    "content": ("contents", COLOURS["purple"]),
    "handover": ("chains handed over", COLOURS["blue"]),
    "catch-up": ("missed blocks", COLOURS["orange"]),
    "block": ("old blocks", COLOURS["black"]),
    "chunks": ("chunks", COLOURS["sky"]),
}
_BYTES = {
    "body_byte": ("transactions", COLOURS["sky"]),
    "certificate_byte": ("certificate", COLOURS["purple"]),
    "header_byte": ("header", COLOURS["black"]),
}


def draw(folder: Path) -> Any:
    """Bytes per chain and per node against rounds, the mean block of every chain, and what was fetched if anything."""
    rounds = read_table(folder, "rounds", ["round"])["round"]
    stored = read_table(folder, "storage", ["round", "chain", "node", "size_byte"])
    stored = stored[stored["round"].isin(rounds)]
    nodes = read_table(folder, "nodes", ["node", "role"])
    blocks = read_table(folder, "blocks", ["round", "chain", *_BYTES])
    if blocks.empty:
        return None
    fetched = read_table(folder, "retrievals", ["round", "kind", "size_byte"])
    fetched = fetched[fetched["round"].isin(rounds)]
    figure = new_figure(11.0 if fetched.empty else 14.0, 3.5)
    chains, roles, block, *more = beside(figure, 3 if fetched.empty else 4)
    sizes = stored.groupby(["round", "chain"])["size_byte"].max().reset_index()
    by_chain = sizes.groupby(["round", sizes["chain"].map(_family)])["size_byte"].mean().unstack()
    _lines(chains, by_chain, _CHAINS, "Size of each chain", "size")
    per_node = stored.groupby(["round", "node"])["size_byte"].sum().reset_index()
    role = per_node["node"].map(dict(zip(nodes["node"], nodes["role"], strict=True)))
    _lines(
        roles,
        per_node.groupby(["round", role])["size_byte"].mean().unstack(),
        _ROLES,
        "Stored per node",
        "mean of role",
    )
    _block(block, blocks[blocks["round"].isin(rounds)])
    if more:
        by_kind = fetched.groupby(["round", "kind"])["size_byte"].sum().unstack()
        _lines(more[0], by_kind.reindex(rounds).fillna(0), _KINDS, "Fetched from others", "per round")
    return figure


def _family(chain: str) -> str:
    """``global``, ``shard`` or ``lmuc``: all chains of a kind are alike."""
    return chain.split("-")[0]


def _lines(axes: Any, sizes: Any, names: dict[str, tuple[str, str]], title: str, label: str) -> None:
    factor, unit = axis_unit(sizes.max().max(), "B")
    for key, (name, colour) in names.items():
        if key in sizes:
            axes.plot(sizes.index, sizes[key] / factor, marker="o", color=colour, label=name)
    axes.set_title(title)
    axes.set_ylabel(f"{label} [{unit}]")
    axes.set_ylim(bottom=0.0)
    rounds_axis(axes, sizes.index)
    if axes.lines:
        legend_below(axes)


def _block(axes: Any, blocks: Any) -> None:
    """The mean block of every chain, from transactions to header."""
    mean = blocks.groupby(blocks["chain"].map(_family))[list(_BYTES)].mean()
    families = [family for family in _CHAINS if family in mean.index]
    mean = mean.loc[families]
    factor, unit = axis_unit(mean.sum(axis=1).max(), "B")
    left = 0.0 * mean["body_byte"]
    for column, (name, colour) in _BYTES.items():
        axes.barh(range(len(mean)), mean[column] / factor, left=left / factor, height=0.6, color=colour, label=name)
        left = left + mean[column]
    for row, total in enumerate(left):
        axes.text(total / factor, row, f"  {show(total, 'B')}", va="center", fontsize=points(8))
    axes.set_title("Mean block")
    axes.set_xlabel(f"size [{unit}]")
    label_rows(axes, [family if family != "lmuc" else "LMUC" for family in families])
    axes.margins(x=0.18)
    axes.grid(visible=False, axis="y")
    legend_below(axes, handlelength=1.2)

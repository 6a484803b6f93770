"""How blocks and transactions came to everybody, and how much was sent for that."""

from collections.abc import Iterator
from typing import Any

from qflsim.propagation import families
from qflsim.readable import share, show_time

from .reading import RunTables

__all__ = ["propagation_sentences"]


def propagation_sentences(run: RunTables) -> Iterator[str]:
    """Times to half and to all of the nodes by sort of item, what was sent, and what did not get everywhere."""
    rows = run.table(
        "propagation", "chain", "height", "kind", "dissemination", "nodes", "reached", "p50_s", "p100_s", "messages",
        "duplicates", "item_bit", "size_bit",
    )  # fmt: skip
    if rows.empty:
        return
    told = [
        f"{name} {show_time(own['p50_s'].mean())} and {show_time(own['p100_s'].mean())}" for name, own in families(rows)
    ]
    way = ", ".join(rows["dissemination"].unique())
    yield f"By {way}, half of the nodes and all had, on average: {', '.join(told)}."
    yield from _sent(rows)
    missed = int((rows["reached"] < rows["nodes"]).sum())
    if missed:
        nodes = int((rows["nodes"] - rows["reached"]).sum())
        yield f"{missed:,} of {len(rows):,} did not come to everybody; {nodes:,} nodes in all went without."


def _sent(rows: Any) -> Iterator[str]:
    ratio = rows["size_bit"].sum() / (rows["item_bit"] * rows["nodes"]).sum()
    copies = int(rows["duplicates"].sum() + rows["reached"].sum())
    repeated = f"{share(rows['duplicates'].sum(), copies)} of the copies came to a node that had one"
    yield f"Bits sent were {ratio:.2f} times one copy for each; {repeated}."

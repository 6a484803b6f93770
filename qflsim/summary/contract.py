"""What a summary says of the tasks' contracts: rewards, slashes, reputations, refused transitions."""

from collections.abc import Iterator
from typing import Any

from qflsim.readable import share

from .reading import RunTables

__all__ = ["contract_sentences"]


def contract_sentences(run: RunTables) -> Iterator[str]:
    """Who was paid, who was punished, who is trusted; nothing if no terms came onto a chain."""
    rows = run.table("standings", "task", "node", "role", "fault", "earned", "slashed", "reputation")
    if rows.empty:
        return
    paid = rows["earned"].sum()
    devices = rows[rows["role"] == "device"]
    yield f"Rewards of {paid:,.2f} units were paid, {share(devices['earned'].sum(), paid)} of it to devices"
    yield f"and {share(rows['earned'].sum() - devices['earned'].sum(), paid)} to servers."
    yield from _slashes(rows)
    last = devices.groupby(["task", "node"])["reputation"].last()
    lowest = last.idxmin()[1]
    yield f"Reputation of devices: {last.min():.2f} ({lowest}) to {last.max():.2f}, median {last.median():.2f}."
    refused = run.table("refusals", "transition")["transition"].value_counts()
    if refused.sum():
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(refused.items()))
        yield f"Transitions refused: {told}."


def _slashes(rows: Any) -> Iterator[str]:
    """What was taken, and for what the chains proved."""
    faults = rows[rows["fault"] != ""]
    if faults.empty:
        yield "Nobody was slashed."
        return
    for fault, own in faults.groupby("fault"):
        nodes = own["node"].nunique()
        name = f"{nodes} nodes" if nodes > 1 else str(own["node"].iloc[0])
        yield f"Slashed: {own['slashed'].sum():,.2f} units of {name} ({fault}, {len(own):,} in all)."

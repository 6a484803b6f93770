"""What a summary says of devices that move and of their batteries."""

from collections.abc import Iterator
from typing import Any

from qflsim.readable import share, show, show_time

from .reading import RunTables

__all__ = ["battery_sentences", "movement_sentences"]

_PING_PONG_S = 1.0
"""A handover back to the station before within this time counts as ping-pong (3GPP TR 36.839, clause 5.3)."""


def movement_sentences(run: RunTables) -> Iterator[str]:
    """How often devices are handed over, and what that does to membership and messages; nothing if none moves."""
    places = run.table("positions", "device", "server", "task_server", "reached")
    if places.empty:
        return
    devices = places["device"].nunique()
    handed = run.table("handovers", "time_s", "device", "source", "target", "cause", "sending", "receiving")
    if handed.empty:
        yield f"{devices} devices move, and none was handed over to another server."
    else:
        yield from _handovers(handed, devices, run.last.ended_s)
    away = (places["server"] != places["task_server"]).sum()
    yield f"Of all device time {share(away, len(places))} was in the cell of another server than the one trained for,"
    yield f"and {share((~places['reached']).sum(), len(places))} out of reach of any."
    updates = run.table("transfers", "kind", "medium", "delivered")
    updates = updates[updates["kind"] == "update"]
    if len(updates):
        wired, lost = updates["medium"].str.contains("fibre").sum(), (~updates["delivered"]).sum()
        yield f"{share(wired, len(updates))} of the updates went to a peer over the backhaul, {lost:,} were lost."


def _handovers(handed: Any, devices: int, duration_s: float) -> Iterator[str]:
    recoveries = int((handed["cause"] == "recovery").sum())
    apart = show_time(duration_s * devices / len(handed))
    yield f"{len(handed):,} handovers of {devices} devices, one per device and {apart};"
    yield f"{recoveries:,} of them came after an outage, {_returned(handed):,} led back within"
    yield f"{show_time(_PING_PONG_S)}."
    taken = int((handed["sending"] + handed["receiving"]).sum())
    yield f"{taken:,} messages under way were taken along."


def _returned(handed: Any) -> int:
    """Handovers back to the station before, so soon that they count as ping-pong."""
    before = handed.groupby("device")[["time_s", "source"]].shift(1)
    soon = handed["time_s"] - before["time_s"] <= _PING_PONG_S
    return int((soon & (handed["target"] == before["source"])).sum())


def battery_sentences(run: RunTables) -> Iterator[str]:
    """How full batteries are at the end, and how many are empty; nothing without batteries."""
    levels = run.table("batteries", "device", "initial_j", "level_j", "empty")
    levels = levels[levels["round"] == run.last.round]
    if levels.empty:
        return
    drawn = levels["initial_j"] - levels["level_j"]
    yield f"Devices drew {show(drawn.mean(), 'J')} from their batteries on average, {show(drawn.max(), 'J')} at most,"
    yield f"{share(drawn.sum(), levels['initial_j'].sum())} of what was in them."
    yield f"{int(levels['empty'].sum())} of {len(levels)} batteries are empty."

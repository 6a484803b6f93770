"""What a summary says of updates that came late or never, and of devices that came and went."""

from collections.abc import Iterator

from qflsim.readable import share

from .reading import RunTables

__all__ = ["participation_sentences"]


def participation_sentences(run: RunTables) -> Iterator[str]:
    """How stale the updates used were, why others were not, and who left; nothing if all were waited for and came."""
    updates = run.table("updates", "used", "staleness", "reason")
    used, lost = updates[updates["used"]], updates[~updates["used"]]
    if len(lost) or used["staleness"].any():
        late = used[used["staleness"] > 0]
        yield f"{len(used):,} of {len(updates):,} selections of a device led to an update that was used,"
        yield (
            f"{share(len(late), len(used))} of these late, by {late['staleness'].mean():.1f} rounds on average."
            if len(late)
            else "none of these late."
        )
        reasons = lost["reason"].value_counts().sort_index()
        if len(reasons):
            yield "The others: " + ", ".join(f"{reason} {count:,}" for reason, count in reasons.items()) + "."
    changes = run.table("presence", "device", "there", "reason")
    if len(changes):
        joined, left = ((changes["reason"] == word).sum() for word in ("joined", "left"))
        gone = (~changes["there"] & ~changes["reason"].isin(["left", "not there yet"])).sum()
        yield f"Devices joined {joined:,} times, left for good {left:,} times, and were away a while {gone:,} times."

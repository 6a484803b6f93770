"""The sentences of a summary on keys: how many, from where, how long nodes waited, and what the QKD links made."""

from collections.abc import Iterator
from typing import Any

from qflsim.readable import share, show, show_time

from .reading import RunTables

__all__ = ["key_sentences"]


def key_sentences(run: RunTables) -> Iterator[str]:
    """Session keys, relayed keys, tags, and blocks of QKD links."""
    keys = run.table(
        "keys", "purpose", "requested_s", "granted_s", "store_wait_s", "relay_s", "qkd_bit", "kem_bit", "hops",
        "known_to", "link_bit", "made_bit", "drawn_bit",
    )  # fmt: skip
    sessions = keys[keys["purpose"] != "tags"]
    if sessions.empty:
        yield "No session key was drawn."
    else:
        told = f"{len(sessions):,} session keys took {show(sessions['link_bit'].sum(), 'bit')} from key stores."
        yield told
        yield from _waits(sessions)
    yield from _relays(keys)
    yield from _tags(run)
    stored = keys[keys["made_bit"] > 0.0]
    if len(stored):
        used = (stored["drawn_bit"] / stored["made_bit"]).max()
        yield f"The link in most demand drew {share(used, 1.0)} of the key it had made."
    yield from _blocks(run)


def _waits(sessions: Any) -> Iterator[str]:
    """How long nodes waited for the keys they got, and for what."""
    granted = sessions[sessions["granted_s"].notna()]
    if len(granted) < len(sessions):
        yield f"{len(sessions) - len(granted):,} waits were broken off before the key was there."
    if granted.empty:
        return
    waits = granted["granted_s"] - granted["requested_s"]
    yield f"Nodes waited {show_time(waits.mean())} for one on average, {show_time(waits.max())} at most."
    whole, dry, relayed = waits.sum(), granted["store_wait_s"].sum(), granted["relay_s"].sum()
    if whole > 0.0:
        exchanged = (waits - granted["store_wait_s"] - granted["relay_s"])[granted["kem_bit"] > 0.0].sum()
        relay = f"{share(relayed, whole)} for relay, " if relayed > 0.0 else ""
        yield f"Of all waiting {share(dry, whole)} was for a dry store, {relay}{share(exchanged, whole)} for key"
        yield "encapsulation."


def _relays(keys: Any) -> Iterator[str]:
    relayed = keys[(keys["hops"] > 1) & (keys["qkd_bit"] > 0.0)]
    if len(relayed):
        yield f"{len(relayed):,} keys were relayed over {relayed['hops'].mean():.1f} links on average, which took"
        yield f"{show(relayed['link_bit'].sum(), 'bit')} of link key for {show(relayed['qkd_bit'].sum(), 'bit')}: key"
        yield f"management throughput, each key known to up to {relayed['known_to'].max()} nodes."


def _tags(run: RunTables) -> Iterator[str]:
    """What authentication took, and how agreements stalled for want of key."""
    sought = run.table("agreements", "tag_bit", "tag_wait_s", "decided")
    if sought["tag_bit"].sum() + sought["tag_wait_s"].sum() == 0.0:
        return
    stalled = sought[sought["tag_wait_s"] > 0.0]
    yield f"Tags took {show(sought['tag_bit'].sum(), 'bit')} of key. {len(stalled):,} of {len(sought):,} decisions"
    yield f"waited for it, up to {show_time(sought['tag_wait_s'].max())}, and"
    yield f"{int((stalled['decided'] == 0).sum()):,} of them were not reached."
    rounds = run.rounds
    idle = rounds[(rounds["aggregated"] == 0) & rounds["round"].isin(stalled.loc[stalled["decided"] == 0, "round"])]
    if len(idle):
        after = rounds[(rounds["aggregated"] > 0) & (rounds["round"] > idle["round"].max())]
        yield f"{len(idle):,} rounds ended without an update for want of key, from {show_time(idle['started_s'].min())}"
        back = f"; the first one after them ended at {show_time(after['ended_s'].min())}" if len(after) else ""
        yield f"to {show_time(idle['ended_s'].max())}{back}."


def _blocks(run: RunTables) -> Iterator[str]:
    made = run.table("qkd", "time_s", "blocks", "aborted", "error_rate", "secret_bit")
    blocks, aborted = int(made["blocks"].sum()), made[made["aborted"] > 0]
    if not blocks:
        return
    yield f"QKD links made {blocks:,} blocks with {show(made['secret_bit'].sum(), 'bit')} of key."
    if len(aborted):
        yield f"{int(aborted['aborted'].sum()):,} were aborted between {show_time(aborted['time_s'].min())} and"
        yield f"{show_time(aborted['time_s'].max())}, at an error rate of {share(aborted['error_rate'].mean(), 1.0)}."

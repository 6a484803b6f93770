"""Messages: a slice where they leave, a mark where they arrive, and an arrow between the two."""

from collections.abc import Iterator
from typing import Any

from .tracks import Slice

__all__ = ["arrows", "sent_and_received"]


def sent_and_received(transfers: Any) -> list[tuple[Slice, ...]]:
    """For each lot of copies sent at one instant: its slice at the sender, and a mark at each node that it reached."""
    lots = transfers.groupby(["source", "kind", "sent_s", "task"], sort=False)
    return [(_leaving(copies), *_arriving(copies)) for copies in (list(rows.itertuples()) for _, rows in lots)]


def _leaving(copies: list[Any]) -> Slice:
    first, lost = copies[0], sum(not copy.delivered for copy in copies)
    to = first.destination if len(copies) == 1 else f"{len(copies)} nodes"
    about = {"round": first.round, "size [bit]": sum(copy.size_bit for copy in copies), "medium": first.medium}
    if lost:
        about["lost"] = lost
    last = max((copy.delivered_s for copy in copies if copy.delivered), default=first.sent_s)
    track = "fibre" if first.medium == "fibre" else "radio"
    return Slice(first.source, track, f"{first.kind} to {to}" + ", lost" * (lost > 0), first.sent_s, last, about)


def _arriving(copies: list[Any]) -> Iterator[Slice]:
    for copy in copies:
        if copy.delivered:
            about = {"size [bit]": copy.size_bit, "under way [s]": copy.delivered_s - copy.sent_s}
            name = f"{copy.kind} from {copy.source}"
            yield Slice(copy.destination, "received", name, copy.delivered_s, copy.delivered_s, about)


def arrows(messages: list[tuple[Slice, ...]], placed: dict[Slice, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Arrows from each slice to its marks; their ends lie on the events that the slices became."""
    number = 0
    for sent, *received in messages:
        for mark in received:
            number += 1
            yield _end("s", number, placed[sent])
            yield {**_end("f", number, placed[mark]), "bp": "e"}


def _end(phase: str, number: int, event: dict[str, Any]) -> dict[str, Any]:
    where = {key: event[key] for key in ("pid", "tid", "ts")}
    return {"ph": phase, "name": "message", "cat": "message", "id": number, **where}

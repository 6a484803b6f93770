"""The tracks of a timeline: a group for every actor, in it a track for every activity, and more where it overlaps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .ticks import microseconds, ticks

__all__ = ["RUN", "Slice", "Tracks"]

RUN = "run"
"""Name of the group of what belongs to no single actor: rounds, accuracy, power."""

_ROLES = ("publisher", "server", "transit", "device")
_ACTIVITIES = (
    "decisions",
    "blocks",
    "training",
    "QPU",
    "update",
    "key waits",
    "radio",
    "fibre",
    "received",
    "handovers",
)
_ORDER = {track: number for number, track in enumerate(_ACTIVITIES)}
"""Tracks of an actor from top to bottom, before others; Perfetto sorts them by number (``tid``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Something that goes on from one time [s] to another on a track of an actor."""

    actor: str
    track: str
    name: str
    start_s: float
    end_s: float
    args: dict[str, Any] = field(default_factory=dict)


class Tracks:
    """Hands out the numbers of groups (``pid``) and tracks (``tid``) and says what they are called.

    Parameters
    ----------
    nodes:
        The nodes with their role and server, which set the order: the run, chains, publisher, servers, devices.
    """

    def __init__(self, nodes: Any) -> None:
        rank = {row.node: (2 + _ROLES.index(row.role), row.server) for row in nodes.itertuples()}
        self._rank: dict[str, tuple[int, str]] = {RUN: (0, ""), **rank}
        self._groups: dict[str, int] = {}
        self._tracks: dict[tuple[str, str, int], int] = {}

    def group(self, actor: str) -> int:
        """The number of an actor's group."""
        return self._groups.setdefault(actor, len(self._groups) + 1)

    def place(self, slices: list[Slice]) -> dict[Slice, dict[str, Any]]:
        """The event of each slice, on the first track of its name that is free; called once, with all of them."""
        lanes, free = {}, dict[tuple[str, str], list[int]]()
        for made in sorted(slices, key=lambda made: (made.start_s, -made.end_s)):
            lanes[made] = _lane(made, free.setdefault((made.actor, made.track), []))
        met = dict.fromkeys((made.track for made in lanes), len(_ORDER))  # the order in which tracks were met first
        order = {track: (_ORDER.get(track, beyond), number) for number, (track, beyond) in enumerate(met.items())}
        tracks = {(made.actor, made.track, lane) for made, lane in lanes.items()}
        in_order = sorted(tracks, key=lambda key: (*self._position(key[0]), order[key[1]], key[2]))
        self._tracks = {key: number for number, key in enumerate(in_order, 1)}
        return {made: self._event(made, lane) for made, lane in lanes.items()}

    def _position(self, actor: str) -> tuple[int, str, str]:
        return (*self._rank.get(actor, (1, "")), actor)

    def _event(self, made: Slice, lane: int) -> dict[str, Any]:
        start, end = _span(made)
        return {
            "ph": "X", "name": made.name, "pid": self.group(made.actor),
            "tid": self._tracks[made.actor, made.track, lane], "ts": microseconds(start),
            "dur": microseconds(end - start), "args": {k: v for k, v in made.args.items() if v == v and v != ""},
        }  # fmt: skip

    def names(self) -> Iterator[dict[str, Any]]:
        """Events that name all groups and tracks and set their order."""
        order = sorted(self._groups, key=self._position)
        for position, actor in enumerate(order):
            yield from _named("process", {"pid": self._groups[actor]}, actor, position)
        for position, (actor, track, lane) in enumerate(self._tracks):
            ids = {"pid": self._groups[actor], "tid": self._tracks[actor, track, lane]}
            yield from _named("thread", ids, track if lane == 0 else f"{track} {lane + 1}", position)


def _span(made: Slice) -> tuple[int, int]:
    """First and last tick of a slice, which takes one at least."""
    start = ticks(made.start_s)
    return start, max(ticks(made.end_s), start + 1)


def _lane(made: Slice, lanes: list[int]) -> int:
    """The first of the lanes that is free by then, or a new one; takes it."""
    start, end = _span(made)
    lane = next((number for number, until in enumerate(lanes) if until <= start), len(lanes))
    lanes[lane : lane + 1] = [end]
    return lane


def _named(kind: str, ids: dict[str, int], name: str, position: int) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "name": f"{kind}_name", **ids, "args": {"name": name}}
    yield {"ph": "M", "name": f"{kind}_sort_index", **ids, "args": {"sort_index": position}}

"""Recorded movement: tracks of devices read from a CSV file."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from qflsim.checks import quantity
from qflsim.streams import Streams

from .layouts import Point
from .mobility import Knot, Mobility, Trajectory

__all__ = ["MobilityTrace"]

COLUMNS = ("device", "time_s", "east_m", "north_m")


@dataclass(frozen=True, kw_only=True)
class MobilityTrace(Mobility):
    """Devices follow tracks that were recorded or made by another program, such as the traffic simulator SUMO [1]_.

    The file is CSV with a header line and the columns ``device``, ``time_s``, ``east_m`` and ``north_m``, in any order
    and beside any others; the rows of one device in ascending time, those of different devices mixed as one likes.
    Between two rows a device moves straight and at constant speed, before its first and after its last it stands.
    ``docs/guides/mobility.md`` shows how to get such a file out of SUMO.

    Parameters
    ----------
    file:
        The CSV file; a path that is not absolute starts at the working directory.

    Raises
    ------
    ValueError
        When it is built: if the file is missing, lacks a column, holds something that is no number, or lets time
        run backwards. When the world is built: if a device has no track or a track no device.

    References
    ----------
    .. [1] P. A. Lopez et al., "Microscopic traffic simulation using SUMO", IEEE ITSC 2018.

    Notes
    -----
    *Validation*: linear interpolation of numpy.
    """

    file: str = quantity(advice="give the path of a CSV file, e.g. 'tracks.csv'")

    def check(self) -> None:
        """Read the file now, so that whatever is wrong with it is told where it is named."""
        if not self._tracks:
            raise ValueError(f"{self.file} holds no track: give it a row for every device")

    def check_devices(self, devices: Sequence[str]) -> None:
        """Refuse a world whose devices are not those of the tracks."""
        missing = [device for device in devices if device not in self._tracks]
        if missing:
            raise ValueError(f"{self.file} has no track of {missing[0]}; a device that stands still needs one row")
        known = set(devices)
        unknown = [track for track in self._tracks if track not in known]
        if unknown:
            raise ValueError(
                f"{self.file} has a track of {unknown[0]!r}, and there is no such device; the devices are "
                f"{devices[0]} to {devices[-1]}"
            )

    def trajectory(self, name: str, start: Point, site: Point, streams: Streams) -> Trajectory:
        """The device's track; nothing is random, and where the topology placed it makes no difference."""
        self.check_devices((*self._tracks, name))
        return Trajectory(self._tracks[name])

    @cached_property
    def _tracks(self) -> dict[str, list[Knot]]:
        """The knots of every device in the file, in its order."""
        try:
            with Path(self.file).expanduser().open(newline="", encoding="utf-8-sig") as file:
                return _read(self.file, file)
        except FileNotFoundError:
            raise ValueError(f"there is no file {self.file}; MobilityTrace.file names a CSV file of tracks") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{self.file} cannot be read as CSV ({error}); give a CSV file of tracks") from None


def _read(name: str, file: IO[str]) -> dict[str, list[Knot]]:
    rows = csv.DictReader(file)
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise ValueError(
            f"{name} has no column {missing[0]}: its first line must name {', '.join(COLUMNS)}, and is "
            f"{','.join(rows.fieldnames or ())[:60]!r}"
        )
    tracks: dict[str, list[Knot]] = {}
    for device, knot in _knots(name, rows):
        track = tracks.setdefault(device, [])
        if track and not knot[0] > track[-1][0]:
            raise ValueError(
                f"{name}, line {rows.line_num}: time of {device} must not run backwards or stand still, got "
                f"{knot[0]!r} s after {track[-1][0]!r} s; sort its rows by time"
            )
        track.append(knot)
    return tracks


def _knots(name: str, rows: "csv.DictReader[str]") -> Iterator[tuple[str, Knot]]:
    for row in rows:
        time, east, north = (_number(f"{name}, line {rows.line_num}", column, row[column]) for column in COLUMNS[1:])
        yield row["device"], (time, (east, north))


def _number(place: str, column: str, cell: str | None) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{place}: {column} must be a finite number, got {cell!r}")
    return value

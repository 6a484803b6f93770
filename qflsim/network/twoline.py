"""Two-line element sets: the format in which orbits of satellites are published, checked character by character.

References
----------
.. [1] F. R. Hoots, R. L. Roehrich, "Models for propagation of NORAD element sets", Spacetrack Report No. 3 (1980).
.. [2] D. A. Vallado, P. Crawford, "SGP4 orbit determination", AIAA 2008-6770: columns of the two lines.
"""

from datetime import UTC, datetime, timedelta

__all__ = ["MICIUS", "check_lines", "checksum", "epoch"]

MICIUS = (
    "1 41731U 16051A   16353.90152003  .00000364  00000-0  17957-4 0  9993",
    "2 41731  97.3699 267.4500 0013200 178.5836 246.0824 15.23915303 19063",
)
"""The satellite Micius (QUESS, catalogue number 41731) as of 2016-12-18 21:38:11 UTC: the night before its downlink to
Xinglong of Liao et al., Nature 549, 43 (2017). Published by the US Space Force's 18th Space Defense Squadron."""

_LENGTH = 69

_FIELDS = (
    # what, line, first and last column (counted from 1)
    ("epoch", 1, 19, 32),
    ("inclination", 2, 9, 16),
    ("right ascension of the ascending node", 2, 18, 25),
    ("eccentricity", 2, 27, 33),
    ("argument of perigee", 2, 35, 42),
    ("mean anomaly", 2, 44, 51),
    ("mean motion", 2, 53, 63),
)


def checksum(line: str) -> int:
    """Last digit that the first 68 characters ask for: digits count as they are, minus signs as 1, modulo 10."""
    return sum(int(c) if c.isdigit() else c == "-" for c in line[: _LENGTH - 1]) % 10


def check_lines(lines: tuple[str, str]) -> None:
    """Refuse lines that are no element set; says which line and what is wrong with it."""
    for number, line in enumerate(lines, start=1):
        what = f"line {number} of the TLE"
        if len(line) != _LENGTH:
            raise ValueError(f"{what} must have {_LENGTH} characters, got {len(line)} in {line!r}; copy it whole")
        if line[:2] != f"{number} ":
            raise ValueError(f"{what} must begin with '{number} ', got {line[:2]!r}; give both lines, in their order")
        if not line[-1].isdigit() or int(line[-1]) != checksum(line):
            raise ValueError(
                f"{what} has the checksum {line[-1]!r} where its other characters ask for {checksum(line)}; "
                f"a character of {line!r} is wrong, copy it again"
            )
    if lines[0][2:7] != lines[1][2:7]:
        raise ValueError(
            f"the lines of a TLE must be of one satellite, got the numbers {lines[0][2:7]!r} and {lines[1][2:7]!r}"
        )
    for field, number, first, last in _FIELDS:
        text = lines[number - 1][first - 1 : last]
        if not text.strip().replace(".", "", 1).isdigit():
            raise ValueError(
                f"line {number} of the TLE must have the {field} in columns {first} to {last}, got {text!r}; "
                "copy it again"
            )


def epoch(lines: tuple[str, str]) -> datetime:
    """The UTC instant at which the elements hold: two digits of the year (57 to 99 are 19xx), then the day in it."""
    short, day = int(lines[0][18:20]), float(lines[0][20:32])
    year = short + (1900 if short >= 57 else 2000)
    return datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day - 1.0)

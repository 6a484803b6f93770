"""Writing a timeline, one event per line."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qflsim.wholefiles import written_whole

__all__ = ["write"]


def write(file: Path, events: Iterable[Mapping[str, Any]], about: Mapping[str, Any], left_out: Sequence[str]) -> int:
    """Write events and what the run was; returns the number of events.

    Raises
    ------
    ScenarioError
        If the file cannot be written.
    """
    scenario = about.get("scenario", {})
    told = {
        "scenario": scenario.get("name"), "seed": scenario.get("seed"), "replication": about.get("replication"),
        "status": about.get("status"), "qflsim": about.get("versions", {}).get("qflsim"),
        "times": "simulated, since the start of the run", "left_out": list(left_out),
    }  # fmt: skip
    count = 0
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    with written_whole(file) as new, new.open("w", encoding="utf-8") as out:
        out.write(f'{{"displayTimeUnit":"ms","otherData":{encode(told)},"traceEvents":[')
        for event in events:
            out.write((",\n" if count else "\n") + encode(event))
            count += 1
        out.write("\n]}\n")
    return count

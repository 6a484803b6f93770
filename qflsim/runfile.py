"""What stands in ``run.json``, and what is wrong with it if somebody or something has changed it."""

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["fault_of"]

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}
_NEEDED = {
    "scenario": dict, "scenario.name": str, "scenario.seed": int, "scenario.rounds": int, "replication": int,
    "status": str, "rounds_done": int,
}  # fmt: skip
_FURTHER = {
    "python": str, "question": str, "ledgers": dict, "resumed": dict, "own": dict, "versions": dict, "sha256": dict,
    "scenario.collaboration": dict, "scenario.tasks": list,
}  # fmt: skip
_OF_A_CHECK = (
    "samples", "shots", "accuracy_engine", "accuracy_aer", "loss_engine", "loss_aer", "largest_difference",
    "largest_standard_errors",
)  # fmt: skip
_ABSENT = object()
_LONGEST = 40
"""Characters of a wrong entry that are shown."""


def fault_of(content: Any) -> str:
    """The first thing that is wrong with the contents of a ``run.json``, half a sentence; empty if nothing is."""
    return next(_faults(content), "")


def _faults(content: Any) -> Iterator[str]:
    if not isinstance(content, dict):
        yield "it holds no JSON object"
        return
    for name, kind in (_NEEDED | _FURTHER).items():
        value = _entry(content, name)
        if value is _ABSENT and name not in _NEEDED:
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            yield f"its entry {name!r} must be {_KINDS[kind]}, got {_shown(value)}"
    for name, pattern in (
        ("ledgers", "[0-9]+:[0-9a-f]+"),
        ("sha256", "[0-9a-f]{64}"),
        ("versions", ".*"),
        ("own", ".*"),
    ):
        for key, value in content.get(name, {}).items():
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                yield f"its entry '{name}.{key}' is {_shown(value)}, which no run writes"
    if not all(isinstance(task, dict) for task in content["scenario"].get("tasks", ())):
        yield f"its entry 'scenario.tasks' must hold objects, got {_shown(content['scenario']['tasks'])}"
    if not _is_check(content.get("aer")):
        yield f"its entry 'aer' is {_shown(content['aer'])}, which no run writes"


def _entry(content: Any, name: str) -> Any:
    """An entry, dots between the levels."""
    for key in name.split("."):
        content = content.get(key, _ABSENT) if isinstance(content, dict) else _ABSENT
    return content


def _is_check(value: Any) -> bool:
    """Whether it is what a check on Aer found, task by task if there are several, or nothing."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    checks = [value] if "samples" in value else list(value.values())
    return all(isinstance(check, dict) and all(_is_number(check.get(key)) for key in _OF_A_CHECK) for check in checks)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = "nothing" if value is _ABSENT else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"

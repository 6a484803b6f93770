"""What makes two points the same: the scenario's values, the replication, and the program that runs it.

The program is qflsim's version, a digest of the modules that simulated worlds are made of, the versions of the packages
that numbers depend on, and the source of parts that are the user's own.
"""

import dataclasses
import hashlib
import inspect
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from qflsim.checks import Part
from qflsim.runs import describe, versions
from qflsim.scenario import Scenario

__all__ = ["key_of", "made_by", "own_modules", "written"]

_WORLD = (
    "checks", "chain", "crypto", "energy", "learning", "network", "nodes", "quantum", "scenario", "security", "streams",
    "trace", "units", "wiring", "world",
)  # fmt: skip
"""Modules of which a run's numbers are made; the others read, draw and print."""


@cache
def made_by() -> dict[str, str]:
    """Versions of qflsim and of what it stands on, and a digest of the source of its models."""
    return {**versions(), "source": _source_digest()}


def key_of(scenario: Scenario, replication: int) -> str:
    """Hash of a replication of a scenario, run by this program."""
    content = [describe(scenario), replication, made_by(), _own_code(scenario)]
    text = json.dumps(content, sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def own_modules(scenario: Scenario) -> set[str]:
    """Modules of those parts in a scenario, and of their base classes, that are not qflsim's."""
    classes = {base for part in _parts(scenario) for base in type(part).__mro__}
    names = {cls.__module__ for cls in classes}
    return {name for name in names if name.partition(".")[0] not in {"qflsim", *sys.stdlib_module_names}}


def written(value: Any) -> str:
    """A value of an axis as it stands in tables: a part by its class and the fields that are not as by default."""
    if isinstance(value, Part):
        fields = [
            f"{field.name}={written(held)}"
            for field in dataclasses.fields(value)
            if (held := getattr(value, field.name)) != field.default
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(written, value))}{',' * (len(value) == 1)})"
    return str(value) if isinstance(value, (str, int)) or value is None else str(describe(value))


def _parts(value: Any) -> Iterator[Part]:
    """A part and all parts within it."""
    if isinstance(value, Part):
        yield value
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _parts(item)


def _source_digest() -> str:
    root = Path(__file__).parents[1]
    files = [path for name in _WORLD for path in [root / f"{name}.py", *(root / name).rglob("*.py")] if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _own_code(scenario: Scenario) -> dict[str, str]:
    """Digest of the source of each module of the user's own; what has no file, as in a notebook, class by class."""
    return {name: _module_digest(name, scenario) for name in sorted(own_modules(scenario))}


def _module_digest(name: str, scenario: Scenario) -> str:
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is not None and name != "__main__" and Path(file).is_file():
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    classes = {base for part in _parts(scenario) for base in type(part).__mro__ if base.__module__ == name}
    texts = [_source(cls) for cls in sorted(classes, key=lambda cls: cls.__qualname__)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _source(cls: type) -> str:
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):  # typed in at a prompt
        functions = [value for _, value in sorted(vars(cls).items()) if isinstance(value, FunctionType)]
        return cls.__qualname__ + "".join(f.__code__.co_code.hex() + repr(f.__code__.co_names) for f in functions)

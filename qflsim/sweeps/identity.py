"""What makes two points the same: the scenario's values, the replication, and the program that runs it.

The program is qflsim's version, a digest of the modules that simulated worlds are made of, the versions of the packages
that numbers depend on, and what is the user's own: parts and functions, their modules, and whatever those import.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qflsim.checks import Part, ScenarioError
from qflsim.ownmodules import is_foreign, is_own
from qflsim.runs import describe, versions

from .code import ADDRESS, Reader
from .modules import Namespace, all_of, digest_of, loaded

__all__ = ["fingerprint", "key_of", "made_by", "own_modules", "written"]

_WORLD = (
    "checks", "chain", "comparison", "crypto", "energy", "experiment", "learning", "network", "nodes", "quantum",
    "runs", "scenario", "security", "streams", "tables", "trace", "units", "wiring", "world",
)  # fmt: skip
"""Modules of which a point's tables are made, its comparison among them; the others draw, print and search."""

_LONGEST = 60
"""Characters of a value of an axis that stand in tables; of a longer one, a digest does."""


@cache
def made_by() -> dict[str, str]:
    """Versions of qflsim and of what it stands on, and a digest of the source of its models."""
    return {**versions(), "source": _source_digest()}


def key_of(scenario_print: str, replication: int) -> str:
    """Hash of a replication of the scenario that has this fingerprint, run by this program."""
    return _digest(json.dumps([scenario_print, replication, made_by()], sort_keys=True))[:20]


def fingerprint(value: Any) -> str:
    """Hash of a scenario, or of any value of a field, and of the code in it that is the user's own.

    Raises
    ------
    ScenarioError
        If a field holds something that is known only by its place in memory, and so is another one in every process.
    """
    _refuse_addresses(value)
    code, found = _own(value)
    modules = {name: digest_of(module) for name, module in all_of(found).items()}
    return _digest(json.dumps([describe(value), _digest(code), modules], sort_keys=True, allow_nan=True))


def own_modules(value: Any, *, imported: bool = True) -> set[str]:
    """Names of the user's modules on which a scenario stands, with those that they import in turn."""
    _, found = _own(value)
    names = {*found, *(all_of(found) if imported else ())}
    return {name for name in names if name in sys.modules and is_own(name)}


def written(value: Any) -> str:
    """A value of an axis as it stands in tables: a part by its class and the fields that are not as by default."""
    if isinstance(value, Part):
        fields = [
            f"{field.name}={written(held)}"
            for field in dataclasses.fields(value)
            if describe(held := getattr(value, field.name)) != describe(field.default)
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(written, value))}{',' * (len(value) == 1)})"
    if isinstance(value, (str, int)) or value is None:
        return str(value)
    shown = value.tolist() if isinstance(value, np.ndarray) else describe(value)  # the text of an array is rounded
    text = " ".join(str(shown).split())
    name = getattr(value, "__qualname__", "") if callable(value) else ""
    if "<" in name or (not name and len(text) > _LONGEST):  # no name, or too long a text, to tell two of them apart
        return f"{text if name else type(value).__name__} {_digest(Reader().text(value))[:6]}"
    return text


def _own(value: Any) -> tuple[str, Mapping[str, Namespace]]:
    """The user's own code in a value as text, and the modules that it comes from."""
    reader = Reader()
    classes = {base for part in _parts(value) for base in type(part).__mro__}
    names = sorted(classes, key=lambda cls: (cls.__module__, cls.__qualname__))
    text = reader.text([*names, *(held for _, _, held in _leaves(value) if not isinstance(held, (str, int, float)))])
    installed = {cls.__module__: loaded(cls.__module__) for cls in names if not is_foreign(cls.__module__)}
    return text, installed | reader.modules


def _parts(value: Any) -> Iterator[Part]:
    """A part and all parts within it."""
    if isinstance(value, Part):
        yield value
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _parts(item)


def _leaves(value: Any, owner: str = "", name: str = "") -> Iterator[tuple[str, str, Any]]:
    """What parts hold that is no part, and by which field of which class; fields that do not count are left out."""
    if isinstance(value, Part):
        cls = type(value).__name__
        for field in dataclasses.fields(value):
            if field.compare:
                yield from _leaves(getattr(value, field.name), cls, field.name)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _leaves(item, owner, name)
    else:
        yield owner, name, value


def _refuse_addresses(value: Any) -> None:
    for owner, name, held in _leaves(value):
        if not isinstance(held, str) and ADDRESS in str(describe(held)):
            where = f"{owner}.{name}" if owner else "a value of an axis"
            raise ScenarioError(
                f"{where} must be the same in every process, got {describe(held)}, which Python knows by its place in "
                f"memory; give numbers, text, functions or parts, classes derived from qfl.Part"
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _source_digest() -> str:
    root = Path(__file__).parents[1]
    files = [path for name in _WORLD for path in [root / f"{name}.py", *(root / name).rglob("*.py")] if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]

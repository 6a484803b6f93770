"""The user's own modules that a scenario stands on: those of its parts, and whatever those import in turn.

A constant in a helper two imports away changes a run as much as the part itself does. What is Python's, qflsim's or
installed counts by its version instead.
"""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType

__all__ = ["digest_of", "file_of", "imported", "is_own"]

_INSTALLED = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib", "platstdlib")}

_seen: dict[int, tuple[object, str]] = {}
"""Digest of a module's file by the specification it was loaded from, which each loading makes anew."""


def is_own(name: str) -> bool:
    """Whether a module of this name is the user's, and not Python's or qflsim's."""
    return name.partition(".")[0] not in {"qflsim", *sys.stdlib_module_names}


def file_of(name: str) -> Path | None:
    """The file of a loaded module; none for what is typed in, as in a notebook."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if isinstance(file, str) and Path(file).is_file() else None


def imported(names: Iterable[str]) -> dict[str, Path]:
    """Files of these modules and of all that they import in turn, as far as they are the user's own."""
    files: dict[str, Path] = {}
    left = sorted(names)
    while left:
        name = left.pop()
        file = file_of(name)
        if name not in files and file is not None:
            files[name] = file
            left += [near for near in _imports(name, file) if _travels(near)]
    return files


def digest_of(name: str, file: Path) -> str:
    """Digest of a module's file as it was when the module was first asked for, since that is what runs."""
    loaded = getattr(sys.modules[name], "__spec__", None) or sys.modules[name]
    if id(loaded) not in _seen:
        _seen[id(loaded)] = loaded, hashlib.sha256(file.read_bytes()).hexdigest()
    return _seen[id(loaded)][1]


def _travels(name: str) -> bool:
    file = file_of(name)
    return is_own(name) and file is not None and not _is_installed(file)


@cache
def _is_installed(file: Path) -> bool:
    places = {"site-packages", "dist-packages"}
    return bool(places & set(file.parts)) or any(str(file).startswith(f"{place}/") for place in _INSTALLED)


def _imports(name: str, file: Path) -> set[str]:
    """Modules that a module imports: those its text names, and those of what it holds, however that came there."""
    module = sys.modules[name]
    found = set(_held(module)) | set(_named(file, getattr(module, "__package__", None) or "", digest_of(name, file)))
    parents = {one.rpartition(".")[0] for one in found | {name}}
    return (found | parents) - {"", name}


def _held(module: ModuleType) -> Iterator[str]:
    for value in list(vars(module).values()):
        name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if isinstance(name, str):
            yield name


@cache
def _named(file: Path, package: str, digest: str) -> tuple[str, ...]:
    """Modules that the text of this digest names, whether they are loaded or not, and some that are no modules."""
    if file.suffix != ".py":
        return ()
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level + (node.module or "")
            origin = resolve_name(dots, package) if node.level and package else dots.lstrip(".")
            found += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return tuple(found)

"""The user's own modules that a scenario stands on: those of its parts, and whatever those import in turn.

A constant in a helper two imports away changes a run as much as the part itself does. A module is known by its
namespace, which functions hold on to: its name may stand for another one by now, loaded from a changed file.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from qflsim.ownmodules import is_installed, is_own

__all__ = ["Namespace", "all_of", "digest_of", "file_of", "loaded"]

Namespace = Mapping[str, Any]


@dataclass(frozen=True)
class _Seen:
    """A module as it was when it was first asked for: what it was loaded by, its file's digest, and its imports."""

    origin: object
    digest: str
    imports: Mapping[str, Namespace]


_seen: dict[int, _Seen] = {}
"""By the specification that a module was loaded from, which each loading makes anew."""


def loaded(name: str) -> Namespace:
    """What the module of this name holds; nothing if there is none."""
    module = sys.modules.get(name)
    return vars(module) if isinstance(module, ModuleType) else {}


def file_of(module: Namespace) -> Path | None:
    """The file of a module; none for what is typed in, as in a notebook."""
    file = module.get("__file__")
    return Path(file) if isinstance(file, str) and Path(file).is_file() else None


def all_of(modules: Mapping[str, Namespace]) -> dict[str, Namespace]:
    """These modules and all that they import in turn, as far as they are the user's own and have a file."""
    found: dict[str, Namespace] = {}
    left = sorted(modules.items(), key=lambda pair: pair[0])
    while left:
        name, module = left.pop()
        if name not in found and file_of(module) is not None:
            found[name] = module
            left += _see(module).imports.items()
    return found


def digest_of(module: Namespace) -> str:
    """Digest of a module's file as it was when the module was first asked for, since that is what runs."""
    return _see(module).digest


def _see(module: Namespace) -> _Seen:
    origin = module.get("__spec__") or module
    if id(origin) not in _seen:
        file = file_of(module)
        text = b"" if file is None else file.read_bytes()
        imports = {} if file is None else _imports(module, file, text)
        _seen[id(origin)] = _Seen(origin, hashlib.sha256(text).hexdigest(), imports)
    return _seen[id(origin)]


def _imports(module: Namespace, file: Path, text: bytes) -> dict[str, Namespace]:
    """The user's modules that a module imports: those its text names, and those of what it holds."""
    held = dict(_held(module))
    named = set(_named(text, module.get("__package__") or "")) if file.suffix == ".py" else set()
    parents = {one.rpartition(".")[0] for one in {str(module.get("__name__", "")), *named, *held}} - {""}
    found = {one: loaded(one) or _not_yet_loaded(one, file) for one in named | parents} | held
    return {one: near for one, near in found.items() if _is_followed(one, near)}


def _is_followed(name: str, module: Namespace) -> bool:
    file = file_of(module) if is_own(name) else None
    return file is not None and not is_installed(file)


def _held(module: Namespace) -> Iterator[tuple[str, Namespace]]:
    """What a module holds of other modules, however that came there."""
    for value in list(module.values()):
        name = getattr(value, "__module__", None)
        if isinstance(value, ModuleType):
            yield value.__name__, vars(value)
        elif isinstance(name, str):
            yield name, value.__globals__ if isinstance(value, FunctionType) else loaded(name)


def _not_yet_loaded(name: str, importer: Path) -> Namespace:
    """A module that a function imports once it is called, if its file stands beside that of the function."""
    file = importer.parent.joinpath(*name.split(".")).with_suffix(".py")
    return {"__name__": name, "__package__": name.rpartition(".")[0], "__file__": str(file)}


def _named(text: bytes, package: str) -> Iterator[str]:
    """Modules that a text names, and some that are no modules but stand in one."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # of a file that nobody has loaded
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level + (node.module or "")
            origin = resolve_name(dots, package) if node.level and package else dots.lstrip(".")
            yield from (origin, *(f"{origin}.{alias.name}" for alias in node.names))

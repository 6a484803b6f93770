"""Scenario files: Python modules that define one frozen value named ``scenario``, and perhaps variants of it.

A file is loaded under the stable module name ``scenarios.<stem>`` and registered in `sys.modules`, so that classes a
user writes in it can be pickled and sent to worker processes.
"""

import dataclasses
import difflib
import importlib.util
import inspect
import linecache
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from .checks import ScenarioError
from .ownmodules import is_own
from .scenario import Scenario

__all__ = ["load", "load_module", "load_scenarios", "load_variants"]

_beside_others: dict[str, ModuleType] = {}
"""Modules that the scenario file before imported from its own folder."""


def load(path: str | Path) -> Scenario:
    """The scenario that a file defines.

    Raises
    ------
    ScenarioError
        If the file does not exist, has a syntax error, fails while it is read, or defines no `Scenario` named
        ``scenario``. The message names file and line.
    """
    module = load_module(path)
    scenario = getattr(module, "scenario", None)
    if scenario is None:
        raise ScenarioError(f"{path} defines no 'scenario'; end it with: scenario = qfl.Scenario(...)")
    if not isinstance(scenario, Scenario):
        raise ScenarioError(f"{path}: 'scenario' must be a qfl.Scenario, got {scenario!r}")
    return scenario


def load_variants(path: str | Path) -> dict[str, Scenario]:
    """The scenarios that a file defines under the name ``variants``, by name; none if it defines none.

    Raises
    ------
    ScenarioError
        As for `load`, or if ``variants`` is no mapping of names to scenarios.
    """
    load(path)
    return _variants_in(path)


def load_scenarios(path: str | Path) -> Scenario | dict[str, Scenario]:
    """The variants that a file defines, or its scenario if it defines none; the file is executed once.

    Raises
    ------
    ScenarioError
        As for `load_variants`.
    """
    scenario = load(path)
    return _variants_in(path) or scenario


def _variants_in(path: str | Path) -> dict[str, Scenario]:
    """The variants in a file that has been executed."""
    variants = getattr(sys.modules[f"scenarios.{Path(path).stem}"], "variants", {})
    if not isinstance(variants, Mapping):
        raise ScenarioError(f"{path}: 'variants' must be scenarios by name, got {variants!r}")
    for name, variant in variants.items():
        if not isinstance(name, str) or not isinstance(variant, Scenario):
            raise ScenarioError(
                f"{path}: 'variants' must be scenarios by name, got {name!r}: {variant!r}; make one with "
                "dataclasses.replace(scenario, ...)"
            )
    return dict(variants)


def load_module(path: str | Path) -> ModuleType:
    """The module that a scenario file is, executed once and registered under ``scenarios.<stem>``.

    The files beside it that it imports are executed anew with it, as they may have changed, or be those of another.
    """
    file = Path(path)
    if not file.is_file():
        raise ScenarioError(_missing(file))
    name = f"scenarios.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise ScenarioError(f"{file} is not a Python file; a scenario is a file like scenarios/6g_dense.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _beside(file):
            spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ScenarioError(
            f"{file}, line {error.lineno or 1}: {error.msg}\n    {(error.text or '').strip()}"
        ) from None
    except Exception as error:
        raise ScenarioError(_failed(file, error)) from error
    _ask(module)
    return module


@contextmanager
def _beside(file: Path) -> Iterator[None]:
    """Let a scenario file import the files beside it, as any Python program can."""
    folder = str(file.resolve().parent)
    for name, module in _beside_others.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]
    _beside_others.clear()
    known = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - known:
            place = Path(getattr(sys.modules[name], "__file__", None) or "/")
            if is_own(name) and place.is_relative_to(folder):
                _beside_others[name] = sys.modules[name]


def _ask(module: ModuleType) -> None:
    """Let the scenarios that a file defines ask what its docstring asks, unless they ask something themselves."""

    def asking(value: object) -> object:
        if not isinstance(value, Scenario) or value.question:
            return value
        return dataclasses.replace(value, question=inspect.getdoc(module) or "")

    defined = vars(module)
    if "scenario" in defined:
        defined["scenario"] = asking(defined["scenario"])
    if isinstance(defined.get("variants"), Mapping):
        defined["variants"] = {name: asking(variant) for name, variant in defined["variants"].items()}


def _missing(file: Path) -> str:
    if file.is_dir():
        return f"{file} is a folder; give one scenario file in it, e.g. {_an_example(file)}"
    candidates = [*file.parent.glob("*.py"), *Path("scenarios").glob("*.py")]
    near = difflib.get_close_matches(file.name, sorted({c.name for c in candidates}), n=1)
    hint = next((str(c) for c in candidates if near and c.name == near[0]), None)
    advice = f"did you mean {hint}?" if hint else "give the path of a scenario, e.g. scenarios/6g_dense.py"
    return f"scenario file {file} does not exist; {advice}"


def _an_example(folder: Path) -> str:
    return str(next(iter(sorted(folder.glob("[!_]*.py"))), folder / "my_scenario.py"))


def _failed(file: Path, error: Exception) -> str:
    """Where in the user's own file a mistake stands, and what it is."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file.resolve()]
    kind = "" if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: "
    message = f"{kind}{error}"
    if not lines or lines[-1] is None:
        return f"{file}: {message}"
    source = linecache.getline(str(file.resolve()), lines[-1]).strip()
    return f"{file}, line {lines[-1]}: {message}\n    {source}"

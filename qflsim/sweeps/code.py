"""What code does, as text that is the same in every process: of classes and functions that have no file to go by.

A class typed in at a prompt is known by the instructions of its methods, their constants, and the values of the names
that they refer to. No place in memory and no order of a set goes into the text.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from qflsim.ownmodules import is_own

from .modules import Namespace, file_of, loaded

__all__ = ["ADDRESS", "Reader"]

ADDRESS = " at 0x"
"""What stands in the description of a value that Python knows by its place in memory only."""

_MADE_BY_PYTHON = {
    "__abstractmethods__", "__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__weakref__",
    "__slotnames__", "__static_attributes__", "_abc_impl", "__dataclass_params__",
}  # fmt: skip
"""What a class holds without anything that it does."""

_HEAP = 1 << 9
"""Flag of a class that a program made; the classes of Python itself lack it."""


class Reader:
    """Reads values one after the other; ``modules`` are the user's own that they came across."""

    def __init__(self) -> None:
        self.modules: dict[str, Namespace] = {}
        self._seen: dict[int, tuple[int, Any]] = {}

    def text(self, value: Any) -> str:
        """What a value is, in one long line."""
        if value is None or value is ... or isinstance(value, (bool, int, float, complex, str, bytes)):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, tuple):
            return f"({self._all(value)})"
        if id(value) in self._seen:
            return f"again {self._seen[id(value)][0]}"
        self._seen[id(value)] = len(self._seen), value  # held, or another value could come to the same place
        return f"{type(value).__name__} {self._within(value)}"

    def _all(self, values: Iterable[Any]) -> str:
        return ", ".join(map(self.text, values))

    def _within(self, value: Any) -> str:
        match value:
            case list():
                return self._all(value)
            case set() | frozenset():
                return self._all(sorted(value, key=_place))
            case Mapping():
                return self._all((key, value[key]) for key in sorted(value, key=_place))
            case np.ndarray():
                return f"{value.dtype} {value.shape} " + (
                    self._all(value.ravel().tolist()) if value.dtype.hasobject else value.tobytes().hex()
                )
            case ModuleType():
                self._met(value.__name__, vars(value))
                return value.__name__
            case CodeType():
                return self._code(value)
            case type():
                return self._class(value)
            case _:
                return self._callable(value)

    def _callable(self, value: Any) -> str:
        match value:
            case FunctionType():
                return self._function(value)
            case MethodType():
                return self._all((value.__func__, value.__self__))
            case staticmethod() | classmethod():
                return self.text(value.__func__)
            case property():
                return self._all((value.fget, value.fset, value.fdel))
            case partial():
                return self._all((value.func, value.args, value.keywords))
            case _ if isinstance(getattr(value, "__wrapped__", None), FunctionType):
                return self.text(value.__wrapped__)
            case dataclasses.Field():
                return self._all((value.name, value.default, value.default_factory, value.metadata))
            case _:
                return self._object(value)

    def _function(self, function: FunctionType) -> str:
        """A function with what it refers to; one of somebody else's by its name, and what it was made with."""
        cells = [_content(cell) for cell in function.__closure__ or ()]
        made_with = self._all((function.__defaults__, function.__kwdefaults__, tuple(cells)))
        module = function.__module__ or "builtins"  # where a function says to come from that was made by exec
        if module != "builtins" and not is_own(module):
            return f"{module}.{function.__qualname__} {made_with}"
        self._met(module, function.__globals__)
        held = {} if _stands_in_file(function) else function.__globals__
        names = sorted(_names(function.__code__) & held.keys() - {"__builtins__"})
        return f"{self._code(function.__code__)} {made_with} {self._all((name, held[name]) for name in names)}"

    def _code(self, code: CodeType) -> str:
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        return f"{code.co_name} {code.co_flags} {code.co_code.hex()} {names} {self._all(code.co_consts)}"

    def _class(self, cls: type) -> str:
        name = f"{cls.__module__}.{cls.__qualname__}"
        if not is_own(cls.__module__) and not (cls.__module__ == "builtins" and cls.__flags__ & _HEAP):
            return name
        held = sorted((name, value) for name, value in vars(cls).items() if name not in _MADE_BY_PYTHON)
        text = f"{name} {self._all(cls.__bases__)} {self._all(held)}"
        self._met(cls.__module__, self.modules.get(cls.__module__) or loaded(cls.__module__))
        return text

    def _object(self, value: Any) -> str:
        """An object of the user's by its class and what it holds; another's by how it describes itself."""
        cls = type(value)
        shown = repr(value)
        described = "" if ADDRESS in shown else shown
        array = _array(value) if hasattr(value, "__array__") else None
        held = getattr(value, "__dict__", {}) if is_own(cls.__module__) or dataclasses.is_dataclass(value) else {}
        return self._all((cls, described, array, held))

    def _met(self, name: str, module: Namespace) -> None:
        if is_own(name):
            self.modules[name] = module


def _array(value: Any) -> Any:
    """What an object holds as an array; nothing if it lies where it cannot be read, as on another device."""
    try:
        return np.asarray(value)
    except Exception:
        return None


def _place(value: Any) -> tuple[str, str]:
    """Where a value stands among those of a set or the keys of a mapping, whatever order these have in memory."""
    shown = getattr(value, "__qualname__", None) or repr(value)
    return type(value).__name__, str(shown).partition(ADDRESS)[0]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _names(code: CodeType) -> set[str]:
    """Names that code refers to, that of functions within it included."""
    return set(code.co_names).union(*(_names(one) for one in code.co_consts if isinstance(one, CodeType)))


def _stands_in_file(function: FunctionType) -> bool:
    """Whether the file of its module, which has a digest of its own, says all that the function refers to."""
    file = file_of(function.__globals__)
    return file is not None and file.resolve() == Path(function.__code__.co_filename).resolve()

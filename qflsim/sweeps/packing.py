"""Scenarios on their way to other processes, with the classes of the user's own, which those cannot import."""

import io
import pickle
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import cloudpickle

from qflsim.scenario import Scenario

from .identity import own_modules

__all__ = ["packed", "unpacked"]

_OF_THIS_PROCESS = ("__builtins__", "__cached__", "__loader__", "__spec__")
"""What a module holds that no other process can do anything with."""


def packed(scenario: Scenario) -> bytes:
    """A scenario pickled so that a process unpacks it that has qflsim and nothing of the user's."""
    try:
        return _packed(scenario, own_modules(scenario))
    except Exception:  # a helper may hold what cannot travel, an open file, say; perhaps it is installed over there
        return _packed(scenario, own_modules(scenario, imported=False))


def _packed(scenario: Scenario, travelling: Iterable[str]) -> bytes:
    file = io.BytesIO()
    with ExitStack() as registered:
        for name in set(travelling) - {"__main__"}:
            module = sys.modules[name]
            cloudpickle.register_pickle_by_value(module)
            registered.callback(cloudpickle.unregister_pickle_by_value, module)
        _Packer(file).dump(scenario)
    return file.getvalue()


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]  # which has no types
    """Packs modules that travel so that two of them may import each other, for which cloudpickle has no end."""

    def reducer_override(self, obj: Any) -> Any:
        """How an object is packed."""
        if isinstance(obj, ModuleType) and obj.__name__ in cloudpickle.list_registry_pickle_by_value():
            held = {name: value for name, value in vars(obj).items() if name not in _OF_THIS_PROCESS}
            return ModuleType, (obj.__name__,), held
        return super().reducer_override(obj)


def unpacked(pickled: bytes) -> Scenario:
    """The scenario that was packed, with classes of its own even in the process that packed it."""
    scenario: Scenario = _Unpacker(io.BytesIO(pickled)).load()
    return scenario


class _Unpacker(pickle.Unpickler):
    """Makes classes anew. By itself cloudpickle lays those that it unpacks over the ones that it knows.

    Methods of a class typed in a notebook would then see its names as they were at the first sweep.
    """

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle names."""
        found = super().find_class(module, name)
        return _anew(found) if name in ("_make_skeleton_class", "_make_skeleton_enum") else found


def _anew(make: Any) -> Any:
    def made(*described: Any) -> Any:
        *what, _identity, extra = described
        return make(*what, None, extra)

    return made

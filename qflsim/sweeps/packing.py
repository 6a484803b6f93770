"""Scenarios on their way to other processes, with the classes of the user's own, which those cannot import."""

import io
import pickle
import sys
from contextlib import ExitStack
from typing import Any

from qflsim.scenario import Scenario

from .identity import own_modules

__all__ = ["packed", "unpacked"]


def packed(scenario: Scenario) -> bytes:
    """A scenario pickled so that a process unpacks it that has qflsim and nothing of the user's."""
    import cloudpickle

    with ExitStack() as registered:
        for name in own_modules(scenario) - {"__main__"}:
            module = sys.modules[name]
            cloudpickle.register_pickle_by_value(module)
            registered.callback(cloudpickle.unregister_pickle_by_value, module)
        return bytes(cloudpickle.dumps(scenario))


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

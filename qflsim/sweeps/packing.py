"""Scenarios on their way to other processes, with the classes of the user's own, which those cannot import."""

import sys
from contextlib import ExitStack

from qflsim.scenario import Scenario

from .identity import own_modules

__all__ = ["packed"]


def packed(scenario: Scenario) -> bytes:
    """A scenario pickled so that a process unpacks it that has qflsim and nothing of the user's."""
    import cloudpickle

    with ExitStack() as registered:
        for name in own_modules(scenario) - {"__main__"}:
            module = sys.modules[name]
            cloudpickle.register_pickle_by_value(module)
            registered.callback(cloudpickle.unregister_pickle_by_value, module)
        return bytes(cloudpickle.dumps(scenario))

"""What is trained: a parametrised quantum circuit and how its outputs are read as classes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["Model"]


@dataclass(frozen=True, kw_only=True)
class Model(Part, ABC):
    """A quantum model: a circuit of angles x and parameters, read by the expectation <Z> of every qubit.

    Class c is read from <Z> of qubit c: the class with the largest expectation is the prediction, and the loss is
    the cross-entropy of their softmax. A model of one's own defines what follows; ``circuit`` is an ordinary
    PennyLane quantum function on the wires 0 to ``qubits`` - 1.

    Parameters
    ----------
    qubits:
        Number of qubits, and of outputs <Z>.
    """

    qubits: int = quantity(4, at_least=2, advice="write e.g. 4")

    @property
    @abstractmethod
    def features(self) -> int:
        """Length of one sample x."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """Number of trained parameters."""

    @abstractmethod
    def circuit(self, x: Any, parameters: Any) -> None:
        """Apply the circuit's gates.

        Parameters
        ----------
        x:
            Angles of one sample, shape (features,) [rad].
        parameters:
            Trained angles, shape (parameters,) [rad].
        """

    @abstractmethod
    def initial(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Parameters before the first round, shape (parameters,) [rad]."""

    @property
    def outputs(self) -> int:
        """Number of expectation values read, one per qubit: no more classes than this can be told apart."""
        return self.qubits

    def check_task(self, features: int, classes: int) -> None:
        """Refuse data that the circuit cannot take in or cannot tell apart."""
        name = type(self).__name__
        if features != self.features:
            raise ValueError(f"{name} encodes {self.features} features, the data set has {features}; make them equal")
        if classes > self.outputs:
            raise ValueError(
                f"{name} reads one class per qubit, so {self.outputs} at most, the data set has {classes}; "
                "use more qubits or fewer classes"
            )

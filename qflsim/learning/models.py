"""What is trained: a parametrised quantum circuit and how its outputs are read as classes, or a classical network."""

import dataclasses
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.quantum.training import SoftmaxHead

__all__ = ["LinearReadout", "Model", "QuantumModel", "glorot_limit"]

_COMPONENTS = 20
"""More principal components, or qubits, than these are no good advice."""


@dataclass(frozen=True, kw_only=True)
class Model(Part, ABC):
    """Something with parameters that tells classes apart: a `QuantumModel` or a `Network`.

    The class with the largest output is the prediction, and the loss is the cross-entropy of the outputs' softmax.
    """

    @property
    @abstractmethod
    def features(self) -> int:
        """Length of one sample x."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number of outputs: no more classes than this can be told apart."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """Number of trained parameters, all of which travel."""

    @abstractmethod
    def initial(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Parameters before the first round, shape (parameters,)."""

    def check_task(self, features: int, classes: int) -> None:
        """Refuse data that the model cannot take in or cannot tell apart."""
        name = type(self).__name__
        if features != self.features:
            raise ValueError(
                f"{name} takes {self.features} features, the data set has {features}; {_levers(self, features)}"
            )
        if classes > self.outputs:
            raise ValueError(f"{name} has {self.outputs} outputs, one a class, the data set has {classes} classes")


def _levers(model: Model, features: int) -> str:
    """Half a sentence on which fields make a model take in what data of so many features give."""
    seen = str(model.features) if model.features <= _COMPONENTS else "Pixels()"
    own = {field.name for field in dataclasses.fields(model)} & {"features", "qubits"}
    if not 2 <= features <= _COMPONENTS:
        own -= {"qubits"}
    named = [name for name in sorted(own) if getattr(model, name) == model.features]
    return " or ".join([f"make them equal, e.g. data.features={seen}", *(f"model.{name}={features}" for name in named)])


@dataclass(frozen=True, kw_only=True)
class LinearReadout(Part):
    """A trained linear layer reads the classes from all qubits: output c is b_c + sum over q of W_cq <Z_q>.

    It tells more classes apart than there are qubits. W and b are trained together with the angles and travel with
    them: classes x (qubits + 1) more parameters.

    Parameters
    ----------
    classes:
        Number of classes, those of the data set.

    Notes
    -----
    *Scope*: the device computes the layer beside its QPU. The circuits of a gradient are those of the angles alone,
    because the layer's derivatives follow from the unshifted expectations by the chain rule; the few hundred
    floating-point operations a sample are neglected against them. W begins uniform in +-sqrt(6 / (qubits + classes))
    [1]_, b at zero.

    *Validation*: the gradient of angles and layer together equals finite differences.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
       2010, equation 16.
    """

    classes: int = quantity(10, at_least=2, advice="write the number of classes of the data set, e.g. 10")

    def parameters(self, qubits: int) -> int:
        """Weights and biases on the expectations of so many qubits."""
        return self.head.extra_parameters(qubits)

    @property
    def head(self) -> SoftmaxHead:
        """The layer as the training engine knows it."""
        return SoftmaxHead(self.classes, linear=True)

    def initial(self, qubits: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """W row by row, then b."""
        limit = glorot_limit(qubits, self.classes)
        return np.concatenate([rng.uniform(-limit, limit, self.classes * qubits), np.zeros(self.classes)])


def glorot_limit(inputs: int, outputs: int) -> float:
    """Largest initial weight of a layer: with it signals and gradients keep their size on their way through it."""
    return math.sqrt(6.0 / (inputs + outputs))


@dataclass(frozen=True, kw_only=True)
class QuantumModel(Model):
    """A circuit of a sample's angles x and trained angles, read by the expectation <Z> of every qubit.

    Class c is read from <Z> of qubit c, unless there is a linear readout. A model of one's own defines ``features``,
    ``angles``, ``circuit`` and ``initial_angles``; ``circuit`` is an ordinary PennyLane quantum function on the wires 0
    to ``qubits`` - 1.

    Parameters
    ----------
    qubits:
        Number of qubits, and of expectations <Z>.
    readout:
        How classes are read from the expectations: ``None`` for one class per qubit, or a `LinearReadout` of all.
    """

    qubits: int = quantity(4, at_least=2, advice="write e.g. 4")
    readout: LinearReadout | None = None

    @property
    @abstractmethod
    def angles(self) -> int:
        """Number of trained angles."""

    @abstractmethod
    def circuit(self, x: Any, angles: Any) -> None:
        """Apply the circuit's gates.

        Parameters
        ----------
        x:
            Angles of one sample, shape (features,) [rad].
        angles:
            Trained angles, shape (angles,) [rad].
        """

    @abstractmethod
    def initial_angles(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Trained angles before the first round, shape (angles,) [rad]."""

    @property
    def parameters(self) -> int:
        """The angles, and then those of a linear readout."""
        return self.angles + (0 if self.readout is None else self.readout.parameters(self.qubits))

    @property
    def outputs(self) -> int:
        """One per qubit, or those of the linear readout."""
        return self.qubits if self.readout is None else self.readout.classes

    def initial(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Initial angles, and then those of a linear readout."""
        angles = self.initial_angles(rng)
        if self.readout is None:
            return angles
        return np.concatenate([angles, self.readout.initial(self.qubits, rng)])

    def head(self, classes: int) -> SoftmaxHead:
        """What makes classes of the expectations."""
        return SoftmaxHead(classes) if self.readout is None else self.readout.head

    def check_task(self, features: int, classes: int) -> None:
        """Refuse data that the circuit cannot take in or cannot tell apart."""
        name = type(self).__name__
        if features != self.features:
            raise ValueError(
                f"{name} encodes {self.features} features, the data set has {features}; {_levers(self, features)}"
            )
        if self.readout is not None and classes != self.readout.classes:
            raise ValueError(
                f"{name}.readout.classes must be {classes}, as many as the data set has, got {self.readout.classes}; "
                f"write readout=LinearReadout(classes={classes})"
            )
        if classes > self.outputs:
            raise ValueError(
                f"{name} reads one class per qubit, so {self.outputs} at most, the data set has {classes}; "
                f"use more qubits, fewer classes or readout=LinearReadout(classes={classes})"
            )

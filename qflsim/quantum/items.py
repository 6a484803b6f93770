"""What a compiled circuit is made of: Pauli rotations by affine angles, and fixed channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum import pauli

__all__ = ["Angle", "Channel", "Item", "Rotation", "divide"]


@dataclass(frozen=True)
class Angle:
    """An angle that is affine in the trained parameters and in the encoding angles of a sample [rad].

    angle = constant + sum_p parameters[p] * theta_p + sum_k features[k] * phi_k(x)
    """

    constant: float = 0.0
    parameters: dict[int, float] = field(default_factory=dict)
    features: dict[int, float] = field(default_factory=dict)

    def scaled(self, factor: float) -> "Angle":
        """The angle times a number."""
        return Angle(
            self.constant * factor,
            {k: v * factor for k, v in self.parameters.items()},
            {k: v * factor for k, v in self.features.items()},
        )


@dataclass(frozen=True)
class Rotation:
    """The unitary exp(-i angle P/2) with the Pauli string P on ``wires``."""

    wires: tuple[int, ...]
    axis: tuple[int, ...]
    angle: Angle


@dataclass(frozen=True)
class Channel:
    """A fixed channel on ``wires``: a gate without parameters or an error, as its Pauli transfer matrix."""

    wires: tuple[int, ...]
    matrix: NDArray[np.float64]


Item = Rotation | Channel


def simplify(items: Iterable[Item]) -> list[Item]:
    """Rotations by fixed angles become channels; an angle of data plus parameters becomes two rotations."""
    result: list[Item] = []
    for item in items:
        if isinstance(item, Channel):
            result.append(item)
        elif not item.angle.parameters and not item.angle.features:
            result.append(Channel(item.wires, pauli.rotation(item.axis, item.angle.constant)))
        elif item.angle.parameters and item.angle.features:
            data = Angle(0.0, {}, item.angle.features)
            trained = Angle(item.angle.constant, item.angle.parameters, {})
            result += [Rotation(item.wires, item.axis, data), Rotation(item.wires, item.axis, trained)]
        else:
            result.append(item)
    return result


def divide(items: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Split a circuit into what can run before any trained parameter is met, and the rest.

    An item belongs to the first part if it depends on no parameter and every earlier item on its wires does too;
    the order of the circuit is kept within both parts, so running them one after the other is the same circuit.
    """
    first: list[Item] = []
    second: list[Item] = []
    closed: set[int] = set()
    for item in simplify(items):
        trained = isinstance(item, Rotation) and bool(item.angle.parameters)
        if trained or closed.intersection(item.wires):
            closed.update(item.wires)
            second.append(item)
        else:
            first.append(item)
    return first, second

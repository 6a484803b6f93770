"""The gates the engine knows: their PennyLane and Qiskit names, and their Pauli rotations.

A gate with an angle is a short product of Pauli rotations exp(-i c theta P/2), up to a global phase [1]_; a gate
without one is a fixed unitary, taken from Qiskit's own definition of it.

References
----------
.. [1] Qiskit circuit library and PennyLane operations, definitions of CRX, CPhase, U3, IsingXX and the like;
   every entry is checked against both in tests/quantum/test_gates.py.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum import pauli
from qflsim.quantum.items import Angle, Channel, Item, Rotation

__all__ = ["PENNYLANE_GATES", "ROTATIONS", "lower"]

PENNYLANE_GATES = {
    "RX": "rx", "RY": "ry", "RZ": "rz", "PhaseShift": "p", "U1": "p", "U2": "u2", "U3": "u",
    "CRX": "crx", "CRY": "cry", "CRZ": "crz", "ControlledPhaseShift": "cp",
    "IsingXX": "rxx", "IsingYY": "ryy", "IsingZZ": "rzz",
    "Identity": "id", "PauliX": "x", "PauliY": "y", "PauliZ": "z", "Hadamard": "h",
    "S": "s", "T": "t", "SX": "sx", "Adjoint(S)": "sdg", "Adjoint(T)": "tdg", "Adjoint(SX)": "sxdg",
    "CNOT": "cx", "CY": "cy", "CZ": "cz", "CH": "ch", "SWAP": "swap", "ISWAP": "iswap", "ECR": "ecr",
    "Toffoli": "ccx", "CSWAP": "cswap", "CCZ": "ccz",
}  # fmt: skip

# Gate -> its rotations in order of application: (positions among the gate's qubits, Pauli axis, angle number, factor).
_X, _Y, _Z = 1, 2, 3
ROTATIONS: dict[str, tuple[tuple[tuple[int, ...], tuple[int, ...], int, float], ...]] = {
    "rx": (((0,), (_X,), 0, 1.0),),
    "ry": (((0,), (_Y,), 0, 1.0),),
    "rz": (((0,), (_Z,), 0, 1.0),),
    "p": (((0,), (_Z,), 0, 1.0),),
    "u1": (((0,), (_Z,), 0, 1.0),),
    "u": (((0,), (_Z,), 2, 1.0), ((0,), (_Y,), 0, 1.0), ((0,), (_Z,), 1, 1.0)),
    "rxx": (((0, 1), (_X, _X), 0, 1.0),),
    "ryy": (((0, 1), (_Y, _Y), 0, 1.0),),
    "rzz": (((0, 1), (_Z, _Z), 0, 1.0),),
    "rzx": (((0, 1), (_Z, _X), 0, 1.0),),
    "crx": (((1,), (_X,), 0, 0.5), ((0, 1), (_Z, _X), 0, -0.5)),
    "cry": (((1,), (_Y,), 0, 0.5), ((0, 1), (_Z, _Y), 0, -0.5)),
    "crz": (((1,), (_Z,), 0, 0.5), ((0, 1), (_Z, _Z), 0, -0.5)),
    "cp": (((1,), (_Z,), 0, 0.5), ((0,), (_Z,), 0, 0.5), ((0, 1), (_Z, _Z), 0, -0.5)),
}
ROTATIONS["u3"] = ROTATIONS["u"]


def lower(name: str, wires: tuple[int, ...], angles: tuple[Angle, ...]) -> list[Item]:
    """A Qiskit gate as rotations and channels.

    Raises
    ------
    ValueError
        If the gate has an angle and is not in the table.
    """
    if name == "u2":  # u2(phi, lambda) = u(pi/2, phi, lambda)
        name, angles = "u", (Angle(np.pi / 2), *angles)
    if name in ROTATIONS:
        return [
            Rotation(tuple(wires[k] for k in places), axis, angles[number].scaled(factor))
            for places, axis, number, factor in ROTATIONS[name]
        ]
    if angles:
        raise ValueError(f"gate {name} with an angle is not known; known are {', '.join(ROTATIONS)}")
    matrix = _fixed(name)
    return [] if name == "id" else [Channel(wires, matrix)]


@cache
def _fixed(name: str) -> NDArray[np.float64]:
    """Transfer matrix of a gate without angles, by its Qiskit name."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    gate: Any = get_standard_gate_name_mapping().get(name)
    if gate is None:
        raise ValueError(f"gate {name} is not known; use Qiskit's standard gates, e.g. sx, cx, cz")
    return pauli.from_unitary(_first_leftmost(np.asarray(gate.to_matrix()), gate.num_qubits))


def _first_leftmost(unitary: NDArray[Any], qubits: int) -> NDArray[Any]:
    """A matrix in Qiskit's order (first qubit rightmost) as one with the first qubit leftmost."""
    axes = list(reversed(range(qubits)))
    tensor = unitary.reshape((2,) * (2 * qubits)).transpose([*axes, *[qubits + k for k in axes]])
    return tensor.reshape(unitary.shape)

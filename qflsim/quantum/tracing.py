"""Reading a PennyLane quantum function: which gates it applies, and how their angles depend on its arguments.

The function is called with numbers, never with symbols, so that any PennyLane template works. Its angles must be
affine in the parameters and must not mix parameters with features,

    angle = sum_p A_p theta_p + phi(x),

which covers every circuit trained by parameter-shift rules; this is verified at random points. phi may be any
function of the sample; if it is affine too (angle encoding), it is kept as a matrix.

References
----------
.. [1] M. Schuld et al., "Evaluating analytic gradients on quantum hardware", Phys. Rev. A 99, 032331 (2019).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.gates import PENNYLANE_GATES

__all__ = ["Encoding", "Recording", "record"]

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Encoding:
    """The part of every angle that comes from the data, phi(x), shape (angles,)."""

    angles: int
    evaluate: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    matrix: NDArray[np.float64] | None  # (angles, features) where phi is affine
    offset: NDArray[np.float64]

    def __call__(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Phi of every sample: (samples, features) -> (samples, angles) [rad]."""
        if self.matrix is None:
            return np.array([self.evaluate(x) for x in samples]).reshape(len(samples), self.angles)
        result = np.tile(self.offset, (len(samples), 1))
        for feature in range(self.matrix.shape[1]):  # a fixed order of additions, whatever the number of samples
            result += samples[:, feature, None] * self.matrix[:, feature]
        return result


@dataclass(frozen=True)
class Recording:
    """A quantum function as a list of gates with numbered angles."""

    gates: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]  # (Qiskit name, wires, numbers of its angles)
    coefficients: NDArray[np.float64]  # (angles, parameters)
    encoding: Encoding
    varies: NDArray[np.bool_]  # (angles,): whether the angle depends on the sample


def record(circuit: Callable[..., Any], *, qubits: int, features: int, parameters: int) -> Recording:
    """Call ``circuit(x, parameters)`` and read off its gates and the law of their angles.

    Parameters
    ----------
    circuit:
        A PennyLane quantum function (or QNode) that applies operations on wires 0..qubits-1.
    qubits, features, parameters:
        Number of wires, length of ``x`` and length of the parameter vector.

    Raises
    ------
    ValueError
        If an operation is not a gate that can be compiled, if the gates depend on the numbers given, or if an angle
        is not affine in the parameters.
    """
    function = getattr(circuit, "func", circuit)
    rng = np.random.default_rng(20250512)
    x, theta = rng.uniform(0.2, 1.2, features), rng.uniform(0.2, 1.2, parameters)
    gates, base = _run(function, x, theta, qubits)

    def angles(sample: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
        found, values = _run(function, sample, point, qubits)
        if found != gates:
            raise ValueError("circuit must apply the same gates whatever its arguments; it does not")
        return values

    columns = [angles(x, theta + e) - base for e in np.eye(parameters)]
    coefficients = _snap(np.array(columns).reshape(parameters, len(base)).T)
    constant = base - coefficients @ theta

    def encode(sample: NDArray[np.float64]) -> NDArray[np.float64]:
        return angles(sample, theta) - coefficients @ theta

    encoding = _encoding(encode, x, constant, rng)
    for _ in range(3):
        sample, point = rng.uniform(-2, 2, features), rng.uniform(-3, 3, parameters)
        if np.abs(angles(sample, point) - coefficients @ point - encode(sample)).max(initial=0.0) > _TOLERANCE:
            raise ValueError(
                "every angle of circuit must be affine in the parameters and must not multiply them with features; "
                "write e.g. qml.RX(x[0] + parameters[0], wires=0)"
            )
    varies = _varies(encoding, encode, x, constant, rng)
    return Recording(gates, coefficients, encoding, varies)


def _encoding(encode: Any, x: NDArray[np.float64], base: NDArray[np.float64], rng: np.random.Generator) -> Encoding:
    """Phi as a matrix if it is affine at random points, else as the function itself."""
    columns = [encode(x + e) - base for e in np.eye(len(x))]
    matrix = _snap(np.array(columns).reshape(len(x), len(base)).T)
    offset = _snap(base - matrix @ x)
    samples = rng.uniform(-2, 2, (3, len(x)))
    affine = all(np.abs(encode(s) - matrix @ s - offset).max(initial=0.0) < _TOLERANCE for s in samples)
    return Encoding(len(base), encode, matrix if affine else None, offset)


def _varies(
    encoding: Encoding, encode: Any, x: NDArray[np.float64], base: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    if encoding.matrix is not None:
        return np.asarray(np.any(encoding.matrix != 0.0, axis=1))
    samples = rng.uniform(-2, 2, (8, len(x)))
    return np.asarray(np.any([np.abs(encode(s) - base) > _TOLERANCE for s in samples], axis=0))


def _snap(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``values`` freed of the rounding errors of differences: ratios with small denominators are restored."""
    nearest = np.rint(values * 840.0) / 840.0
    return np.where(np.abs(values - nearest) < 1e-12, nearest, values) + 0.0


def _run(
    function: Callable[..., Any], x: NDArray[np.float64], theta: NDArray[np.float64], qubits: int
) -> tuple[tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...], NDArray[np.float64]]:
    """Gates and angles of one call."""
    import pennylane as qml

    with qml.queuing.AnnotatedQueue() as queue:
        function(x.copy(), theta.copy())
    tape = qml.tape.QuantumScript.from_queue(queue)
    gates: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = []
    values: list[float] = []
    for operation in tape.operations:
        _read(operation, qubits, gates, values)
    return tuple(gates), np.array(values, dtype=float)


def _read(operation: Any, qubits: int, gates: list[Any], values: list[float]) -> None:
    """Append one operation, decomposed as far as needed."""
    if operation.name in ("GlobalPhase", "Barrier", "WireCut"):
        return  # no effect on any expectation value
    name = PENNYLANE_GATES.get(operation.name)
    if name is None:
        if not operation.has_decomposition:
            raise ValueError(
                f"circuit applies {operation.name}, which cannot be compiled; use gates such as RX, RY, RZ, CNOT, CRX"
            )
        for part in operation.decomposition():
            _read(part, qubits, gates, values)
        return
    wires = tuple(operation.wires)
    if not all(isinstance(w, int) and 0 <= w < qubits for w in wires):
        raise ValueError(f"circuit must use wires 0..{qubits - 1}, got {operation.name} on {list(wires)}")
    angles = [float(value) for value in operation.data]
    gates.append((name, wires, tuple(range(len(values), len(values) + len(angles)))))
    values.extend(angles)

"""The engine's exact gradients against parameter-shift rules and finite differences.

References
----------
.. [1] M. Schuld et al., Phys. Rev. A 99, 032331 (2019): the two-term rule of RX, RY and RZ.
.. [2] A. Anand et al., New J. Phys. 23, 113010 (2021): the four-term rule of CRX, CRY and CRZ with the coefficients
   (sqrt2 +- 1)/(4 sqrt2).
.. [3] On <X> of a control qubit in |+>, CRX(theta) acts as cos(theta/2); there the two-term rule gives
   -sin(theta/2)/sqrt2 in place of -sin(theta/2)/2, and errs by (sqrt2 - 1)/2 at theta = pi.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.vqc import VQC
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import NativeCircuit, compile_circuit
from qflsim.quantum.shifts import shift_rule
from qflsim.quantum.snapshots import load_snapshot
from qflsim.quantum.training import SoftmaxHead
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_MODEL = VQC(qubits=4, layers=2)
_STEP = 1e-5


def comparisons() -> Iterator[Comparison]:
    """Rows on the rules' coefficients, on circuits per gradient, and on gradients with and without noise."""
    yield from _rules()
    for name, noise in (("no noise", None), ("manila", load_snapshot("manila").noise(4))):
        yield from _gradients(name, _compiled(_MODEL, noise))
    yield Comparison(
        quantity="error of the two-term rule on CRX at pi", published=(math.sqrt(2) - 1) / 2,
        simulated=_wrong_rule(), tolerance=1e-12, source="cos(theta/2)", basis="law",
    )  # fmt: skip


def _rules() -> Iterator[Comparison]:
    sizes = [abs(coefficient) for coefficient in shift_rule((0.5, 0.5)).coefficients]
    for name, published, simulated in (
        ("smallest", 0.0732233047, min(sizes)),
        ("largest", 0.4267766953, max(sizes)),
    ):
        yield Comparison(
            quantity=f"four-term rule of CRX, {name} coefficient", published=published, simulated=simulated,
            tolerance=5e-11, source="Anand et al. 2021", basis="value",
        )  # fmt: skip
    circuits = 1 + _compiled(VQC(qubits=4, layers=6), None).circuits_per_gradient
    yield Comparison(
        quantity="circuits per sample and step, 96 parameters", published=1 + 2 * 72 + 4 * 24, simulated=circuits,
        tolerance=0.0, source="1 + 2 two-term + 4 CRX", basis="formula",
    )  # fmt: skip


def _gradients(name: str, native: NativeCircuit) -> Iterator[Comparison]:
    """Largest differences, over all parameters of one kind, between the engine's gradient and others."""
    rng = np.random.default_rng(5)
    theta, engine = rng.uniform(-3, 3, native.parameters), FastEngine(native)
    data, labels = engine.encode(rng.uniform(0, 3, (6, 4))), rng.integers(0, 4, 6)

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        return engine.loss_and_gradient(point, data, labels, head=SoftmaxHead(4))

    def outputs(point: NDArray[np.float64]) -> NDArray[np.float64]:
        return engine.expectations(point, data)

    exact, axes = loss(theta)[1], np.eye(len(theta))
    share = np.exp(outputs(theta))
    slope = (share / share.sum(axis=1, keepdims=True) - np.eye(4)[labels]) / len(labels)  # of the loss by the outputs
    shifted = np.array(
        [
            np.dot(rule.coefficients, [np.sum(slope * outputs(theta + shift * axis)) for shift in rule.shifts])
            for axis, rule in zip(axes, native.shift_rules, strict=True)
        ]
    )
    difference = [(loss(theta + _STEP * axis)[0] - loss(theta - _STEP * axis)[0]) / (2 * _STEP) for axis in axes]
    controlled = np.array([len(rule.shifts) == 4 for rule in native.shift_rules])
    for kind, found, other, tolerance, source in (
        ("two-term rule", exact[~controlled], shifted[~controlled], 1e-12, "Schuld et al. 2019"),
        ("four-term rule", exact[controlled], shifted[controlled], 1e-12, "Anand et al. 2021"),
        ("central differences", exact, difference, 1e-9, f"step {_STEP:g}"),
    ):
        yield Comparison(
            quantity=f"gradient - {kind}, {name}", published=0.0, simulated=float(np.abs(found - other).max()),
            tolerance=tolerance, source=source, basis="law",
        )  # fmt: skip


def _compiled(model: VQC, noise: Any) -> NativeCircuit:
    return compile_circuit(
        model.circuit, qubits=model.qubits, features=model.features, parameters=model.parameters, noise=noise
    )


def _wrong_rule() -> float:
    """How far the two-term rule is off the four-term rule at pi, on <X> of the control of a CRX."""

    def circuit(x: Any, parameters: Any) -> None:
        import pennylane as qml

        qml.RX(x[0], wires=1)
        qml.Hadamard(wires=0)
        qml.CRX(parameters[0], wires=(0, 1))
        qml.Hadamard(wires=0)

    native = compile_circuit(circuit, qubits=2, features=1, parameters=1)
    engine = FastEngine(native)
    data = engine.encode(np.array([[0.7]]))

    def derivative(factors: tuple[float, ...]) -> float:
        rule = shift_rule(factors)
        points = (np.array([math.pi + shift]) for shift in rule.shifts)
        values = [float(engine.expectations(point, data)[0, 0]) for point in points]
        return float(np.dot(rule.coefficients, values))

    return abs(derivative((1.0,)) - derivative((0.5, 0.5)))

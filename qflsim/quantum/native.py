"""A variational circuit as a quantum computer runs it: native gates on physical qubits, each followed by its error.

The PennyLane quantum function is read (`tracing`), compiled by Qiskit's transpiler to the gates and couplings of the
device with its angles kept symbolic, and every native angle is expressed in the trained parameters and the data.

References
----------
.. [1] Qiskit transpiler documentation (SABRE layout and routing; G. Li, Y. Ding, Y. Xie, ASPLOS 2019).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.gates import lower
from qflsim.quantum.items import Angle, Channel, Item, Rotation
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.shifts import ShiftRule, shift_rule
from qflsim.quantum.tracing import Encoding, record

__all__ = ["NativeCircuit", "NativeGate", "compile_circuit"]

_SEED = 11  # of the transpiler's stochastic layout and routing: the same circuit always compiles to the same gates
LARGEST_REGISTER = 8


@dataclass(frozen=True)
class NativeGate:
    """One gate of the compiled circuit."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[Angle, ...]


@dataclass(frozen=True, eq=False)
class NativeCircuit:
    """A compiled circuit: what the engine computes and what a QPU would run.

    Attributes
    ----------
    qubits, features, parameters:
        Sizes of the register, of a sample and of the parameter vector.
    gates:
        Native gates in order.
    final:
        Physical qubit that holds logical qubit k at the end, for every k.
    duration_s:
        Time [s] from the first gate to the last, without readout: the longest chain of gates that share qubits.
    shift_rules:
        For each parameter, the shift rule of its derivative.
    """

    qubits: int
    features: int
    parameters: int
    gates: tuple[NativeGate, ...]
    final: tuple[int, ...]
    encoding: Encoding
    noise: DeviceNoise | None
    duration_s: float
    shift_rules: tuple[ShiftRule, ...]

    @property
    def gate_counts(self) -> dict[str, int]:
        """How often each native gate occurs."""
        return dict(sorted(Counter(gate.name for gate in self.gates).items()))

    @property
    def circuits_per_gradient(self) -> int:
        """Circuits that one gradient of one sample takes by parameter shift, the unshifted circuit left out."""
        return sum(len(rule.shifts) for rule in self.shift_rules)

    def items(self) -> list[Item]:
        """The circuit as rotations and channels, errors included."""
        result: list[Item] = []
        for gate in self.gates:
            result += lower(gate.name, gate.qubits, gate.angles)
            error = None if self.noise is None else self.noise.error(gate.name, gate.qubits)
            if error is not None:
                result.append(Channel(gate.qubits, error))
        return result

    def readout(self, qubit: int) -> NDArray[np.float64]:
        """Confusion matrix [true, read] of the physical qubit that holds logical ``qubit`` at the end."""
        return np.eye(2) if self.noise is None else self.noise.readout(self.final[qubit])

    def encode(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Encoding angles phi(x) of samples, (samples, features) -> (samples, angles) [rad]."""
        samples = np.asarray(samples, dtype=float)
        if samples.ndim != 2 or samples.shape[1] != self.features:
            raise ValueError(f"samples must have shape (samples, {self.features}), got {samples.shape}")
        if not np.isfinite(samples).all():
            raise ValueError("samples must be finite numbers; clean the data first")
        return self.encoding(samples)


def compile_circuit(
    circuit: Callable[..., Any], *, qubits: int, features: int, parameters: int, noise: DeviceNoise | None = None
) -> NativeCircuit:
    """Compile a PennyLane quantum function ``circuit(x, parameters)`` for a noisy device, or for an ideal one.

    Parameters
    ----------
    circuit:
        Applies PennyLane operations on wires 0..qubits-1; measurements are ignored: the engine reads out <Z>.
    qubits, features, parameters:
        Sizes of the register (1 to 8), of a sample and of the parameter vector.
    noise:
        The device's noise, e.g. ``load_snapshot("manila").noise(4)``; ``None`` is an ideal device that runs the
        circuit as it is written, in no time.

    Raises
    ------
    ValueError
        If the register is too large, or the circuit cannot be compiled (see `tracing.record`).

    Notes
    -----
    *Scope*: rotations whose angles are affine in the parameters, and gates without angles; no measurement inside
    the circuit. Idle qubits do not decay (Aer's device model has no error without a gate).
    *Validation*: the compiled circuit without noise equals PennyLane's ``default.qubit`` on the original one, and
    with noise Aer's density-matrix method (tests/quantum).
    """
    if not 1 <= qubits <= LARGEST_REGISTER:
        raise ValueError(
            f"qubits must be 1 to {LARGEST_REGISTER}, got {qubits}; a noisy register needs 4^qubits numbers per "
            "observable"
        )
    recording = record(circuit, qubits=qubits, features=features, parameters=parameters)
    slots = [_slot(recording, k) for k in range(len(recording.varies))]
    if noise is None:
        gates = tuple(NativeGate(n, w, tuple(slots[k] for k in numbers)) for n, w, numbers in recording.gates)
        final = tuple(range(qubits))
    else:
        gates, final = _transpile(recording, slots, qubits, noise)
    return NativeCircuit(
        qubits=qubits,
        features=features,
        parameters=parameters,
        gates=gates,
        final=final,
        encoding=recording.encoding,
        noise=noise,
        duration_s=_critical_path(gates, noise),
        shift_rules=tuple(_rules(gates, parameters)),
    )


def _slot(recording: Any, k: int) -> Angle:
    """Angle number ``k`` of the recorded circuit, in parameters and data."""
    row = recording.coefficients[k]
    trained = {int(p): float(row[p]) for p in np.flatnonzero(row)}
    if recording.varies[k]:
        return Angle(0.0, trained, {k: 1.0})
    return Angle(float(recording.encoding.offset[k]), trained, {})


def _transpile(
    recording: Any, slots: list[Angle], qubits: int, noise: DeviceNoise
) -> tuple[tuple[NativeGate, ...], tuple[int, ...]]:
    """Compile the recorded gates with Qiskit, angles symbolic; return native gates and the final layout."""
    from qiskit import QuantumCircuit, transpile
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import get_standard_gate_name_mapping

    classes = {name: gate.base_class for name, gate in get_standard_gate_name_mapping().items()}
    constant = [not (s.parameters or s.features) for s in slots]
    symbols = [slots[k].constant if fixed else Parameter(f"a{k}") for k, fixed in enumerate(constant)]
    source = QuantumCircuit(qubits)
    for name, wires, numbers in recording.gates:
        gate = classes[name](*[symbols[k] for k in numbers])
        source.append(gate, list(wires))
    goal: dict[str, Any] = {"target": noise.target} if noise.target else {"basis_gates": noise.basis_gates()}
    compiled = transpile(source, optimization_level=noise.level, seed_transpiler=_SEED, **goal)
    known = {symbol: slots[k] for k, symbol in enumerate(symbols) if not constant[k]}
    place = {qubit: k for k, qubit in enumerate(compiled.qubits)}
    gates = []
    for entry in compiled.data:
        if entry.operation.name != "barrier":
            wires = tuple(place[q] for q in entry.qubits)
            angles = tuple(_affine(a, known) for a in entry.operation.params)
            gates.append(NativeGate(entry.operation.name, wires, angles))
    layout = compiled.layout
    final = tuple(range(qubits)) if layout is None else tuple(layout.final_index_layout(filter_ancillas=True))
    return tuple(gates), final


def _affine(expression: Any, known: dict[Any, Angle]) -> Angle:
    """A native angle, a number or Qiskit's expression in the recorded angles, as an `Angle`."""
    symbols = getattr(expression, "parameters", ())
    if not symbols:
        return Angle(float(expression))
    constant = float(expression.bind(dict.fromkeys(symbols, 0.0)))
    trained: dict[int, float] = {}
    data: dict[int, float] = {}
    for symbol in sorted(symbols, key=lambda s: s.name):
        try:
            weight = float(expression.gradient(symbol))
        except TypeError:
            raise ValueError(f"the compiler made {expression}, which is not affine; use a lower level") from None
        angle = known[symbol]
        constant += weight * angle.constant
        for mine, theirs in ((trained, angle.parameters), (data, angle.features)):
            for key, value in theirs.items():
                mine[key] = mine.get(key, 0.0) + weight * value
    return Angle(constant, {k: v for k, v in trained.items() if v}, {k: v for k, v in data.items() if v})


def _critical_path(gates: tuple[NativeGate, ...], noise: DeviceNoise | None) -> float:
    """Longest chain of gate durations [s]."""
    ready: dict[int, float] = {}
    if noise is None:
        return 0.0
    for gate in gates:
        end = max(ready.get(q, 0.0) for q in gate.qubits) + noise.duration(gate.name, gate.qubits)
        ready.update(dict.fromkeys(gate.qubits, end))
    return max(ready.values(), default=0.0)


def _rules(gates: tuple[NativeGate, ...], parameters: int) -> list[ShiftRule]:
    """Shift rule of every parameter, from the factors with which it enters the native rotations."""
    factors: list[list[float]] = [[] for _ in range(parameters)]
    for gate in gates:
        for item in lower(gate.name, gate.qubits, gate.angles):
            if isinstance(item, Rotation):
                for p, factor in item.angle.parameters.items():
                    factors[p].append(abs(factor))
    return [shift_rule(tuple(sorted(f))) for f in factors]

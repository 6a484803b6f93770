"""Qiskit Aer as the reference: the same compiled circuits, run by the simulator everybody knows.

`AerBackend` has the interface of the fast engine and computes expectation values by Aer's density-matrix method,
exactly or from shots, and gradients by parameter-shift rules, all circuits of a step in one Aer job.

References
----------
.. [1] Qiskit Aer documentation, ``AerSimulator`` (method ``density_matrix``, ``parameter_binds``), version 0.17.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.items import Angle
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.training import (
    EncodedData,
    SoftmaxHead,
    TrainingJob,
    TrainingResult,
    check_job,
    descend,
    executions,
)

__all__ = ["AerBackend", "angle_values", "bound_circuit"]


class AerBackend:
    """Expectation values by Aer's density-matrix method; gradients by parameter shift.

    Parameters
    ----------
    native:
        The compiled circuit.
    shots:
        Shots of every circuit; ``None`` for exact expectation values.
    seed:
        Of the shots; every Aer job draws a new one from it.

    Notes
    -----
    *Scope*: the slow reference. Readout errors are Aer's own with shots, and folded into the means without.
    """

    def __init__(self, native: NativeCircuit, *, shots: int | None = None, seed: int = 0) -> None:
        from qiskit_aer import AerSimulator

        if shots is not None and shots < 1:
            raise ValueError(f"shots must be at least 1, or None for exact values, got {shots}")
        self.native, self.shots = native, shots
        self._rng = np.random.default_rng(seed)
        self._circuit, self._symbols = _aer_circuit(native)
        self._finish(self._circuit)
        model = native.noise.model if native.noise else None
        known = set(AerSimulator(method="density_matrix").target.operation_names)
        self._missing = frozenset(gate.name for gate in native.gates) - known
        self._one_by_one = not self._symbols or (native.noise is not None and bool(self._missing))
        self._simulator = AerSimulator(method="density_matrix", noise_model=model, max_parallel_threads=1)

    def encode(self, samples: NDArray[np.float64]) -> EncodedData:
        """Encoding angles of samples, (samples, features) -> (samples, angles)."""
        return EncodedData(self.native.encode(samples))

    def expectations(self, parameters: NDArray[np.float64], data: EncodedData) -> NDArray[np.float64]:
        """<Z> of every logical qubit as read out, readout errors included, (samples, qubits)."""
        return self._run(np.tile(np.asarray(parameters, dtype=float), (len(data), 1)), data.values)

    def loss_and_gradient(
        self,
        parameters: NDArray[np.float64],
        data: EncodedData,
        labels: NDArray[np.int64],
        *,
        head: SoftmaxHead | None = None,
    ) -> tuple[float, NDArray[np.float64]]:
        """Mean cross-entropy [nat] of all samples, and its derivative by parameter shift."""
        head = head or SoftmaxHead(self.native.qubits)
        theta, labels = np.asarray(parameters, dtype=float), np.asarray(labels, dtype=np.int64)
        points, weights = self._shifted(theta)
        samples = len(data)
        table = self._run(np.repeat(points, samples, axis=0), np.tile(data.values, (len(points), 1)))
        outputs = table.reshape(len(points), samples, -1)
        slope, layer = head.slope(outputs[0], labels, theta)
        gradient = np.zeros(len(theta))
        gradient[len(theta) - len(layer) :] = layer
        for k, (p, coefficient) in enumerate(weights, start=1):
            gradient[p] += coefficient * float(np.sum(slope * outputs[k]))
        return head.loss(outputs[0], labels, theta), gradient

    def train(self, jobs: Sequence[TrainingJob], *, head: SoftmaxHead) -> list[TrainingResult]:
        """Run the jobs one after the other."""
        for job in jobs:
            extra = head.extra_parameters(self.native.qubits)
            check_job(job, parameters=self.native.parameters + extra, classes=head.classes)
        return [self._train(job, head) for job in jobs]

    def _train(self, job: TrainingJob, head: SoftmaxHead) -> TrainingResult:
        theta, losses = descend(job, partial(self.loss_and_gradient, head=head))
        return TrainingResult(theta, losses, executions(job.batches, 1 + self.native.circuits_per_gradient))

    def _shifted(self, theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[tuple[int, float]]]:
        """The unshifted point and all shifted ones (points, parameters); (parameter, coefficient) of the latter."""
        points, weights = [theta], []
        for p, rule in enumerate(self.native.shift_rules):
            for shift, coefficient in zip(rule.shifts, rule.coefficients, strict=True):
                moved = theta.copy()
                moved[p] += shift
                points.append(moved)
                weights.append((p, coefficient))
        return np.array(points), weights

    def _run(self, parameters: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Outputs of circuits, one per row of parameters and encoding angles, in one Aer job."""
        options: dict[str, Any] = {}
        if self.shots is not None:
            options = {"shots": self.shots, "seed_simulator": int(self._rng.integers(2**31))}
        if self._one_by_one:
            circuits = [_bound(self.native, p, f, self._missing) for p, f in zip(parameters, phi, strict=True)]
            for circuit in circuits:
                self._finish(circuit)
            result = self._simulator.run(circuits, **options).result()
        else:
            columns = {symbol: angle_values(angle, parameters, phi) for symbol, angle in self._symbols.items()}
            binds = [{symbol: column.tolist() for symbol, column in columns.items()}]
            result = self._simulator.run(self._circuit, parameter_binds=binds, **options).result()
        return np.array([self._outputs(result, run) for run in range(len(parameters))])

    def _finish(self, circuit: Any) -> None:
        """Let the circuit end in measurements, or save <Z> of every logical qubit as z0, z1, ..."""
        from qiskit import ClassicalRegister
        from qiskit.quantum_info import Pauli

        qubits = list(self.native.final)
        if self.shots is not None:
            circuit.add_register(ClassicalRegister(len(qubits)))
            circuit.measure(qubits, range(len(qubits)))
            return
        for k, qubit in enumerate(qubits):
            circuit.save_expectation_value(Pauli("Z"), [qubit], label=f"z{k}")

    def _outputs(self, result: Any, run: int) -> NDArray[np.float64]:
        """<Z> of every logical qubit as read out in one run, (qubits,)."""
        qubits = range(self.native.qubits)
        if self.shots is None:
            ideal = np.array([result.data(run)[f"z{k}"] for k in qubits], dtype=float)
            means = np.array([self.native.readout(k) @ [1.0, -1.0] for k in qubits])
            exact: NDArray[np.float64] = ideal * (means[:, 0] - means[:, 1]) / 2 + (means[:, 0] + means[:, 1]) / 2
            return exact
        counts = result.get_counts(run)  # bit k stands k-th from the right
        return np.array([sum((-1) ** int(bits[-1 - k]) * n for bits, n in counts.items()) / self.shots for k in qubits])


def angle_values(angle: Angle, parameters: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.float64]:
    """An affine angle at many points, (points,)."""
    result = np.full(len(parameters), angle.constant)
    for p, factor in angle.parameters.items():
        result += factor * parameters[:, p]
    for k, factor in angle.features.items():
        result += factor * phi[:, k]
    return result


def bound_circuit(native: NativeCircuit, parameters: NDArray[np.float64], sample: NDArray[np.float64]) -> Any:
    """The compiled circuit of one sample as a Qiskit circuit of native gates, without measurements."""
    return _bound(native, parameters, native.encode(sample[None, :])[0], frozenset())


def _bound(
    native: NativeCircuit, parameters: NDArray[np.float64], phi: NDArray[np.float64], missing: frozenset[str]
) -> Any:
    """The compiled circuit with its numbers; gates that Aer lacks as matrices that carry their name.

    Aer attaches errors to the label of such a matrix as it does to the name of a gate.
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping

    known, circuit = get_standard_gate_name_mapping(), QuantumCircuit(native.qubits)
    for entry in native.gates:
        values = [float(angle_values(angle, parameters[None, :], phi[None, :])[0]) for angle in entry.angles]
        gate = known[entry.name].base_class(*values)
        circuit.append(UnitaryGate(gate, label=entry.name) if entry.name in missing else gate, list(entry.qubits))
    return circuit


def _aer_circuit(native: NativeCircuit) -> tuple[Any, dict[Any, Angle]]:
    """The compiled circuit with a symbol for every variable angle."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import get_standard_gate_name_mapping

    known = get_standard_gate_name_mapping()
    circuit = QuantumCircuit(native.qubits)
    symbols: dict[Any, Angle] = {}
    for gate in native.gates:
        values: list[Any] = []
        for angle in gate.angles:
            if angle.parameters or angle.features:
                symbol = Parameter(f"a{len(symbols)}")
                symbols[symbol] = angle
                values.append(symbol)
            else:
                values.append(angle.constant)
        circuit.append(known[gate.name].base_class(*values), list(gate.qubits))
    if native.noise is None:
        circuit = _without_noise(circuit)
    return circuit, symbols


def _without_noise(circuit: Any) -> Any:
    """Translate gates that Aer lacks; allowed only where no error hangs on a gate's name."""
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    return transpile(circuit, AerSimulator(method="density_matrix"), optimization_level=0)

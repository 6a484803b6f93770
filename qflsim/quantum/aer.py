"""Qiskit Aer as the reference: the same compiled circuits, run by the simulator everybody knows.

`AerBackend` has the interface of the fast engine and computes exact expectation values by Aer's density-matrix
method, gradients by parameter-shift rules, all circuits of a step in one Aer job.

References
----------
.. [1] Qiskit Aer documentation, ``AerSimulator`` (method ``density_matrix``, ``parameter_binds``), version 0.17.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.items import Angle
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.optimizers import adam_step
from qflsim.quantum.training import EncodedData, SoftmaxHead, TrainingJob, TrainingResult, check_job, executions

__all__ = ["AerBackend", "angle_values", "bound_circuit"]


class AerBackend:
    """Exact expectation values by Aer's density-matrix method; gradients by parameter shift.

    Parameters
    ----------
    native:
        The compiled circuit.

    Notes
    -----
    *Scope*: exact mode, the slow reference; see `qflsim.quantum.plugin` for shots.
    """

    def __init__(self, native: NativeCircuit) -> None:
        from qiskit_aer import AerSimulator

        self.native = native
        self._slots = tuple(angle for gate in native.gates for angle in gate.angles)
        self._circuit, self._symbols = _aer_circuit(native)
        model = native.noise.model if native.noise else None
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
        theta, losses = job.parameters.astype(float), []
        moments = np.zeros((2, len(theta)))
        for step, batch in enumerate(job.batches, start=1):
            used = batch[batch >= 0]
            data = EncodedData(job.data.values[used])
            loss, gradient = self.loss_and_gradient(theta, data, job.labels[used], head=head)
            theta = adam_step(theta, gradient, moments, step, job.optimizer)
            losses.append(loss)
        circuits = executions(job.batches, 1 + self.native.circuits_per_gradient)
        return TrainingResult(theta, np.array(losses), circuits)

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
        native = self.native
        columns = {symbol: angle_values(angle, parameters, phi) for symbol, angle in self._symbols.items()}
        binds = [{symbol: column.tolist() for symbol, column in columns.items()}] if columns else None
        result = self._simulator.run(self._circuit, parameter_binds=binds).result()
        runs = len(parameters) if binds else 1
        ideal = np.array([[result.data(r)[f"z{k}"] for k in range(native.qubits)] for r in range(runs)], dtype=float)
        ideal = np.broadcast_to(ideal, (len(parameters), native.qubits))
        means = np.array([native.readout(k) @ [1.0, -1.0] for k in range(native.qubits)])
        read: NDArray[np.float64] = ideal * (means[:, 0] - means[:, 1]) / 2 + (means[:, 0] + means[:, 1]) / 2
        return read


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
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import get_standard_gate_name_mapping

    known, phi = get_standard_gate_name_mapping(), native.encode(sample[None, :])
    circuit = QuantumCircuit(native.qubits)
    for gate in native.gates:
        values = [float(angle_values(angle, parameters[None, :], phi)[0]) for angle in gate.angles]
        circuit.append(known[gate.name].base_class(*values), list(gate.qubits))
    return circuit


def _aer_circuit(native: NativeCircuit) -> tuple[Any, dict[Any, Angle]]:
    """The compiled circuit with a symbol for every variable angle, saving <Z> of every logical qubit."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.quantum_info import Pauli

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
    for k in range(native.qubits):
        circuit.save_expectation_value(Pauli("Z"), [native.final[k]], label=f"z{k}")
    return circuit, symbols


def _without_noise(circuit: Any) -> Any:
    """Translate gates that Aer lacks; allowed only where no error hangs on a gate's name."""
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    return transpile(circuit, AerSimulator(method="density_matrix"), optimization_level=0)

"""A trained model judged by PennyLane on its ``qiskit.aer`` device, shot by shot.

This shares nothing with the fast engine but the list of native gates: PennyLane operations, the plugin's device, Aer's
sampling, Aer's noise model. All samples go into one Aer job.

References
----------
.. [1] pennylane-qiskit documentation, device ``qiskit.aer``, version 0.45.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.aer import angle_values
from qflsim.quantum.gates import PENNYLANE_GATES
from qflsim.quantum.native import NativeCircuit

__all__ = ["evaluate_with_pennylane"]


def evaluate_with_pennylane(
    native: NativeCircuit,
    parameters: NDArray[np.float64],
    samples: NDArray[np.float64],
    *,
    shots: int,
    seed: int,
    device: Any = None,
) -> NDArray[np.float64]:
    """<Z> of every logical qubit, estimated from shots on PennyLane's ``qiskit.aer`` device, (samples, qubits).

    The device runs the compiled circuit gate by gate, all samples in one Aer job, under the noise model it was
    compiled for; the standard error of each number is at most 1/sqrt(shots).

    Parameters
    ----------
    native:
        The compiled circuit.
    parameters:
        Trained parameters (parameters,).
    samples:
        Data (samples, features).
    shots:
        Shots per sample.
    seed:
        Seed of Aer's sampling; the circuits of the job use different streams.
    device:
        A PennyLane device to run on instead, e.g. the unmodified plugin, which takes several times as long.
    """
    import pennylane as qml

    if shots < 1:
        raise ValueError(f"shots must be at least 1, got {shots}")
    if device is None:
        options = {"noise_model": native.noise.model} if native.noise else {}
        plugin = _batched_device()(wires=native.qubits, seed_simulator=seed, max_parallel_threads=1, **options)
        device = qml.devices.LegacyDeviceFacade(plugin)
    names = {qiskit: getattr(qml, name) for name, qiskit in PENNYLANE_GATES.items() if not name.startswith("Adjoint")}
    phi = native.encode(samples)
    theta = np.tile(np.asarray(parameters, dtype=float), (len(phi), 1))
    columns = [[angle_values(angle, theta, phi) for angle in gate.angles] for gate in native.gates]
    measurements = [qml.expval(qml.PauliZ(native.final[k])) for k in range(native.qubits)]
    tapes = []
    for s in range(len(phi)):
        gates = zip(native.gates, columns, strict=True)
        operations = [_operation(names, gate, [float(c[s]) for c in values]) for gate, values in gates]
        tapes.append(qml.tape.QuantumScript(operations, measurements, shots=shots))
    return np.array(qml.execute(tapes, device, diff_method=None), dtype=float).reshape(len(phi), native.qubits)


def _operation(names: dict[str, Any], gate: Any, values: list[float]) -> Any:
    """A native gate as a PennyLane operation."""
    import pennylane as qml

    if gate.name in ("sdg", "tdg", "sxdg"):
        return qml.adjoint(names[gate.name.removesuffix("dg")](wires=gate.qubits))
    if gate.name not in names:
        raise ValueError(f"PennyLane has no gate for {gate.name}; compile to other basis gates")
    return names[gate.name](*values, wires=gate.qubits)


@cache
def _batched_device() -> Any:
    """The plugin's ``qiskit.aer`` device without its conversion of every single gate to a graph and back.

    The circuits it gets are native already, so nothing is left to compile; the rest is the plugin's.
    """
    from pennylane_qiskit import AerDevice
    from qiskit import QuantumCircuit

    class BatchedAerDevice(AerDevice):  # type: ignore[misc]  # the plugin is untyped
        """``qiskit.aer`` for native circuits."""

        def apply_operations(self, operations: Any) -> list[Any]:
            """Qiskit gates of PennyLane operations, as one circuit."""
            circuit = QuantumCircuit(self._reg, self._creg)
            for operation in operations:
                gate = self._operation_map[operation.name](*operation.parameters)
                circuit.append(gate, self.map_wires(operation.wires).tolist())
            return [circuit]

        def compile(self) -> Any:
            """The circuit as it is: native gates on physical qubits."""
            return self._circuit

    return BatchedAerDevice

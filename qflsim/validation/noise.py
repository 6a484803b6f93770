"""The engine's noisy expectation values against Qiskit Aer and PennyLane.

References
----------
.. [1] Qiskit Aer 0.17, ``AerSimulator(method="density_matrix")`` with ``NoiseModel`` built from the calibration
   snapshots of qiskit-ibm-runtime 0.51.
.. [2] PennyLane 0.45, ``default.mixed``. Its DepolarizingChannel(p) applies a Pauli error with probability p; Qiskit's
   ``depolarizing_error(p)`` mixes in the maximally mixed state with weight p; they are equal at 3/4 of it.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.vqc import VQC
from qflsim.quantum.aer import AerBackend, angle_values
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import NativeCircuit, compile_circuit
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.snapshots import load_snapshot
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_ANGLE, _DEPOLARIZING = 0.3, 0.1
_READ_AS_ONE, _READ_AS_ZERO = 0.02, 0.06  # P(1 | 0) and P(0 | 1)


def comparisons() -> Iterator[Comparison]:
    """Rows on snapshots of two devices, on the depolarizing convention and on readout errors."""
    model = VQC(qubits=4, layers=6)
    for device in ("manila", "torino"):
        yield _against_aer(device, _compiled(model, load_snapshot(device).noise(4)), model)
    yield _gradient_against_aer()
    yield _against_untouched_model(model)
    yield _against_pennylane(model)
    engine = _one_rotation(depolarizing=True)
    yield Comparison(
        quantity="<Z> after RX(0.3), 10 % depolarized", published=(1 - _DEPOLARIZING) * math.cos(_ANGLE),
        simulated=engine, tolerance=1e-12, source="(1 - p) cos(0.3)", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="the same, PennyLane at 3/4 of 10 %", published=_pennylane(0.75 * _DEPOLARIZING), simulated=engine,
        tolerance=1e-12, source="PennyLane, default.mixed", basis="tool",
    )  # fmt: skip
    read = (1 - _READ_AS_ONE - _READ_AS_ZERO) * math.cos(_ANGLE) + _READ_AS_ZERO - _READ_AS_ONE
    yield Comparison(
        quantity="<Z> after RX(0.3), readout 2 % and 6 %", published=read, simulated=_one_rotation(depolarizing=False),
        tolerance=1e-12, source="slope and intercept", basis="law",
    )  # fmt: skip


def _against_aer(device: str, native: NativeCircuit, model: VQC) -> Comparison:
    rng = np.random.default_rng(3)
    theta, samples = model.initial(rng), rng.uniform(0, math.pi, (8, model.features))
    fast, slow = FastEngine(native), AerBackend(native)
    difference = fast.expectations(theta, fast.encode(samples)) - slow.expectations(theta, slow.encode(samples))
    return Comparison(
        quantity=f"<Z> - Aer, {device}, 96 parameters", published=0.0, simulated=float(np.abs(difference).max()),
        tolerance=1e-9, source="Aer 0.17, density matrix", basis="tool",
    )  # fmt: skip


def _gradient_against_aer() -> Comparison:
    model = VQC(qubits=4, layers=2)
    native = _compiled(model, load_snapshot("manila").noise(4))
    rng = np.random.default_rng(4)
    theta, samples, labels = model.initial(rng), rng.uniform(0, math.pi, (2, 4)), np.array([1, 3])
    first, second = (
        engine.loss_and_gradient(theta, engine.encode(samples), labels)[1]
        for engine in (FastEngine(native), AerBackend(native))
    )
    return Comparison(
        quantity="gradient - Aer by parameter shift, manila", published=0.0,
        simulated=float(np.abs(first - second).max()), tolerance=1e-9, source="Aer 0.17, density matrix", basis="tool",
    )  # fmt: skip


def _against_untouched_model(model: VQC) -> Comparison:
    """Four chosen qubits of manila against the whole device under the noise model that Aer itself builds of it."""
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    noise, snapshot = NoiseModel.from_backend(FakeManilaV2()), load_snapshot("manila")
    native, chosen = _compiled(model, snapshot.noise(4)), snapshot.best_qubits(4)
    theta, sample = model.initial(np.random.default_rng(6)), np.array([[0.4, 1.1, 2.0, 2.9]])
    final = [chosen[native.final[k]] for k in range(4)]
    circuit = _placed(native, theta, sample, chosen, snapshot.qubits, final)
    # Aer 0.17 gets expectation values wrong when it cuts idle qubits off (qiskit-aer, issue 2442).
    simulator = AerSimulator(method="density_matrix", noise_model=noise, enable_truncation=False)
    ideal = simulator.run(circuit).result().data(0)
    errors = (error for error in noise.to_dict()["errors"] if error["type"] == "roerror")
    readout = {error["gate_qubits"][0][0]: np.array(error["probabilities"]) for error in errors}
    halves = {q: 0.5 + 0.5 * ideal[str(q)] * np.array([1, -1]) for q in final}  # probabilities of 0 and 1
    expected = [float(halves[q] @ readout[q] @ [1, -1]) for q in final]
    engine = FastEngine(native)
    difference = engine.expectations(theta, engine.encode(sample))[0] - expected
    return Comparison(
        quantity="<Z> - Aer, whole of manila, Aer's own model", published=0.0,
        simulated=float(np.abs(difference).max()), tolerance=1e-9, source="NoiseModel.from_backend", basis="tool",
    )  # fmt: skip


def _placed(
    native: NativeCircuit,
    theta: NDArray[np.float64],
    sample: NDArray[np.float64],
    chosen: tuple[int, ...],
    qubits: int,
    read: list[int],
) -> Any:
    """The compiled circuit with its numbers, on the ``chosen`` qubits of the whole device, saving <Z> of ``read``."""
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.quantum_info import Pauli

    known, phi = get_standard_gate_name_mapping(), native.encode(sample)
    circuit = QuantumCircuit(qubits)
    for gate in native.gates:
        values = [float(angle_values(angle, theta[None], phi)[0]) for angle in gate.angles]
        circuit.append(known[gate.name].base_class(*values), [chosen[q] for q in gate.qubits])
    for qubit in read:
        circuit.save_expectation_value(Pauli("Z"), [qubit], label=str(qubit))
    return circuit


def _against_pennylane(model: VQC) -> Comparison:
    """The circuit as its author wrote it, run by PennyLane's state vector."""
    import pennylane as qml

    def circuit(x: Any, parameters: Any) -> Any:
        model.circuit(x, parameters)
        return [qml.expval(qml.PauliZ(k)) for k in range(model.qubits)]

    node = qml.QNode(circuit, qml.device("default.qubit", wires=model.qubits))
    rng = np.random.default_rng(7)
    theta, samples = model.initial(rng), rng.uniform(0, math.pi, (3, model.features))
    engine = FastEngine(_compiled(model, None))
    difference = engine.expectations(theta, engine.encode(samples)) - np.array([node(x, theta) for x in samples])
    return Comparison(
        quantity="<Z> - PennyLane, no noise, 96 parameters", published=0.0, simulated=float(np.abs(difference).max()),
        tolerance=1e-10, source="PennyLane, default.qubit", basis="tool",
    )  # fmt: skip


def _one_rotation(*, depolarizing: bool) -> float:
    """<Z> of a qubit turned by RX and depolarized, or read out with errors."""
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    noise = NoiseModel(basis_gates=["rx"])
    if depolarizing:
        noise.add_all_qubit_quantum_error(depolarizing_error(_DEPOLARIZING, 1), ["rx"])
    else:
        rows = [[1 - _READ_AS_ONE, _READ_AS_ONE], [_READ_AS_ZERO, 1 - _READ_AS_ZERO]]
        noise.add_all_qubit_readout_error(ReadoutError(rows))

    def circuit(x: Any, parameters: Any) -> None:
        import pennylane as qml

        qml.RX(parameters[0], wires=0)

    native = compile_circuit(circuit, qubits=1, features=1, parameters=1, noise=DeviceNoise(model=noise))
    engine = FastEngine(native)
    return float(engine.expectations(np.array([_ANGLE]), engine.encode(np.zeros((1, 1))))[0, 0])


def _pennylane(probability: float) -> float:
    """<Z> after RX and PennyLane's own depolarizing channel."""
    import pennylane as qml

    def circuit() -> Any:
        qml.RX(_ANGLE, wires=0)
        qml.DepolarizingChannel(probability, wires=0)
        return qml.expval(qml.PauliZ(0))

    return float(qml.QNode(circuit, qml.device("default.mixed", wires=1))())


def _compiled(model: VQC, noise: DeviceNoise | None) -> NativeCircuit:
    return compile_circuit(
        model.circuit, qubits=model.qubits, features=model.features, parameters=model.parameters, noise=noise
    )

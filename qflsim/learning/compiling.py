"""From a model and a QPU to the circuit that runs: compiled to native gates under the device's noise."""

from dataclasses import dataclass

from qflsim.learning.models import QuantumModel
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import LARGEST_REGISTER, NativeCircuit, compile_circuit
from qflsim.quantum.qpu import QPU, ShotTiming
from qflsim.quantum.shots import GradientMethod
from qflsim.quantum.snapshots import load_snapshot
from qflsim.quantum.training import Backend

__all__ = ["CompiledTask", "compile_task"]


@dataclass(frozen=True, eq=False)
class CompiledTask:
    """A model's circuit on a QPU.

    Parameters
    ----------
    native:
        The circuit in native gates, with its noise.
    engine:
        Computes its exact expectations.
    trainer:
        Computes its trainings, by the scenario's gradient method.
    circuits_per_sample:
        Circuits that give one sample's loss and gradient: one unshifted, and those of the gradient method.
    timing:
        Durations of one shot.
    chip_qubits:
        Physical qubits of the device, all of which are controlled and cooled.
    """

    native: NativeCircuit
    engine: FastEngine
    trainer: Backend
    circuits_per_sample: int
    timing: ShotTiming
    chip_qubits: int


def compile_task(model: QuantumModel, qpu: QPU, gradient: GradientMethod) -> CompiledTask:
    """Compile ``model`` for the best qubits of the calibration snapshot of ``qpu``, to be trained by ``gradient``.

    Raises
    ------
    ValueError
        If the snapshot is unknown, unsound or too small, or the circuit cannot be compiled.
    """
    if model.qubits > LARGEST_REGISTER:
        raise ValueError(
            f"{type(model).__name__}.qubits must be <= {LARGEST_REGISTER}, got {model.qubits}: a noisy register needs "
            "4^qubits numbers per observable; use fewer, and as many features"
        )
    snapshot = load_snapshot(qpu.snapshot)
    needed = qpu.side_by_side() * model.qubits
    if needed > snapshot.qubits:
        raise ValueError(
            f"{type(qpu).__name__}.copies must fit the chip: {qpu.side_by_side()} circuits of {model.qubits} qubits "
            f"need {needed}, and {snapshot.name} has {snapshot.qubits}; lower copies or choose a larger snapshot"
        )
    chosen = snapshot.best_qubits(model.qubits)
    native = compile_circuit(
        model.circuit,
        qubits=model.qubits,
        features=model.features,
        parameters=model.angles,
        noise=snapshot.noise_of(chosen),
    )
    timing = ShotTiming(
        circuit_s=native.duration_s,
        readout_s=snapshot.readout_s(chosen),
        reset_s=snapshot.reset_s(chosen),  # the QPU knows whether it resets actively
        repetition_s=snapshot.repetition_delay_s,
    )
    return CompiledTask(
        native=native,
        engine=FastEngine(native),
        trainer=gradient.backend(native, qpu.shots),
        circuits_per_sample=1 + gradient.circuits(native),
        timing=timing,
        chip_qubits=snapshot.qubits,
    )

"""From a model and a QPU to the circuit that runs: compiled to native gates under the device's noise."""

from dataclasses import dataclass

from qflsim.learning.models import Model
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import NativeCircuit, compile_circuit
from qflsim.quantum.qpu import QPU, ShotTiming
from qflsim.quantum.snapshots import load_snapshot

__all__ = ["CompiledTask", "compile_task"]


@dataclass(frozen=True, eq=False)
class CompiledTask:
    """A model's circuit on a QPU.

    Parameters
    ----------
    native:
        The circuit in native gates, with its noise.
    engine:
        Computes its expectations and trainings.
    timing:
        Durations of one shot.
    chip_qubits:
        Physical qubits of the device, all of which are controlled and cooled.
    """

    native: NativeCircuit
    engine: FastEngine
    timing: ShotTiming
    chip_qubits: int

    @property
    def circuits_per_sample(self) -> int:
        """Circuits that give one sample's loss and gradient by parameter shift: one unshifted, and all shifted ones."""
        return 1 + self.native.circuits_per_gradient


def compile_task(model: Model, qpu: QPU) -> CompiledTask:
    """Compile ``model`` for the best qubits of the calibration snapshot of ``qpu``.

    Raises
    ------
    ValueError
        If the snapshot is unknown, unsound or too small, or the circuit cannot be compiled.
    """
    snapshot = load_snapshot(qpu.snapshot)
    needed = qpu.side_by_side() * model.qubits
    if needed > snapshot.qubits:
        raise ValueError(
            f"{type(qpu).__name__}.copies must fit the chip: {qpu.side_by_side()} circuits of {model.qubits} qubits need "
            f"{needed}, and {snapshot.name} has {snapshot.qubits}; lower copies or choose a larger snapshot"
        )
    chosen = snapshot.best_qubits(model.qubits)
    native = compile_circuit(
        model.circuit,
        qubits=model.qubits,
        features=model.features,
        parameters=model.parameters,
        noise=snapshot.noise(model.qubits),
    )
    timing = ShotTiming(
        circuit_s=native.duration_s,
        readout_s=snapshot.readout_s(snapshot.best_qubits(model.qubits)),
        reset_s=snapshot.reset_s() if qpu.active_reset else 0.0,
        repetition_s=snapshot.repetition_delay_s,
    )
    return CompiledTask(native, FastEngine(native), timing, snapshot.qubits)

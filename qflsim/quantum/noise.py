"""The noise of a device: which error follows which gate on which qubits, and how a readout errs.

An Aer noise model attaches an error to a gate *name* and to qubits: it acts after every such gate, and on nothing
else. A circuit must therefore be compiled to the model's basis gates first, or most of it stays free of noise [1]_.

References
----------
.. [1] Qiskit Aer documentation, ``qiskit_aer.noise.NoiseModel`` and ``ReadoutError`` (version 0.17).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum import pauli

__all__ = ["DeviceNoise"]


@dataclass(frozen=True, eq=False)
class DeviceNoise:
    """Gate and readout errors of the qubits a circuit runs on, as Qiskit Aer applies them.

    Parameters
    ----------
    model:
        A ``qiskit_aer.noise.NoiseModel`` on qubits 0..n-1.
    target:
        The ``qiskit.transpiler.Target`` to compile to (couplings, directions, durations); ``None`` compiles to the
        model's basis gates with every pair of qubits coupled.
    durations:
        Seconds that gates take, by name, where no target tells; gates left out take no time.
    name:
        What to call it in messages and results.
    level:
        Qiskit's ``optimization_level`` for the compilation, 0 to 3. 0 keeps hand-written circuits as they are written.

    Raises
    ------
    ValueError
        If the model holds something that the engine cannot represent; it is named.

    Notes
    -----
    *Scope*: quantum errors of any kind on gates (Pauli, Kraus, relaxation, coherent, reset), local or for all qubits;
    readout errors per qubit. Refused: errors on measurements or resets, correlated readout errors, custom noise
    passes (such as relaxation while idle). Crosstalk, leakage and drift are in no such model.
    *Validation*: expectation values equal Aer's density-matrix method (tests/quantum/test_against_aer.py).
    """

    model: Any
    target: Any = None
    durations: Mapping[str, float] = field(default_factory=dict)
    name: str = "noise model"
    level: int = 0
    _known: dict[tuple[str, tuple[int, ...]], NDArray[np.float64] | None] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.level not in (0, 1, 2, 3):
            raise ValueError(f"DeviceNoise.level must be 0, 1, 2 or 3, got {self.level!r}")
        if getattr(self.model, "_custom_noise_passes", None):
            raise ValueError("the noise model has a custom noise pass, which the engine cannot represent; remove it")
        for name in ("measure", "reset", "initialize"):
            if name in _errors(self.model, "_default") or name in _errors(self.model, "_local"):
                raise ValueError(f"the noise model has a quantum error on {name}; use a ReadoutError instead")
        for qubits in self.model._local_readout_errors:
            if len(qubits) != 1:
                raise ValueError(f"the readout error on qubits {qubits} is correlated; give one error per qubit")
        default = self.model._default_readout_error
        if default is not None and default.number_of_qubits != 1:
            raise ValueError("the readout error for all qubits is correlated; give a single-qubit ReadoutError")

    def basis_gates(self) -> list[str]:
        """Gates that circuits are compiled to where there is no target, sorted."""
        return sorted(self.model.basis_gates)

    def error(self, gate: str, qubits: tuple[int, ...]) -> NDArray[np.float64] | None:
        """Transfer matrix of the error that follows ``gate`` on ``qubits``; ``None`` if there is none."""
        key = (gate, qubits)
        if key not in self._known:
            self._known[key] = self._error(gate, qubits)
        return self._known[key]

    def _error(self, gate: str, qubits: tuple[int, ...]) -> NDArray[np.float64] | None:
        found = _errors(self.model, "_local").get(gate, {}).get(qubits)
        if found is None:
            found = _errors(self.model, "_default").get(gate)
        if found is None:
            return None
        if found.num_qubits != len(qubits):
            raise ValueError(f"the error on {gate} acts on {found.num_qubits} qubits, the gate on {len(qubits)}")
        return _transfer_matrix(found)

    def readout(self, qubit: int) -> NDArray[np.float64]:
        """Confusion matrix of a qubit, entry [true, read] = P(read | true), shape (2, 2)."""
        found = self.model._local_readout_errors.get((qubit,), self.model._default_readout_error)
        return np.eye(2) if found is None else np.asarray(found.probabilities, dtype=float)

    def duration(self, gate: str, qubits: tuple[int, ...]) -> float:
        """Time [s] that ``gate`` takes on ``qubits``."""
        if self.target is None:
            return float(self.durations.get(gate, 0.0))
        return float(self.target[gate][qubits].duration or 0.0)


def _errors(model: Any, kind: str) -> dict[str, Any]:
    # NoiseModel offers no public look-up by gate; to_dict() would expand every error into circuits.
    found: dict[str, Any] = getattr(model, f"{kind}_quantum_errors")
    return found


def _transfer_matrix(error: Any) -> NDArray[np.float64]:
    """An Aer QuantumError as a Pauli transfer matrix, first listed qubit first (Qiskit lists it last)."""
    from qiskit.quantum_info import SuperOp

    matrix = pauli.from_superoperator(np.asarray(SuperOp(error).data))
    order = tuple(range(error.num_qubits))
    return pauli.embed(matrix, tuple(reversed(order)), order)

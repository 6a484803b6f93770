"""What is read out at the end of a circuit: <Z> of every qubit, or the probability of every bit string.

Readout errors are part of the observable. With P(read | true) on a qubit, the event "b is read" is the operator
P(b|0) |0><0| + P(b|1) |1><1|, that is (P(b|0) + P(b|1))/2 I + (P(b|0) - P(b|1))/2 Z, and joint readings are products
of these, for the errors of different qubits are independent.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.program import LANES

__all__ = ["BasisProbabilities", "PauliZ", "Readout"]


class Readout(Part, ABC):
    """Which numbers a circuit gives out."""

    @abstractmethod
    def outputs(self, qubits: int) -> int:
        """How many."""

    @abstractmethod
    def observable(self, native: NativeCircuit, output: int) -> NDArray[np.float64]:
        """Pauli coefficients (4^n,) of output number ``output``, readout errors included."""


@dataclass(frozen=True, kw_only=True)
class PauliZ(Readout):
    """<Z> of every logical qubit: the mean of its reading, +1 for 0 and -1 for 1."""

    def outputs(self, qubits: int) -> int:
        """One per qubit."""
        return qubits

    def observable(self, native: NativeCircuit, output: int) -> NDArray[np.float64]:
        """A Z + B, with A and B half the difference and half the sum of the mean readings of 0 and of 1."""
        factors = [np.array([1.0, 0.0, 0.0, 0.0]) for _ in range(native.qubits)]
        zero, one = native.readout(output) @ np.array([1.0, -1.0])
        factors[native.final[output]] = np.array([(zero + one) / 2, 0.0, 0.0, (zero - one) / 2])
        return _product(factors)


@dataclass(frozen=True, kw_only=True)
class BasisProbabilities(Readout):
    """Probability of every string of read bits, logical qubit 0 being the most significant bit."""

    def outputs(self, qubits: int) -> int:
        """One per bit string."""
        return 1 << qubits

    def observable(self, native: NativeCircuit, output: int) -> NDArray[np.float64]:
        """The product over qubits of "this bit is read"."""
        factors = [np.empty(0)] * native.qubits
        for k in range(native.qubits):
            bit = output >> (native.qubits - 1 - k) & 1
            zero, one = native.readout(k)[:, bit]
            factors[native.final[k]] = np.array([(zero + one) / 2, 0.0, 0.0, (zero - one) / 2])
        return _product(factors)


def _product(factors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Kronecker product, the first factor most significant."""
    result: NDArray[np.float64] = np.ones(1)
    for factor in factors:
        result = np.asarray(np.kron(result, factor), dtype=np.float64)
    return result


@lru_cache(maxsize=4)
def observable_groups(native: NativeCircuit, readout: Readout, outputs: range) -> NDArray[np.float64]:
    """Observables of some outputs side by side, in groups of LANES, (groups, 4^n, LANES); kept, not to be changed."""
    result = np.zeros((-(-len(outputs) // LANES), 4**native.qubits, LANES))
    for place, output in enumerate(outputs):
        result[place // LANES, :, place % LANES] = readout.observable(native, output)
    return result

"""Models as amplitudes of a quantum state that is read as if it were a classical one: idealised."""

from dataclasses import dataclass

import numpy as np

from .compression import Floats, Whole
from .floats import Float32

__all__ = ["IdealisedQuantumCompression"]


@dataclass(frozen=True, kw_only=True)
class IdealisedQuantumCompression(Whole):
    """Idealised: P parameters travel and are stored as the amplitudes of ceil(log2 P) qubits, and no bytes.

    The paper hopes for quantum compression of models [1]_. It grants what physics does not: a device reads all P
    amplitudes, with their signs and to single precision, from one copy, as often as it likes; preparing, sending and
    keeping the state takes no time and no error befalls it. By Holevo's bound n qubits yield n bits at most [2]_, and
    Schumacher's compression [3]_ brings classical data to their entropy, as classical compression does.

    The chains hold the digest of the parameters as they would be in single precision, so that a receiver can check
    what it is granted.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958.
    .. [2] A. S. Holevo, Problems of Information Transmission 9, 177 (1973).
    .. [3] B. Schumacher, "Quantum coding", Phys. Rev. A 51, 2738 (1995).

    *Scope*: an upper bound on what any scheme could gain, not a scheme. `Codec` is the oracle that hands receivers what
    they are granted.
    """

    @property
    def assumption(self) -> str:
        """That amplitudes can be read."""
        return (
            "IdealisedQuantumCompression grants that all amplitudes are read from a single copy of ceil(log2 P) "
            "qubits, without error and as often as wanted; Holevo's bound allows one bit for each qubit"
        )

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """What the oracle keeps: single precision."""
        return Float32().encode(parameters, rng)

    def decode(self, packed: bytes) -> Floats:
        """What the oracle gives back."""
        return Float32().decode(packed)

    def cycles(self, parameters: int) -> float:
        """None are charged."""
        return 0.0

    def qubits(self, parameters: int) -> int:
        """The binary logarithm of the parameters, rounded up; at least one."""
        return max(1, (parameters - 1).bit_length())

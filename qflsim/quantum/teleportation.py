"""What a pair carries: a qubit by teleportation, two bits by superdense coding, and how wrong they arrive.

References
----------
.. [1] C. H. Bennett et al., "Teleporting an unknown quantum state via dual classical and Einstein-Podolsky-Rosen
   channels", Phys. Rev. Lett. 70, 1895 (1993): one pair and two classical bits for each qubit.
.. [2] C. H. Bennett, S. J. Wiesner, "Communication via one- and two-particle operators on Einstein-Podolsky-Rosen
   states", Phys. Rev. Lett. 69, 2881 (1992): two bits for each qubit that is sent, and a pair.
.. [3] A. S. Holevo, "Bounds for the quantity of information transmitted by a quantum communication channel", Probl.
   Inf. Transm. 9, 177 (1973): a qubit carries one bit at most.
.. [4] G. Bowen, "Classical information capacity of superdense coding", Phys. Rev. A 63, 022302 (2001).
.. [5] M. Horodecki, P. Horodecki, R. Horodecki, Phys. Rev. A 60, 1888 (1999).

*Scope*: pure functions of pairs in the Bell basis. Nothing here is sent: the classical bits travel as messages do, and
until they have arrived the receiver holds noise.

*Validation*: (2 F + 1)/3, also over random states by density matrix; 2 bits for a perfect pair, none for a mixed one.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .entanglement import BellDiagonal, swap, werner
from .operations import PERFECT, Operations

__all__ = [
    "CLASSICAL_BITS", "amplitude_qubits", "bit_errors", "channel", "channels", "superdense_capacity",
    "teleportation_fidelity",
]  # fmt: skip

CLASSICAL_BITS = 2
"""Classical bits that tell the receiver of one teleported qubit what to undo [1]_."""

Floats = NDArray[np.float64]


def teleportation_fidelity(fidelity: float) -> float:
    """Average fidelity of a qubit teleported over a pair of ``fidelity`` F: (2 F + 1)/3 [5]_.

    2/3 is what can be had without entanglement, at F = 1/2.
    """
    return (2.0 * werner(fidelity).fidelity + 1.0) / 3.0


def channel(pair: BellDiagonal, operations: Operations = PERFECT) -> BellDiagonal:
    """Probabilities of I, Z, X and Y that a qubit suffers when it is teleported over ``pair``.

    A Bell measurement on the qubit and half of the pair is the one that swaps a perfect pair with it.
    """
    return swap(pair, werner(1.0), operations)


def channels(pairs: Floats, operations: Operations = PERFECT) -> Floats:
    """`channel` of every one of ``pairs``, shapes (pairs, 4).

    Superdense coding over a pair suffers the same: X and Y turn one of its two bits, Z and Y the other.
    """
    return np.stack(channel(BellDiagonal(*pairs.T), operations), axis=1)


def bit_errors(pairs: Floats, operations: Operations = PERFECT) -> Floats:
    """Probability that a bit arrives wrong that is teleported as a qubit in the computational basis and read out.

    X + Y of the channel, then the receiver's readout: 2 (1 - F)/3 for a Werner pair and perfect ``operations``. Phase
    errors do not harm a bit. ``pairs`` has shape (pairs, 4), the result (pairs,).
    """
    suffered = channels(pairs, operations)
    flips = suffered[:, 2] + suffered[:, 3]
    return np.asarray(flips + operations.measurement_error * (1.0 - 2.0 * flips), dtype=np.float64)


def superdense_capacity(pair: BellDiagonal) -> float:
    """Bits per qubit sent that superdense coding over ``pair`` can carry without error: 2 - H(pair) [4]_.

    Where that is below 1, the pair's entropy above one bit, sending the qubit alone carries more [3]_.
    """
    entropy = -sum(p * math.log2(p) for p in pair if p > 0.0)
    return 2.0 - entropy


def amplitude_qubits(numbers: int) -> int:
    """Qubits whose amplitudes are as many as ``numbers``: ceil(log2 P), one at the least."""
    if numbers < 1:
        raise ValueError(f"numbers must be >= 1, got {numbers!r}")
    return max(1, (numbers - 1).bit_length())

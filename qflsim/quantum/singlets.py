"""Lists of correlated numbers from four-qubit singlets: one member holds two qubits of each, two others one qubit each.

The four-qubit singlet 2|0011> - |0101> - |0110> - |1001> - |1010> + 2|1100>, over sqrt(12), is read out in the
computational basis. The holder of two qubits, the sender, finds 00 and both others find 1 in a third of all states,
11 and 0 in another third; in the last third it finds two different bits, and the others differ too, but it cannot know
which of them holds the 1 [1]_ [2]_. Lists of three-level systems had been proposed before for the same end [3]_.

References
----------
.. [1] A. Cabello, "Solving the liar detection problem using the four-qubit singlet state", Phys. Rev. A 68, 012304
   (2003).
.. [2] Z. Guba, I. Finta, A. Budai, L. Farkas, Z. Zimboras, A. Palyi, "Resource analysis for quantum-aided Byzantine
   agreement with the four-qubit singlet state", arXiv:2207.04939 (2022).
.. [3] M. Fitzi, N. Gisin, U. Maurer, "Quantum solution to the Byzantine agreement problem", Phys. Rev. Lett. 87, 217901
   (2001).

*Scope*: the sender makes the singlet at its place and teleports one qubit to each of the others, one pair and two bits
a qubit. What goes wrong turns entries of the two others, each for itself.

*Validation*: frequencies of outcomes against the amplitudes, with and without errors.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .operations import Operations
from .teleportation import Floats, bit_errors

__all__ = ["ALL_ONES", "ALL_ZEROS", "Entries", "Lists", "entry_errors", "read_lists"]

Entries = NDArray[np.int8]
"""What one member read: of the sender's two qubits the number of ones, 0, 1 or 2; of another's qubit its bit."""

ALL_ZEROS, ALL_ONES = 0, 2
"""Entries of the sender that tell what both others hold: ones, and zeros."""

_GATES = 5
"""Two-qubit gates in the shortest known circuit for the state (that of the program published with [2]_)."""


class Lists(NamedTuple):
    """What three members read of the same states, each of shape (states,)."""

    sender: Entries
    first: Entries
    second: Entries


def entry_errors(pairs: Floats, operations: Operations) -> Floats:
    """Probability that an entry is turned whose qubit was teleported over each of ``pairs``, shape (pairs, 4).

    Teleportation and readout (`bit_errors`); the sender's gates, of which one that fails leaves a random bit; and the
    sender's readout, which takes two different bits for alike, half of the time wrongly.
    """
    spoilt = 0.5 * (1.0 - operations.reliability**_GATES)
    errors = bit_errors(pairs, operations)
    for other in (spoilt, 0.5 * operations.measurement_error):
        errors = errors + other * (1.0 - 2.0 * errors)
    return errors


def read_lists(states: int, first: float | Floats, second: float | Floats, rng: np.random.Generator) -> Lists:
    """Read out ``states`` singlets.

    Parameters
    ----------
    states:
        How many.
    first, second:
        Probability that an entry of each of the two others is turned, for all states or for each.
    rng:
        For the outcomes.
    """
    sender = rng.integers(3, size=states, dtype=np.int8)
    coin = rng.integers(2, size=states, dtype=np.int8)  # who holds the 1 where the two differ
    alike = sender != 1
    told = (1 - sender // 2).astype(np.int8)  # zeros tell of ones, and ones of zeros
    wrong = rng.random((2, states)) < np.stack([np.broadcast_to(first, states), np.broadcast_to(second, states)])
    return Lists(sender, np.where(alike, told, coin) ^ wrong[0], np.where(alike, told, 1 - coin) ^ wrong[1])

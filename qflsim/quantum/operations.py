"""What nodes do to the qubits that they store: gates between two of them, readouts, Bell measurements."""

from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["PERFECT", "Operations"]


@dataclass(frozen=True, kw_only=True)
class Operations(Part):
    """How well a node works on its qubits.

    A two-qubit gate works with probability p and otherwise leaves both qubits fully mixed [1]_; averaged over all
    inputs it then has fidelity F = p + (1 - p)/4. A readout tells the wrong bit with probability
    ``measurement_error``. Turns of single qubits are free of errors.

    Parameters
    ----------
    gate_fidelity:
        Average fidelity F of a two-qubit gate; 0.996 is stated for ions of IonQ Aria [2]_.
    measurement_error:
        Probability that a readout tells the wrong bit; 0.0039 [2]_.
    bell_success:
        Probability that a Bell measurement gives an outcome at all: 1 for a gate and two readouts on stored qubits,
        1/2 at most for photons and linear optics [3]_. Without an outcome the pairs it worked on are lost.

    References
    ----------
    .. [1] H.-J. Briegel, W. Duer, J. I. Cirac, P. Zoller, "Quantum repeaters: the role of imperfect local operations
       in quantum communication", Phys. Rev. Lett. 81, 5932 (1998).
    .. [2] Microsoft Azure Quantum documentation, provider IonQ: Aria, two-qubit fidelity 99.6 %, preparation and
       measurement 99.61 %.
    .. [3] J. Calsamiglia, N. Luetkenhaus, "Maximum efficiency of a linear-optical Bell-state analyzer", Appl. Phys. B
       72, 67 (2001).

    *Scope*: gates take no time. Errors of a gate are those of the fully mixed state, whatever the hardware prefers.

    *Validation*: every map that uses it, against its circuit on density matrices.
    """

    gate_fidelity: float = quantity(0.996, at_least=0.25, at_most=1, advice="give an average fidelity, e.g. 0.996")
    measurement_error: float = quantity(0.0039, at_least=0, at_most=0.5, advice="give a probability, e.g. 0.004")
    bell_success: float = quantity(1.0, above=0, at_most=1, advice="give 0.5 for linear optics, 1 for stored qubits")

    @property
    def reliability(self) -> float:
        """Probability p that a two-qubit gate works: (4 F - 1)/3."""
        return (4.0 * self.gate_fidelity - 1.0) / 3.0


PERFECT = Operations(gate_fidelity=1.0, measurement_error=0.0)
"""Gates and readouts without errors."""

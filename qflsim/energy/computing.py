"""Energy and time of classical computing on a processor with dynamic power."""

from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.units import GHz

__all__ = ["ComputeEnergy"]


@dataclass(frozen=True, kw_only=True)
class ComputeEnergy(Part):
    """A processor spends energy on every cycle it runs, with the square of its clock frequency.

    E = kappa C f^2, t = C / f and hence P = kappa f^3, with C cycles, clock f [Hz] and effective switched
    capacitance kappa [J s^2]: a CMOS gate stores C V^2 and the voltage scales with the frequency [1]_.

    Parameters
    ----------
    capacitance:
        Effective switched capacitance kappa [J s^2 per cycle]; 1e-28 is the convention of the federated-learning and
        mobile-edge literature [2]_ (values from 1e-29 to 1e-26 occur).
    frequency:
        Clock frequency [Hz]; 2 GHz as in [2]_.
    operations_per_cycle:
        Floating-point operations of a network's layers in one cycle. An assumption: 1, a scalar core, with which a
        gradient of softmax regression on 28 x 28 pixels takes 4.7e4 cycles a sample, of the order of the 1e4 to 3e4
        of [2]_; vector units reach 8 to 32.

    References
    ----------
    .. [1] T. D. Burd and R. W. Brodersen, "Processor design for portable systems", J. VLSI Signal Process. 13 (1996).
    .. [2] Z. Yang, M. Chen, W. Saad, C. S. Hong, M. Shikh-Bahaei, "Energy efficient federated learning over wireless
       communication networks", IEEE Trans. Wireless Commun. 20(3) (2021), arXiv:1911.02417, section VI.

    Notes
    -----
    *Scope*: dynamic power of one core; no leakage, memory or idle power; optimizer steps, averages and hashes are
    counted in cycles as they are. kappa is a convention more than a
    measurement.

    *Validation*: kappa 1e-28, 1 GHz, 1e9 cycles: 1 s and 0.1 J; 2 GHz, 1e7 cycles: 5 ms and 4 mJ.
    """

    capacitance: float = quantity(1e-28, unit="J s^2", above=0, advice="the usual convention is 1e-28")
    frequency: float = quantity(2 * GHz, unit="Hz", above=0, advice="give it in hertz, e.g. 2 * GHz")

    operations_per_cycle: float = quantity(1.0, above=0, advice="write e.g. 1, or 8 for a core with vector units")

    def cycles(self, operations: float) -> float:
        """Cycles of ``operations`` floating-point operations of a network's layers."""
        return operations / self.operations_per_cycle

    def time(self, cycles: float) -> float:
        """Duration [s] of ``cycles`` processor cycles."""
        return cycles / self.frequency

    def energy(self, cycles: float) -> float:
        """Energy [J] of ``cycles`` processor cycles."""
        return self.capacitance * cycles * self.frequency**2

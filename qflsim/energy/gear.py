"""Energy of wired network equipment, of quantum key distribution and of entanglement terminals."""

from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["EntanglementEnergy", "FibreEnergy", "QKDEnergy"]


@dataclass(frozen=True, kw_only=True)
class FibreEnergy(Part):
    """Every bit on a wired link costs energy in the routers and optical transceivers that it passes.

    E = size * hops * (e_router + 2 e_transceiver): one hop is one router and the transceivers at both ends of a fibre.

    Parameters
    ----------
    router:
        Energy per bit in one router [J/bit]; 2 nJ/bit (2 W per Gbit/s) for core routers of 2024, against 10 nJ/bit in
        2012 [1]_ [2]_.
    transceiver:
        Energy per bit in one optical transceiver [J/bit]; 0.09 nJ/bit in 2024, 1.5 nJ/bit in 2012 [1]_ [2]_.

    References
    ----------
    .. [1] arXiv:2504.14022 (2025), appendix, table of the energy intensity of network devices, 2012 and 2024.
    .. [2] W. Van Heddeghem et al., "Power consumption modeling in optical multilayer networks", Photonic Network
       Communications 24 (2012), doi:10.1007/s11107-011-0370-7.

    Notes
    -----
    *Scope*: power in proportion to traffic, at the intensity of well-loaded equipment. Real routers draw
    most of their power without traffic; that idle power is shared by all traffic and not charged here.

    *Validation*: unit identity 1 W per Gbit/s = 1 nJ/bit; no independent end-to-end measurement is compared.
    """

    router: float = quantity(2e-9, unit="J/bit", at_least=0, advice="1 W per Gbit/s is 1e-9 J/bit")
    transceiver: float = quantity(0.09e-9, unit="J/bit", at_least=0, advice="1 W per Gbit/s is 1e-9 J/bit")

    def energy(self, size_bit: float, hops: int = 1) -> float:
        """Energy [J] for carrying ``size_bit`` bits over ``hops`` hops."""
        return size_bit * hops * (self.router + 2 * self.transceiver)


@dataclass(frozen=True, kw_only=True)
class QKDEnergy(Part):
    """The two terminals of a quantum key distribution link draw constant power as long as they run.

    E = P t at each end; detectors that need a cryostat add its power at the receiving end.

    Parameters
    ----------
    terminal_power:
        Power of one terminal [W]. 100 W is an *assumption*: rack-mounted BB84 systems with avalanche photodiodes are
        specified for the order of 100 to 300 W per pair of terminals, and no measured figure is public.
    cryostat_power:
        Power of the detectors' cryostat [W]; 0 for avalanche photodiodes, thousands of watts (1300 to 3000 W)
        for superconducting nanowires [1]_ [2]_.

    References
    ----------
    .. [1] "Power consumption analysis of QKD networks under different protocols and detector configurations",
       arXiv:2507.09719 (2025).
    .. [2] R. Yehia et al., "Energetic analysis of emerging quantum communication protocols", arXiv:2410.10661 (2024).

    Notes
    -----
    *Scope*: constant power, whether key is drawn or not; classical post-processing is included in the terminal.

    *Validation*: none beyond the order of magnitude of the sources.
    """

    terminal_power: float = quantity(100.0, unit="W", at_least=0, advice="give it in watts, e.g. 100 * W")
    cryostat_power: float = quantity(0.0, unit="W", at_least=0, advice="give it in watts, e.g. 2 * kW")

    def transmitter_energy(self, duration: float) -> float:
        """Energy [J] of the sending terminal in ``duration`` [s]."""
        return self.terminal_power * duration

    def receiver_energy(self, duration: float) -> float:
        """Energy [J] of the receiving terminal with its detectors in ``duration`` [s]."""
        return (self.terminal_power + self.cryostat_power) * duration


@dataclass(frozen=True, kw_only=True)
class EntanglementEnergy(Part):
    """The terminals at the ends of a fibre on which entangled pairs are made: constant power, and a little per attempt.

    E = P t + attempts e.

    Parameters
    ----------
    terminal_power:
        Power of the memories, lasers and electronics at one end of a link [W]. 1 kW is an *assumption*: a trapped-ion
        rack is stated to draw less than 2 kW [1]_, and a link uses a part of one.
    attempt:
        Energy of one attempt at both ends together [J]: pulses of light and gated detectors; 1 uJ is an *assumption*
        (ten microseconds of a laser of 100 mW).

    References
    ----------
    .. [1] Scaleway documentation, AQT quantum processors: a rack-mounted trapped-ion system of less than 2 kW.

    Notes
    -----
    *Scope*: constant power, whether pairs are made or not. Superconducting detectors half-way would add a cryostat of
    some kilowatts; add its share to ``terminal_power``.

    *Validation*: none beyond the order of magnitude of the source.
    """

    terminal_power: float = quantity(1000.0, unit="W", at_least=0, advice="give it in watts, e.g. 1 * kW")
    attempt: float = quantity(1e-6, unit="J", at_least=0, advice="give it in joules, e.g. 1e-6")

    def terminal_energy(self, duration: float) -> float:
        """Energy [J] of one terminal in ``duration`` [s]."""
        return self.terminal_power * duration

    def attempt_energy(self, attempts: int) -> float:
        """Energy [J] of ``attempts`` attempts."""
        return self.attempt * attempts

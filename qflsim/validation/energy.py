"""Joules of stations, devices, processors, cryptography and QPU plants.

References
----------
.. [1] G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless Commun. 18(5) (2011),
   table 2, read in a public function that quotes it; powers follow from N (P_0 + slope P_out).
.. [2] S. Cui, A. J. Goldsmith, A. Bahai (2005): transmit power over amplifier efficiency 0.35, plus 0.1 W.
.. [3] T. D. Burd, R. W. Brodersen (1996): E = kappa C f^2, kappa = 1e-28 J s^2 by convention.
.. [4] pqm4, benchmarks.md: cycles on a Cortex-M4 at 24 MHz; 0.6 nJ per cycle (assumption).
.. [5] J. Hsu, IEEE Spectrum (2015): 25 kW for a superconducting plant.
"""

from collections.abc import Iterator

from qflsim.crypto.processors import CortexM4
from qflsim.crypto.signatures import MLDSA
from qflsim.energy import ComputeEnergy, PlantPower, RadioEnergy, StationEnergy
from qflsim.units import GHz, MHz, W, dBm, kJ, mJ, ms
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_MICRO = StationEnergy()
_MACRO = StationEnergy(transceivers=6, maximum_power=20.0, no_load_power=130.0, slope=4.7, sleep_power=75.0)
_STATIONS = (
    ("micro station asleep", _MICRO, 0.0, 78.0),
    ("micro station, half load", _MICRO, 6.3, 128.38),
    ("micro station, full load", _MICRO, 12.6, 144.76),
    ("macro station, full load", _MACRO, 120.0, 1344.0),
)


def comparisons() -> Iterator[Comparison]:
    """Rows from the base station to the cryostat."""
    for name, station, radiated, power in _STATIONS:
        yield Comparison(
            quantity=f"{name} [W]", published=power, simulated=station.power(radiated), tolerance=1e-9,
            source="Auer et al. 2011, t. 2", basis="formula",
        )  # fmt: skip
    for power, airtime, energy in ((0.2 * W, 50 * ms, 33.571), (dBm(23), 25 * ms, 16.752)):
        yield Comparison(
            quantity=f"device sending {power:.4g} W, {airtime / ms:g} ms [mJ]", published=energy,
            simulated=RadioEnergy().transmit_energy(power, airtime) / mJ, tolerance=5e-4, source="Cui et al. 2005",
            basis="formula",
        )  # fmt: skip
    yield Comparison(
        quantity="10 million cycles at 2 GHz [mJ]", published=4.0, tolerance=1e-9,
        simulated=ComputeEnergy(frequency=2 * GHz).energy(1e7) / mJ, source="kappa = 1e-28", basis="formula",
    )  # fmt: skip
    cost = MLDSA(level=65).sign(CortexM4(clock=24 * MHz))
    for unit, published, simulated in (("ms", 258.05, cost.time_s / ms), ("mJ", 3.72, cost.energy_j / mJ)):
        yield Comparison(
            quantity=f"ML-DSA-65 signature, Cortex-M4 [{unit}]", published=published, simulated=simulated,
            tolerance=2e-3, relative=True, source="pqm4, benchmarks.md", basis="formula",
        )  # fmt: skip
    plant, seconds = PlantPower(), 3.04279
    yield Comparison(
        quantity="torino job of 3.04279 s, 25 kW [kJ]", published=76.07, tolerance=5e-3,
        simulated=(plant.control_energy(133, seconds) + plant.cooling_energy(133, seconds)) / kJ,
        source="power x time", basis="formula",
    )  # fmt: skip

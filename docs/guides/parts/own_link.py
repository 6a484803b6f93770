"""Streets as they were measured at 28 GHz: what do they do to a round, compared with the standard's?"""

from dataclasses import dataclass, replace

import numpy as np

import qflsim as qfl
from qflsim.units import GHz, dBm, m

MANHATTAN = ((30.0, 92.4, 111.6), (50.0, 97.1, 119.2), (100.0, 103.4, 129.4), (200.0, 109.7, 139.6))


@dataclass(frozen=True, kw_only=True)
class MeasuredCell(qfl.RadioCell):
    """Median path loss from a table, interpolated over the logarithm of the distance; here of arXiv:1503.07612."""

    table: tuple[tuple[float, float, float], ...] = MANHATTAN  # distance [m], loss seen and hidden [dB]
    carrier: float = qfl.quantity(28 * GHz, unit="Hz", above=0, advice="that of the measurement, e.g. 28 * GHz")
    station_power: float = qfl.quantity(dBm(33), unit="W", above=0, advice="give watts, e.g. dBm(33)")
    station_height: float = qfl.quantity(7 * m, unit="m", above=0, advice="e.g. 7 * m")
    shadowing_los: float = qfl.quantity(3.6, unit="dB", at_least=0, advice="e.g. 3.6")
    shadowing_nlos: float = qfl.quantity(9.7, unit="dB", at_least=0, advice="e.g. 9.7")

    @property
    def distances(self):
        return self.table[0][0], self.table[-1][0]

    def los_probability(self, distance):
        far = np.exp(-distance / 71)
        return float((min(27 / distance, 1) * (1 - far) + far) ** 2)

    def path_loss(self, distance, los):
        far, seen, hidden = np.array(self.table).T
        return float(np.interp(np.log(distance), np.log(far), seen if los else hidden))


scenario = qfl.Scenario(
    name="own_link", rounds=4, topology=qfl.DenseCell(servers=2, devices_per_server=8, nearest=30 * m, radius=200 * m),
    model=qfl.VQC(qubits=4, layers=2), data=qfl.Digits(classes=(0, 1, 2, 3)), aer_samples=0,
    training=qfl.LocalTraining(epochs=1), access=MeasuredCell(),
)  # fmt: skip
variants = {"standard": replace(scenario, access=qfl.UrbanMicro(carrier=28 * GHz)), "measured": scenario}

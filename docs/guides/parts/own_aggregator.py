"""Two of five devices lie: does the geometric median of the models hold where their mean is led astray?"""

from dataclasses import dataclass, replace

import numpy as np

import qflsim as qfl
from qflsim.security.held import HeldNodes
from qflsim.units import m


@dataclass(frozen=True, kw_only=True)
class GeometricMedian(qfl.Aggregator):
    """The point whose distances to all models add up to the least, by smoothed Weiszfeld steps (arXiv:1912.13445)."""

    steps: int = qfl.quantity(50, at_least=1, advice="write e.g. 50")
    smoothing: float = qfl.quantity(1e-6, unit="rad", above=0, advice="write e.g. 1e-6")

    def aggregate(self, parameters, updates):
        _, models = self.stacked(parameters, updates)
        middle = models.mean(axis=0)
        for _ in range(self.steps):
            weights = 1 / np.maximum(np.linalg.norm(models - middle, axis=1), self.smoothing)
            middle = weights @ models / weights.sum()
        return middle


class Opposite(HeldNodes):
    """Devices that sign the opposite of what they learned."""

    def corrupt(self, update, round, rng):
        return replace(update, parameters=-update.parameters)


scenario = qfl.Scenario(
    name="own_aggregator", rounds=6, topology=qfl.DenseCell(servers=2, devices_per_server=5, radius=100 * m),
    model=qfl.VQC(qubits=4, layers=2), data=qfl.Digits(classes=(0, 1, 2, 3)), aer_samples=0,
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.05), epochs=2), aggregation=GeometricMedian(),
    threats=(Opposite(nodes=("device-*-1", "device-*-2")),),
)  # fmt: skip
variants = {"mean": replace(scenario, aggregation=qfl.FedAvg()), "geometric median": scenario}

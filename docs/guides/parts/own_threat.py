"""Devices that exchange two classes in every third round only: are they worth less trouble to the adversary?"""

from dataclasses import dataclass, replace

import qflsim as qfl
from qflsim.units import m


@dataclass(frozen=True, kw_only=True)
class OnOffSwap(qfl.Threat):
    """In every ``period``-th round some devices sign a model that takes the first class for the second and back."""

    period: int = qfl.quantity(3, at_least=1, unit="rounds", advice="write e.g. 3, or 1 for every round")
    share: float = qfl.quantity(0.4, above=0, at_most=1, advice="write e.g. 0.4")
    qubits: int = qfl.quantity(4, at_least=2, advice="write the number of qubits of the model, e.g. 4")
    classes: int = qfl.quantity(4, at_least=2, advice="write the number of classes of the readout, e.g. 4")

    def targets(self, roles, rng):
        devices = sorted(node for node, role in roles.items() if role == "device")
        return rng.permutation(devices)[: int(self.share * len(devices))].tolist()

    def corrupt(self, update, round, rng):
        if round % self.period:
            return update
        lie = update.parameters.copy()
        readout, biases = lie[-(self.qubits + 1) * self.classes : -self.classes], lie[-self.classes :]
        weights = readout.reshape(self.classes, self.qubits)  # the last of a model's parameters, class by class
        weights[[0, 1]], biases[[0, 1]] = weights[[1, 0]], biases[[1, 0]]
        return replace(update, parameters=lie)


honest = qfl.Scenario(
    name="own_threat", rounds=9, topology=qfl.DenseCell(servers=2, devices_per_server=5, radius=100 * m),
    model=qfl.VQC(qubits=4, layers=2, readout=qfl.LinearReadout(classes=4)), data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.05), epochs=2), aer_samples=0,
)  # fmt: skip
scenario, always = (replace(honest, threats=(OnOffSwap(period=period),)) for period in (3, 1))
variants = {"honest": honest, "every third round": scenario, "every round": always}

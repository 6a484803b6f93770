"""Trapped ions in place of a superconducting chip: what do slow gates and no cryostat make of a round?"""

from dataclasses import dataclass, replace

import qflsim as qfl
from qflsim.quantum.qpu import JobTime
from qflsim.units import W, kW, m, us


@dataclass(frozen=True, kw_only=True)
class IonChain(qfl.QPU):
    """A chain of ions whose gates run one after the other, with the times that are published of IonQ Aria."""

    one_qubit: float = qfl.quantity(135 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 135 * us")
    two_qubit: float = qfl.quantity(600 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 600 * us")
    readout: float = qfl.quantity(300 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 300 * us")
    reset: float = qfl.quantity(20 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 20 * us")
    gates: tuple[int, int] = qfl.quantity((48, 8), at_least=0, advice="give one- and two-qubit gates, e.g. (48, 8)")
    plant: qfl.PlantPower = qfl.PlantPower(total=2 * kW, control_per_qubit=20 * W)

    def run_time(self, submissions, timing):
        shots = self.shots * sum(submissions)
        circuit = self.gates[0] * self.one_qubit + self.gates[1] * self.two_qubit
        return JobTime(
            overhead_s=0.0, circuit_s=shots * circuit, readout_s=shots * (self.readout + self.reset), repetition_s=0.0
        )


scenario = qfl.Scenario(
    name="own_qpu", rounds=2, topology=qfl.DenseCell(servers=2, devices_per_server=3, radius=100 * m),
    model=qfl.VQC(qubits=4, layers=2), data=qfl.Digits(classes=(0, 1, 2, 3)), aer_samples=0,
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.05), epochs=1), qpu=IonChain(shots=100),
    update_deadline=86_400,
)  # fmt: skip
variants = {"superconducting": replace(scenario, qpu=qfl.EdgeQPU(shots=100, copies=1)), "ions": scenario}

"""The system of the paper's case study (arXiv:2512.09958): three servers, five quantum devices each, 100 rounds.

What the paper gives stands here as it gives it: 4 qubits and 6 layers of RX RY RZ and CRX, angle encoding by RX and RY,
cross-entropy of the softmax of <Z>, Adam 0.01, batches of 32, 10 local epochs, 100 global rounds, a random sample of
the local data in each round, the noise of an IBM device, aggregation at servers and then between them. What it leaves
open is chosen so: the digits 0 to 3, as many as there are <Z>, by their four first principal components; 64 samples a
round, two batches; manila's snapshot with IBM's repetition delay; all of the test images, 1,000 for whole images.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import h, km, m, minute, s

scenario = qfl.Scenario(
    name="case_study",
    seed=1,
    rounds=100,
    topology=qfl.DenseCell(
        servers=3, devices_per_server=5, radius=150 * m, spacing=1 * km, publisher=(500 * m, -350 * m)
    ),
    signatures=qfl.MLDSA(level=65),
    qpu=qfl.IBMSnapshot(snapshot="manila", shots=1024, plant=qfl.PlantPower(dedicated=False)),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.MNIST(classes=(0, 1, 2, 3), split=qfl.IID()),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.01), batch=32, epochs=10, samples=64),
    mixing=qfl.Star(),
    agreement=qfl.PBFT(view_timeout=10 * s),
    update_deadline=72 * h,
    agreement_deadline=10 * minute,
    aer_samples=0,  # `scenarios/paper.py` has the check on Aer; here it would be the longest part of a run
)

CIRCLE, RANDOM = qfl.Ring(), qfl.RandomGraph()


def central(base: qfl.Scenario) -> qfl.Scenario:
    """The same devices with the same data around one server."""
    return replace(base, topology=base.topology.central())


def quantum_methods(base: qfl.Scenario) -> dict[str, qfl.Scenario]:
    """QNN, QFL and decentralised QFL over the paper's three topologies."""
    return {
        "QNN": qfl.Isolated.of(central(base)),
        "QFL": central(base),
        "DQFL star": base,
        "DQFL circle": replace(base, mixing=CIRCLE),
        "DQFL random": replace(base, mixing=RANDOM),
    }


def pixels(base: qfl.Scenario) -> qfl.Scenario:
    """The same with whole images; on 1,000 for testing, as fifteen networks alone test for longer than they learn."""
    return replace(base, data=replace(base.data, features=qfl.Pixels(), test_samples=1000))


def classical_methods(base: qfl.Scenario, model: qfl.Network, *, alone: str, federated: str) -> dict[str, qfl.Scenario]:
    """A classical network alone and in federated learning, both under their names."""
    plain = replace(central(base), model=model)
    return {alone: qfl.Isolated.of(plain), federated: plain}

"""The paper's system: three servers with five devices each. Where do time and energy go on today's quantum computers?

The set-up of QFLchain's case study (arXiv:2512.09958): 4 qubits, 6 layers, Adam 0.01, batch 32, 10 local
epochs, on IBM's manila with the 2 s of overhead and 250 us of repetition delay that IBM's cloud has; its machines are
shared, so that cooling is charged for the time of the jobs alone. The paper leaves
the timeline out; on it, 99.998 % of a round is QPU time, and 85 % of that is the repetition delay between shots.
"""

import qflsim as qfl
from qflsim.units import h, km, m, minute, s

scenario = qfl.Scenario(
    name="paper",
    seed=7,
    rounds=20,
    topology=qfl.DenseCell(
        servers=3, devices_per_server=5, radius=150 * m, spacing=1 * km, publisher=(500 * m, -350 * m)
    ),
    signatures=qfl.MLDSA(level=65),
    qpu=qfl.IBMSnapshot(snapshot="manila", shots=1024, plant=qfl.PlantPower(dedicated=False)),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.IID()),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.01), batch=32, epochs=10),
    mixing=qfl.Star(),
    agreement=qfl.PBFT(view_timeout=10 * s),
    update_deadline=72 * h,
    agreement_deadline=10 * minute,
)

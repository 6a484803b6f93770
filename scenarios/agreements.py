"""What does the agreement protocol cost a federation: in time, joules, bits, ledger and accuracy?

The same three edge servers with five devices each learn the same task from the same data five times, and only what
decides their blocks differs: proof of work, proof of stake, PBFT, HotStuff, and PBFT in which every message carries a
Wegman-Carter tag paid from quantum keys.

What it shows: all five learn the same model, because blocks decide in which order, not what. Waiting is what differs,
and a cryostat that waits is cooled all the same, so that the slowest protocol takes most energy, though hashing takes
next to none.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import GHz, MHz, km, m, minute, ms, s

scenario = qfl.Scenario(
    name="agreements",
    seed=7,
    rounds=10,
    topology=qfl.DenseCell(servers=3, devices_per_server=5, radius=150 * m, spacing=1 * km),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(batch=32, epochs=5),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=2 * s),
    agreement_deadline=10 * minute,
    aer_samples=36,
)

variants = {
    "proof of work": replace(scenario, agreement=qfl.ProofOfWork(interval=5 * s, confirmations=6)),
    "proof of stake": replace(scenario, agreement=qfl.ProofOfStake(slot=2 * s)),
    "PBFT": scenario,
    "HotStuff": replace(scenario, agreement=qfl.HotStuff(view_timeout=2 * s)),
    "PBFT paid in key": replace(scenario, agreement=qfl.QKDPaid(protocol=qfl.PBFT(view_timeout=2 * s))),
}

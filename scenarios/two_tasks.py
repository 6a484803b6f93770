"""Two tasks at once: is it better to share all devices between them, or to give each task half of the network?

Four edge servers with six devices each. Alone, one task has them all. Shared, both tasks go on at the same time on
every device: their jobs queue for its one QPU, their messages for the same band. Apart, each task has two servers.
Either way the two shards are validated by servers drawn by lot every three rounds, and payments go between them.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import GHz, MHz, km, m, ms, s

LOW = qfl.Task(name="digits-0-3")
HIGH = qfl.Task(name="digits-4-7", data=qfl.Digits(classes=(4, 5, 6, 7)))

scenario = qfl.Scenario(
    name="two_tasks",
    seed=7,
    rounds=9,
    topology=qfl.DenseCell(servers=4, devices_per_server=6, radius=150 * m, spacing=1 * km),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(batch=32, epochs=5),
    mixing=qfl.Star(),
    agreement=qfl.PBFT(view_timeout=10 * s),
    tasks=(LOW, HIGH),
    sharding=qfl.Sharding(rounds=3),
    payments=qfl.CrossShardTraffic(rate=0.2 / s),
    aer_samples=36,
)

variants = {
    "one alone": replace(scenario, tasks=(LOW,), payments=None),
    "both shared": scenario,
    "both apart": replace(
        scenario,
        tasks=(
            replace(LOW, servers=("server-1", "server-2")),
            replace(HIGH, servers=("server-3", "server-4")),
        ),
    ),
}

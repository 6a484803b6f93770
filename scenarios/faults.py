"""What do faulty validators and a hostile network cost a federation, and when do its chains split?

Four edge servers with seven devices each agree by PBFT. A shard chain then bears one faulty validator of four, a local
chain two of seven. The same task is run when nobody fails; when as many crash as can be borne; when as many equivocate,
which is to show one half of the others one block and the other half another; when one more does than can be borne; when
the network is parted for twenty seconds; when every fiftieth message is lost; and when an adversary delays messages as
it likes by up to half a second.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import GHz, MHz, km, m, ms, s

scenario = qfl.Scenario(
    name="faults",
    seed=7,
    rounds=8,
    topology=qfl.DenseCell(servers=4, devices_per_server=7, radius=150 * m, spacing=1 * km),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.IID()),
    training=qfl.LocalTraining(batch=32, epochs=5),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=2 * s),
    update_deadline=30 * s,
    agreement_deadline=20 * s,
    aer_samples=0,
)

borne = ("server-4", "device-*-6", "device-*-7")  # f validators of every shard and local committee
too_many = ("server-3", "device-*-5", *borne)  # f + 1
island = ("server-1", "server-2", "device-1-*", "device-2-*")

variants = {
    "nobody fails": scenario,
    "f crash": replace(scenario, threats=(qfl.Crash(nodes=borne),)),
    "f equivocate": replace(scenario, threats=(qfl.Equivocation(nodes=borne),)),
    "f and 1 equivocate": replace(scenario, threats=(qfl.Equivocation(nodes=too_many),)),
    "parted for 20 s": replace(scenario, threats=(qfl.Partition(parts=(island,), start=10 * s, end=30 * s),)),
    "2 in 100 lost": replace(scenario, threats=(qfl.MessageLoss(loss=0.02),)),
    "delayed at will": replace(scenario, threats=(qfl.PacketAdversary(bound=500 * ms),)),
}

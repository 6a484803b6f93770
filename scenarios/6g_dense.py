"""Dense 6G cells: what does agreement cost once every update must be signed, keyed and voted on?

Three edge servers, a kilometre apart, each with twenty quantum devices in a cell of 10^6 devices per square kilometre
whose other devices each send a report of 100 bytes every second over the same band. The devices own edge QPUs, which
reset their qubits actively and run 32 small circuits side by side, at 256 shots a circuit, so that radio, keys and
votes stay visible beside the QPU; `scenarios/paper.py` has the QPUs that IBM's cloud offers instead.
"""

import qflsim as qfl
from qflsim.units import Gbit, GHz, MHz, byte, dBm, km, km2, m, ms, s

scenario = qfl.Scenario(
    name="6g_dense",
    seed=7,
    rounds=20,
    topology=qfl.DenseCell(
        servers=3, devices_per_server=20, radius=150 * m, spacing=1 * km, publisher=(500 * m, -350 * m)
    ),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz, device_power=dBm(23)),
    background=qfl.BackgroundTraffic(density=1e6 / km2, message_size=100 * byte, message_rate=1 / s),
    sidelink=qfl.Sidelink(bandwidth=20 * MHz),
    backhaul=qfl.Fibre(rate=10 * Gbit / s),
    keys=qfl.HybridKeys(qkd=qfl.FiniteKeyBB84(pulse_rate=1 * GHz), kem=qfl.MLKEM(level=768)),
    signatures=qfl.MLDSA(level=65),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.Dirichlet(alpha=0.5)),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.01), batch=32, epochs=10),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=10 * s),
)

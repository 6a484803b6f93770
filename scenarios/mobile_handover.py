"""Devices that walk and drive through three cells: what do handovers cost a round of federated learning?

Fifteen quantum devices move between waypoints in a quarter with three edge servers 350 m apart, from walking pace to
that of a car in town; their QPUs are imagined to move with them. They are handed over from station to station (event
A3) while models, updates and votes are on their way. A device trains for the server whose station serves it when the
devices of a round are selected, and its update goes to that server's committee from wherever it is by then. QKD reaches
up to the servers, the fixed anchors; the last hop over the air is keyed by ML-KEM. `--set "mobility=Static()"` is the
same world at rest.
"""

import qflsim as qfl
from qflsim.units import GHz, MHz, byte, dBm, km2, m, ms, s

scenario = qfl.Scenario(
    name="mobile_handover",
    seed=7,
    rounds=12,
    topology=qfl.DenseCell(
        servers=3, devices_per_server=5, radius=200 * m, spacing=350 * m, publisher=(175 * m, -150 * m)
    ),
    mobility=qfl.RandomWaypoint(
        speed=(1 * m / s, 14 * m / s),
        pause=(0 * s, 10 * s),
        area=qfl.Rectangle(west=-150 * m, east=500 * m, south=-150 * m, north=450 * m),
    ),
    handover=qfl.Handover(offset=2.0, hysteresis=2.0, time_to_trigger=320 * ms),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz, device_power=dBm(23)),
    background=qfl.BackgroundTraffic(density=1e5 / km2, message_size=100 * byte, message_rate=1 / s),
    keys=qfl.EitherKeys(qkd=qfl.DecoyBB84(pulse_rate=1 * GHz), kem=qfl.MLKEM(level=768)),
    signatures=qfl.MLDSA(level=65),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.Dirichlet(alpha=0.5)),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.01), batch=32, epochs=10),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=10 * s),
    update_deadline=30 * s,
    agreement_deadline=30 * s,
)

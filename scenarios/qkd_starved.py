"""QKD-starved agreement: what becomes of votes that are paid for with quantum keys when somebody listens on the fibres?

Three edge servers 20 km apart and the publisher between them authenticate every message of an agreement with a
Wegman-Carter tag from the key store of its two ends. Slow QKD boxes, 5 million pulses a second, fill small stores block
by block. From the second to the sixth minute an eavesdropper measures half of the pulses on all fibres: her errors give
her away and every block is discarded. The stores last for some eighty seconds more; then agreement stands still, nine
rounds end without an update, and the first blocks after her set it going again.
"""

import qflsim as qfl
from qflsim.units import MHz, kbit, km, m, minute, ms, s

scenario = qfl.Scenario(
    name="qkd_starved",
    seed=7,
    rounds=55,
    topology=qfl.DenseCell(
        servers=3, devices_per_server=4, radius=150 * m, spacing=20 * km, publisher=(10 * km, 6 * km)
    ),
    background=None,
    keys=qfl.EitherKeys(
        qkd=qfl.FiniteKeyBB84(
            pulse_rate=5 * MHz,
            block_bit=1.1e6,
            eavesdropping=qfl.InterceptResend(share=0.5, begin=2 * minute, end=6 * minute),
        ),
        patience=100 * ms,
    ),
    relay=qfl.ShortestPath(),
    key_store=qfl.KeyStore(minimum=8 * kbit, maximum=32 * kbit),
    authentication=qfl.WegmanCarter(tag_bit=128, relay_lot=4096),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=16, job_overhead=1 * s),
    model=qfl.VQC(qubits=4, layers=2),
    data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(batch=32, epochs=2),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=10 * s),
    agreement_deadline=20 * s,
    aer_samples=0,
)

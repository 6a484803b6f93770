"""Is a model handed down sooner, or with fewer bits, if it is teleported?

Four edge servers in a row, each with four devices, hand out models of the same size in four ways: over the radio;
teleported bit by bit; teleported as amplitudes, as the literature hopes (idealised: it grants that a device can read
every amplitude of a single copy); and superdense-coded. Pairs come from trapped ions as laboratories have them, 182
pairs a second, but 32 of them side by side on every link.

What it shows: no. A teleported model takes one pair and two classical bits for each bit of its code, so that it needs
almost four times the radio bits of simply sending it, and tens of thousands of times the time. Superdense coding halves
the qubits, but loses most of them on the way. Even the idealised transport saves little: what fills the message is the
signature, and that is classical.
"""

import qflsim as qfl
from qflsim.units import GHz, MHz, km, m, minute, ms

ions = qfl.Midpoint(source=0.03, detector=0.7)

scenario = qfl.Scenario(
    name="teleported_model",
    seed=7,
    rounds=3,
    topology=qfl.DenseCell(
        servers=4,
        devices_per_server=4,
        radius=150 * m,
        spacing=1 * km,
        layout=qfl.LineSites(),
        publisher=(0 * m, -350 * m),
    ),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz),
    model_transport=qfl.PerServer(
        transports=(
            qfl.Radioed(),
            qfl.Teleported(link=ions, memories=32, cutoff=10 * ms),
            qfl.Teleported(link=ions, memories=32, cutoff=10 * ms, encoding=qfl.IdealisedAmplitudes()),
            qfl.SuperdenseCoded(link=ions, memories=32, cutoff=10 * ms),
        )
    ),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.IID()),
    training=qfl.LocalTraining(batch=32, epochs=5),
    mixing=qfl.Ring(),
    update_deadline=30 * minute,
    aer_samples=36,
)

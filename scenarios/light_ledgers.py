"""Light ledgers: how little can devices store of the chains, and what does that cost?

The same three edge servers with five devices each learn the same task nine times; servers and publisher store
everything, and only what devices store, or how models and signatures are written, differs. In every round the publisher
reads an old block of each chain back from whoever still has it.

What it shows: what fills a ledger are signatures and keys, not models. Taking the parameters off the chain, or writing
fewer of them, saves a twentieth; dropping all but headers saves nine tenths, and costs proofs that are fetched before
training; only shorter signatures make the chains themselves smaller, and those are slow to make on a small processor.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import GHz, MHz, kB, km, m, ms, s


def devices_store(policy: qfl.StoragePolicy) -> qfl.StoragePerRole:
    """Everything at servers and publisher, and ``policy`` at the devices."""
    return qfl.StoragePerRole(device=policy, spot_checks=1)


scenario = qfl.Scenario(
    name="light_ledgers",
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
    storage=devices_store(qfl.FullCopies()),
    aer_samples=0,
)

light = devices_store(qfl.Light())

variants = {
    "full copies": scenario,
    "adaptive 100 kB": replace(scenario, storage=devices_store(qfl.Adaptive(device_room=100 * kB))),
    "chunks 3 of 5": replace(scenario, storage=devices_store(qfl.ErasureCoded(k=3, m=2))),
    "pruned": replace(scenario, storage=devices_store(qfl.Pruned(rounds=1))),
    "light": replace(scenario, storage=light),
    "light off-chain": replace(scenario, storage=qfl.OffChain(replicas=2, ledger=light, spot_checks=1)),
    "light top tenth": replace(scenario, storage=light, compression=qfl.TopK(share=0.1)),
    "light Falcon-512": replace(scenario, storage=light, signatures=qfl.Falcon512()),
    "idealised entangled": replace(scenario, storage=devices_store(qfl.IdealisedEntangledRecords())),
}

"""Others use the chain too: when does a federation wait for blocks rather than for training, and what does a fee buy?

Blocks of the global chain and of the shard chain carry 100 kB every two seconds, about 188 transactions of 250 bytes a
second. The same federation writes its tasks and models there while nobody else does, while others offer half of that,
and while they offer a third more than fits: first come, first served; by fee per byte, the federation paying as much as
others pay on average, or four times that; and with the federation's transactions before all others.
"""

from dataclasses import replace

import qflsim as qfl
from qflsim.units import GHz, MHz, kB, km, m, minute, ms, s

scenario = qfl.Scenario(
    name="crowded_chain",
    seed=7,
    rounds=4,
    topology=qfl.DenseCell(servers=3, devices_per_server=5, radius=150 * m, spacing=1 * km),
    access=qfl.UrbanMicro(carrier=10 * GHz, bandwidth=200 * MHz),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(batch=32, epochs=5),
    mixing=qfl.Ring(),
    agreement=qfl.PBFT(view_timeout=5 * s),
    block_limits=qfl.BlockLimits(size=100 * kB, interval=2 * s, chains=("global", "shard")),
    traffic=qfl.ChainTraffic(rate=250 / s),
    agreement_deadline=10 * minute,
    aer_samples=0,
)

by_fee = replace(scenario, block_limits=replace(scenario.block_limits, order=qfl.ByFeeRate()))

variants = {
    "nobody else": replace(scenario, traffic=None),
    "half full": replace(scenario, traffic=qfl.ChainTraffic(rate=94 / s)),
    "first come first served": scenario,
    "mean fee": replace(by_fee, fees=qfl.Fees(rate=1.0)),
    "four times the fee": replace(by_fee, fees=qfl.Fees(rate=4.0)),
    "own kinds first": replace(scenario, block_limits=replace(scenario.block_limits, order=qfl.ByPriority())),
}

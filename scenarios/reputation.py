"""Who is paid, who is punished, who is asked again: does reputation keep forging and lying devices out?

Two servers with eight devices each let five train in a round: the four of best reputation, and one of the others.
Updates that come in the name of three devices are forged, and one device signs two updates in every round. The task's
contract slashes their deposits on evidence that stands on the chains, divides the reward among the others by samples
and measured contribution, and lets reputation follow. `--set "selection=AllDevices()"` asks everybody in every round;
`--set contract.least_reputation=0.4` draws a line below which nobody gets a second chance.
"""

import qflsim as qfl
from qflsim.units import GHz, m, ms, s

scenario = qfl.Scenario(
    name="reputation",
    seed=7,
    rounds=20,
    topology=qfl.DenseCell(servers=2, devices_per_server=8, radius=100 * m),
    keys=qfl.EitherKeys(qkd=qfl.DecoyBB84(pulse_rate=1 * GHz), kem=qfl.MLKEM(level=768)),
    qpu=qfl.EdgeQPU(snapshot="torino", shots=256, copies=32, job_overhead=10 * ms),
    model=qfl.VQC(qubits=4, layers=4),
    data=qfl.Digits(classes=(0, 1, 2, 3), split=qfl.Dirichlet(alpha=0.5)),
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.01), batch=32, epochs=5),
    selection=qfl.ReputationSelection(count=5, exploration=0.2),
    threats=(
        qfl.ForgedUpdates(devices=("device-1-2", "device-1-7", "device-2-4")),
        qfl.TwoUpdates(nodes=("device-2-6",)),
    ),
    contract=qfl.TaskContract(reward=qfl.RewardByContribution(), reputation=qfl.BetaReputation(forgetting=0.9)),
    update_deadline=60 * s,
    reward=1000.0,
)

"""What rounds and jobs write down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = ["Evaluation", "Job", "Presence", "Round", "UpdateFate"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Round(Record):
    """One global round, from the task's announcement to the evaluation of the global model."""

    table: ClassVar[str] = "rounds"
    about: ClassVar[str] = (
        "one row per global round of a task. Where several tasks are learnt at once, bits, bytes and joules are those "
        "of all tasks since the row before, so that a column's sum is what the whole run took"
    )

    round: int = column("number of the task's global round, from 1")
    task: str = column("learning task")
    started_s: float = column("simulated time at which the round began")
    ended_s: float = column("simulated time at which its global model was committed and evaluated")
    publish_s: float = column("duration of step 1, publish: task announcement, agreement on it, servers joining")
    distribute_s: float = column("duration of step 2, select and distribute: selection, keys, model download")
    train_s: float = column("duration of step 3, train: QPU jobs, signed updates to peers, local agreement")
    cross_chain_s: float = column("duration of step 4, cross-chain: local block and its certificate to the shard chain")
    aggregate_s: float = column(
        "duration of step 5, aggregate: mixing between servers, global block, evaluation; in the last round also "
        "handing the final models down to the devices"
    )
    key_wait_s: float = column(
        "longest wait for a session key in this round: for a dry key store, for relay and for key encapsulation"
    )
    qpu_s: float = column(
        "longest QPU time of a device in this round, queueing left out; its device need not be the one waited for"
    )
    qpu_repetition_s: float = column("the part of qpu_s that is repetition delay between shots")
    local_agreement_s: float = column("longest local agreement in this round, a part of train_s")
    selected: int = column("devices selected in this round; in isolated training all that have samples")
    aggregated: int = column("device updates that the servers aggregated into the new global model; 0 if there is none")
    accuracy: float = column(
        "share of the test samples that the global model classifies correctly, engine, exact expectations; in isolated "
        "training the mean over the devices' own models"
    )
    loss: float = column(
        "mean cross-entropy [nat] of the global model over the test samples, engine, exact expectations; in isolated "
        "training the mean over the devices' own models"
    )
    train_loss: float = column(
        "sample-weighted mean training loss [nat] of the aggregated devices over their last epoch"
    )
    own_accuracy: float = column(
        "mean accuracy of the servers' own models, which they go on with; in isolated training of the devices' own"
    )
    own_accuracy_std: float = column("standard deviation of their accuracies, over all of them")
    own_accuracy_min: float = column("accuracy of the worst of them")
    own_accuracy_max: float = column("accuracy of the best of them")
    own_loss: float = column("mean of their losses [nat]")
    disagreement_before: float = column(
        "root mean square distance of the shard's servers' models from their mean (consensus distance) before mixing, "
        "in the unit of the parameters; empty if nothing was mixed"
    )
    disagreement_after: float = column("the same after the last step of mixing")
    air_bit: float = column("bits sent over the air, access, sidelink and satellite, in this round")
    wired_bit: float = column("bits sent over fibre in this round")
    key_bit: float = column("key bits drawn from the stores of QKD links in this round, tags included")
    ledger_byte: float = column("bytes appended to all chains in this round, counted once per chain")
    energy_j: float = column("energy of all causes in this round, the QPU cooling plant included")
    qpu_cooling_j: float = column("energy of the QPU cooling plants in this round; the paper leaves it out")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Job(Record):
    """One job on one QPU, or on the processor of a node that trains a network."""

    table: ClassVar[str] = "jobs"
    about: ClassVar[str] = (
        "one row per job on a QPU, or on the processor on which a node trains and evaluates a network; what the "
        "other of both takes is 0"
    )

    round: int = column("number of the global round")
    task: str = column("learning task")
    node: str = column("device or server that owns the QPU or processor")
    server: str = column(
        "server that it is done for: the one that a device trains for in this round, or the server itself; empty if a "
        "device trains for itself alone"
    )
    purpose: str = column("train, evaluate, or aborted: a training broken off at the update deadline")
    submitted_s: float = column("simulated time of submission")
    started_s: float = column("simulated time at which it began")
    ended_s: float = column("simulated time at which it was done")
    steps: int = column("optimizer steps, each its own submission to a QPU")
    circuits: int = column("circuits run, over all steps, samples and parameter shifts", 0)
    shots: int = column("shots of each circuit", 0)
    overhead_s: float = column("time to load jobs into the control electronics", 0.0)
    circuit_s: float = column("time in gates", 0.0)
    readout_s: float = column("time in measurement and active reset", 0.0)
    repetition_s: float = column("time in the repetition delay between shots", 0.0)
    control_j: float = column("energy of the control electronics", 0.0)
    cooling_j: float = column("energy of the cooling plant", 0.0)
    samples: int = column("data samples used")
    loss: float = column("mean loss [nat] of the last epoch (train) or over the samples (evaluate)")
    operations: int = column("floating-point operations of a network's layers, over all steps and samples", 0)
    arithmetic_s: float = column("time of these operations", 0.0)
    computing_j: float = column("energy of these operations", 0.0)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(Record):
    """One evaluation of one model on test data."""

    table: ClassVar[str] = "evaluations"
    about: ClassVar[str] = "one row per evaluation of a model"

    round: int = column("number of the global round; 0 is the initial model")
    task: str = column("learning task")
    time_s: float = column("simulated time")
    model: str = column(
        "global, a server for its mixed model, or global-sample: the global model on the samples also run on Aer. In "
        "isolated training a device for its own, devices for the mean of their measures, and one device's -sample"
    )
    backend: str = column("engine (exact expectations), or aer (PennyLane on qiskit.aer, sampled shots)")
    samples: int = column("test samples")
    accuracy: float = column("share classified correctly")
    loss: float = column("mean cross-entropy [nat]")
    energy_j: float = column("energy spent since time 0, the QPU cooling plant included")
    qpu_cooling_j: float = column("energy of the QPU cooling plants since time 0")
    air_bit: float = column("bits sent over the air since time 0")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class UpdateFate(Record):
    """What became of the work of one device that a server had selected."""

    table: ClassVar[str] = "updates"
    about: ClassVar[str] = (
        "one row per device and selection, written when its update has been used or it is clear that it will not be"
    )

    round: int = column("number of the global round in which it was used or given up")
    task: str = column("learning task")
    started_round: int = column("number of the global round whose model the device was to train from")
    server: str = column("server that selected it")
    device: str = column("device")
    chosen_s: float = column("simulated time of the selection")
    signed_s: float = column("simulated time at which the device had trained and signed; empty if it never did")
    arrived_s: float = column(
        "simulated time at which the leader of the committee that put it into a block held it; empty if none did"
    )
    used: bool = column("whether it went into the model of its server that was mixed into the global one")
    staleness: int = column("rounds between the two")
    weight: float = column("factor on what it counted, by its staleness; 0 if it was not used")
    reason: str = column("why it was not used; empty if it was")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Presence(Record):
    """One device that comes or goes."""

    table: ClassVar[str] = "presence"
    about: ClassVar[str] = "one row per device that comes or goes; none if all are always there"

    round: int = column("number of the global round")
    time_s: float = column("simulated time")
    device: str = column("device")
    there: bool = column("whether it is there from now on")
    reason: str = column("not there yet, joined, left (for good), dropped out (until the next round), away, or back")

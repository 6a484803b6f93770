"""What a run writes down: one frozen record type per table, and the trace that streams them to CSV.

Nothing else leaves a run. Every figure, summary and report is made from these tables alone, so that whatever is
shown can be checked against what was written. Units stand in the column names: ``_s`` seconds, ``_bit`` bits,
``_byte`` bytes, ``_j`` joules, ``_m`` metres, ``_db`` decibels, ``_degree`` degrees.
"""

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar

__all__ = [
    "TABLES", "Agreement", "Battery", "Block", "Energy", "Evaluation", "Handover", "Job", "Key", "Link", "ListPairs",
    "Mempool", "Node", "Outage", "Pairs", "Payment", "Position", "Presence", "Propagation", "QKDBlock", "Record",
    "Refusal",
    "Rejection", "Retrieval", "Round", "SatellitePass", "ShardDraw", "Standing", "Storage", "Submission", "Trace",
    "Transfer", "TreeBlock", "UpdateFate",
]  # fmt: skip


def column(meaning: str) -> Any:
    """A column of a table with its meaning, from which the reference page is generated."""
    return dataclasses.field(metadata={"meaning": meaning})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One row of one table."""

    table: ClassVar[str] = ""
    about: ClassVar[str] = ""


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
    selected: int = column("devices selected in this round")
    aggregated: int = column("device updates that the servers aggregated into the new global model; 0 if there is none")
    accuracy: float = column(
        "share of the test samples that the global model classifies correctly, engine, exact expectations"
    )
    loss: float = column(
        "mean cross-entropy [nat] of the global model over the test samples, engine, exact expectations"
    )
    train_loss: float = column(
        "sample-weighted mean training loss [nat] of the aggregated devices over their last epoch"
    )
    air_bit: float = column("bits sent over the air, access, sidelink and satellite, in this round")
    wired_bit: float = column("bits sent over fibre in this round")
    key_bit: float = column("key bits drawn from the stores of QKD links in this round, tags included")
    ledger_byte: float = column("bytes appended to all chains in this round, counted once per chain")
    energy_j: float = column("energy of all causes in this round, the QPU cooling plant included")
    qpu_cooling_j: float = column("energy of the QPU cooling plants in this round; the paper leaves it out")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Job(Record):
    """One job on one QPU."""

    table: ClassVar[str] = "jobs"
    about: ClassVar[str] = "one row per QPU job"

    round: int = column("number of the global round")
    task: str = column("learning task")
    node: str = column("device or server that owns the QPU")
    server: str = column(
        "server that it is done for: the one that a device trains for in this round, or the server itself"
    )
    purpose: str = column("train, evaluate, or aborted: a training broken off at the update deadline")
    submitted_s: float = column("simulated time of submission")
    started_s: float = column("simulated time at which the QPU began")
    ended_s: float = column("simulated time at which the QPU was done")
    steps: int = column("optimizer steps, each its own submission to the QPU")
    circuits: int = column("circuits run, over all steps, samples and parameter shifts")
    shots: int = column("shots of each circuit")
    overhead_s: float = column("time to load jobs into the control electronics")
    circuit_s: float = column("time in gates")
    readout_s: float = column("time in measurement and active reset")
    repetition_s: float = column("time in the repetition delay between shots")
    control_j: float = column("energy of the control electronics")
    cooling_j: float = column("energy of the cooling plant")
    samples: int = column("data samples used")
    loss: float = column("mean loss [nat] of the last epoch (train) or over the samples (evaluate)")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Transfer(Record):
    """One message from one node to another."""

    table: ClassVar[str] = "transfers"
    about: ClassVar[str] = "one row per message between nodes"

    round: int = column("number of the global round")
    task: str = column("learning task; empty for what serves several, such as agreement on the global chain")
    kind: str = column(
        "what was sent: join, kem-public-key, kem-ciphertext, model, update, lmuc-block, receipt, mixed-model, or a "
        "kind of vote; with entangled pairs teleport-bits, teleport-repeat, superdense-arrivals, model-rest; with "
        "storage request, content, proof, catch-up, block, chunk"
    )
    source: str = column("sending node")
    destination: str = column("receiving node")
    medium: str = column(
        "access-up, access-down, sidelink, fibre or satellite; several joined by + if it took several hops; of a lost "
        "message the hop on which it was lost, none if no route led to its destination, adversary if one took it"
    )
    size_bit: float = column("bits on the link, headers and signatures included")
    sent_s: float = column("simulated time at which the message was handed to the link")
    delivered_s: float = column("simulated time at which its last bit arrived; empty if it never did")
    delivered: bool = column("whether it arrived; a link that stays in outage loses what it carries")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Block(Record):
    """One committed block of one chain."""

    table: ClassVar[str] = "blocks"
    about: ClassVar[str] = "one row per committed block"

    round: int = column("number of the global round")
    chain: str = column("global, shard-<task> or lmuc-<server>")
    height: int = column("height of the block; the genesis block has height 0")
    proposer: str = column("validator that proposed it")
    proposed_s: float = column("simulated time of the proposal, as the header states it")
    committed_s: float = column(
        "simulated time at which the committee was done: all had decided, or its patience was over"
    )
    transactions: int = column(
        "transactions in the block; those of other users of the chain are bundled, and one of these"
    )
    others: int = column("transactions of other users in it")
    header_byte: int = column("bytes of the header")
    body_byte: int = column("bytes of the transactions")
    certificate_byte: int = column("bytes of the quorum certificate")
    previous_hash: str = column("SHA-256 of the previous block's header, hexadecimal")
    merkle_root: str = column("Merkle root of the transactions, hexadecimal")
    hash: str = column("SHA-256 of this block's header, hexadecimal")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mempool(Record):
    """How the mempool of one chain stood at one moment."""

    table: ClassVar[str] = "mempool"
    about: ClassVar[str] = (
        "one row per block and chain with a mempool, at the proposal, when its transactions have just left the "
        "mempool, and one at the end of each round. Chains without limits, fees and traffic have no mempool and no rows"
    )

    round: int = column("number of the global round")
    chain: str = column("global, shard-<task> or lmuc-<server>")
    time_s: float = column("simulated time")
    waiting: int = column("transactions that wait, those of other users included")
    waiting_byte: int = column("their bytes in a block")
    oldest_wait_s: float = column("time that the one among them has waited that came first; 0 if none waits")
    under_way: int = column("transactions in the block that is being decided")
    arrived: int = column("transactions that came in since the row before of this chain")
    included: int = column("transactions whose block was agreed on since then")
    evicted: int = column("transactions that were thrown out of a full mempool since then")
    expired: int = column("transactions that were dropped for their age since then")
    offered_per_s: float = column("arrived [1/s]; empty if no time has passed since then")
    accepted_per_s: float = column("included [1/s]; empty if no time has passed since then")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Submission(Record):
    """One transaction of the federation on its way through a mempool."""

    table: ClassVar[str] = "submissions"
    about: ClassVar[str] = (
        "one row per transaction of the federation handed to a chain with a mempool, written when it stands in a block "
        "or never will; transactions of other users have none"
    )

    round: int = column("number of the global round in which it was handed in")
    chain: str = column("global, shard-<task> or lmuc-<server>")
    kind: str = column("kind of the transaction")
    sender: str = column("node that signed it and pays its fee")
    submitted_s: float = column("simulated time at which it was handed in")
    size_byte: int = column("its bytes, key, signature and witness included, framing left out")
    fee: float = column("fee that it offers, in the chain's own unit; paid if it is included")
    outcome: str = column(
        "included; or evicted from a full mempool, expired, withdrawn when patience was over, refused as doubled or "
        "too large"
    )
    proposed_s: float = column("simulated time at which the block with it was proposed; empty without")
    settled_s: float = column("simulated time at which that block was agreed on, or at which it was dropped")
    wait_s: float = column("time in the mempool: until that proposal, or until it was dropped")
    height: int = column("height of that block; 0 without")
    proposer: str = column("validator that proposed that block and earns the fee; empty without")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Agreement(Record):
    """One decision sought by one committee."""

    table: ClassVar[str] = "agreements"
    about: ClassVar[str] = "one row per decision sought by a committee"

    round: int = column("number of the global round")
    chain: str = column("chain whose committee agreed")
    height: int = column("height of the block decided on")
    protocol: str = column("agreement protocol")
    validators: int = column("size of the committee")
    tolerated: int = column("faulty validators tolerated by the protocol: Byzantine, for Raft crashed")
    quorum: int = column("votes needed")
    started_s: float = column("simulated time of the proposal")
    first_decided_s: float = column("simulated time at which the first validator decided; empty if none did")
    ended_s: float = column("simulated time at which the last validator decided, or the committee gave up")
    decided: int = column("validators that decided, faulty ones left out")
    faulty: int = column("validators whose place an adversary took")
    blocks: int = column("different blocks that they decided on: 0 if none, more than 1 if the chain forked")
    view: int = column("view in which the decision fell; 0 if the first leader succeeded")
    messages: int = column("messages exchanged")
    size_bit: float = column("bits of these messages, tags included")
    tag_bit: float = column("key bits that the tags of these messages took from the stores of their ends")
    tag_wait_s: float = column("longest wait of one of its messages for the key of its tag")
    aborted: int = column("validators that found they must not decide, faulty ones left out")
    reason: str = column("why most of them did; empty if none did")
    pairs: int = column("entangled pairs that its lists took")
    qubits: int = column("qubits that an idealised protocol counted, without time, energy or loss")
    idealised: bool = column("whether the protocol grants what physics does not")
    abort_risk: float = column(
        "probability that somebody aborts though all are honest, at most, worked out from the states of the pairs; "
        "empty for protocols without lists"
    )
    sender_risk: float = column("probability that a lying sender splits the validators, at most; as above")
    receiver_risk: float = column("probability that one lying receiver makes an honest one abort, at most; as above")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Propagation(Record):
    """One block, or the transactions of one node, on the way to all others of a group."""

    table: ClassVar[str] = "propagation"
    about: ClassVar[str] = (
        "one row per block or lot of transactions sent to a group of nodes: a proposal to its committee, a block of a "
        "tree to its miners or validators, transactions to the committee, a committed block to the nodes that follow "
        "the chain, or to a public network outside the federation. Times count from its start; the time of a share of "
        "the nodes is that of the node of this rank; it is empty if fewer had it by the end: when nothing was under "
        "way any more, the decision had fallen, or patience was over"
    )

    round: int = column("number of the global round")
    chain: str = column("chain whose block it is; for transactions their kind and the node that gathers them")
    height: int = column("height of the block; of transactions 0")
    kind: str = column("what its messages are called in the transfers table: pre-prepare, block, update, ...")
    dissemination: str = column(
        "how it spread: Direct, Gossip, GossipMesh, CompactBlocks, or one's own; flood on a public network, computed "
        "as if alone when another block was still under way there"
    )
    source: str = column("node that sent it first")
    digest: str = column("SHA-256 of the block's header, hexadecimal; empty for transactions and empty blocks")
    started_s: float = column("simulated time at which it was sent first")
    nodes: int = column("nodes that were to have it, those that had it at the start left out")
    reached: int = column("nodes that had it by the end")
    p50_s: float = column("time until half of the nodes had all of it")
    p75_s: float = column("time until 75 % of the nodes had it")
    p90_s: float = column("time until 90 % of the nodes had it")
    p95_s: float = column("time until 95 % of the nodes had it")
    p99_s: float = column("time until 99 % of the nodes had it")
    p100_s: float = column("time until all nodes had it")
    messages: int = column("messages sent for it, with those that only name it or ask for it")
    duplicates: int = column("copies that came to a node that had it")
    item_bit: float = column("bits of one whole copy")
    size_bit: float = column("bits of all messages sent for it, tags left out")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TreeBlock(Record):
    """One block that a miner or a proposer of a slot put into a tree of competing blocks."""

    table: ClassVar[str] = "tree"
    about: ClassVar[str] = "one row per block made under proof of work or proof of stake, whether it stayed or not"

    round: int = column("number of the global round")
    chain: str = column("chain whose committee agreed")
    height: int = column("height of the block that is being decided meanwhile")
    made_s: float = column("simulated time at which it was found or proposed")
    node: str = column("validator that made it")
    depth: int = column("blocks before it in the tree")
    name: str = column("SHA-256 of its header, hexadecimal")
    parent: str = column("name of the block it was put on")
    filled: bool = column("whether it carries the block that is being decided; otherwise it is empty")
    kept: bool = column("whether it was on the branch of the first validator to decide; otherwise it was in vain")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Key(Record):
    """One key put at two nodes, from their link's store, relayed over others, from key encapsulation, or both."""

    table: ClassVar[str] = "keys"
    about: ClassVar[str] = (
        "one row per key put at two nodes. A relayed key is key-management throughput, known to the nodes on its path; "
        "it is no key of a quantum link between its ends"
    )

    round: int = column("number of the global round")
    first: str = column("one of the two nodes")
    second: str = column("the other one")
    source: str = column("qkd, kem or qkd+kem")
    purpose: str = column("what the key protects: model, mixing, or tags: a lot of relayed key for authentication")
    requested_s: float = column("simulated time of the request")
    granted_s: float = column("simulated time at which both nodes held the key; empty if the wait was broken off")
    store_wait_s: float = column(
        "time until the stores had the bits, a part of the wait; the rest is relay and key encapsulation"
    )
    relay_s: float = column("time that the relay's messages took, a part of the wait; 0 without relay")
    qkd_bit: float = column("bits of the key that come from QKD; 0 if the wait for them was broken off")
    kem_bit: float = column("bits of the shared secret from key encapsulation")
    path: str = column("nodes from end to end, joined by >; empty without QKD")
    hops: int = column("QKD links that the key was relayed over; 1 on the nodes' own link, 0 without QKD")
    known_to: int = column("nodes that know the QKD part of the key: both ends and every node between; 0 without QKD")
    link_bit: float = column("bits drawn from the stores of all links on the path: hops times qkd_bit")
    made_bit: float = column(
        "bits that the link had made since time 0 when it served them; of a path, its lowest store"
    )
    drawn_bit: float = column("bits drawn from that store since time 0, these included")
    level_bit: float = column("bits left in that store")
    key_id: str = column("identifier by which the second node collected the key; empty without QKD")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QKDBlock(Record):
    """What one QKD link made: one block of post-processing, several of them, or a while of a steady flow."""

    table: ClassVar[str] = "qkd"
    about: ClassVar[str] = (
        "one row per block of a QKD link; from the hundredth row of a link in a round on, a row stands for 2, from the "
        "two hundredth on for 4, and so on. A link without blocks has one row per round and one at every change of its "
        "rate. A link that rests because its store is full writes nothing"
    )

    round: int = column("number of the global round")
    first: str = column("one end of the link")
    second: str = column("other end of the link")
    time_s: float = column("simulated time at which the key of the last of these blocks was in the store")
    blocks: int = column("blocks in this row; 0 for a steady flow")
    aborted: int = column("those of them that were given up: too many errors, or no key left to authenticate them with")
    sifted_bit: float = column("bits that both ends kept as raw key; empty for a steady flow")
    error_rate: float = column("share of wrong bits among them; empty if there are none")
    secret_bit: float = column("secret bits made, whether the store had room for them or not")
    before_bit: float = column("bits in the store just before the first of these blocks; empty for a steady flow")
    level_bit: float = column("bits in the store at that time, those set aside not counted")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pairs(Record):
    """One model handed to one device with the help of entangled pairs."""

    table: ClassVar[str] = "pairs"
    about: ClassVar[str] = "one row per model handed from a server to a device with the help of entangled pairs"

    round: int = column("number of the global round")
    server: str = column("server that hands out the model")
    device: str = column("device that receives it")
    transport: str = column("teleported, superdense-coded, or a transport of one's own; its idealisation if it has one")
    idealised: bool = column("whether the transport grants what physics does not")
    fibre_m: float = column("metres of fibre between the two")
    segments: int = column("segments that repeaters divide the fibre into; 1 without repeaters")
    purification_rounds: int = column("rounds of purification in each segment")
    requested_s: float = column("simulated time at which the first pairs were asked for")
    ended_s: float = column("simulated time at which the device had the model, or the attempt to hand it over ended")
    outcome: str = column(
        "arrived; given up, after as many repetitions as are allowed; or broken off at the update deadline"
    )
    pair_wait_s: float = column("the part of the time between that was spent waiting for pairs")
    batches: int = column("batches of pairs: 1, and one more for each time that something was sent again")
    pairs: int = column("end-to-end pairs used, purified ones counted once")
    stored: int = column("of these, pairs that were in memory when they were asked for")
    mean_fidelity: float = column("mean fidelity of the pairs when they were used")
    attempts: int = column("attempts to make a pair on this fibre since its row before, all segments together")
    discarded: int = column("pairs thrown away at the cut-off since the row before")
    message_bit: float = column("bits of the model's message: parameters, header, public key, signature, seal")
    classical_bit: float = column("classical bits over the radio that belong to it, both ways, repetitions included")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ListPairs(Record):
    """The pairs between the sender of a broadcast and one receiver, over which the lists of a decision were made."""

    table: ClassVar[str] = "lists"
    about: ClassVar[str] = "one row per decision over lists and receiver"

    round: int = column("number of the global round")
    chain: str = column("chain whose committee agreed")
    height: int = column("height of the block decided on")
    sender: str = column("who holds two qubits of every state, and proposes")
    receiver: str = column("who holds one")
    fibre_m: float = column("metres of fibre between the two")
    segments: int = column("segments that repeaters divide the fibre into; 1 without repeaters")
    purification_rounds: int = column("rounds of purification in each segment")
    requested_s: float = column("simulated time at which the pairs were asked for")
    ready_s: float = column("simulated time at which the last of them was there")
    read_s: float = column("simulated time at which the receiver had been told what to undo, and knew its entries")
    lists: int = column("lists that the receiver holds a part of")
    pairs: int = column("pairs used, one for each place of each list")
    stored: int = column("of these, pairs that were in memory when they were asked for")
    mean_fidelity: float = column("mean fidelity of the pairs when they were used")
    error_rate: float = column("mean probability that an entry of the receiver is turned, from the states of the pairs")
    attempts: int = column("attempts to make a pair on this fibre since its row before, all segments together")
    discarded: int = column("pairs thrown away at the cut-off since the row before")
    classical_bit: float = column("bits that told the receiver what to undo, repetitions included")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Energy(Record):
    """Energy that one node spent on one cause in one round."""

    table: ClassVar[str] = "energy"
    about: ClassVar[str] = "one row per round, node and cause"

    round: int = column("number of the global round")
    node: str = column("node that spent it")
    role: str = column("publisher, server, device or transit")
    cause: str = column(
        "radio, computing, cryptography, qpu_control, qpu_cooling, network, qkd, entanglement or mining"
    )
    energy_j: float = column("joules")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Storage(Record):
    """What one node stores of one chain at the end of a round."""

    table: ClassVar[str] = "storage"
    about: ClassVar[str] = "one row per round, chain and node that stores it"

    round: int = column("number of the global round")
    time_s: float = column("simulated time")
    chain: str = column("chain")
    node: str = column("node that keeps a copy")
    mode: str = column("how it stores the chain: full, pruned, light, erasure-coded, adaptive, or one of your own")
    blocks: int = column("blocks in the copy, genesis included, whole or in part")
    bodies: int = column("blocks whose transactions it holds whole, or all that it keeps of them")
    size_byte: int = column("bytes of the copy: headers, bodies, certificates and contents")
    content_byte: int = column("of these, parameters of models that stand on the chain only by their digest")
    qubits: int = column("qubits of idealised storage or compression; 0 otherwise")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Retrieval(Record):
    """A node got, or did not get, something of a chain that it does not store."""

    table: ClassVar[str] = "retrievals"
    about: ClassVar[str] = "one row per thing that a node asked others for"

    round: int = column("number of the global round in which it was asked for")
    kind: str = column(
        "content: parameters of a model; proof: headers and a proof of the global model; catch-up: blocks that it "
        "lacks; handover: a shard chain that it is to validate from now on; block or chunks: an old block, read by its "
        "publisher in a spot check"
    )
    chain: str = column("chain that it belongs to")
    height: int = column("height of the block; for a content -1, for catch-up and proof the last one")
    node: str = column("node that asked")
    provider: str = column("node that it came from, several joined by +; empty if it did not come")
    asked: int = column("nodes that were asked")
    requested_s: float = column("simulated time at which it was asked for")
    ended_s: float = column("simulated time at which it had been checked, or was given up")
    size_byte: int = column("bytes of the answers that arrived")
    outcome: str = column("whole; damaged if what came last did not fit; unavailable if nobody answered; or granted")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(Record):
    """One evaluation of one model on test data."""

    table: ClassVar[str] = "evaluations"
    about: ClassVar[str] = "one row per evaluation of a model"

    round: int = column("number of the global round; 0 is the initial model")
    task: str = column("learning task")
    time_s: float = column("simulated time")
    model: str = column(
        "global, a server for its mixed model, or global-sample: the global model on the samples also run on Aer"
    )
    backend: str = column("engine (exact expectations), or aer (PennyLane on qiskit.aer, sampled shots)")
    samples: int = column("test samples")
    accuracy: float = column("share classified correctly")
    loss: float = column("mean cross-entropy [nat]")
    energy_j: float = column("energy spent since time 0, the QPU cooling plant included")
    qpu_cooling_j: float = column("energy of the QPU cooling plants since time 0")
    air_bit: float = column("bits sent over the air since time 0")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Node(Record):
    """One node of the network, and where it stands at the start; where devices go to is in `Position`."""

    table: ClassVar[str] = "nodes"
    about: ClassVar[str] = "one row per node, as it stands at time 0; where a device moves to is in positions.csv"

    node: str = column("name of the node")
    role: str = column("publisher, server, device, or transit: a switch or relay of the backhaul")
    server: str = column("server in whose cell it stands; a server's own name; empty for others")
    east_m: float = column("position, metres to the east of the origin")
    north_m: float = column("position, metres to the north of the origin")
    line_of_sight: bool = column(
        "whether a device, or the street in front of its building, sees the station of its server; False for all others"
    )
    indoor: bool = column("whether a device is inside a building; False for all others")
    snr_up_db: float = column(
        "signal-to-noise ratio [dB] of a device's uplink over the full band, shadowing included; empty for others"
    )
    sinr_up_db: float = column(
        "signal over noise and interference [dB] of a device's uplink while all other cells send; empty for others"
    )
    sinr_down_db: float = column(
        "signal over noise and interference [dB] of a device's downlink while all other cells send; empty for others"
    )
    reached: bool = column("whether the network reaches it in both directions; False for a device in outage")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Link(Record):
    """One fibre of the backhaul."""

    table: ClassVar[str] = "links"
    about: ClassVar[str] = "one row per fibre of the backhaul"

    first: str = column("one end: publisher, server or transit node")
    second: str = column("other end")
    length_m: float = column("metres of fibre")
    delay_s: float = column("delay of one direction when idle, switches included; the same both ways")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outage(Record):
    """One failure of one fibre."""

    table: ClassVar[str] = "outages"
    about: ClassVar[str] = "one row per failure of a fibre, written when it is repaired"

    first: str = column("one end of the fibre")
    second: str = column("other end")
    from_s: float = column("simulated time at which it failed")
    to_s: float = column("simulated time at which it was back; empty if it was not by the end of the run")
    lost: int = column("messages lost on it: queued or in flight when it failed, or on a route over it already chosen")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SatellitePass(Record):
    """One contact of one satellite with one station."""

    table: ClassVar[str] = "passes"
    about: ClassVar[str] = (
        "one row per contact of a satellite with a station, written when its key is distilled: a pass, or the part of "
        "it in which the satellite points there"
    )

    round: int = column("number of the global round")
    satellite: str = column("name of the satellite")
    station: str = column("server with the telescope")
    started_s: float = column("simulated time at which the contact began")
    ended_s: float = column("simulated time at which it ended")
    elevation_degree: float = column("largest elevation [degree] of the satellite above the horizon during the contact")
    range_m: float = column("least distance to the satellite during the contact")
    loss_db: float = column("least loss [dB] of the light during the contact, detectors left out")
    sifted_bit: int = column("bits that both ends kept as raw key")
    error_rate: float = column("share of wrong bits among them; empty without any")
    secret_bit: int = column("secret bits of the contact's one block; 0 if it is too short for its errors")
    aborted: bool = column("whether the error rate was too high to be trusted")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Position(Record):
    """Where one moving device was at one moment."""

    table: ClassVar[str] = "positions"
    about: ClassVar[str] = (
        "one row per moving device and `Mobility.record_period`, at the first measurement after it; none if devices do "
        "not move"
    )

    round: int = column("number of the global round")
    time_s: float = column("simulated time")
    device: str = column("device")
    east_m: float = column("position, metres to the east of the origin")
    north_m: float = column("position, metres to the north of the origin")
    server: str = column("server whose station serves it")
    task_server: str = column("server that it trains for in this round, or trained for last")
    reached: bool = column("whether that station reaches it in both directions; False in outage or without power")
    snr_down_db: float = column("signal-to-noise ratio [dB] at the device, from the station that serves it, full band")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Handover(Record):
    """One device handed over from one station to another."""

    table: ClassVar[str] = "handovers"
    about: ClassVar[str] = "one row per handover of a device from the station of one server to that of another"

    round: int = column("number of the global round")
    time_s: float = column("simulated time at which the link to the old station ended")
    device: str = column("device")
    source: str = column("server whose station served it before")
    target: str = column("server whose station serves it from now on")
    cause: str = column("a3: the new station was heard better; recovery: the old one had been out of reach")
    task_server: str = column("server that the device trains for in this round, which a handover does not change")
    east_m: float = column("position, metres to the east of the origin")
    north_m: float = column("position, metres to the north of the origin")
    snr_before_db: float = column("signal-to-noise ratio [dB] at the device from the old station, full band")
    snr_after_db: float = column("signal-to-noise ratio [dB] at the device from the new station, full band")
    interruption_s: float = column("time without a link; for a recovery from the beginning of the outage")
    sending: int = column("messages under way from the device, which go on in the new cell")
    receiving: int = column("messages under way to the device, whose rest the old station forwards to the new one")
    forwarded_bit: float = column("bits of that rest")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Battery(Record):
    """The battery of one device at the end of one round."""

    table: ClassVar[str] = "batteries"
    about: ClassVar[str] = "one row per round and device; none without `Scenario.battery`"

    round: int = column("number of the global round")
    time_s: float = column("simulated time at which the round ended")
    device: str = column("device")
    initial_j: float = column("energy in it at time 0")
    level_j: float = column("energy left; what empties a battery is finished, so that it may end a little below zero")
    drawn_j: float = column("energy drawn in this round")
    empty: bool = column("whether it is empty, and the device gone")
    emptied_s: float = column("simulated time at which it became empty; empty cell if it has not")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rejection(Record):
    """Something that a node received and did not accept."""

    table: ClassVar[str] = "rejections"
    about: ClassVar[str] = "one row per transaction or block that a node received and rejected"

    round: int = column("number of the global round")
    rejected_s: float = column("simulated time at which it was verified")
    node: str = column("node that rejected it")
    kind: str = column(
        "what it came as: update, join, receipt, model, mixed-model, lmuc-block, or block for a proposal"
    )
    sender: str = column("node in whose name it came")
    reason: str = column("what is wrong with it")


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
class Refusal(Record):
    """A transition that a task's contract refused."""

    table: ClassVar[str] = "refusals"
    about: ClassVar[str] = (
        "one row per transition that the contract of a task refused: its transaction stands on a chain, without effect"
    )

    round: int = column("number of the global round")
    time_s: float = column("simulated time at which the block was proposed")
    task: str = column("task whose contract it is")
    chain: str = column("chain of that block")
    transition: str = column("terms, publish, join, select, submit, verify, aggregate, reward, slash or reputation")
    sender: str = column("node that signed the transaction")
    subject: str = column("whom the refusal is about, if that is not the sender")
    reason: str = column("which guard did not hold")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Standing(Record):
    """How a node stands with a task's contract at the end of a round."""

    table: ClassVar[str] = "standings"
    about: ClassVar[str] = "one row per round, task and node: money in the chain's own unit, and reputation"

    round: int = column("number of the global round")
    task: str = column("task whose contract it is")
    node: str = column("node")
    role: str = column("publisher, server or device")
    selected: bool = column("whether it joined (a server) or was selected (a device) in this round")
    fault: str = column(
        "what the chains prove against it in this round: equivocated, rejected, missed; empty if nothing"
    )
    earned: float = column("reward paid to it in this round")
    slashed: float = column("part of its deposit taken in this round")
    balance: float = column("what it can spend")
    deposit: float = column("what it has put down")
    reputation: float = column("the opinion of a device, in 0..1; empty for others")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ShardDraw(Record):
    """The validators that were drawn for one shard chain, and how likely such a draw fails."""

    table: ClassVar[str] = "shards"
    about: ClassVar[str] = "one row per shard chain and epoch; none without `Scenario.sharding`"

    round: int = column("number of the task's global round with which the epoch begins")
    task: str = column("learning task")
    epoch: int = column("number of the epoch, from 0")
    chain: str = column("shard chain")
    validators: str = column("who was drawn, separated by spaces")
    size: int = column("their number")
    tolerated: int = column("faulty validators that its protocol bears")
    nodes: int = column("servers from which they were drawn")
    faulty: int = column("faulty ones among all servers")
    assumed: bool = column("whether that number is only assumed; otherwise threats name the nodes")
    faulty_inside: int = column("faulty ones among those drawn; 0 if their number is only assumed")
    failure_probability: float = column("probability that a draw puts more faulty ones into this shard than it bears")
    new: int = column("validators that were not drawn for the epoch before")
    seated: int = column("validators that held the chain when the epoch's first block was due")
    began_s: float = column("simulated time of the draw")
    seated_s: float = column("simulated time at which the new ones held the chain, or were done without")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Payment(Record):
    """One payment between accounts of one shard or several."""

    table: ClassVar[str] = "payments"
    about: ClassVar[str] = "one row per payment that has come to an end; none without `Scenario.payments`"

    round: int = column("latest global round that any task had begun by its end")
    number: int = column("number of the payment, from 1, in the order in which they were asked for")
    asked_s: float = column("simulated time at which its client began")
    ended_s: float = column("simulated time at which its client had the last receipt")
    accounts: int = column("accounts in it, the payee's included")
    shards: int = column("shards in which they lie")
    committed: bool = column("whether the payee was paid; otherwise a payer lacked the money, and all got theirs back")
    blocks: int = column("blocks that had to be decided for it, each shared with what else was asked for")
    proof_byte: int = column("bytes of the proofs that one shard had to be shown from others")


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


TABLES: tuple[type[Record], ...] = (
    Round, Job, Transfer, Block, Agreement, Mempool, Submission, Key, QKDBlock, Energy, Storage, Retrieval, Evaluation,
    Node, Link, Outage, SatellitePass, Position, Handover, Battery, Rejection, Pairs, TreeBlock, UpdateFate,
    Propagation, Refusal, Standing, ListPairs, ShardDraw, Payment, Presence,
)  # fmt: skip


def cells(record: Record) -> list[Any]:
    """A row as it stands in its table."""
    return [_cell(getattr(record, name)) for name in columns(type(record))]


def columns(record: type[Record]) -> tuple[str, ...]:
    """Names of the columns of a table, in order."""
    return tuple(field.name for field in dataclasses.fields(record))


class Trace:
    """Where processes hand in their records; each goes to the CSV of its table and to every observer.

    Rows are written as they happen and flushed at the end of each round, so that whatever stops a run leaves
    complete, readable tables of what has happened so far. Until `open` is called only observers see records.
    """

    def __init__(self) -> None:
        self._files: dict[type[Record], IO[str]] = {}
        self._rows: dict[type[Record], Callable[[tuple[Any, ...]], Any]] = {}
        self._names: dict[type[Record], tuple[str, ...]] = {record: columns(record) for record in TABLES}
        self._observers: list[Callable[[Record], None]] = []

    def open(self, folder: Path) -> None:
        """Write to new CSV files in ``folder`` from now on.

        Raises
        ------
        FileExistsError
            If one of the files exists: nothing is overwritten.
        """
        for record in TABLES:
            self._open(record, folder)

    def _open(self, record: type[Record], folder: Path) -> None:
        file = (folder / f"{record.table}.csv").open("x", newline="", encoding="utf-8", buffering=1 << 16)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self._names[record])
        self._files[record] = file
        self._rows[record] = writer.writerow

    def observe(self, observer: Callable[[Record], None]) -> None:
        """Let ``observer`` see every record from now on."""
        self._observers.append(observer)

    def __call__(self, record: Record) -> None:
        """Write one record."""
        kind = type(record)
        write = self._rows.get(kind)
        if write is not None:
            write(tuple([_cell(getattr(record, name)) for name in self._names[kind]]))
        for observer in self._observers:
            observer(record)

    def flush(self) -> None:
        """Bring everything written so far to disk."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Flush and close all tables."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._rows.clear()


def _cell(value: Any) -> Any:
    """A value as it stands in a CSV: floats by ``repr`` (shortest that round-trips), None and NaN as empty."""
    if isinstance(value, float):
        return "" if value != value else repr(value)
    return value

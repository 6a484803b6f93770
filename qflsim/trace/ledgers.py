"""What chains and their agreement write down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = [
    "Agreement", "Block", "Mempool", "Payment", "Propagation", "Rejection", "Retrieval", "ShardDraw", "Storage",
    "Submission", "TreeBlock",
]  # fmt: skip


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

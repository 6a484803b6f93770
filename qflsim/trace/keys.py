"""What keys and entanglement write down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = ["Key", "ListPairs", "Pairs", "QKDBlock"]


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

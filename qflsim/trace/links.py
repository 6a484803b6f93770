"""What links and the places of nodes write down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = ["Handover", "Link", "Node", "Outage", "Position", "SatellitePass", "Transfer"]


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

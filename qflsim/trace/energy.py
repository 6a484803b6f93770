"""What energy books write down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = ["Battery", "Energy"]


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

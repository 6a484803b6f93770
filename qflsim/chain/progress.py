"""How far a contract has come in one round: who joined, was selected, submitted, was verified, and what is due."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from qflsim.chain.block import Block
from qflsim.chain.rewards import Work, divided, grains
from qflsim.chain.terms import FAULTS, TaskContract

__all__ = ["Aggregate", "Debt", "Due", "Progress", "Submission"]


class Debt(NamedTuple):
    """An update that a selected device owes."""

    server: str
    round: int
    due_s: float
    """Simulated time [s] at which its server need not wait for it any more."""


class Submission(NamedTuple):
    """One update that a contract took."""

    samples: int
    digest: str


class Aggregate(NamedTuple):
    """One server's aggregate: the samples and the devices behind it."""

    samples: int
    devices: tuple[str, ...]


class Due(NamedTuple):
    """What settling a round moves: grains to nodes, grains from deposits by fault, and what reputation hears."""

    rewards: dict[str, int]
    slashes: dict[str, dict[str, int]]
    behaviour: dict[str, tuple[float, float]]


@dataclass
class Progress:
    """One round of a task.

    Parameters
    ----------
    number, budget:
        Its number, and the grains that it pays out.
    keeps_late:
        Whether a device that is late goes on, for a later round.
    """

    number: int
    budget: int
    keeps_late: bool
    chain: str = ""
    """The shard chain: where the servers joined."""
    joined: dict[str, int] = field(default_factory=dict)
    formed: bool = False
    selected: dict[str, str] = field(default_factory=dict)
    """Server of each device selected in this round."""
    late: dict[str, str] = field(default_factory=dict)
    """Server of each device that was selected earlier and is still at work."""
    chosen: set[str] = field(default_factory=set)
    """Servers that have selected."""
    due_s: dict[str, float] = field(default_factory=dict)
    """When the update of each selected device is due."""
    lapsed: set[str] = field(default_factory=set)
    """Devices that were late for too many rounds."""
    local: dict[bytes, Block] = field(default_factory=dict)
    """Blocks of local chains, by hash, that no receipt has named yet."""
    carried: dict[str, float] = field(default_factory=dict)
    """When the block was proposed that a server has carried across."""
    submitted: dict[str, Submission] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    equivocated: set[str] = field(default_factory=set)
    scores: dict[str, float] = field(default_factory=dict)
    """What servers measured of the devices that they verified."""
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    """Those behind the global model, once there is one."""
    rewarded: bool = False
    slashed: set[str] = field(default_factory=set)
    """Faults that were slashed."""
    paid: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    """Grains that nodes got, and lost of their deposits."""
    closed: bool = False

    def committee(self, server: str) -> list[str]:
        """The devices that vote on the blocks of ``server``'s chain, by name."""
        return sorted(device for device, its in self.members().items() if its == server)

    def members(self) -> dict[str, str]:
        """Server of every device that has a part in the round."""
        return self.late | self.selected

    def faults(self) -> dict[str, str]:
        """What the chains prove against devices and servers, one fault each, the worst."""
        found = dict.fromkeys([*self._not_carried(), *sorted(self.lapsed), *self._overdue()], "missed")
        found |= dict.fromkeys(sorted(self.rejected), "rejected")
        return found | dict.fromkeys(sorted(self.equivocated), "equivocated")

    def work(self, servers: tuple[str, ...]) -> list[Work]:
        """The work behind a global model of ``servers``, by device."""
        devices = {device: server for server in servers for device in self.aggregates[server].devices}
        return [
            Work(device, devices[device], self.submitted[device].samples, self.scores[device])
            for device in sorted(devices)
        ]

    def due(self, rules: TaskContract, servers: tuple[str, ...], deposits: Mapping[str, int]) -> Due:
        """What is to be paid, slashed and remembered if the global model is one of ``servers``."""
        faults = self.faults()
        return Due(
            self._rewards(rules, servers), self._slashes(rules, faults, deposits), self._behaviour(rules, faults)
        )

    def _rewards(self, rules: TaskContract, servers: tuple[str, ...]) -> dict[str, int]:
        """The whole budget: the servers' share by samples, the rest as the rule weighs the devices' work."""
        work = self.work(servers)
        to_servers = grains(self.budget * rules.server_share / grains(1.0)) if work else self.budget
        by_samples = divided(to_servers, [self.aggregates[server].samples for server in servers])
        to_devices = divided(self.budget - to_servers, rules.reward.weights(work))
        return dict(zip(servers, by_samples, strict=True)) | {
            item.device: amount for item, amount in zip(work, to_devices, strict=True)
        }

    def _slashes(
        self, rules: TaskContract, faults: Mapping[str, str], deposits: Mapping[str, int]
    ) -> dict[str, dict[str, int]]:
        """Parts of the deposit that the contract asks for, at most what is there."""
        slashes: dict[str, dict[str, int]] = {fault: {} for fault in FAULTS}
        for node, fault in sorted(faults.items()):
            amount = min(deposits[node], grains(rules.fraction(fault) * rules.deposit))
            if amount:
                slashes[fault][node] = amount
        return {fault: taken for fault, taken in slashes.items() if taken}

    def _behaviour(self, rules: TaskContract, faults: Mapping[str, str]) -> dict[str, tuple[float, float]]:
        """Good and bad of every device of which the round has shown anything, for `ReputationRule.after`."""
        shown: dict[str, tuple[float, float]] = {}
        for device in sorted({*self.members(), *self.lapsed}):
            if device in faults:
                shown[device] = (0.0, 1.0)
            elif device in self.scores:
                good = self.scores[device] > rules.least_contribution
                shown[device] = (1.0, 0.0) if good else (0.0, 1.0)
        return shown

    def _not_carried(self) -> list[str]:
        """Servers of whose committee a block stands that they did not carry across."""
        members = self.members()
        named = {its for block in self.local.values() if (its := members.get(block.header.proposer))}
        return sorted(named - self.carried.keys())

    def _overdue(self) -> list[str]:
        """Devices for which their committee waited until their update was due, and in vain."""
        if self.keeps_late:
            return []
        return [
            device
            for device, server in sorted(self.selected.items())
            if device not in self.submitted and self.carried.get(server, -inf) >= self.due_s[device]
        ]

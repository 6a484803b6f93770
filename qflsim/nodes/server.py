"""A quantum edge server: selects devices, hands them the model, gathers their block, aggregates it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import simpy

from qflsim.chain.block import Block, ModelMetadata
from qflsim.chain.transactions import IntermediateModel, SignedTransaction, digest_of, pack_parameters
from qflsim.crypto.signatures import SignatureScheme
from qflsim.learning.aggregation import Aggregator, Update
from qflsim.learning.cost import averaging_cycles
from qflsim.learning.selection import Candidate, Reputation, Requirement, Selection, alignment

from .computer import Computer
from .context import Context
from .device import Device, Floats, as_sent
from .fabric import Fabric
from .keys import KeyService
from .ledger import Ledger
from .media import Action, nothing
from .qpu import QuantumProcessor

__all__ = ["Contribution", "Rules", "Server"]


@dataclass(frozen=True)
class Rules:
    """What a server goes by: whom it accepts, whom it selects, how it aggregates, how long it waits."""

    task: str
    requirement: Requirement
    selection: Selection
    reputation: Reputation
    aggregation: Aggregator
    scheme: SignatureScheme
    update_deadline: float


@dataclass
class Contribution:
    """What one server's devices did in a round."""

    selected: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    block: Block | None = None
    distributed_s: float = 0.0

    @property
    def samples(self) -> int:
        """Samples behind the updates that the local chain holds."""
        return sum(update.samples for update in self.updates)

    @property
    def loss(self) -> float:
        """Sample-weighted mean training loss [nat]; NaN without updates."""
        weights = [update.samples for update in self.updates]
        return float(np.average([u.loss for u in self.updates], weights=weights)) if weights else float("nan")


class Server:
    """One quantum edge server with its cell.

    Parameters
    ----------
    ctx, fabric, keys:
        The run's shared services, links and session keys.
    name:
        Its name.
    computer, qpu:
        What it computes with.
    devices:
        The devices of its cell that its base station reaches, by name.
    lmuc:
        Its local model update chain.
    rules:
        What it goes by.
    parameters:
        The initial model.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        keys: KeyService,
        name: str,
        computer: Computer,
        qpu: QuantumProcessor,
        devices: Mapping[str, Device],
        lmuc: Ledger,
        rules: Rules,
        parameters: Floats,
        device_qubits: int,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._keys = keys
        self.name = name
        self.computer = computer
        self.qpu = qpu
        self.devices = devices
        self.lmuc = lmuc
        self._rules = rules
        self.parameters = as_sent(parameters)
        self._device_qubits = device_qubits
        self._reputation = dict.fromkeys(devices, rules.reputation.initial)

    def eligible(self) -> list[Candidate]:
        """The devices that meet the task's requirements."""
        candidates = [
            Candidate(name=name, samples=d.samples, qubits=self._device_qubits, reputation=self._reputation[name])
            for name, d in self.devices.items()
        ]
        return [candidate for candidate in candidates if self._rules.requirement.eligible(candidate)]

    def local_round(self) -> Generator[Any, Any, Contribution]:
        """Steps 2 and 3: select devices, have them train, and have them agree on the block of their updates."""
        rng = self._ctx.streams.fresh("select", self.name, str(self._ctx.round))
        chosen = self._rules.selection.choose(self.eligible(), rng)
        contribution = Contribution(selected=tuple(c.name for c in chosen), distributed_s=self._ctx.now)
        if not chosen:
            return contribution
        committee = {name: self.devices[name].computer for name in contribution.selected}
        leader = contribution.selected[(self._ctx.round - 1) % len(committee)]  # each proposes in turn
        gathering = _Gathering(self._ctx, self._fabric, leader, committee)
        sessions = [self._ctx.env.process(self._serve(self.devices[c.name], contribution, gathering)) for c in chosen]
        yield gathering.complete | self._ctx.env.timeout(self._rules.update_deadline)
        for session in sessions:
            if session.is_alive:
                session.interrupt("update deadline")
        if gathering.updates:
            yield from self._agree(contribution, gathering)
        return contribution

    def _serve(self, device: Device, contribution: Contribution, gathering: "_Gathering") -> Generator[Any, Any, None]:
        """One device's part: key, model, training, update to its peers."""
        try:
            yield from self.hand_model(device)
            contribution.distributed_s = max(contribution.distributed_s, self._ctx.now)
            update, transaction = yield from device.train(self.parameters)
            gathering.share(update, transaction)
        except simpy.Interrupt:
            return  # too late for this round; its absence shows in the block

    def hand_model(self, device: Device) -> Generator[Any, Any, None]:
        """Send the server's current model to a device, sealed with a fresh session key, and have it verified."""
        seal_byte = yield from self._keys.session(self.name, device.name, "model")
        size_byte = self.model_transaction().size_byte + seal_byte
        yield self._fabric.delivered("model", self.name, device.name, 8.0 * size_byte)
        yield device.computer.verified()

    def model_transaction(self) -> SignedTransaction:
        """The server's current model as it is sent to devices and other servers: signed."""
        packed = pack_parameters(self.parameters)
        return IntermediateModel(
            sender=self.name,
            task=self._rules.task,
            round=self._ctx.round,
            time_s=self._ctx.now,
            digest=digest_of(packed),
            samples=0,
            loss=float("nan"),
            parameters=packed,
            devices=(),
        ).signed(self._rules.scheme)

    def _agree(self, contribution: Contribution, gathering: "_Gathering") -> Generator[Any, Any, None]:
        """The committee of devices agrees on the block of the updates that its leader holds."""
        started = self._ctx.now
        names = sorted(gathering.updates)
        updates = tuple(gathering.updates[name] for name in names)
        metadata = ModelMetadata(
            task=self._rules.task,
            loss=float(np.average([u.loss for u in updates], weights=[u.samples for u in updates])),
            samples=sum(u.samples for u in updates),
            contributors=len(updates),
        )
        transactions = [gathering.transactions[name] for name in names]
        validators = list(gathering.committee.values())
        block = yield from self.lmuc.commit(validators, gathering.leader, transactions, metadata, known=True)
        totals = self._ctx.totals
        totals.round_local_agreement_s = max(totals.round_local_agreement_s, self._ctx.now - started)
        if block is not None:
            contribution.block, contribution.updates = block, updates

    def fetch_block(self, contribution: Contribution) -> Generator[Any, Any, None]:
        """The start of step 4: the leader sends block and certificate up, the server verifies and aggregates."""
        block = contribution.block
        if block is None or block.certificate is None:
            return
        leader = block.header.proposer
        yield self._fabric.delivered("lmuc-block", leader, self.name, 8.0 * block.size_byte)
        yield self.computer.verified(len(block.certificate.signers))
        before = self.parameters
        self.parameters = self._aggregate(contribution.updates)
        yield self.computer.computed(averaging_cycles(len(before), len(contribution.updates)))
        self._judge(before, contribution.updates)

    def _aggregate(self, updates: Sequence[Update]) -> Floats:
        if len(updates) < self._rules.aggregation.minimum_updates:
            return self.parameters
        return as_sent(self._rules.aggregation.aggregate(self.parameters, updates))

    def _judge(self, before: Floats, updates: Sequence[Update]) -> None:
        """Let each contributor's reputation follow how well its change agrees with everybody's."""
        reference = self.parameters - before
        for update in updates:
            score = alignment(update.parameters - before, reference)
            self._reputation[update.device] = self._rules.reputation.updated(self._reputation[update.device], score)


class _Gathering:
    """Updates on their way to the committee of one local chain; complete when its leader holds all of them."""

    def __init__(self, ctx: Context, fabric: Fabric, leader: str, committee: Mapping[str, Computer]) -> None:
        self._fabric = fabric
        self.leader = leader
        self.committee = committee
        self.updates: dict[str, Update] = {}
        self.transactions: dict[str, SignedTransaction] = {}
        self.complete: simpy.Event = ctx.env.event()

    def share(self, update: Update, transaction: SignedTransaction) -> None:
        """Send an update from its device to every peer, which verifies its signature."""
        hold = partial(self._hold, update, transaction)
        if update.device == self.leader:
            hold()
        for peer, computer in self.committee.items():
            if peer != update.device:
                kept: Action = (
                    hold if peer == self.leader else nothing
                )  # the leader's copy decides what the block holds
                verify = partial(computer.verify, 1, kept)
                self._fabric.send("update", update.device, peer, 8.0 * transaction.size_byte, verify)

    def _hold(self, update: Update, transaction: SignedTransaction) -> None:
        self.updates[update.device] = update
        self.transactions[update.device] = transaction
        if len(self.updates) == len(self.committee) and not self.complete.triggered:
            self.complete.succeed()

"""A quantum edge server: selects devices, hands them the model, gathers their block, aggregates it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qflsim.chain.block import Block, Certificate, ModelMetadata
from qflsim.chain.transactions import IntermediateModel, SignedTransaction, digest_of, pack_parameters
from qflsim.learning.aggregation import Aggregator, Update, mean_loss
from qflsim.learning.cost import averaging_cycles
from qflsim.learning.selection import Candidate, Requirement, Selection, alignment
from qflsim.quantum.transports import Content

from .computer import Computer
from .context import Context
from .device import Device, Floats, as_sent, parameters_in, update_in
from .fabric import Fabric
from .gathering import Gathering
from .keys import KeyService
from .ledger import Ledger
from .membership import Membership
from .models import ModelService
from .notary import Notary
from .qpu import QuantumProcessor
from .waiting import until

__all__ = ["Contribution", "Rules", "Server"]


@dataclass(frozen=True)
class Rules:
    """What a server goes by: whom it accepts, whom it selects, how it aggregates, how long it waits."""

    task: str
    requirement: Requirement
    selection: Selection
    aggregation: Aggregator
    update_deadline: float


@dataclass
class Contribution:
    """What one server's devices did in a round."""

    selected: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    blocks: tuple[Block, ...] = ()
    model: Floats | None = None
    distributed_s: float = 0.0

    @property
    def certified(self) -> list[tuple[Block, Certificate]]:
        """Each block with its certificate."""
        return [(block, block.certificate) for block in self.blocks if block.certificate is not None]

    @property
    def samples(self) -> int:
        """Samples behind the updates that were aggregated."""
        return sum(update.samples for update in self.updates)


class Server:
    """One quantum edge server with its cell.

    Parameters
    ----------
    ctx, fabric, keys, notary, models:
        The run's shared services, links, session keys, who signs and checks, and ways of models to devices.
    name:
        Its name.
    computer, qpu:
        What it computes with.
    fleet:
        All devices that may ever train for it, by name.
    membership:
        Which of them do in this round.
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
        notary: Notary,
        models: ModelService,
        name: str,
        computer: Computer,
        qpu: QuantumProcessor,
        fleet: Mapping[str, Device],
        membership: Membership,
        lmuc: Ledger,
        rules: Rules,
        parameters: Floats,
        device_qubits: int,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._keys = keys
        self._notary = notary
        self._models = models
        self.name = name
        self.computer = computer
        self.qpu = qpu
        self._fleet = fleet
        self._membership = membership
        self.lmuc = lmuc
        self._rules = rules
        self.parameters = as_sent(parameters)
        self._device_qubits = device_qubits

    @property
    def devices(self) -> dict[str, Device]:
        """The devices that train for it in this round, by name."""
        return {name: self._fleet[name] for name in self._membership.members(self.name)}

    def eligible(self) -> list[Candidate]:
        """The devices that meet the task's requirements."""
        known = self._membership
        candidates = [
            Candidate(name=name, samples=d.samples, qubits=self._device_qubits, reputation=known.reputation(name))
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
        devices = self.devices
        committee = {name: devices[name].computer for name in contribution.selected}
        leader = contribution.selected[(self._ctx.round - 1) % len(committee)]  # each proposes in turn
        gathering = Gathering(self._ctx, self._fabric, self._notary, "update", leader, committee)
        handed_in: dict[str, SignedTransaction] = {}
        yield self.computer.signed()  # the model, once for all devices
        model = self._notary.sign(self.model_transaction())
        parts = [self._serve(devices[name], model, contribution, gathering, handed_in) for name in committee]
        yield from until(self._ctx.env, parts, self._rules.update_deadline, gathering.complete)
        if gathering.at_leader:
            yield from self._agree(contribution, gathering, handed_in)
        return contribution

    def _serve(
        self,
        device: Device,
        model: SignedTransaction,
        contribution: Contribution,
        gathering: Gathering,
        handed_in: dict[str, SignedTransaction],
    ) -> Generator[Any, Any, None]:
        """One device's part: key, model, training, update to its peers."""
        if not (yield from self._hand_model(device, model)):
            return
        contribution.distributed_s = max(contribution.distributed_s, self._ctx.now)
        handed_in[device.name] = update = yield from device.train(parameters_in(model), self.name)
        gathering.share(device.name, [update])

    def hand_out(self) -> Generator[Any, Any, None]:
        """Send the current model to all devices; those whose key or link takes longer than an update may go without."""
        yield self.computer.signed()
        model = self._notary.sign(self.model_transaction())
        parts = [self._hand_model(device, model) for device in self.devices.values()]
        yield from until(self._ctx.env, parts, self._rules.update_deadline)

    def _hand_model(self, device: Device, model: SignedTransaction) -> Generator[Any, Any, bool]:
        """The server's signed model to one device, sealed with a session key, and verified there.

        Returns whether the device has a right one; whoever waits does so with an end.
        """
        seal_byte = yield from self._keys.session(self.name, device.name, "model", model.size_byte)
        content = Content(len(self.parameters), 8.0 * (model.size_byte + seal_byte))
        if not (yield from self._models.hand(self.name, device.name, content)):
            return False
        yield device.computer.verified()
        return self._notary.accepts(device.name, "model", self.name, model, self._ctx.round)

    def model_transaction(self) -> IntermediateModel:
        """The server's current model as it is sent to devices and other servers."""
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
        )

    def content(self) -> Content:
        """What has to arrive when the current model is handed to a device, its seal left out."""
        return Content(len(self.parameters), 8.0 * self.model_transaction().signed(self._notary.keyring).size_byte)

    def _agree(
        self,
        contribution: Contribution,
        gathering: Gathering,
        handed_in: Mapping[str, SignedTransaction],
    ) -> Generator[Any, Any, None]:
        """The committee of devices agrees on the block of the updates that its leader holds."""
        started, names = self._ctx.now, gathering.at_leader
        updates = tuple(update_in(handed_in[name]) for name in names)
        metadata = ModelMetadata(
            task=self._rules.task,
            loss=mean_loss(updates),
            samples=sum(update.samples for update in updates),
            contributors=len(updates),
        )
        done = yield from self.lmuc.commit(
            list(gathering.members.values()),
            gathering.leader,
            [handed_in[name] for name in names],
            metadata,
            {member: gathering.holding(member, names) for member in gathering.members},
        )
        totals = self._ctx.totals
        totals.round_local_agreement_s = max(totals.round_local_agreement_s, self._ctx.now - started)
        standing = zip(names, updates, strict=True)
        contribution.blocks = done.blocks
        contribution.updates = tuple(update for name, update in standing if handed_in[name] in done.transactions)

    def fetch_block(self, contribution: Contribution) -> Generator[Any, Any, None]:
        """The start of step 4: the leader sends block and certificate up, the server verifies, stores, aggregates.

        There may be several blocks. It never ends if one is lost on the way: whoever runs it does so with an end.
        """
        if not contribution.blocks:
            return
        for block, certificate in contribution.certified:
            leader = block.header.proposer
            yield self._fabric.delivered("lmuc-block", leader, self.name, 8.0 * block.size_byte)
            yield self.computer.verified(len(certificate.signers))
            if not self.lmuc.vouched(self.name, block, contribution.selected):
                return
            self.lmuc.keep(self.name, block)
        rule = self._rules.aggregation
        if len(contribution.updates) < rule.minimum_updates:
            contribution.updates, contribution.model = (), self.parameters
            return
        contribution.model = as_sent(rule.aggregate(self.parameters, contribution.updates))
        yield self.computer.computed(averaging_cycles(len(self.parameters), len(contribution.updates)))
        self._judge(contribution.updates, contribution.model - self.parameters)

    def _judge(self, updates: Sequence[Update], reference: Floats) -> None:
        """Let each contributor's reputation follow how well its change agrees with everybody's, ``reference``."""
        for update in updates:
            score = alignment(update.parameters - self.parameters, reference)
            self._membership.judge(update.device, score)

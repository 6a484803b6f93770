"""A quantum edge server: selects devices, hands them the model, gathers their block, aggregates it."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from qflsim.chain.block import Block, Certificate, ModelMetadata
from qflsim.chain.standing import Membership as MembershipTransaction
from qflsim.chain.transactions import IntermediateModel, SignedTransaction, carried_bytes, digest_of, read_transaction
from qflsim.learning.aggregation import Aggregator, Update, mean_loss
from qflsim.learning.cost import averaging_cycles
from qflsim.learning.participation import Participation, Synchronous
from qflsim.learning.selection import Candidate, Requirement, Selection, alignment
from qflsim.quantum.transports import Content

from .attendance import Attendance
from .clerk import Clerk
from .computer import Computer
from .context import Context
from .device import Device, Floats, parameters_in, update_in
from .fabric import Fabric
from .gathering import Gathering
from .keys import KeyService
from .ledger import Ledger
from .membership import Membership
from .models import ModelService
from .notary import Notary
from .qpu import QuantumProcessor
from .waiting import ending_quietly, until
from .workbook import Labour, WorkBook

__all__ = ["Contribution", "Rules", "Server"]

NO_MODEL = "no model came"


@dataclass(frozen=True)
class Rules:
    """What a server goes by: whom it accepts and selects, how it aggregates, how long it waits and for how many."""

    task: str
    requirement: Requirement
    selection: Selection
    aggregation: Aggregator
    update_deadline: float
    participation: Participation = Synchronous()


@dataclass
class Contribution:
    """What one server's devices, those selected and those still at work on an earlier model, did in a round."""

    selected: tuple[str, ...] = ()
    committee: tuple[str, ...] = ()
    works: dict[str, Labour] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()
    blocks: tuple[Block, ...] = ()
    model: Floats | None = None
    distributed_s: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)

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
    clerk:
        Keeps the task's contract.
    lmuc:
        Its local model update chain.
    rules:
        What it goes by.
    parameters:
        The initial model.
    device_qubits:
        Qubits of a device's QPU.
    works:
        Which devices are at work, for whichever server.
    attendance:
        Which devices are there; left out, all are.
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
        clerk: Clerk,
        lmuc: Ledger,
        rules: Rules,
        parameters: Floats,
        device_qubits: int,
        works: WorkBook,
        attendance: Attendance | None = None,
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
        self._clerk = clerk
        self.lmuc = lmuc
        self._rules = rules
        self.parameters = ctx.stores.codec.as_sent(parameters, name)
        self._device_qubits = device_qubits
        self._works = works
        self._attendance = attendance
        if attendance is not None and attendance.announced:
            ctx.away.watch(self, lambda node: self._sitting.excuse(node) if self._sitting else None)
        self._sitting: Gathering | None = None  # of the committee, from the selection to its decision
        works.handed_in[name] = self._share

    @property
    def devices(self) -> dict[str, Device]:
        """The devices that train for it in this round, by name."""
        return {name: self._fleet[name] for name in self._membership.members(self.name)}

    def eligible(self) -> list[Candidate]:
        """The devices that meet the task's requirements and are not at work on an earlier model."""
        known = self._clerk
        candidates = [
            Candidate(name=name, samples=d.samples, qubits=self._device_qubits, reputation=known.reputation(name))
            for name, d in self.devices.items()
            if name not in self._works
        ]
        return [candidate for candidate in candidates if self._rules.requirement.eligible(candidate)]

    def ready(self) -> bool:
        """Whether it has devices for a round: eligible ones, or some that are still at work."""
        return bool(self.eligible()) or any(self._works.of(self.name))

    def moves(self) -> list[SignedTransaction]:
        """What it states of devices that joined or left it since it last did so; nothing if none has."""
        joined, left = self._membership.news(self.name)
        if not joined and not left:
            return []
        stated = MembershipTransaction(
            sender=self.name, task=self._rules.task, round=self._ctx.round, time_s=self._ctx.now,
            joined=joined, left=left,
        )  # fmt: skip
        return [self._notary.sign_for_chain(stated)]

    def stated(self) -> None:
        """What `moves` says stands on the chain."""
        self._membership.state(self.name)

    def select(self) -> SignedTransaction:
        """The start of step 2: say whom it selects, for the contract to allow, and who is still at work."""
        self._break_off_old()
        rng = self._ctx.streams.fresh("select", self.name, str(self._ctx.round))
        chosen = self._rules.selection.choose(self.eligible(), rng)
        late = [labour.device for labour in self._works.of(self.name)]
        return self._clerk.selection(self.name, [candidate.name for candidate in chosen], late)

    def local_round(self) -> Generator[Any, Any, Contribution]:
        """Steps 2 and 3: have the selected devices train, and agree on the block of their updates."""
        rules, env = self._rules, self._ctx.env
        late = list(self._works.of(self.name))
        contribution = Contribution(selected=tuple(self._clerk.selected(self.name)), distributed_s=self._ctx.now)
        contribution.committee = tuple(sorted([*contribution.selected, *(labour.device for labour in late)]))
        if not contribution.committee:
            return contribution
        gathering = self._sitting = self._gathering(contribution, late)
        yield self.computer.signed()  # the model, once for all devices
        model = self._notary.sign(self.model_transaction())
        for name in contribution.selected:
            labour = Labour(name, self.name, self._ctx.round, self._ctx.now, parameters_in(model, self._ctx.stores))
            self._works.open(labour)
            labour.process = env.process(ending_quietly(self._serve(labour, model, contribution)))
        for labour in late:
            self._share(labour)
        yield gathering.complete | env.timeout(rules.participation.patience(rules.update_deadline))
        if not rules.participation.oldest:
            self._break_off(labour for labour in self._works.of(self.name) if labour.update is None)
        if gathering.at_leader:
            yield from self._agree(contribution, gathering)
        self._sitting = None
        self._look_through(contribution, gathering)
        return contribution

    def _gathering(self, contribution: Contribution, late: Sequence[Labour]) -> Gathering:
        """Where the updates of a round come together, those of devices still at work on earlier ones among them."""
        committee, rule = contribution.committee, self._rules.participation
        counting = committee if rule.counts_stale else contribution.selected or committee
        return Gathering(
            self._ctx, self._fabric, self._notary, "update",
            committee[(self._ctx.round - 1) % len(committee)],  # each proposes in turn
            {name: self._fleet[name].computer for name in committee},
            rounds={labour.device: labour.round for labour in late},
            counting=counting,
            needed=rule.enough(len(counting)),
        )  # fmt: skip

    def _serve(self, labour: Labour, model: SignedTransaction, contribution: Contribution) -> Generator[Any, Any, None]:
        """One device's part: key, model, training, update to its peers."""
        device = self._fleet[labour.device]
        if not (yield from self._hand_model(device, model, labour.round)):
            return
        contribution.distributed_s = max(contribution.distributed_s, self._ctx.now)
        labour.begun = True
        if self._attendance is not None:
            self._attendance.drop(device.name, self._rules.task, labour.round, device.training_s)
        self._works.sign(labour, (yield from device.train(labour.start, self.name, labour.round, self.lmuc.chain.name)))

    def _share(self, labour: Labour) -> None:
        """A device that has an update sends it to the committee that sits, if one does; else to the next."""
        if self._sitting is not None and labour.update is not None:
            self._sitting.share(labour.device, [labour.update, *labour.rivals])

    def _break_off_old(self) -> None:
        """Devices whose update would be too stale, or whose model never came, are freed."""
        rules, now = self._rules, self._ctx.now
        for labour in list(self._works.of(self.name)):
            if self._ctx.round - labour.round > rules.participation.oldest:
                self._works.drop(labour, "too stale")
            elif not labour.begun and now - labour.chosen_s >= rules.update_deadline:
                self._works.drop(labour, NO_MODEL)

    def _break_off(self, labours: Iterable[Labour]) -> None:
        for labour in list(labours):
            self._works.drop(labour, "late" if labour.begun else NO_MODEL)

    def _look_through(self, contribution: Contribution, gathering: Gathering) -> None:
        """After the decision: what has no chance of being used in a later round is given up."""
        keeps = self._rules.participation.oldest > 0
        for labour in list(self._works.of(self.name)):
            labour.arrived_s = gathering.arrived_s.get(labour.device, labour.arrived_s)
            if labour.device in contribution.works:
                continue
            if gathering.rejected(labour.device):
                self._works.drop(labour, "rejected")
            elif labour.rivals and labour.device in gathering.arrived_s:
                self._works.drop(labour, "two updates")
            elif labour.update is None and labour.process is not None and not labour.process.is_alive:
                self._works.drop(labour, NO_MODEL)  # it came, and was wrong
            elif not keeps:
                held = labour.device in gathering.arrived_s
                self._works.drop(labour, "no agreement on its block" if held else "not with the leader in time")

    def settle(self, contribution: Contribution, *, present: bool) -> None:
        """After the round: what became of the updates in its block, which is ``present`` in the shard or not."""
        aggregated = {update.device for update in contribution.updates}
        for device, labour in contribution.works.items():
            staleness = self._ctx.round - labour.round
            if not present:
                self._works.drop(labour, "its block did not get across")
            elif device not in aggregated:
                self._works.drop(labour, "too few updates to aggregate")
            else:
                self._works.use(labour, staleness, self._rules.participation.weight(staleness))

    def hand_out(self) -> Generator[Any, Any, None]:
        """Send the current model to all devices; those whose key or link takes longer than an update may go without."""
        yield self.computer.signed()
        model = self._notary.sign(self.model_transaction())
        parts = [self._hand_model(device, model, self._ctx.round) for device in self.devices.values()]
        yield from until(self._ctx.env, parts, self._rules.update_deadline)

    def _hand_model(self, device: Device, model: SignedTransaction, round: int) -> Generator[Any, Any, bool]:
        """The server's signed model to one device, sealed with a session key, and verified there.

        Returns whether the device has a right one; whoever waits does so with an end.
        """
        seal_byte = yield from self._keys.session(self.name, device.name, "model", model.size_byte)
        carried = len(carried_bytes(model.payload))
        content = Content(len(self.parameters), 8.0 * (model.size_byte + seal_byte), carried)
        if not (yield from self._models.hand(self.name, device.name, content)):
            return False
        yield device.computer.verified()
        if not self._notary.accepts(device.name, "model", self.name, model, round):
            return False
        return (yield from self._ctx.stores.proofs.shown(device.name, self.name))

    def model_transaction(self) -> IntermediateModel:
        """The server's current model as it is sent to devices and other servers."""
        packed = self._ctx.stores.codec.pack(self.parameters, self.name)
        return IntermediateModel(
            sender=self.name,
            task=self._rules.task,
            round=self._ctx.round,
            time_s=self._ctx.now,
            digest=digest_of(packed),
            samples=0,
            loss=float("nan"),
            parameters=self._ctx.stores.contents.send(packed, len(self.parameters)),
            devices=(),
        )

    def content(self) -> Content:
        """What has to arrive when the current model is handed to a device, its seal left out."""
        model = self.model_transaction().signed(self._notary.keyring)
        return Content(len(self.parameters), 8.0 * model.size_byte, len(carried_bytes(model.payload)))

    def _agree(self, contribution: Contribution, gathering: Gathering) -> Generator[Any, Any, None]:
        """The committee of devices agrees on the block of the updates that its leader holds."""
        started, names = self._ctx.now, gathering.at_leader
        works = {labour.device: labour for labour in self._works.of(self.name) if labour.device in names}
        handed_in = {name: labour.update for name, labour in works.items() if labour.update is not None}
        rivals = [item for labour in works.values() for item in labour.rivals]  # proof against who signed them
        updates = {
            name: update_in(item, self._ctx.stores) for name, item in handed_in.items() if not works[name].rivals
        }
        metadata = ModelMetadata(
            task=self._rules.task,
            loss=mean_loss(tuple(updates.values())),
            samples=sum(update.samples for update in updates.values()),
            contributors=len(updates),
        )
        holding = {member: gathering.holding(member, handed_in) for member in gathering.members}
        reports = yield from self._report(gathering, holding)
        done = yield from self.lmuc.commit(
            list(gathering.members.values()),
            gathering.leader,
            [*handed_in.values(), *rivals, *reports],
            metadata,
            holding,
            gathering.rounds,
            gathering.held_by,
        )
        longest = self._ctx.longest
        longest.local_agreement_s = max(longest.local_agreement_s, self._ctx.now - started)
        standing = {name: update for name, update in updates.items() if handed_in[name] in done.transactions}
        contribution.blocks, contribution.updates = done.blocks, tuple(standing.values())
        contribution.works = {name: works[name] for name in standing}

    def _report(
        self, gathering: Gathering, holding: dict[str, simpy.Event]
    ) -> Generator[Any, Any, list[SignedTransaction]]:
        """The leader of the committee tells its peers whose updates it rejected, if any; they wait for that too."""
        if not gathering.all_rejected:
            return []
        leader = gathering.leader
        report = self._clerk.report(leader, gathering.all_rejected)
        telling = Gathering(self._ctx, self._fabric, self._notary, "report", leader, gathering.members)
        yield from telling.sign_and_share(leader, [report])
        if leader not in telling.at_leader:
            return []  # somebody forged the report too, and nobody would vote for a block with it
        for member, event in holding.items():
            holding[member] = event & telling.holding(member, [leader])
        return [report]

    def fetch_block(self, contribution: Contribution) -> Generator[Any, Any, None]:
        """The start of step 4: the leader sends block and certificate up, the server verifies, stores, aggregates.

        There may be several blocks. It never ends if one is lost on the way: whoever runs it does so with an end.
        """
        if not contribution.blocks:
            return
        for block, certificate in contribution.certified:
            leader = self._carrier(block)
            yield self._fabric.delivered("lmuc-block", leader, self.name, 8.0 * block.size_byte)
            yield self.computer.verified(len(certificate.signers))
            if not self.lmuc.vouched(self.name, block, contribution.committee):
                return
            self.lmuc.keep(self.name, block)
        contribution.updates = yield from self._obtained(contribution.blocks, contribution.updates)
        rule = self._rules.aggregation
        if len(contribution.updates) < rule.minimum_updates:
            contribution.updates, contribution.model = (), self.parameters
            return
        contribution.updates = tuple(self._counted(update, contribution) for update in contribution.updates)
        aggregate = rule.aggregate(self.parameters, contribution.updates)
        contribution.model = self._ctx.stores.codec.as_sent(aggregate, self.name)
        yield self.computer.computed(averaging_cycles(len(self.parameters), len(contribution.updates)))
        contribution.scores = self._judge(contribution.updates, contribution.model - self.parameters)

    def _carrier(self, block: Block) -> str:
        """Who sends a block up: its proposer, or, if that is not there any more, another who has it."""
        certificate, register = block.certificate, self._notary.keyring
        signers = () if certificate is None else [register.named(who) for who in certificate.signers]
        there = [name for name in signers if name is not None and name not in self._ctx.away]
        proposer = block.header.proposer
        return there[0] if proposer in self._ctx.away and there else proposer

    def _obtained(
        self, blocks: Sequence[Block], updates: tuple[Update, ...]
    ) -> Generator[Any, Any, tuple[Update, ...]]:
        """Those updates of its blocks whose parameters are on the chain, or come from where they are kept."""
        fields = [read_transaction(item.payload) for block in blocks for item in block.transactions]
        digests = {item["sender"]: item["digest"] for item in fields if "digest" in item}
        wanted = [digests[update.device] for update in updates if update.device in digests]
        had: set[str] = yield self._ctx.stores.contents.obtained(self.name, self.lmuc.chain.name, wanted)
        return tuple(update for update in updates if len(update.parameters) and digests.get(update.device) in had)

    def _counted(self, update: Update, contribution: Contribution) -> Update:
        """An update as it counts in the aggregate, by the round whose model it was trained from."""
        labour = contribution.works[update.device]
        counted = self._rules.participation.counted(
            self.parameters, labour.start, update.parameters, self._ctx.round - labour.round
        )
        return replace(update, parameters=counted)

    def _judge(self, updates: Sequence[Update], reference: Floats) -> dict[str, float]:
        """How well each contributor's change agrees with everybody's, ``reference``."""
        return {update.device: alignment(update.parameters - self.parameters, reference) for update in updates}

"""A quantum edge server: selects devices, hands them the model, gathers their block, aggregates it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import simpy

from qflsim.chain.block import ModelMetadata
from qflsim.chain.standing import Membership as MembershipTransaction
from qflsim.chain.transactions import IntermediateModel, SignedTransaction
from qflsim.learning.aggregation import Update, aggregated, mean_loss
from qflsim.learning.cost import averaging_cycles
from qflsim.learning.selection import Candidate, alignment
from qflsim.quantum.transports import Content

from .attendance import Attendance
from .clerk import Clerk
from .computer import Computer
from .context import Context
from .contribution import Contribution, Rules
from .device import Device, Floats, parameters_in, update_in
from .fabric import Fabric
from .fetching import Fetching
from .gathering import Gathering
from .handing import Handing
from .keys import KeyService
from .ledger import Ledger
from .membership import Membership
from .models import ModelService
from .notary import Notary
from .processor import TaskProcessor
from .supervision import Supervision
from .waiting import ending_quietly
from .workbook import Labour, WorkBook

__all__ = ["Server"]


class Server:
    """One quantum edge server with its cell.

    Parameters
    ----------
    ctx, fabric, keys, notary, models:
        The run's shared services, links, session keys, who signs and checks, and ways of models to devices.
    name:
        Its name.
    computer, processor:
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
        processor: TaskProcessor,
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
        self._notary = notary
        self._handing = Handing(ctx, keys, notary, models, name, rules.task, computer)
        self.name = name
        self.computer = computer
        self.processor = processor
        self._fleet = fleet
        self._membership = membership
        self._clerk = clerk
        self.lmuc = lmuc
        self._fetching = Fetching(ctx, fabric, notary, name, computer, lmuc)
        self._rules = rules
        self.parameters = ctx.stores.codec.as_sent(parameters, name)
        self._device_qubits = device_qubits
        self._works = works
        self._supervision = Supervision(ctx, name, rules, works)
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
        self._supervision.break_off_old()
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
        model = yield from self._handing.signed(self.parameters)
        for name in contribution.selected:
            labour = Labour(name, self.name, self._ctx.round, self._ctx.now, parameters_in(model, self._ctx.stores))
            self._works.open(labour)
            labour.process = env.process(ending_quietly(self._serve(labour, model, contribution)))
        for labour in late:
            self._share(labour)
        yield gathering.complete | env.timeout(rules.participation.patience(rules.update_deadline))
        self._supervision.break_off_unfinished()
        if gathering.at_leader:
            yield from self._agree(contribution, gathering)
        self._sitting = None
        self._supervision.look_through(contribution, gathering)
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
        if not (yield from self._handing.to(device, model, len(self.parameters), labour.round)):
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

    def settle(self, contribution: Contribution, *, present: bool) -> None:
        """After the round: what became of the updates in its block, which is ``present`` in the shard or not."""
        self._supervision.settle(contribution, present=present)

    def hand_out(self) -> Generator[Any, Any, None]:
        """Send the current model to all devices; those whose key or link takes longer than an update may go without."""
        yield from self._handing.to_all(self.devices.values(), self.parameters, self._rules.update_deadline)

    def model_transaction(self) -> IntermediateModel:
        """The server's current model as it is sent to devices and other servers."""
        return self._handing.transaction(self.parameters)

    def content(self) -> Content:
        """What has to arrive when the current model is handed to a device, its seal left out."""
        return self._handing.content(self.parameters)

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
        items = [*handed_in.values(), *rivals, *reports]
        done = yield from self.lmuc.commit(
            list(gathering.members.values()), gathering.leader, items, metadata, holding, gathering.rounds,
            gathering.held_by,
        )  # fmt: skip
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
        if not contribution.blocks or not (yield from self._fetching.blocks(contribution)):
            return
        contribution.updates = yield from self._fetching.updates(contribution.blocks, contribution.updates)
        rule = self._rules.aggregation
        if len(contribution.updates) < rule.minimum_updates:
            contribution.updates, contribution.model = (), self.parameters
            return
        contribution.updates = tuple(self._counted(update, contribution) for update in contribution.updates)
        aggregate = aggregated(rule, self.parameters, contribution.updates)
        contribution.model = self._ctx.stores.codec.as_sent(aggregate, self.name)
        yield self.computer.computed(averaging_cycles(len(self.parameters), len(contribution.updates)))
        contribution.scores = self._judge(contribution.updates, contribution.model - self.parameters)

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

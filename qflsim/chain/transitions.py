"""The transitions of a task's contract, each with its guard: what does not hold changes nothing, and is told.

Every transition takes a contract, the fields of a transaction, the transaction and its block, and yields whom a
refusal is about, if not the sender, and why; it yields nothing when the transition was made.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from qflsim.chain.accounts import Accounts
from qflsim.chain.block import Block
from qflsim.chain.limits import kind_of
from qflsim.chain.local import TWO_UPDATES, local_fault, submissions_in
from qflsim.chain.progress import Aggregate, Debt, Progress, Submission
from qflsim.chain.rewards import divided, grains
from qflsim.chain.transactions import SignedTransaction, carried_bytes, digest_of

if TYPE_CHECKING:
    from qflsim.chain.contract import Contract

__all__ = ["ACTS"]

Reasons = Iterator[tuple[str, str]]


def _terms(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """Terms come into force once."""
    if contract.in_force:
        yield "", "its terms are in force already"
        return
    contract.rules = contract.read_rules(fields["rules"])
    contract.publisher = fields["sender"]
    contract.servers, contract.devices = tuple(fields["servers"]), tuple(fields["devices"])
    contract.patience_s, contract.slack_s = fields["patience_s"], fields["slack_s"]
    contract.oldest, contract.quorums = fields["oldest"], tuple(fields["quorums"])
    purses = dict.fromkeys([*contract.servers, *contract.devices], grains(contract.rules.purse))
    contract.accounts = Accounts({contract.publisher: grains(contract.rules.funds)} | purses)
    contract.memory = dict.fromkeys(contract.devices, contract.rules.reputation.start())


def _publish(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """The publisher announces the task, the first time with its reward, later for its next round.

    A round that was broken off is announced anew: what was done in it counts for nothing. The task may come to have
    more or fewer rounds, among which what is not paid yet is divided, and its reward may rise.
    """
    number, offer, round_ = fields["round"], (fields["reward"], fields["rounds"]), contract.round
    promised = contract.offer[0] if contract.offer is not None else 0.0
    more = grains(fields["reward"]) - grains(promised)
    if not contract.in_force or fields["sender"] != contract.publisher:
        yield "", "it has no terms of this publisher"
    elif more < 0:
        yield "", "it was announced with a higher reward"
    elif not 1 <= number <= fields["rounds"] or (round_ is not None and not _follows(number, round_)):
        yield "", "it is not of a later round"
    elif not contract.accounts.reserve(contract.publisher, more):
        yield "", "the publisher cannot put the reward into escrow"
    else:
        if contract.offer is None:
            _offer(contract, offer, 0, more)
        before = round_.number if round_ is not None else 1
        for earlier in range(before - 1, min(number - 1, len(contract.budgets))):  # left over: no global model
            contract.accounts.pay(contract.publisher, contract.budgets[earlier])
            contract.budgets[earlier] = 0
        if contract.offer != offer:
            _offer(contract, offer, number - 1, more)
        contract.round = Progress(number, contract.budgets[number - 1], contract.oldest > 0)


def _follows(number: int, round_: Progress) -> bool:
    """Whether a round is a later one than ``round_``, or the same one anew, which has no global model."""
    return number > round_.number or (number == round_.number and not round_.servers)


def _offer(contract: "Contract", offer: tuple[float, int], settled: int, more: int) -> None:
    """Divide what is not paid yet, and ``more`` grains, among the rounds after the first ``settled`` ones."""
    over, rest = contract.budgets[:settled], sum(contract.budgets[settled:]) + more
    to_come = divided(rest, [1.0] * (offer[1] - settled))
    contract.offer, contract.budgets = offer, [*over, *[0] * (settled - len(over)), *to_come]


def _join(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """A server joins with a deposit."""
    server, round_ = fields["sender"], contract.open(fields)
    if round_ is None or round_.formed:
        yield "", "no round of the task is open to it"
    elif server not in contract.servers or server in round_.joined:
        yield "", "it is no server that is yet to join"
    elif not contract.accounts.top_up(server, grains(contract.rules.deposit)):
        yield "", "it cannot put down the deposit"
    else:
        round_.joined[server] = fields["samples"]
        round_.chain = block.header.chain


def _shard(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """The servers that joined are the shard of the round."""
    round_ = contract.open(fields)
    if round_ is None or round_.formed or fields["sender"] not in (*round_.joined, block.header.proposer):
        yield "", "no round of the task waits for it"
    elif set(fields["servers"]) != round_.joined.keys():
        yield "", "it does not name the servers that joined"
    else:
        round_.formed = True


def _select(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """A server that joined selects devices, and each puts down a deposit; those it no longer waits for are released."""
    server, round_ = fields["sender"], contract.open(fields)
    if round_ is None or server not in round_.joined or server in round_.chosen:
        yield "", "it did not join, or has selected already"
        return
    round_.chosen.add(server)
    _release(contract, round_, server, fields["late"])
    for device in fields["late"]:
        if device in contract.owed and contract.owed[device].server == server:
            round_.late[device] = server
        else:
            yield device, "it owes no update"
    due_s = block.header.time_s + contract.patience_s
    for device in fields["devices"]:
        if device not in contract.memory or device in round_.members():
            yield device, "it is no device that is yet to be selected"
        elif contract.reputation(device) < contract.rules.least_reputation:
            yield device, "its reputation is too low"
        elif not contract.accounts.top_up(device, grains(contract.rules.deposit)):
            yield device, "it cannot put down the deposit"
        else:
            round_.selected[device], round_.due_s[device] = server, due_s
            contract.owed[device] = Debt(server, round_.number, due_s)


def _release(contract: "Contract", round_: Progress, server: str, late: Collection[str]) -> None:
    """Devices that ``server`` no longer waits for owe nothing; who was late for as long as is borne has lapsed."""
    for device, debt in list(contract.owed.items()):
        if debt.server == server and device not in late:
            del contract.owed[device]
            if round_.keeps_late and round_.number - debt.round > contract.oldest:
                round_.lapsed.add(device)


def _submit(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """A server carries a block of its committee across, and with it the devices' updates."""
    server, round_ = fields["sender"], contract.open(fields)
    if kind_of(fields["source"]) != "lmuc" or (round_ is not None and block.header.chain != round_.chain):
        return  # a receipt on another chain, or of a payment in another shard, is no matter of the contract's
    if round_ is None or server not in round_.chosen:
        yield "", "its sender selected nobody"
        return
    local = round_.local.get(hashlib.sha256(carried_bytes(item.payload)[: fields["header"]]).digest())
    committee = round_.committee(server)
    fault = local_fault(local, committee, contract.quorums)
    if local is None or fault:
        yield fields["source"], fault
        return
    del round_.local[local.hash]
    round_.carried[server] = local.header.time_s
    slack_s = inf if round_.keeps_late else contract.slack_s
    owed = {device: contract.owed[device] for device in committee if device in contract.owed}
    for device, update, reason in submissions_in(local, contract.task, owed, slack_s):
        if reason:
            yield device, reason
        if device in owed:
            del contract.owed[device]
        if update is not None:
            round_.submitted[device] = Submission(*update)
        elif device in committee:
            round_.submitted.pop(device, None)
            (round_.equivocated if reason == TWO_UPDATES else round_.rejected).add(device)


def _verify(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """A server verifies the updates of its committee."""
    server, round_ = fields["sender"], contract.open(fields)
    if round_ is None or server not in round_.carried or len(fields["devices"]) != len(fields["scores"]):
        yield "", "its sender carried no block of updates"
        return
    for device, score in zip(fields["devices"], fields["scores"], strict=True):
        if round_.members().get(device) != server or device not in round_.submitted or device in round_.scores:
            yield device, "it submitted nothing that is yet to be verified"
        elif not 0.0 <= score <= 1.0:
            yield device, "its score is not in 0..1"
        else:
            round_.scores[device] = score


def _aggregate(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """A server hands in the aggregate of verified updates."""
    server, devices, round_ = fields["sender"], tuple(fields["devices"]), contract.open(fields)
    if round_ is None or server not in round_.carried or server in round_.aggregates:
        yield "", "its sender carried no block of updates, or has an aggregate already"
    elif any(d not in round_.scores or round_.members()[d] != server for d in devices):
        yield server, "not all updates in it were verified"
    elif len(set(devices)) < len(devices) or fields["samples"] != sum(round_.submitted[d].samples for d in devices):
        yield server, "its samples are not those of its updates"
    elif fields["parameters"] and digest_of(carried_bytes(item.payload)) != fields["digest"]:
        yield server, "its digest is not that of its parameters"
    else:
        round_.aggregates[server] = Aggregate(fields["samples"], devices)


def _conclude(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """The shard hands in the global model."""
    servers, round_ = tuple(fields["servers"]), contract.open(fields)
    if round_ is None or round_.servers or not servers or len(set(servers)) < len(servers):
        yield "", "no round of the task waits for it"
    elif not set(servers) <= round_.aggregates.keys():
        yield "", "not all servers in it have an aggregate"
    elif fields["samples"] != sum(round_.aggregates[server].samples for server in servers):
        yield "", "its samples are not those of its aggregates"
    else:
        round_.servers = servers


def _reward(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """The reward of the round is paid out, all of it, and to whom it is due."""
    due, round_ = contract.settling(fields), contract.round
    stated = _stated(fields, "amounts", grains)
    if due is None or round_ is None or round_.rewarded or fields["payer"] != contract.publisher:
        yield "", "no reward is due"
    elif sum(stated.values()) != round_.budget:
        yield "", "it does not add up to what was announced"
    elif stated != due.rewards:
        yield "", "it is not divided as the terms say"
    else:
        for node, amount in stated.items():
            contract.accounts.pay(node, amount)
        contract.budgets[round_.number - 1] = 0
        round_.rewarded, round_.paid = True, stated


def _slash(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """Deposits are slashed for one kind of fault."""
    due, round_, fault = contract.settling(fields), contract.round, fields["reason"]
    if due is None or round_ is None or fault not in due.slashes or fault in round_.slashed:
        yield "", "nothing is to be slashed for that"
    elif _stated(fields, "amounts", grains) != due.slashes[fault]:
        yield ", ".join(fields["nodes"]), "the chains do not prove it, or it is not what the terms say"
    else:
        for node, amount in due.slashes[fault].items():
            contract.accounts.slash(node, amount, contract.publisher)
        round_.slashed.add(fault)
        round_.taken |= due.slashes[fault]


def _remember(contract: "Contract", fields: dict[str, Any], item: SignedTransaction, block: Block) -> Reasons:
    """Reputations follow what the round has shown, which ends it; after the last round deposits go back."""
    due, round_ = contract.settling(fields), contract.round
    if due is None or round_ is None or not round_.rewarded or not due.slashes.keys() <= round_.slashed:
        yield "", "the round is not settled"
    elif _stated(fields, "scores", float) != contract.after(due):
        yield "", "it is not what the terms make of the round"
    else:
        rule = contract.rules.reputation
        for node, (good, bad) in due.behaviour.items():
            contract.memory[node] = rule.after(contract.memory[node], good, bad)
        round_.closed = True
        if contract.offer is not None and round_.number == contract.offer[1]:
            for node in (*contract.servers, *contract.devices):
                contract.accounts.give_back(node)


def _stated(fields: dict[str, Any], name: str, make: Callable[[float], Any]) -> dict[str, Any]:
    """What a transaction states of each node; of one named twice, or without a value, nothing that could be right."""
    nodes, values = fields["nodes"], fields[name]
    if len(set(nodes)) < len(nodes) or len(values) != len(nodes):
        return {"": make(-1.0)}
    return {node: make(value) for node, value in zip(nodes, values, strict=True)}


ACTS: Mapping[str, tuple[str, Callable[..., Reasons]]] = {
    "terms": ("terms", _terms), "task": ("publish", _publish), "join": ("join", _join),
    "selection": ("select", _select), "shard": ("join", _shard),
    "cross-chain-receipt": ("submit", _submit), "receipt": ("submit", _submit), "verdict": ("verify", _verify),
    "intermediate-model": ("aggregate", _aggregate), "global-model": ("aggregate", _conclude),
    "reward": ("reward", _reward), "slash": ("slash", _slash), "reputation": ("reputation", _remember),
}  # fmt: skip
"""What each kind of transaction does; those of one block are carried out in this order."""

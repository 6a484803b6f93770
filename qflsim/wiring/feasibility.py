"""What the parts of one world refuse of each other, asked before anything runs."""

from collections import Counter
from collections.abc import Sequence

from qflsim.chain.limits import CHAIN_KINDS, on_kind
from qflsim.checks import ScenarioError
from qflsim.crypto.keyrouting import ends_of

from .common import Common
from .keydemand import KeyDemand, Offer
from .tasks import TaskParts

__all__ = ["check_deadlines", "check_parts", "key_demand", "largest_committee", "smallest_committees"]

WAITS_OF_A_ROUND = 10  # times that a round can wait for as long as an agreement may take, generously counted


def key_demand(common: Common, tasks: Sequence[TaskParts], sizes_byte: Sequence[int]) -> KeyDemand:
    """The QKD keys that a round's models, of so many bytes in each task, ask for; refused if they can never be there.

    Raises
    ------
    ScenarioError
        If a key is larger than a store, or takes longer to make than the run can last.
    """
    scenario, links = common.scenario, common.wiring.keys
    offers = [offer for parts, size in zip(tasks, sizes_byte, strict=True) for offer in _offers(common, parts, size)]
    demand = KeyDemand(tuple(offers) if links.links else (), links.capacity)
    if scenario.keys.fallback() is None:
        rounds = max(parts.plan.rounds for parts in tasks)
        longest = rounds * (scenario.update_deadline + WAITS_OF_A_ROUND * scenario.agreement_deadline)
        demand.refuse_impossible(scenario.key_store.room, longest)
    return demand


def _offers(common: Common, parts: TaskParts, size_byte: int) -> list[Offer]:
    """The keys that one task asks for in a round."""
    scenario, servers, mixing = common.scenario, parts.servers, parts.plan.mixing
    bits = scenario.keys.need(scenario.sealing.key_bit(size_byte, first=True)).qkd_bit
    if not bits:
        return []
    matrix = mixing.matrix(len(servers), parts.ctx.streams.fresh("mixing", "demand"))
    sent = [ends_of(servers[i], servers[j]) for hop in mixing.exchanges(matrix) for i, j in hop]
    members = parts.membership.members
    offers = [Offer(server, device, bits, 1) for server in servers for device in members(server)]
    return offers + [Offer(*ends, bits, mixing.steps * count) for ends, count in Counter(sent).items()]


def check_parts(common: Common, parts: TaskParts) -> None:
    """Ask the parts of a task now for what they would refuse in the middle of the run."""
    scenario, plan, servers = common.scenario, parts.plan, parts.servers
    plan.mixing.check_servers(len(servers))
    parts.machines.check(scenario)
    scenario.energy.station.load_energy(scenario.access.station_power, 0.0)
    home = parts.devices
    largest = len(home) if scenario.moves else max(len(parts.membership.members(server)) for server in servers)
    if largest and plan.aggregation.minimum_updates > largest:
        name = type(plan.aggregation).__name__
        raise ScenarioError(
            f"{name} needs at least {plan.aggregation.minimum_updates} updates, and no server reaches more "
            f"than {largest} devices; use more devices per server, or another aggregator"
        )


def smallest_committees(common: Common, tasks: Sequence[TaskParts]) -> dict[str, int]:
    """Validators of the smallest committee of every kind of chain as things stand: ``global``, ``shard``, ``lmuc``."""
    devices = min(len(parts.membership.members(server)) for parts in tasks for server in parts.servers)
    servers = min(len(parts.servers) for parts in tasks)
    return {"global": len(common.placement.servers) + 1, "shard": servers, "lmuc": max(1, devices)}


def largest_committee(tasks: Sequence[TaskParts]) -> int:
    """Devices in the largest committee of a local model update chain as things stand."""
    return max(len(parts.membership.members(server)) for parts in tasks for server in parts.servers)


def check_deadlines(common: Common, parts: TaskParts) -> None:
    """Refuse deadlines that even the quickest agreement, block or local training must miss."""
    scenario, sizes = common.scenario, smallest_committees(common, [parts])
    patience = scenario.agreement_deadline
    largest = sizes | {"lmuc": largest_committee([parts])}
    for (_, protocol), validators, most in zip(common.protocols, sizes.values(), largest.values(), strict=True):
        agreement = protocol.core
        agreement.check_size(most)
        least = agreement.latency(validators)
        if least > patience:
            raise ScenarioError(
                f"Scenario.agreement_deadline must leave time for {agreement.name}, which takes {least:.4g} s by "
                f"design, got {patience!r} s; raise agreement_deadline, or let {type(agreement).__name__} take less"
            )
    for kind in CHAIN_KINDS:
        interval = on_kind(scenario.block_limits, kind).interval
        if interval >= patience:
            raise ScenarioError(
                f"BlockLimits.interval must be < Scenario.agreement_deadline = {patience!r} s, after which what waits "
                f"for a {kind} block is given up, got {interval!r} s; lower the interval, or raise agreement_deadline"
            )
    _check_training(common, parts)


def _check_training(common: Common, parts: TaskParts) -> None:
    """Refuse a round that ends before anybody can have trained, or, if late updates count, signed."""
    scenario, times = common.scenario, parts.training_times(common)
    quickest = min(times, key=lambda device: times[device])
    rule, deadline = scenario.participation, scenario.update_deadline
    levers = "epochs" if parts.machines.native is None else "shots or epochs"
    if times[quickest] > deadline:
        raise ScenarioError(
            f"Scenario.update_deadline must leave time for training: the quickest job, that of {quickest}, "
            f"takes {times[quickest]:.4g} s, got {deadline!r} s; raise update_deadline, or lower {levers}"
        )
    patience, signing = rule.patience(deadline), scenario.signatures.sign(scenario.device_processor).time_s
    needs, needed = (signing, "signing an update") if rule.oldest else (times[quickest], "the quickest job")
    if needs > patience:
        raise ScenarioError(
            f"Scenario.participation must leave time for {needed}, which takes {needs:.4g} s, and "
            f"{type(rule).__name__} goes on after {patience!r} s; let it wait longer"
        )

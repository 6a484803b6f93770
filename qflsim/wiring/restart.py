"""Putting back what stands on the chains of another run, and refusing a scenario that contradicts them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.beginning import Beginning, TaskBeginning
from qflsim.chain.block import Block
from qflsim.chain.transactions import read_transaction
from qflsim.checks import ScenarioError
from qflsim.learning.codec import Codec
from qflsim.nodes.clerk import Clerk
from qflsim.nodes.ledger import Ledger
from qflsim.scenario import LearningPlan, Scenario

from .common import Common
from .contract import changed_term

__all__ = ["put_back", "refuse_other_tasks", "starting_model"]


def refuse_other_tasks(beginning: Beginning, scenario: Scenario) -> None:
    """Refuse a scenario that lacks a task of the chains, or in which nothing is left to be done.

    Raises
    ------
    ScenarioError
        If it does.
    """
    plans = {plan.name: plan for plan in scenario.learning}
    lacking = sorted(set(beginning.tasks) - set(plans))
    if lacking:
        raise ScenarioError(f"the chains hold the task {lacking[0]!r}, and the scenario's is {', '.join(plans)}")
    if all(plan.rounds <= beginning.of(name).round for name, plan in plans.items()):
        raise ScenarioError(
            f"Scenario.rounds must be > {beginning.round}, the round that the run goes on from, got "
            f"{max(plan.rounds for plan in plans.values())}; write e.g. --set rounds={beginning.round + 5}"
        )


def starting_model(
    task: TaskBeginning, plan: LearningPlan, initial: NDArray[np.float64], codec: Codec
) -> NDArray[np.float64]:
    """The global model on the chain in place of the initial one, if there is one.

    Raises
    ------
    ScenarioError
        If the scenario's model is not the one on the chain.
    """
    if task.structure and repr(plan.model) != task.structure:
        raise ScenarioError(
            f"the model on the chains is {task.structure}, the scenario's is {plan.model!r}; leave it as it was"
        )
    if not task.model:
        return initial
    model = codec.unpack(task.model)
    if model.shape != initial.shape:
        raise ScenarioError(f"the model on the chain has {len(model)} parameters, the scenario's {len(initial)}")
    return model


def put_back(
    beginning: Beginning, common: Common, ledgers: Sequence[Ledger], clerks: Mapping[str, Clerk]
) -> None:  # fmt: skip
    """Fill the chains with the blocks that stand on them, and bring contracts and lots to the state that follows.

    Parameters
    ----------
    ledgers:
        All chains.
    clerks:
        The clerk of every task.

    Raises
    ------
    ScenarioError
        If the scenario has other nodes, keys, chains or terms than the chains say.
    """
    register = beginning.archive.register
    if register.public_keys != common.keyring.public_keys or register.library.name != common.keyring.library.name:
        raise ScenarioError(
            "the public keys on the chains are not those of the scenario's nodes: seed, replication, number of servers "
            "and devices, signature scheme and computed_cryptography must be as they were"
        )
    known = {ledger.chain.name: ledger for ledger in ledgers}
    foreign = sorted(set(beginning.heights) - set(known))
    if foreign:
        raise ScenarioError(f"the run has a chain {foreign[0]!r}, and the scenario has none of that name")
    for name, task in beginning.tasks.items():
        for term, there, own in clerks[name].changed_terms(task.terms):
            raise ScenarioError(changed_term(term, there, own))
    lasts = {
        chain: beginning.archive.block(chain, height).header.round
        for chain, height in beginning.heights.items()
        if height
    }
    for chain, seats in common.seats.items():
        seats.recall(lasts.get(chain, 0))
    for block in beginning.in_order():
        chain = block.header.chain
        known[chain].restore(block, beginning.archive, _keepers(block, common, lasts[chain]))
        for clerk in clerks.values():
            clerk.recall(block)


def _keepers(block: Block, common: Common, last: int) -> set[str]:
    """Who stores a block, as far as the chain itself shows it: who wrote in it or signed it, and a chain's servers.

    The servers of a shard by lot are those that sat when the block was made, and those that took a seat later, up to
    the round ``last``: they fetched it.
    """
    register, certificate = common.keyring, block.certificate
    signed = () if certificate is None else (register.named(who) for who in certificate.signers)
    wrote = (str(read_transaction(item.payload)["sender"]) for item in block.transactions)
    own = _servers_of(block.header.chain, common, range(block.header.round, last + 1))
    return {name for name in (*signed, *wrote, *own) if name is not None}


def _servers_of(chain: str, common: Common, rounds: range) -> Sequence[str]:
    """The servers that store a chain in some of these rounds."""
    servers = common.placement.servers
    if chain.startswith("lmuc-"):
        return [name for name in servers if chain == f"lmuc-{name}" or chain.startswith(f"lmuc-{name}-")]
    if chain in common.seats:
        return common.seats[chain].of_rounds(rounds, servers)
    return servers

"""Putting back what stands on the chains of another run, and refusing a scenario that contradicts them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.beginning import Beginning
from qflsim.chain.block import Block
from qflsim.chain.transactions import read_transaction
from qflsim.checks import ScenarioError
from qflsim.learning.codec import Codec
from qflsim.nodes.clerk import Clerk
from qflsim.nodes.ledger import Ledger
from qflsim.scenario import LearningPlan

from .common import Common

__all__ = ["put_back", "starting_model"]


def starting_model(
    beginning: Beginning, plan: LearningPlan, initial: NDArray[np.float64], codec: Codec
) -> NDArray[np.float64]:
    """The global model on the chain in place of the initial one.

    Raises
    ------
    ScenarioError
        If the scenario's task is not the one on the chain.
    """
    if plan.name != beginning.task:
        raise ScenarioError(f"the chains hold the task {beginning.task!r}, and the scenario's is {plan.name!r}")
    if repr(plan.model) != beginning.structure:
        raise ScenarioError(
            f"the model on the chains is {beginning.structure}, the scenario's is {plan.model!r}; leave it as it was"
        )
    if plan.rounds <= beginning.round:
        raise ScenarioError(
            f"Scenario.rounds must be > {beginning.round}, the round that the run goes on from, got {plan.rounds}; "
            f"write e.g. --set rounds={beginning.round + 5}"
        )
    model = codec.unpack(beginning.model)
    if model.shape != initial.shape:
        raise ScenarioError(f"the model on the chain has {len(model)} parameters, the scenario's {len(initial)}")
    return model


def put_back(beginning: Beginning, common: Common, ledgers: Sequence[Ledger], clerk: Clerk) -> None:
    """Fill the chains with the blocks that stand on them, and bring the contract to the state that follows.

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
    clerk.check_terms(beginning.terms)
    for block in beginning.in_order():
        known[block.header.chain].restore(block, beginning.archive, _keepers(block, common))
        clerk.recall(block)


def _keepers(block: Block, common: Common) -> set[str]:
    """Who stores a block, as far as the chain itself shows it: who wrote in it or signed it, and a chain's servers."""
    register, certificate = common.keyring, block.certificate
    signed = () if certificate is None else (register.named(who) for who in certificate.signers)
    wrote = (str(read_transaction(item.payload)["sender"]) for item in block.transactions)
    servers, chain = common.placement.servers, block.header.chain
    own = [name for name in servers if chain.startswith(f"lmuc-{name}")] if chain.startswith("lmuc-") else servers
    return {name for name in (*signed, *wrote, *own) if name is not None}

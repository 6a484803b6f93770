"""The contract of a task: its terms, and who keeps it."""

from collections.abc import Sequence

from qflsim.chain.contract import Contract
from qflsim.nodes.clerk import Clerk
from qflsim.nodes.context import Context

from .common import Common

__all__ = ["contracted"]


def contracted(common: Common, ctx: Context, task: str, servers: Sequence[str], devices: Sequence[str]) -> Clerk:
    """The clerk of ``task``; in this world the rules that come onto the chain are the scenario's own."""
    scenario = common.scenario
    terms = {
        "rules": repr(scenario.contract),
        "servers": tuple(servers),
        "devices": tuple(devices),
        "patience_s": scenario.participation.patience(scenario.update_deadline),
        "slack_s": scenario.agreement_deadline,
        "oldest": scenario.participation.oldest,
        "quorums": tuple(common.protocols.local.quorum(size) for size in range(1, len(devices) + 1)),
    }
    return Clerk(ctx, common.notary(ctx), Contract(task, lambda rules: scenario.contract), terms)

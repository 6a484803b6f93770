"""The contract of a task: its terms, and who keeps it."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from qflsim.chain.contract import Contract
from qflsim.nodes.clerk import Clerk
from qflsim.nodes.context import Context

from .common import Common

__all__ = ["changed_term", "contracted"]

_RESTS_ON = {
    "rules": "contract",
    "servers": "topology",
    "devices": "topology",
    "patience_s": "participation and update_deadline",
    "slack_s": "agreement_deadline",
    "oldest": "participation",
    "quorums": "agreement",
}
"""Which fields of a scenario each of the terms follows from."""


def changed_term(name: str, there: Any, own: Any) -> str:
    """Why a run does not go on: a term on the chain of an earlier run, and what it would be now, are not the same."""
    before, now = _first_difference(name, there, own)
    return (
        f"Scenario.{_RESTS_ON[name]} must leave the terms of the task as they stand on the chain, where {before}, got "
        f"{now}; leave {_RESTS_ON[name]} as it was"
    )


def _first_difference(name: str, there: Any, own: Any) -> tuple[str, str]:
    """Where two versions of a term differ first, in words."""
    if name == "rules" and isinstance(there, str):
        pairs = zip_longest(there[:-1].split(", "), own[:-1].split(", "), fillvalue="nothing")
        return next((before, now) for before, now in pairs if before != now)
    if name == "quorums" and isinstance(there, tuple):
        votes = enumerate(zip_longest(there, own, fillvalue="none"), start=1)
        return next((f"a committee of {size} needs {old} votes", f"{new}") for size, (old, new) in votes if old != new)
    if isinstance(there, tuple):
        return f"there are {len(there)} {name}", f"{len(own)} {name}"
    return f"{name} = {there!r}", f"{own!r}"


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

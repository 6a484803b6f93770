"""Storage of ledgers: what the scenario asks for, held against the nodes that there are."""

from collections.abc import Mapping

from qflsim.learning.codec import Codec
from qflsim.nodes.adversaries import Adversaries
from qflsim.nodes.computer import Computer
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.stores import Stores
from qflsim.scenario import Scenario

__all__ = ["storage_notes", "stores_of"]


def stores_of(
    scenario: Scenario,
    ctx: Context,
    fabric: Fabric,
    roles: Mapping[str, str],
    computers: Mapping[str, Computer],
    adversaries: Adversaries,
) -> Stores:
    """The stores of all nodes.

    Raises
    ------
    ValueError
        If the policy names holders that there are not, or wants more copies than there are nodes to hold them.
    """
    capable = [name for name, role in roles.items() if role in ("server", "publisher")]
    for chain in ("global", "shard", "lmuc"):
        policy = scenario.storage.off_chain(chain)
        if policy is None:
            continue
        unknown = [name for name in policy.holders if name not in computers]
        if unknown:
            raise ValueError(f"OffChain.holders names {unknown[0]!r}, which is no node; give names as in nodes.csv")
        if not policy.holders and policy.replicas > len(capable):
            raise ValueError(
                f"OffChain.replicas must be <= {len(capable)}, the servers and the publisher, got {policy.replicas}; "
                "lower it, or name holders"
            )
    return Stores(
        ctx, scenario.storage, Codec(scenario.compression, ctx.streams), roles, computers, fabric, adversaries.damages
    )


def storage_notes(scenario: Scenario) -> list[str]:
    """What idealised options grant, to be told before the run."""
    return [told for told in (scenario.storage.assumption, scenario.compression.assumption) if told]

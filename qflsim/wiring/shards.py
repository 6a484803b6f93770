"""Who validates the shards of one world, by lot, and how likely a draw fails."""

from collections.abc import Callable, Iterator
from functools import partial

from qflsim.chain.sharding import Sharding, shard_failure
from qflsim.checks import ScenarioError
from qflsim.nodes.context import Context
from qflsim.nodes.ledger import Ledger
from qflsim.nodes.seats import Odds, Seats
from qflsim.security.threat import Threat

from .common import Common

__all__ = ["risks", "seats_of"]

SMALL = 1e-6
"""A probability of failure that is called small: RapidChain aims at less than one failure in thousands of years."""


def seats_of(common: Common, ctx: Context, task: str, ledger: Ledger) -> Seats:
    """The validators of one task's shard chain.

    Raises
    ------
    ScenarioError
        If shards are larger than there are servers.
    """
    sharding, patience = common.scenario.sharding, common.scenario.agreement_deadline
    every = 1 if sharding is None else sharding.rounds
    return Seats(ctx, ledger, common.computers, _draw(common, sharding, task), every, odds(common), patience)


def _draw(common: Common, sharding: Sharding | None, task: str) -> Callable[[int], tuple[str, ...]] | None:
    if sharding is None:
        return None
    servers, tasks = common.placement.servers, [plan.name for plan in common.scenario.learning]
    most = len(servers) if sharding.validators else len(servers) // len(tasks)
    if (sharding.validators or 1) > most:
        raise ScenarioError(
            f"Scenario.sharding needs {sharding.validators or len(tasks)} servers for its {len(tasks)} shards, and "
            f"there are {len(servers)}; use more servers, or smaller or fewer shards"
        )

    def drawn(epoch: int) -> tuple[str, ...]:
        streams = partial(common.ctx.streams.fresh, "sharding", f"epoch {epoch}")
        return sharding.assign(servers, tasks, streams)[task]

    return drawn


def odds(common: Common) -> Odds:
    """What is known of faulty servers: whom threats to validators hold, else a share that the scenario assumes."""
    scenario, servers = common.scenario, common.placement.servers
    held = [targets for threat, targets in common.adversaries.holds if type(threat).play is not Threat.play]
    faulty = frozenset(server for server in servers if any(server in targets for targets in held))
    share = scenario.sharding.faulty_share if scenario.sharding else 0.0
    assumed = max(int(share > 0.0), int(share * len(servers) + 1e-9))  # a quarter of three is not nobody
    protocol = common.protocols.shard

    def failure(size: int) -> tuple[int, float]:
        tolerated = protocol.tolerated(size)
        return tolerated, shard_failure(len(servers), len(faulty) or assumed, size, tolerated)

    return Odds(nodes=len(servers), faulty=faulty, assumed=assumed, failure=failure)


def risks(common: Common) -> Iterator[str]:
    """A sentence on how likely some shard is drawn with more faulty validators than it bears."""
    sharding, known = common.scenario.sharding, odds(common)
    if sharding is None:
        return
    tasks = len(common.scenario.learning)
    sizes = [len(names) for names in sharding.parts(known.nodes, tasks)]
    each = [known.failure(size)[1] for size in sizes]
    draws = max(-(-plan.rounds // sharding.rounds) for plan in common.scenario.learning)
    once, ever = min(1.0, sum(each)), min(1.0, draws * sum(each))
    faulty, whose = len(known.faulty) or known.assumed, "held by threats" if known.faulty else "assumed"
    size = f"{min(sizes)}" + (f" to {max(sizes)}" if min(sizes) < max(sizes) else "")
    yield (
        f"{tasks} shard{'s' * (tasks != 1)} of {size} validator{'s' * (size != '1')}, drawn from {known.nodes} "
        f"servers of which {faulty} {'is' if faulty == 1 else 'are'} faulty ({whose}): some shard gets more than its "
        f"protocol bears with a probability of at most {once:.2g} in a draw and {ever:.2g} in {draws} draws"
        + ("" if ever <= SMALL else "; this is not small: use larger shards, or fewer of them")
    )

"""The mempools of a world: which chains have one, what is refused, and what a user should know beforehand."""

from collections.abc import Iterator
from math import inf

from qflsim.chain.block import certificate_byte
from qflsim.chain.bundle import FRAME_BYTE
from qflsim.chain.limits import CHAIN_KINDS, BlockLimits, kind_of, on_kind
from qflsim.chain.perchain import PerChain
from qflsim.chain.traffic import ChainTraffic
from qflsim.checks import ScenarioError
from qflsim.nodes.blockmaker import Pooling
from qflsim.readable import show
from qflsim.scenario import Scenario
from qflsim.streams import Streams

__all__ = ["capacity", "notes", "pooling", "refuse_small_blocks"]

_HEADER_BYTE = 512  # a header with names and a model's metadata, and the text of a receipt, generously


def pooling(scenario: Scenario, chain: str, streams: Streams) -> Pooling | None:
    """How transactions wait on ``chain``; ``None`` if nothing makes them wait.

    Raises
    ------
    ScenarioError
        If others use the chain and its blocks keep no interval, so that blocks would never end.
    """
    limits, traffic = _rules(scenario, chain)
    if traffic is None:
        return Pooling(limits, None) if limits.limited or scenario.fees.rate else None
    if not limits.interval:
        raise ScenarioError(
            f"Scenario.block_limits must give the {kind_of(chain)} chain an interval, since others use it "
            "(Scenario.traffic) and blocks without interval would follow each other at once; give e.g. "
            "block_limits=BlockLimits(interval=1 * s, size=1 * MB)"
        )
    if traffic.framed_byte > limits.size_byte:
        raise ScenarioError(
            f"BlockLimits.size must be >= {8 * traffic.framed_byte:.0f} bit, the transactions of others "
            f"({traffic.framed_byte:.0f} bytes with framing), got {limits.size!r} bit; raise it, or lower "
            "ChainTraffic.size"
        )
    return Pooling(limits, traffic.arrivals(streams.fresh("chain-traffic", chain)))


def refuse_small_blocks(scenario: Scenario, model_byte: int, servers: int, devices: int) -> None:
    """Refuse blocks that the largest transaction of the federation would never fit into.

    Parameters
    ----------
    model_byte:
        Bytes of a signed transaction with a model's parameters.
    servers, devices:
        Servers in the largest shard, devices in the largest committee.

    Raises
    ------
    ScenarioError
        If the blocks of a chain are too small.
    """
    scheme, protocols = scenario.signatures, PerChain.of(scenario.agreement)
    receipt = _HEADER_BYTE + model_byte  # it may carry a transaction with a model, and is signed as that is
    local = certificate_byte(protocols.on("lmuc").quorum(max(1, devices)), scheme)
    shard = certificate_byte(protocols.on("shard").quorum(servers), scheme)
    largest = {"global": receipt + shard, "lmuc": model_byte, "shard": receipt + local}
    for kind, needed in largest.items():
        limits = on_kind(scenario.block_limits, kind)
        if needed + FRAME_BYTE > limits.size_byte:
            raise ScenarioError(
                f"BlockLimits.size must be >= {8 * (needed + FRAME_BYTE)} bit, the largest transaction of a {kind} "
                f"chain ({needed + FRAME_BYTE} bytes with framing), got {limits.size!r} bit; raise it, or use "
                "shorter signatures"
            )


def capacity(scenario: Scenario, kind: str, validators: int) -> float:
    """Transactions of others per second that a kind of chain can carry at most.

    A block of K transactions takes the longer of its interval and the protocol's own time with K signatures checked.
    """
    limits, traffic = _rules(scenario, kind)
    if traffic is None:
        return inf
    least = PerChain.of(scenario.agreement).on(kind).latency(validators)
    processor = scenario.device_processor if kind == "lmuc" else scenario.server_processor
    check_s = scenario.signatures.verify(processor).time_s
    most = limits.per_block(traffic.framed_byte)
    if most == inf:
        return 1.0 / check_s
    return limits.capacity(traffic.framed_byte, least + most * check_s)


def notes(scenario: Scenario, validators: dict[str, int]) -> Iterator[str]:
    """A sentence for every kind of chain that others alone overload, with ``validators`` per kind."""
    for kind in CHAIN_KINDS:
        limits, traffic = _rules(scenario, kind)
        carried = capacity(scenario, kind, validators[kind])
        if traffic is None or traffic.rate <= carried:
            continue
        bytes_per_s = show(traffic.rate * traffic.framed_byte, "B")
        yield (
            f"transactions will wait on {kind} chains: others offer {traffic.rate:.4g} a second, {bytes_per_s}/s "
            f"(offered), and blocks carry at most {carried:.4g} a second (capacity), so that the backlog grows by "
            f"{traffic.rate - carried:.4g} a second; what is behind it in the order ({limits.order.name}) waits longer "
            f"and longer, and is given up after {scenario.agreement_deadline:g} s (agreement_deadline)"
        )


def _rules(scenario: Scenario, chain: str) -> tuple[BlockLimits, ChainTraffic | None]:
    kind, traffic = kind_of(chain), scenario.traffic
    return on_kind(scenario.block_limits, kind), traffic if traffic and kind in traffic.chains else None

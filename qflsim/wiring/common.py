"""What all tasks of one world share: nodes, links, keys and adversaries."""

from dataclasses import dataclass, field
from functools import partial

from qflsim.chain.agreement import Agreement
from qflsim.chain.perchain import PerChain
from qflsim.crypto.authentication import Authentication
from qflsim.crypto.keyring import Keyring
from qflsim.energy import EnergyBook
from qflsim.network.placement import Placement
from qflsim.nodes.adversaries import Adversaries
from qflsim.nodes.arithmetic import ArithmeticProcessor
from qflsim.nodes.clock import Clock
from qflsim.nodes.committees import Committees
from qflsim.nodes.computer import Computer
from qflsim.nodes.context import Context
from qflsim.nodes.desk import Desk
from qflsim.nodes.entangler import Entangler
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.keynetwork import KeyNetwork
from qflsim.nodes.keys import KeyService
from qflsim.nodes.ledger import Ledger
from qflsim.nodes.models import ModelService
from qflsim.nodes.notary import Notary
from qflsim.nodes.qpu import QuantumProcessor
from qflsim.nodes.seats import Seats
from qflsim.nodes.tags import Tagger
from qflsim.scenario import Scenario
from qflsim.streams import Streams
from qflsim.trace import Trace

from . import Wiring
from .chains import pooling
from .cryptography import keyring, secret_exchange
from .storage import stores_of

__all__ = ["Common", "context", "share"]


@dataclass
class Common:
    """Nodes, links and services that every task of a world uses."""

    scenario: Scenario
    ctx: Context
    placement: Placement
    wiring: Wiring
    fabric: Fabric
    keyring: Keyring
    adversaries: Adversaries
    computers: dict[str, Computer]
    keys: KeyService
    tagger: Tagger
    models: ModelService
    protocols: PerChain
    network: KeyNetwork | None = None
    paid: dict[Authentication, Tagger] = field(default_factory=dict)
    qpus: dict[str, QuantumProcessor] = field(default_factory=dict)
    processors: dict[str, ArithmeticProcessor] = field(default_factory=dict)
    committees: Committees = field(default_factory=Committees)
    desks: list[Desk] = field(default_factory=list)
    seats: dict[str, Seats] = field(default_factory=dict)
    """Who validates each shard chain, by the chain's name."""

    def notary(self, ctx: Context) -> Notary:
        """Who signs and checks in a context."""
        return Notary(ctx, self.keyring, self.adversaries, self.scenario.fees, self.committees)

    def ledger(self, ctx: Context, name: str, fabric: Fabric | None = None) -> Ledger:
        """A new chain, agreed on over the links of ``fabric``, by default those of all tasks."""
        scenario, agreement = self.scenario, self.protocols.on(name)
        return Ledger(
            ctx, fabric or self.fabric, name, agreement, scenario.signatures, self.notary(ctx), self._payer(agreement),
            self.adversaries, scenario.agreement_deadline, self._entangler(ctx, agreement.core, fabric or self.fabric),
            pooling(scenario, name, ctx.streams),
        )  # fmt: skip

    def _payer(self, agreement: Agreement) -> Tagger:
        """Who pays the tags of a protocol: that of the scenario unless it says how itself."""
        own = agreement.authentication
        if own is None:
            return self.tagger
        return self.paid.setdefault(own, Tagger(self.ctx, own, self.network))

    def _entangler(self, ctx: Context, agreement: Agreement, fabric: Fabric) -> Entangler | None:
        """Who makes the lists of a protocol, if it asks for some."""
        supply = agreement.supply
        return None if supply is None else Entangler(ctx, fabric, supply, partial(self.wiring.lists.link, supply))

    def roles(self) -> dict[str, str]:
        """What every node is: ``publisher``, ``server``, ``device`` or ``transit``."""
        return roles(self.placement, self.wiring)

    def validators(self) -> list[Computer]:
        """The computers of all servers, which validate the global chain with the publisher."""
        return [self.computers[name] for name in self.placement.servers]


def context(scenario: Scenario, replication: int, start_s: float, round: int) -> Context:
    """The clock, trace, books and streams of a world after a round; of its task too, if it has only one."""
    tasks = scenario.learning
    streams = Streams(scenario.seed, replication)
    task = tasks[0].name if len(tasks) == 1 else ""
    return Context(Clock(initial_time=start_s), Trace(), EnergyBook(), streams, task, round)


def share(scenario: Scenario, ctx: Context, placement: Placement) -> Common:
    """Nodes, links, keys and adversaries of a world whose nodes stand as in ``placement``."""
    wiring = Wiring(scenario, placement, ctx)
    fabric = Fabric(ctx, wiring.route, wiring.onward)
    adversaries = Adversaries(ctx, scenario.threats, roles(placement, wiring))
    protocols = PerChain.of(scenario.agreement)
    adversaries.suit([protocol.core for _, protocol in protocols])
    fabric.fate = adversaries.fate
    signing = keyring(scenario, placement.positions, ctx.streams)
    computers = {name: _computer(scenario, ctx, placement, name) for name in placement.positions}
    ctx.use(stores_of(scenario, ctx, fabric, roles(placement, wiring), computers, adversaries))
    fabric.disseminator.adopt(scenario.dissemination, scenario.agreement_deadline, computers)
    network = _key_network(scenario, ctx, wiring, fabric)
    keys = KeyService(
        ctx, fabric, scenario.keys, scenario.sealing, network, computers, scenario.signatures,
        secret_exchange(scenario, signing, ctx.streams),
    )  # fmt: skip
    tagged = scenario.authentication.key_bit(first=True) > 0.0
    tagger = Tagger(ctx, scenario.authentication, network if tagged else None)
    models = ModelService(ctx, fabric, wiring.pairs.transports, wiring.pairs.link)
    return Common(
        scenario,
        ctx,
        placement,
        wiring,
        fabric,
        signing,
        adversaries,
        computers,
        keys,
        tagger,
        models,
        protocols,
        network,
    )


def roles(placement: Placement, wiring: Wiring) -> dict[str, str]:
    """What every node is."""
    found = dict.fromkeys(placement.positions, "server")
    found |= {"publisher": "publisher"} | dict.fromkeys(placement.home, "device")
    return found | dict.fromkeys(wiring.backhaul.transit, "transit")


def _computer(scenario: Scenario, ctx: Context, placement: Placement, node: str) -> Computer:
    is_device = node in placement.home
    processor = scenario.device_processor if is_device else scenario.server_processor
    compute = scenario.energy.device_compute if is_device else scenario.energy.server_compute
    return Computer(ctx, node, processor, compute, scenario.signatures)


def _key_network(scenario: Scenario, ctx: Context, wiring: Wiring, fabric: Fabric) -> KeyNetwork | None:
    links = wiring.keys.links
    if not links:
        return None
    network = KeyNetwork(ctx, fabric, links, scenario.relay, wiring.space.stations, wiring.keys.visited)
    wiring.keys.on_meeting(network.reconsider)
    return network

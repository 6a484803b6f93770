"""A scenario: one frozen value that says what the world is. It holds a seed, never a generator."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from .chain.agreement import Agreement
from .chain.limits import CHAIN_KINDS, BlockLimits, on_kind
from .chain.ordering import Fees
from .chain.payments import CrossShardTraffic
from .chain.pbft import PBFT
from .chain.perchain import PerChain
from .chain.sharding import Sharding
from .chain.storage import FullCopies, StoragePolicy
from .chain.terms import TaskContract
from .chain.traffic import ChainTraffic
from .checks import Part, ScenarioError, quantity
from .crypto.authentication import Authentication, Signatures
from .crypto.keyaccess import FibreAccess, KeyAccess
from .crypto.keyrouting import KeyRouting, WidestPath
from .crypto.keys import HybridKeys, KeySource
from .crypto.keystore import KeyStore
from .crypto.processors import CortexM4, Processor, X86Core
from .crypto.sealing import AES256, Sealing
from .crypto.signatures import MLDSA, SignatureScheme
from .energy import (
    Battery,
    ComputeEnergy,
    EntanglementEnergy,
    FibreEnergy,
    QKDEnergy,
    RadioEnergy,
    StationEnergy,
)
from .learning.aggregation import Aggregator, FedAvg
from .learning.collaboration import Collaboration, Federated
from .learning.compression import Compression
from .learning.datasets import Dataset
from .learning.digits import Digits
from .learning.floats import Float32
from .learning.mixing import Mixing, Star
from .learning.models import Model
from .learning.participation import Participation, Synchronous
from .learning.presence import AlwaysThere, Presence
from .learning.selection import AllDevices, Selection
from .learning.stragglers import EqualSpeeds, Speeds
from .learning.tasks import LearningPlan, Task
from .learning.training import LocalTraining
from .learning.vqc import VQC
from .network.background import BackgroundTraffic
from .network.backhaul_graphs import BackhaulGraph, FullMesh
from .network.cell import RadioCell
from .network.dissemination import Direct, Dissemination
from .network.failures import LinkFailures
from .network.fibre import Backhaul, Fibre
from .network.handover import Handover
from .network.mobility import Mobility, Static
from .network.placement import DenseCell
from .network.radio import UrbanMicro
from .network.satellite import Satellite
from .network.sidelink import Sidelink
from .quantum.qpu import QPU, EdgeQPU
from .quantum.transports import ModelTransport, Radioed
from .security.threat import Threat

__all__ = ["EnergyModels", "LearningPlan", "Scenario", "refuse_no_scenario"]

ONLY_TASK = "task-1"
"""Name of the task of a scenario that names none."""


def refuse_no_scenario(value: object, verb: str) -> None:
    """Refuse what is no scenario, the path of one above all, where a ``verb`` of qflsim takes a scenario.

    Raises
    ------
    ScenarioError
        That says how a file is loaded, or that there must be a scenario.
    """
    if isinstance(value, Scenario):
        return
    if isinstance(value, (str, Path)):
        raise ScenarioError(
            f"qfl.{verb} takes a Scenario, got the path {str(value)!r}; load the file, e.g. qfl.load({str(value)!r})"
        )
    raise ScenarioError(
        f"qfl.{verb} takes a Scenario, got {value!r:.60}; give e.g. qfl.Scenario(name='mine', rounds=2)"
    )


@dataclass(frozen=True, kw_only=True)
class EnergyModels(Part):
    """What turns seconds, bits and cycles into joules, node by node.

    Parameters
    ----------
    device_radio, station:
        Radio of a device, and the base station at a server.
    fibre:
        Wired network.
    qkd:
        QKD terminals.
    entanglement:
        Terminals that make entangled pairs.
    device_compute, server_compute:
        Classical processors, for everything but cryptography.
    """

    device_radio: RadioEnergy = RadioEnergy()
    station: StationEnergy = StationEnergy()
    fibre: FibreEnergy = FibreEnergy()
    qkd: QKDEnergy = QKDEnergy()
    entanglement: EntanglementEnergy = EntanglementEnergy()
    device_compute: ComputeEnergy = ComputeEnergy()
    server_compute: ComputeEnergy = ComputeEnergy()


@dataclass(frozen=True, kw_only=True)
class Scenario(Part):
    """The world of one simulation, from the radio to the learning task.

    Parameters
    ----------
    name:
        Name of the results folder.
    seed:
        Seed of all random streams.
    rounds:
        Global rounds.
    topology:
        Where publisher, servers and devices stand.
    access, sidelink, backhaul:
        Links between device and server, between devices of one cell, and between servers.
    backhaul_graph:
        Which sites have a fibre between them.
    failures:
        When fibres fail.
    satellites:
        Satellites that bring keys to servers.
    mobility, handover:
        How devices move, and when a moving one is handed over to another station.
    battery:
        What every device runs on; ``None`` for the mains.
    background:
        The other devices on the access band; ``None`` for an empty cell.
    keys:
        Where session keys come from.
    key_store:
        The key store of each QKD link: its minimum, threshold and maximum.
    relay:
        How a path through the key network is chosen for two nodes without a QKD link of their own.
    key_access:
        How devices come by QKD keys: over fibres of their own, or in front of fixed anchors.
    sealing:
        What models are sealed with, and how long one key serves.
    authentication:
        What authenticates the messages of agreements, beside signatures.
    signatures:
        Signature scheme of updates, votes and transactions.
    computed_cryptography:
        Whether signatures and encapsulated secrets are really computed, by the libraries that there are, and checked by
        everybody who receives them; otherwise they are assumed to be what a secure scheme makes. Simulated time, energy
        and every table are the same.
    device_processor, server_processor:
        Processors that do the cryptography.
    qpu:
        The QPU of every device and server; not used where a network is learned.
    model, data, training:
        What is learned, from what, and how a device trains.
    collaboration:
        Whether devices learn together or each for itself.
    selection, aggregation, mixing:
        Which devices take part, how a server combines their updates, how servers combine their models.
    tasks:
        The learning tasks, if there are several at once, each with a shard of its own; empty for the one task that
        ``rounds``, ``reward`` and the six fields from ``model`` to ``mixing`` describe.
    sharding:
        How validators are drawn for the shards, and how often; ``None`` for the servers that joined the task.
    payments:
        Payments between accounts that lie in the shards of several tasks.
    agreement:
        Agreement protocol of all three kinds of chains, or `PerChain` with one for each.
    dissemination:
        How blocks come to everybody in a committee and to those that follow a chain, and transactions to a committee.
    storage:
        What nodes store of the chains.
    compression:
        In which format models travel and stand on the chains.
    block_limits:
        How much goes into a block and how far blocks are apart: for all chains, or several for kinds of chains each.
    traffic:
        Other users of the chains, whose transactions wait for the same blocks; ``None`` if there are none.
    fees:
        What the federation's nodes pay for their transactions.
    model_transport:
        How models go down to the devices: over the radio, or with entangled pairs.
    participation, speeds, presence:
        With how many updates a server goes on and what late ones are worth; how devices' speeds differ; when devices
        are there.
    update_deadline:
        Time [s] from the selection of devices after which a server goes on without those that are not done.
    agreement_deadline:
        Time [s] after which a decision that did not fall is given up.
    threats:
        What adversaries do.
    reward:
        Reward that the task announces, in the chain's own unit.
    contract:
        The task's contract: deposits, how the reward is divided, what is slashed, reputation.
    energy:
        Energy models.
    aer_samples, aer_shots:
        Test samples and shots for the re-evaluation of the final model on Aer through PennyLane; 0 samples skip it.
    question:
        What is to be found out: the docstring of the scenario file, unless it is given. It stands in ``run.json`` and
        above the report, and changes nothing: scenarios that differ in it alone are equal.

    Raises
    ------
    TypeError, ValueError
        If a field is of the wrong type or out of bounds, or the model does not fit the data's classes.
    """

    name: str = quantity(advice="give the name of the results folder, e.g. '6g_dense'")
    seed: int = quantity(7, at_least=0, at_most=2**128, advice="give a whole number, e.g. 7")
    rounds: int = quantity(20, at_least=1, most=1_000_000, advice="give a whole number, e.g. 20")
    topology: DenseCell = DenseCell()
    access: RadioCell = UrbanMicro()
    sidelink: Sidelink = Sidelink()
    backhaul: Backhaul = Fibre()
    backhaul_graph: BackhaulGraph = FullMesh()
    failures: LinkFailures = LinkFailures()
    satellites: tuple[Satellite, ...] = ()
    mobility: Mobility = Static()
    handover: Handover = Handover()
    battery: Battery | None = None
    background: BackgroundTraffic | None = BackgroundTraffic()
    keys: KeySource = HybridKeys()
    key_store: KeyStore = KeyStore()
    relay: KeyRouting = WidestPath()
    key_access: KeyAccess = FibreAccess()
    sealing: Sealing = AES256()
    authentication: Authentication = Signatures()
    signatures: SignatureScheme = MLDSA(level=65)
    computed_cryptography: bool = quantity(False, advice="give True or False")
    device_processor: Processor = CortexM4()
    server_processor: Processor = X86Core()
    qpu: QPU = EdgeQPU()
    model: Model = VQC()
    data: Dataset = Digits()
    training: LocalTraining = LocalTraining()
    collaboration: Collaboration = Federated()
    selection: Selection = AllDevices()
    aggregation: Aggregator = FedAvg()
    mixing: Mixing = Star()
    tasks: tuple[Task, ...] = ()
    sharding: Sharding | None = None
    payments: CrossShardTraffic | None = None
    agreement: Agreement | PerChain = PBFT()
    dissemination: Dissemination = Direct()
    storage: StoragePolicy = FullCopies()
    compression: Compression = Float32()
    block_limits: BlockLimits | tuple[BlockLimits, ...] = BlockLimits()
    traffic: ChainTraffic | None = None
    fees: Fees = Fees()
    model_transport: ModelTransport = Radioed()
    participation: Participation = Synchronous()
    speeds: Speeds = EqualSpeeds()
    presence: Presence = AlwaysThere()
    update_deadline: float = quantity(600.0, unit="s", above=0, advice="give it in seconds, e.g. 600 * s")
    agreement_deadline: float = quantity(120.0, unit="s", above=0, advice="give it in seconds, e.g. 120 * s")
    threats: tuple[Threat, ...] = ()
    reward: float = quantity(100.0, at_least=0, advice="give a number, e.g. 100")
    contract: TaskContract = TaskContract()
    energy: EnergyModels = EnergyModels()
    aer_samples: int = quantity(200, at_least=0, advice="give a whole number, 0 to skip the re-evaluation")
    aer_shots: int = quantity(1024, at_least=1, most=1_000_000, advice="give a whole number, e.g. 1024")
    question: str = field(default="", repr=False, compare=False)

    def check(self) -> None:
        """Refuse a name that is no folder name, and a radio cell that fits neither the disc nor the station."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.name):
            raise ValueError(
                f"Scenario.name must be letters, digits, '.', '_' and '-', got {self.name!r}; e.g. '6g_dense'"
            )
        self._check_tasks()
        for plan in self.learning:
            if plan.reward > self.contract.funds:
                raise ValueError(
                    f"the reward of {plan.name} must be <= Scenario.contract.funds, what the publisher brings, got "
                    f"{plan.reward!r} and {self.contract.funds!r}; lower it, or raise them, e.g. "
                    f"contract=TaskContract(funds={plan.reward:g})"
                )
        for kind in CHAIN_KINDS:
            on_kind(self.block_limits, kind)
        self.collaboration.check_scenario(self)
        if self.collaboration.exchanges:
            self._check_disc()
            self._check_satellites()
            self._check_station()

    def _check_tasks(self) -> None:
        names = [task.name for task in self.tasks]
        if len(set(names)) < len(names):
            raise ValueError(f"Scenario.tasks must have a name each, got {names!r}; give e.g. Task(name='digits')")

    @property
    def learning(self) -> tuple[LearningPlan, ...]:
        """All that is learnt: the tasks, or the one that the scenario's own fields describe."""
        own = LearningPlan(
            name=ONLY_TASK, servers=(), rounds=self.rounds, reward=self.reward, model=self.model, data=self.data,
            training=self.training, selection=self.selection, aggregation=self.aggregation, mixing=self.mixing,
        )  # fmt: skip
        return tuple(task.plan(own) for task in self.tasks) or (own,)

    @property
    def all_rounds(self) -> int:
        """Rounds of all tasks together."""
        return sum(plan.rounds for plan in self.learning)

    def _check_satellites(self) -> None:
        names = [satellite.name for satellite in self.satellites]
        if len(set(names)) < len(names):
            raise ValueError(f"Scenario.satellites must have a name each, got {names!r}; give e.g. name='micius-2'")
        starts = {satellite.orbit.instant: satellite.orbit.start for satellite in self.satellites}
        if len(starts) > 1:
            raise ValueError(
                "Scenario.satellites must agree on the instant of simulated time 0, got "
                f"{' and '.join(starts.values())}; give all orbits the same start"
            )

    @property
    def authentications(self) -> dict[str, Authentication]:
        """What authenticates the messages of agreements, by the part that says so and its field."""
        found = {}
        for chain, agreement in PerChain.of(self.agreement):
            own, field = agreement.authentication, "agreement"
            if own is None:
                found[f"{type(self.authentication).__name__} (Scenario.authentication)"] = self.authentication
            else:
                field += f".{chain}" if isinstance(self.agreement, PerChain) else ""
                found[f"{type(agreement).__name__} (Scenario.{field})"] = own
        return found

    @property
    def moves(self) -> bool:
        """Whether devices move."""
        return not isinstance(self.mobility, Static)

    def _check_disc(self) -> None:
        nearest, farthest = self.access.distances
        if self.topology.nearest < nearest or self.topology.radius > farthest:
            raise ValueError(
                f"Scenario.topology must place devices {nearest:.5g} to {farthest:.5g} m from their station, where "
                f"{type(self.access).__name__} is defined, got nearest = {self.topology.nearest:g} m and radius = "
                f"{self.topology.radius:g} m; change them or the access link"
            )

    def _check_station(self) -> None:
        most = self.energy.station.maximum_radiated
        if self.access.station_power > most * (1 + 1e-9):
            raise ValueError(
                f"Scenario.energy.station must radiate {type(self.access).__name__}.station_power = "
                f"{self.access.station_power:.4g} W and has at most {most:.4g} W; use energy=EnergyModels(station="
                "MacroStationEnergy()) or lower the power"
            )

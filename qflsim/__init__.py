"""qflsim: a discrete-event simulator of quantum federated learning over blockchains in 6G networks.

One SimPy timeline carries quantum training jobs, radio and fibre transfers, QKD key stores, block propagation and
Byzantine agreement, so that accuracy, latency, energy, storage and security come out of one run. It implements
QFLchain (arXiv:2512.09958).

>>> import qflsim as qfl
>>> qfl.PBFT(view_timeout=1.0).quorum(4)
3
"""

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:  # the same names for editors and type checkers; a test keeps the two lists equal
    from .chain.agreement import Agreement as Agreement, Replica as Replica
    from .chain.authority import ProofOfAuthority as ProofOfAuthority
    from .chain.broadcast import (
        DetectableBroadcast as DetectableBroadcast,
        ListBroadcast as ListBroadcast,
        ThreePartyBroadcast as ThreePartyBroadcast,
    )
    from .chain.chainedhotstuff import ChainedHotStuff as ChainedHotStuff
    from .chain.forkchoice import ForkChoice as ForkChoice, Ghost as Ghost, LongestChain as LongestChain
    from .chain.hotstuff import HotStuff as HotStuff
    from .chain.limits import BlockLimits as BlockLimits
    from .chain.mining import (
        AsicMiner as AsicMiner,
        Difficulty as Difficulty,
        FixedDifficulty as FixedDifficulty,
        Miner as Miner,
        MixedMiners as MixedMiners,
        RetargetedDifficulty as RetargetedDifficulty,
        SoftwareMiner as SoftwareMiner,
    )
    from .chain.ordering import (
        ByFeeRate as ByFeeRate,
        ByPriority as ByPriority,
        Fees as Fees,
        FirstComeFirstServed as FirstComeFirstServed,
        OrderBy as OrderBy,
        Waiting as Waiting,
    )
    from .chain.payments import CrossShardTraffic as CrossShardTraffic
    from .chain.pbft import PBFT as PBFT
    from .chain.perchain import PerChain as PerChain
    from .chain.proofofstake import ProofOfStake as ProofOfStake
    from .chain.proofofwork import ProofOfWork as ProofOfWork
    from .chain.qkdpaid import QKDPaid as QKDPaid
    from .chain.quantumcoin import IdealisedBenOrHassidim as IdealisedBenOrHassidim
    from .chain.raft import Raft as Raft
    from .chain.reputation import (
        BetaReputation as BetaReputation,
        ReputationRule as ReputationRule,
        SmoothedReputation as SmoothedReputation,
    )
    from .chain.rewards import (
        EqualReward as EqualReward,
        RewardByContribution as RewardByContribution,
        RewardBySamples as RewardBySamples,
        RewardRule as RewardRule,
        Work as Work,
    )
    from .chain.sharding import Sharding as Sharding
    from .chain.stakes import EqualStakes as EqualStakes, MixedStakes as MixedStakes, Stakes as Stakes
    from .chain.storage import (
        FullCopies as FullCopies,
        Light as Light,
        OffChain as OffChain,
        Pruned as Pruned,
        StoragePolicy as StoragePolicy,
    )
    from .chain.storagechunks import ErasureCoded as ErasureCoded
    from .chain.storageideal import IdealisedEntangledRecords as IdealisedEntangledRecords
    from .chain.storageplacement import (
        Adaptive as Adaptive,
        StoragePerChain as StoragePerChain,
        StoragePerRole as StoragePerRole,
    )
    from .chain.tendermint import Tendermint as Tendermint
    from .chain.terms import TaskContract as TaskContract
    from .chain.traffic import ChainTraffic as ChainTraffic
    from .checks import (
        Part as Part,
        Recurring as Recurring,
        ScenarioError as ScenarioError,
        quantity as quantity,
    )
    from .crypto.authentication import (
        Authentication as Authentication,
        Signatures as Signatures,
        WegmanCarter as WegmanCarter,
    )
    from .crypto.elliptic import ECDH as ECDH, ECDSA_P256 as ECDSA_P256, Ed25519 as Ed25519
    from .crypto.falcon import Falcon512 as Falcon512, Falcon1024 as Falcon1024
    from .crypto.figures import KEMFigures as KEMFigures, SignatureFigures as SignatureFigures
    from .crypto.kem import KEM as KEM, MLKEM as MLKEM
    from .crypto.keyaccess import AnchorAccess as AnchorAccess, FibreAccess as FibreAccess, KeyAccess as KeyAccess
    from .crypto.keyrouting import KeyRouting as KeyRouting, ShortestPath as ShortestPath, WidestPath as WidestPath
    from .crypto.keys import (
        EitherKeys as EitherKeys,
        HybridKeys as HybridKeys,
        KEMKeys as KEMKeys,
        KeySource as KeySource,
        QKDKeys as QKDKeys,
    )
    from .crypto.keystore import KeyStore as KeyStore
    from .crypto.processors import CortexM4 as CortexM4, Processor as Processor, X86Core as X86Core
    from .crypto.sealing import AES256 as AES256, OneTimePad as OneTimePad, Sealing as Sealing
    from .crypto.signatures import MLDSA as MLDSA, SignatureScheme as SignatureScheme
    from .crypto.slhdsa import SLHDSA as SLHDSA
    from .energy import (
        Battery as Battery,
        ComputeEnergy as ComputeEnergy,
        EntanglementEnergy as EntanglementEnergy,
        FibreEnergy as FibreEnergy,
        MacroStationEnergy as MacroStationEnergy,
        PlantPower as PlantPower,
        QKDEnergy as QKDEnergy,
        RadioEnergy as RadioEnergy,
        StationEnergy as StationEnergy,
    )
    from .experiment import Run as Run, run as run
    from .learning.aggregation import (
        Aggregator as Aggregator,
        FedAvg as FedAvg,
        Krum as Krum,
        Median as Median,
        TrimmedMean as TrimmedMean,
    )
    from .learning.amplitudes import IdealisedQuantumCompression as IdealisedQuantumCompression
    from .learning.collaboration import Collaboration as Collaboration, Federated as Federated, Isolated as Isolated
    from .learning.compression import Compression as Compression, Whole as Whole
    from .learning.datasets import Data as Data, Dataset as Dataset
    from .learning.digits import Digits as Digits
    from .learning.features import (
        Features as Features,
        Pixels as Pixels,
        PrincipalAngles as PrincipalAngles,
        StandardisedAngles as StandardisedAngles,
    )
    from .learning.floats import Float16 as Float16, Float32 as Float32
    from .learning.int8 import Int8 as Int8
    from .learning.label_splits import LabelShards as LabelShards, LabelsPerDevice as LabelsPerDevice
    from .learning.lattices import Grid as Grid, SmallWorld as SmallWorld
    from .learning.mixing import (
        Mixing as Mixing,
        RandomGraph as RandomGraph,
        Ring as Ring,
        Spokes as Spokes,
        Star as Star,
    )
    from .learning.mnist import MNIST as MNIST
    from .learning.models import LinearReadout as LinearReadout, Model as Model, QuantumModel as QuantumModel
    from .learning.networks import ConvNet as ConvNet, Network as Network, Perceptron as Perceptron
    from .learning.participation import (
        Asynchronous as Asynchronous,
        Buffered as Buffered,
        Deadline as Deadline,
        FirstK as FirstK,
        Participation as Participation,
        Synchronous as Synchronous,
    )
    from .learning.presence import (
        AlwaysThere as AlwaysThere,
        Churn as Churn,
        Dropouts as Dropouts,
        Intermittent as Intermittent,
        Presence as Presence,
    )
    from .learning.selection import (
        AllDevices as AllDevices,
        RandomSelection as RandomSelection,
        ReputationSelection as ReputationSelection,
        Selection as Selection,
    )
    from .learning.splits import (
        IID as IID,
        BalancedDirichlet as BalancedDirichlet,
        Dirichlet as Dirichlet,
        Split as Split,
    )
    from .learning.staleness import (
        ConstantWeight as ConstantWeight,
        HingeWeight as HingeWeight,
        PolynomialWeight as PolynomialWeight,
        Staleness as Staleness,
    )
    from .learning.stragglers import (
        EqualSpeeds as EqualSpeeds,
        LognormalSpeeds as LognormalSpeeds,
        QueueingDelays as QueueingDelays,
        Speeds as Speeds,
    )
    from .learning.tasks import Task as Task
    from .learning.topk import TopK as TopK
    from .learning.training import LocalTraining as LocalTraining
    from .learning.vqc import VQC as VQC
    from .loading import load as load
    from .network.areas import Area as Area, Disc as Disc, Rectangle as Rectangle
    from .network.background import BackgroundTraffic as BackgroundTraffic
    from .network.backhaul_graphs import (
        BackhaulGraph as BackhaulGraph,
        FullMesh as FullMesh,
        LineGraph as LineGraph,
        RingGraph as RingGraph,
        StarGraph as StarGraph,
        WaxmanGraph as WaxmanGraph,
    )
    from .network.buildings import Buildings as Buildings
    from .network.cell import RadioCell as RadioCell
    from .network.compactblocks import CompactBlocks as CompactBlocks
    from .network.dissemination import Direct as Direct, Dissemination as Dissemination, Relay as Relay
    from .network.earth import GroundSite as GroundSite
    from .network.edge_list import EdgeList as EdgeList
    from .network.failures import LinkFailures as LinkFailures
    from .network.fibre import Backhaul as Backhaul, Fibre as Fibre
    from .network.flooding import Flood as Flood, flood as flood
    from .network.gossip import Gossip as Gossip
    from .network.gossipmesh import GossipMesh as GossipMesh
    from .network.gossipmodes import (
        AlignedTicks as AlignedTicks,
        GossipMode as GossipMode,
        PoissonTicks as PoissonTicks,
        Pull as Pull,
        Push as Push,
        PushPull as PushPull,
        StaggeredTicks as StaggeredTicks,
        Ticks as Ticks,
    )
    from .network.handover import Handover as Handover
    from .network.indoor import IndoorOffice as IndoorOffice
    from .network.layouts import (
        GeographicSites as GeographicSites,
        HexagonalSites as HexagonalSites,
        LineSites as LineSites,
        RingSites as RingSites,
        SiteLayout as SiteLayout,
    )
    from .network.link import LinkModel as LinkModel, Quality as Quality
    from .network.mobility import (
        Mobility as Mobility,
        RandomWaypoint as RandomWaypoint,
        Static as Static,
        Trajectory as Trajectory,
    )
    from .network.optics import OpticalDownlink as OpticalDownlink
    from .network.orbit import Orbit as Orbit
    from .network.overlay import Overlay as Overlay, RandomOverlay as RandomOverlay
    from .network.placement import DenseCell as DenseCell
    from .network.radio import UrbanMacro as UrbanMacro, UrbanMicro as UrbanMicro
    from .network.relay import SatelliteRelay as SatelliteRelay
    from .network.satellite import Satellite as Satellite
    from .network.sidelink import Sidelink as Sidelink
    from .network.terahertz import SubTerahertz as SubTerahertz
    from .network.timing import SlotTiming as SlotTiming
    from .network.tracks import MobilityTrace as MobilityTrace
    from .quantum.bbm92 import BBM92 as BBM92
    from .quantum.codes import BCH as BCH, LDPC as LDPC, Code as Code
    from .quantum.eavesdropping import InterceptResend as InterceptResend
    from .quantum.entangled import (
        ComputationalBasis as ComputationalBasis,
        Encoding as Encoding,
        IdealisedAmplitudes as IdealisedAmplitudes,
        SuperdenseCoded as SuperdenseCoded,
        Teleported as Teleported,
    )
    from .quantum.finite_bb84 import FiniteKeyBB84 as FiniteKeyBB84
    from .quantum.finite_key import BlockProtocol as BlockProtocol
    from .quantum.heralding import Heralding as Heralding, Midpoint as Midpoint, SingleClick as SingleClick
    from .quantum.keyrates import QKD as QKD
    from .quantum.memory import (
        DephasingMemory as DephasingMemory,
        DepolarisingMemory as DepolarisingMemory,
        Memory as Memory,
    )
    from .quantum.operations import Operations as Operations
    from .quantum.optimizers import (
        SGD as SGD,
        Adam as Adam,
        Optimizer as Optimizer,
    )
    from .quantum.purification import BBPSSW as BBPSSW, DEJMPS as DEJMPS, Purification as Purification
    from .quantum.qkd import DecoyBB84 as DecoyBB84, WeakDecoyBB84 as WeakDecoyBB84
    from .quantum.qpu import QPU as QPU, EdgeQPU as EdgeQPU, IBMSnapshot as IBMSnapshot
    from .quantum.routing import (
        HighestFidelity as HighestFidelity,
        HighestRate as HighestRate,
        Routing as Routing,
    )
    from .quantum.shots import (
        SPSA as SPSA,
        ExactGradient as ExactGradient,
        GradientMethod as GradientMethod,
        ParameterShift as ParameterShift,
    )
    from .quantum.supply import PairSupply as PairSupply
    from .quantum.transports import (
        Content as Content,
        EntangledTransport as EntangledTransport,
        Message as Message,
        ModelTransport as ModelTransport,
        PerServer as PerServer,
        Radioed as Radioed,
        Session as Session,
        Turn as Turn,
    )
    from .resuming import resume as resume
    from .scenario import EnergyModels as EnergyModels, Scenario as Scenario
    from .security.contradiction import TwoUpdates as TwoUpdates
    from .security.forgery import ForgedUpdates as ForgedUpdates
    from .security.lists import ForgedLists as ForgedLists
    from .security.network import (
        Duplication as Duplication,
        MessageLoss as MessageLoss,
        PacketAdversary as PacketAdversary,
        Partition as Partition,
        Reordering as Reordering,
        SlowNodes as SlowNodes,
    )
    from .security.receipts import ForgedReceipts as ForgedReceipts
    from .security.stores import DamagedStores as DamagedStores
    from .security.threat import Threat as Threat
    from .security.validators import (
        ConflictingVotes as ConflictingVotes,
        Crash as Crash,
        DoubleSpending as DoubleSpending,
        Equivocation as Equivocation,
        SelfishMining as SelfishMining,
        SilentLeader as SilentLeader,
        WithheldBlocks as WithheldBlocks,
    )
    from .sweeps.sweep import (
        Failure as Failure,
        Sweep as Sweep,
        SweepError as SweepError,
        read_sweep as read_sweep,
        sweep as sweep,
    )
    from .variants import Comparing as Comparing, compare as compare

# Public names and where they live; imported when first used, so that ``--help`` need not wait for numpy.
_HOMES = {
    "chain.agreement": ("Agreement", "Replica"),
    "chain.authority": ("ProofOfAuthority",),
    "chain.chainedhotstuff": ("ChainedHotStuff",),
    "chain.broadcast": ("DetectableBroadcast", "ListBroadcast", "ThreePartyBroadcast"),
    "chain.forkchoice": ("ForkChoice", "Ghost", "LongestChain"),
    "chain.hotstuff": ("HotStuff",),
    "chain.limits": ("BlockLimits",),
    "chain.mining": (
        "AsicMiner",
        "Difficulty",
        "FixedDifficulty",
        "Miner",
        "MixedMiners",
        "RetargetedDifficulty",
        "SoftwareMiner",
    ),
    "chain.ordering": ("ByFeeRate", "ByPriority", "Fees", "FirstComeFirstServed", "OrderBy", "Waiting"),
    "chain.pbft": ("PBFT",),
    "chain.payments": ("CrossShardTraffic",),
    "chain.perchain": ("PerChain",),
    "chain.proofofstake": ("ProofOfStake",),
    "chain.proofofwork": ("ProofOfWork",),
    "chain.qkdpaid": ("QKDPaid",),
    "chain.quantumcoin": ("IdealisedBenOrHassidim",),
    "chain.raft": ("Raft",),
    "chain.reputation": ("BetaReputation", "ReputationRule", "SmoothedReputation"),
    "chain.rewards": ("EqualReward", "RewardByContribution", "RewardBySamples", "RewardRule", "Work"),
    "chain.stakes": ("EqualStakes", "MixedStakes", "Stakes"),
    "chain.storage": ("FullCopies", "Light", "OffChain", "Pruned", "StoragePolicy"),
    "chain.storagechunks": ("ErasureCoded",),
    "chain.storageideal": ("IdealisedEntangledRecords",),
    "chain.storageplacement": ("Adaptive", "StoragePerChain", "StoragePerRole"),
    "chain.sharding": ("Sharding",),
    "chain.tendermint": ("Tendermint",),
    "chain.terms": ("TaskContract",),
    "chain.traffic": ("ChainTraffic",),
    "checks": ("Part", "Recurring", "ScenarioError", "quantity"),
    "crypto.authentication": ("Authentication", "Signatures", "WegmanCarter"),
    "crypto.elliptic": ("ECDH", "ECDSA_P256", "Ed25519"),
    "crypto.falcon": ("Falcon512", "Falcon1024"),
    "crypto.figures": ("KEMFigures", "SignatureFigures"),
    "crypto.kem": ("KEM", "MLKEM"),
    "crypto.keyaccess": ("AnchorAccess", "FibreAccess", "KeyAccess"),
    "crypto.keyrouting": ("KeyRouting", "ShortestPath", "WidestPath"),
    "crypto.keys": ("EitherKeys", "HybridKeys", "KEMKeys", "KeySource", "QKDKeys"),
    "crypto.keystore": ("KeyStore",),
    "crypto.processors": ("CortexM4", "Processor", "X86Core"),
    "crypto.sealing": ("AES256", "OneTimePad", "Sealing"),
    "crypto.signatures": ("MLDSA", "SignatureScheme"),
    "crypto.slhdsa": ("SLHDSA",),
    "energy": (
        "Battery",
        "ComputeEnergy",
        "EntanglementEnergy",
        "FibreEnergy",
        "MacroStationEnergy",
        "PlantPower",
        "QKDEnergy",
        "RadioEnergy",
        "StationEnergy",
    ),
    "experiment": ("Run", "run"),
    "learning.aggregation": ("Aggregator", "FedAvg", "Krum", "Median", "TrimmedMean"),
    "learning.collaboration": ("Collaboration", "Federated", "Isolated"),
    "learning.amplitudes": ("IdealisedQuantumCompression",),
    "learning.compression": ("Compression", "Whole"),
    "learning.floats": ("Float16", "Float32"),
    "learning.int8": ("Int8",),
    "learning.topk": ("TopK",),
    "learning.datasets": ("Data", "Dataset"),
    "learning.digits": ("Digits",),
    "learning.features": ("Features", "Pixels", "PrincipalAngles", "StandardisedAngles"),
    "learning.label_splits": ("LabelShards", "LabelsPerDevice"),
    "learning.lattices": ("Grid", "SmallWorld"),
    "learning.mixing": ("Mixing", "RandomGraph", "Ring", "Spokes", "Star"),
    "learning.mnist": ("MNIST",),
    "learning.models": ("LinearReadout", "Model", "QuantumModel"),
    "learning.networks": ("ConvNet", "Network", "Perceptron"),
    "learning.participation": ("Asynchronous", "Buffered", "Deadline", "FirstK", "Participation", "Synchronous"),
    "learning.presence": ("AlwaysThere", "Churn", "Dropouts", "Intermittent", "Presence"),
    "learning.selection": ("AllDevices", "RandomSelection", "ReputationSelection", "Selection"),
    "learning.splits": ("IID", "BalancedDirichlet", "Dirichlet", "Split"),
    "learning.staleness": ("ConstantWeight", "HingeWeight", "PolynomialWeight", "Staleness"),
    "learning.stragglers": ("EqualSpeeds", "LognormalSpeeds", "QueueingDelays", "Speeds"),
    "learning.tasks": ("Task",),
    "learning.training": ("LocalTraining",),
    "learning.vqc": ("VQC",),
    "loading": ("load",),
    "network.areas": ("Area", "Disc", "Rectangle"),
    "network.background": ("BackgroundTraffic",),
    "network.backhaul_graphs": ("BackhaulGraph", "FullMesh", "LineGraph", "RingGraph", "StarGraph", "WaxmanGraph"),
    "network.buildings": ("Buildings",),
    "network.cell": ("RadioCell",),
    "network.compactblocks": ("CompactBlocks",),
    "network.dissemination": ("Direct", "Dissemination", "Relay"),
    "network.earth": ("GroundSite",),
    "network.edge_list": ("EdgeList",),
    "network.failures": ("LinkFailures",),
    "network.fibre": ("Backhaul", "Fibre"),
    "network.flooding": ("Flood", "flood"),
    "network.gossip": ("Gossip",),
    "network.gossipmesh": ("GossipMesh",),
    "network.gossipmodes": (
        "AlignedTicks",
        "GossipMode",
        "PoissonTicks",
        "Pull",
        "Push",
        "PushPull",
        "StaggeredTicks",
        "Ticks",
    ),
    "network.handover": ("Handover",),
    "network.indoor": ("IndoorOffice",),
    "network.layouts": ("GeographicSites", "HexagonalSites", "LineSites", "RingSites", "SiteLayout"),
    "network.link": ("LinkModel", "Quality"),
    "network.mobility": ("Mobility", "RandomWaypoint", "Static", "Trajectory"),
    "network.optics": ("OpticalDownlink",),
    "network.orbit": ("Orbit",),
    "network.overlay": ("Overlay", "RandomOverlay"),
    "network.placement": ("DenseCell",),
    "network.radio": ("UrbanMacro", "UrbanMicro"),
    "network.relay": ("SatelliteRelay",),
    "network.satellite": ("Satellite",),
    "network.sidelink": ("Sidelink",),
    "network.terahertz": ("SubTerahertz",),
    "network.timing": ("SlotTiming",),
    "network.tracks": ("MobilityTrace",),
    "quantum.bbm92": ("BBM92",),
    "quantum.codes": ("BCH", "LDPC", "Code"),
    "quantum.eavesdropping": ("InterceptResend",),
    "quantum.entangled": ("ComputationalBasis", "Encoding", "IdealisedAmplitudes", "SuperdenseCoded", "Teleported"),
    "quantum.finite_bb84": ("FiniteKeyBB84",),
    "quantum.finite_key": ("BlockProtocol",),
    "quantum.keyrates": ("QKD",),
    "quantum.heralding": ("Heralding", "Midpoint", "SingleClick"),
    "quantum.memory": ("DephasingMemory", "DepolarisingMemory", "Memory"),
    "quantum.operations": ("Operations",),
    "quantum.optimizers": ("SGD", "Adam", "Optimizer"),
    "quantum.purification": ("BBPSSW", "DEJMPS", "Purification"),
    "quantum.qkd": ("DecoyBB84", "WeakDecoyBB84"),
    "quantum.qpu": ("QPU", "EdgeQPU", "IBMSnapshot"),
    "quantum.routing": ("HighestFidelity", "HighestRate", "Routing"),
    "quantum.shots": ("SPSA", "ExactGradient", "GradientMethod", "ParameterShift"),
    "quantum.supply": ("PairSupply",),
    "quantum.transports": (
        "Content",
        "EntangledTransport",
        "Message",
        "ModelTransport",
        "PerServer",
        "Radioed",
        "Session",
        "Turn",
    ),
    "resuming": ("resume",),
    "scenario": ("EnergyModels", "Scenario"),
    "security.contradiction": ("TwoUpdates",),
    "security.forgery": ("ForgedUpdates",),
    "security.lists": ("ForgedLists",),
    "security.network": ("Duplication", "MessageLoss", "PacketAdversary", "Partition", "Reordering", "SlowNodes"),
    "security.receipts": ("ForgedReceipts",),
    "security.stores": ("DamagedStores",),
    "security.threat": ("Threat",),
    "security.validators": (
        "ConflictingVotes",
        "Crash",
        "DoubleSpending",
        "Equivocation",
        "SelfishMining",
        "SilentLeader",
        "WithheldBlocks",
    ),
    "sweeps.sweep": ("Failure", "Sweep", "SweepError", "read_sweep", "sweep"),
    "variants": ("Comparing", "compare"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

_VERBS = (
    "Comparing", "Failure", "Recurring", "Run", "ScenarioError", "Sweep", "SweepError", "compare", "load",
    "quantity", "read_sweep", "resume", "run", "sweep",
)  # fmt: skip

PARTS = tuple(sorted(name for name in _HOME_OF if name not in _VERBS))
"""Names of everything that a scenario can be built from."""

__all__ = ["PARTS", "__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        near = difflib.get_close_matches(name, _HOME_OF, n=1)
        advice = f"; did you mean {near[0]!r}?" if near and not name.startswith("_") else ""
        raise AttributeError(f"module 'qflsim' has no attribute {name!r}{advice}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)

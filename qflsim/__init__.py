"""qflsim: a discrete-event simulator of quantum federated learning over blockchains in 6G networks.

One SimPy timeline carries quantum training jobs, radio and fibre transfers, QKD key pools, block propagation and
Byzantine agreement, so that accuracy, latency, energy, storage and security come out of one run. It implements
QFLchain (arXiv:2512.09958).

>>> import qflsim as qfl
>>> qfl.PBFT(view_timeout=1.0).quorum(4)
3
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public names and where they live; imported when first used, so that ``--help`` need not wait for numpy.
_HOMES = {
    "chain.agreement": ("Agreement", "Replica"),
    "chain.pbft": ("PBFT",),
    "checks": ("Part", "ScenarioError", "quantity"),
    "crypto.kem": ("KEM", "MLKEM"),
    "crypto.keys": ("HybridKeys", "KEMKeys", "KeySource", "QKDKeys"),
    "crypto.processors": ("CortexM4", "Processor", "X86Core"),
    "crypto.signatures": ("ECDSA_P256", "MLDSA", "Falcon512", "SignatureScheme"),
    "energy": ("ComputeEnergy", "FibreEnergy", "PlantPower", "QKDEnergy", "RadioEnergy", "StationEnergy"),
    "experiment": ("Run", "run"),
    "learning.aggregation": ("Aggregator", "FedAvg", "Krum", "Median", "TrimmedMean"),
    "learning.datasets": ("Data", "Dataset"),
    "learning.digits": ("Digits",),
    "learning.mixing": ("Mixing", "RandomGraph", "Ring", "Star"),
    "learning.mnist": ("MNIST",),
    "learning.models": ("Model",),
    "learning.optimizers": ("Adam",),
    "learning.selection": ("AllDevices", "RandomSelection", "ReputationSelection", "Selection"),
    "learning.splits": ("IID", "BalancedDirichlet", "Dirichlet", "Split"),
    "learning.training": ("LocalTraining",),
    "learning.vqc": ("VQC",),
    "loading": ("load",),
    "network.background": ("BackgroundTraffic",),
    "network.fibre": ("Fibre",),
    "network.layouts": ("HexagonalSites", "LineSites", "RingSites", "SiteLayout"),
    "network.link": ("LinkModel", "Quality"),
    "network.placement": ("DenseCell",),
    "network.radio": ("UrbanMicro",),
    "network.sidelink": ("Sidelink",),
    "quantum.qkd": ("DecoyBB84",),
    "quantum.qpu": ("QPU", "EdgeQPU", "IBMSnapshot"),
    "scenario": ("EnergyModels", "Scenario"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

PARTS = tuple(sorted(name for name in _HOME_OF if name not in ("Run", "ScenarioError", "load", "quantity", "run")))
"""Names of everything that a scenario can be built from."""

__all__ = ["PARTS", "__version__", *_HOME_OF]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'qflsim' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)

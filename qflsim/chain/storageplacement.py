"""Who stores how much: by role, by kind of chain, or by the room that a node has."""

import math
from dataclasses import dataclass

from qflsim.chain.copies import Copy, NodeStore, StoredBlock
from qflsim.chain.storage import FullCopies, Light, OffChain, StoragePolicy, whole
from qflsim.checks import quantity
from qflsim.units import kB

__all__ = ["Adaptive", "StoragePerChain", "StoragePerRole", "Roomy"]


@dataclass(frozen=True, kw_only=True)
class StoragePerRole(StoragePolicy):
    """Placement by capability: light devices store little, capable nodes more.

    Parameters
    ----------
    publisher, server, device:
        The policy of each.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958,
       section II-B.
    """

    publisher: StoragePolicy = FullCopies()
    server: StoragePolicy = FullCopies()
    device: StoragePolicy = Light()

    def check(self) -> None:
        """Refuse that one role keeps the parameters on the chain and another does not."""
        for role in ("publisher", "server", "device"):
            policy = getattr(self, role)
            if policy.off_chain("global") is not None or policy.off_chain("lmuc") is not None:
                raise ValueError(
                    f"StoragePerRole.{role} must not be OffChain: what a chain carries is the same for all; "
                    "write OffChain(ledger=StoragePerRole(...))"
                )

    @property
    def name(self) -> str:
        """Those of all roles."""
        return f"publisher {self.publisher.name}, server {self.server.name}, device {self.device.name}"

    @property
    def assumption(self) -> str:
        """Those of all."""
        return "; ".join(filter(None, (self.publisher.assumption, self.server.assumption, self.device.assumption)))

    def of(self, role: str, chain: str) -> StoragePolicy:
        """That of the role."""
        policies = {"publisher": self.publisher, "server": self.server, "device": self.device}
        return policies.get(role, self.server).of(role, chain)

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """As a server; `of` says more."""
        self.server.store(block, copy, node_store)


@dataclass(frozen=True, kw_only=True)
class StoragePerChain(StoragePolicy):
    """Every kind of chain is stored in its own way.

    Parameters
    ----------
    global_chain, shard_chain, local_chain:
        The policies for the global chain, the chains of shards, and the local chains (LMUC) of the servers.
    """

    global_chain: StoragePolicy = FullCopies()
    shard_chain: StoragePolicy = FullCopies()
    local_chain: StoragePolicy = FullCopies()

    def _for(self, chain: str) -> StoragePolicy:
        kind = chain.split("-")[0]
        return {"global": self.global_chain, "lmuc": self.local_chain}.get(kind, self.shard_chain)

    @property
    def name(self) -> str:
        """Those of all chains."""
        return f"global {self.global_chain.name}, shard {self.shard_chain.name}, local {self.local_chain.name}"

    @property
    def assumption(self) -> str:
        """Those of all."""
        told = (self.global_chain.assumption, self.shard_chain.assumption, self.local_chain.assumption)
        return "; ".join(filter(None, told))

    def of(self, role: str, chain: str) -> StoragePolicy:
        """That of the chain."""
        return self._for(chain).of(role, chain)

    def off_chain(self, chain: str) -> OffChain | None:
        """As the chain's policy says."""
        return self._for(chain).off_chain(chain)

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """As the chain's policy does."""
        self._for(copy.chain).store(block, copy, node_store)


@dataclass(frozen=True, kw_only=True)
class Adaptive(StoragePolicy):
    """Every node stores as many of the newest blocks whole as it has room for, over all its chains, and all headers.

    Parameters
    ----------
    device_room, server_room, publisher_room:
        Room [bit] that each has for ledgers. 1 MB, the flash memory of the STM32F407 whose Cortex-M4 signs for a
        device, is shared with its program: a quarter of it is an *assumption*. Others have room for everything.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958,
       section II-B: light devices hold little, capable ones more.

    *Scope*: headers are never dropped, so that a ledger may outgrow its room in the end.

    *Validation*: no more than the room while headers and one block fit into it.
    """

    device_room: float = quantity(
        250 * kB, unit="bit", above=0, infinite=True, advice="give it in bytes, e.g. 250 * kB"
    )
    server_room: float = quantity(math.inf, unit="bit", above=0, infinite=True, advice="give it in bytes, e.g. 1 * GB")
    publisher_room: float = quantity(
        math.inf, unit="bit", above=0, infinite=True, advice="give it in bytes, e.g. 1 * GB"
    )

    @property
    def name(self) -> str:
        """Adaptive."""
        return "adaptive"

    def of(self, role: str, chain: str) -> StoragePolicy:
        """The newest that fit into the room of such a node."""
        rooms = {"device": self.device_room, "publisher": self.publisher_room}
        return Roomy(room=rooms.get(role, self.server_room), catch_up=self.catch_up)

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """As a server; `of` says more."""
        self.of("server", copy.chain).store(block, copy, node_store)


@dataclass(frozen=True, kw_only=True)
class Roomy(StoragePolicy):
    """A node with so much room: the newest blocks of all its chains whole, and all headers.

    Parameters
    ----------
    room:
        Room [bit] for all its copies together.
    """

    room: float = quantity(math.inf, unit="bit", above=0, infinite=True, advice="give it in bytes, e.g. 250 * kB")

    @property
    def name(self) -> str:
        """Adaptive."""
        return "adaptive"

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """All of the new one; the oldest of all chains are stripped to their headers until all fit."""
        copy.put(block, whole(block))
        while 8 * node_store.size_byte > self.room and (oldest := node_store.oldest()) is not None:
            oldest[0].strip(oldest[1])

"""What all nodes store: copies of the chains by the scenario's policy, who lacks what, and old blocks read back."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from qflsim.chain.copies import Copy, NodeStore, StoredBlock
from qflsim.chain.ledger import genesis
from qflsim.chain.storage import FullCopies, StoragePolicy
from qflsim.chain.storagechunks import ErasureCoded
from qflsim.learning.codec import Codec
from qflsim.trace import Storage

from .chunks import Gathered
from .contents import Contents
from .proofs import Proofs
from .retrieval import Errand, Retrieval, in_order
from .storedblocks import StoredBlocks

if TYPE_CHECKING:  # these modules come to their services, and so to this one, by the context
    import simpy

    from qflsim.chain.block import Block
    from qflsim.chain.ledger import Chain

    from .computer import Computer
    from .context import Context
    from .fabric import Fabric

__all__ = ["Stores"]

Damages = Callable[[str, str, int], bool]
"""Whether what a node gives out of a chain at a height (-1: a content) is not what it was given to store."""


def _sound(node: str, chain: str, height: int) -> bool:
    return False


class Stores:
    """The stores of all nodes.

    Parameters
    ----------
    ctx:
        The run's shared services.
    policy:
        What is stored.
    codec:
        The format of models.
    roles, computers:
        Role and computer of every node.
    fabric:
        The links; without them nobody can ask anybody.
    damages:
        Which stores have been tampered with.
    """

    def __init__(
        self,
        ctx: "Context",
        policy: StoragePolicy | None = None,
        codec: Codec | None = None,
        roles: Mapping[str, str] | None = None,
        computers: "Mapping[str, Computer] | None" = None,
        fabric: "Fabric | None" = None,
        damages: Damages = _sound,
    ) -> None:
        self._ctx = ctx
        self.policy = FullCopies() if policy is None else policy
        self.codec = Codec() if codec is None else codec
        self._roles = roles or {}
        self._damages = damages
        self._nodes: dict[str, NodeStore] = {}
        self._chains: dict[str, Chain] = {}
        self._blocks: dict[str, StoredBlocks] = {}
        self._models: dict[str, Block] = {}
        self._asking: set[tuple[str, str]] = set()
        self._checked = 0
        self._retrieval = Retrieval(ctx, fabric, computers or {}) if fabric is not None else None
        self.contents = Contents(ctx, self.policy, self.codec, self._roles, self._retrieval, damages)
        self.proofs = Proofs(self)

    @property
    def retrieval(self) -> Retrieval | None:
        """Runs errands, if there are links."""
        return self._retrieval

    def chain(self, name: str) -> "Chain | None":
        """A chain on which a block has been stored."""
        return self._chains.get(name)

    def event(self) -> "simpy.Event":
        """A new event."""
        return self._ctx.env.event()

    def damaged(self, node: str, chain: str, block: "Block") -> bool:
        """Whether what ``node`` gives out of a block is not what it was given to store."""
        return self._damages(node, chain, block.header.height)

    def last_model(self, chain: str) -> "Block | None":
        """The last block of ``chain`` that is about a model."""
        return self._models.get(chain)

    def missing(self, copy: Copy, height: int) -> list[StoredBlock]:
        """The blocks below ``height`` of which a copy holds nothing."""
        known = self._blocks[copy.chain]
        return [known[lacking] for lacking in copy.lacks(height) if lacking in known]

    def policy_of(self, node: str, chain: str) -> StoragePolicy:
        """How ``node`` stores ``chain``."""
        return self.policy.of(self._roles.get(node, "server"), chain)

    def copy(self, node: str, chain: "Chain") -> Copy:
        """The copy of ``chain`` that ``node`` keeps; from now on, if it has kept none."""
        store = self._nodes.setdefault(node, NodeStore(node))
        if chain.name not in store:
            store.add(Copy(node, chain.name, genesis(chain.name).size_byte))
        return store[chain.name]

    def keep(self, chain: "Chain", nodes: Sequence[str], block: "Block", tree_byte: int = 0) -> None:
        """Let ``nodes``, which hold ``block``, store of it what they do, and what else of a tree stands around it."""
        name, height = chain.name, block.header.height
        self._chains[name] = chain
        if name not in self._blocks:
            self._blocks[name] = StoredBlocks(chain)
        known = self._blocks[name]
        if height in known:
            stored = known[height]
        else:
            stored = known.add(block, nodes, tree_byte)
            if block.header.model.digest:
                self._models[name] = block
            self._encode(name, block, stored)
        for node in nodes:
            copy = self.copy(node, chain)
            self.policy_of(node, name).store(stored, copy, self._nodes[node])
            self._catch_up(node, chain, height)
        self._spot_check()

    def hand_over(self, node: str, chain: "Chain") -> "simpy.Event":
        """The event of ``node`` having fetched what it stores of a chain from those who do; its value: whether it has.

        It verifies every certificate.
        """
        done = self.event()
        signatures = sum(len(block.certificate.signers) for block in chain.blocks if block.certificate is not None)
        if not self._catch_up(node, chain, chain.height + 1, "handover", signatures, done.succeed):
            done.succeed(True)
        return done

    def record(self, chain: "Chain", time: float, round: int) -> None:
        """Write down what everybody stores of ``chain`` at ``time`` [s], the end of a ``round``."""
        name, contents = chain.name, self.contents
        for node in sorted({*self._nodes, *contents.holders(name)}):
            copy = self._nodes[node][name] if node in self._nodes and name in self._nodes[node] else None
            content = contents.held_byte(node, name)
            if copy is None and not content:
                continue
            self._ctx.record(
                Storage(
                    round=round,
                    time_s=time,
                    chain=name,
                    node=node,
                    mode=self.policy_of(node, name).name,
                    blocks=copy.blocks if copy else 0,
                    bodies=copy.bodies if copy else 0,
                    size_byte=(copy.size_byte if copy else 0) + content,
                    content_byte=content,
                    qubits=(copy.qubits if copy else 0) + (contents.qubits(name) if copy else 0),
                )
            )

    def _encode(self, chain: str, block: "Block", stored: StoredBlock) -> None:
        """Members that keep chunks make theirs; the observer's archive holds them as they were stored."""
        for node in sorted(stored.members):
            policy = self.policy_of(node, chain)
            if not isinstance(policy, ErasureCoded):
                continue
            chunks, archive = policy.chunks(node, stored), self._ctx.archive
            if self._retrieval is not None:
                cycles = policy.encoding_cycles(chunks, stored.body_byte) + self._retrieval.hashing(stored.body_byte)
                self._retrieval.compute(node, cycles, lambda: None)
            if archive is not None:
                archive.store_chunks(chain, stored.height, node, policy.k, chunks, policy.encode(block.body))

    def _catch_up(
        self,
        node: str,
        chain: "Chain",
        height: int,
        kind: str = "catch-up",
        signatures: int = 0,
        then: Callable[[bool], object] = bool,
    ) -> bool:
        """Ask for the blocks below ``height`` that ``node`` lacks, if it wants them; False if it need not ask now."""
        policy, copy = self.policy_of(node, chain.name), self.copy(node, chain)
        blocks = self.missing(copy, height) if policy.catch_up else []
        missing = [block.height for block in blocks]
        if self._retrieval is None or not missing or (node, chain.name) in self._asking:
            return False
        trial = self._nodes[node].clone()
        before = trial[chain.name].size_byte
        for block in blocks:
            policy.store(block, trial[chain.name], trial)
        providers = [
            other for other, store in self._nodes.items() if other != node and chain.name in store
            and all(store[chain.name].of(h) is not None for h in missing)
        ]  # fmt: skip

        def came(provider: str) -> None:
            self._asking.discard((node, chain.name))
            if provider:
                for block in blocks:
                    policy.store(block, copy, self._nodes[node])
            then(bool(provider))

        self._asking.add((node, chain.name))
        self._retrieval.run(
            Errand(
                kind=kind, chain=chain.name, height=missing[-1], node=node, signatures=signatures,
                providers=in_order(providers, self._roles, chain.name)[:3], then=came,
                size_byte=max(0, trial[chain.name].size_byte - before), patience=60.0,
                fits=lambda provider: not any(self._damages(provider, chain.name, h) for h in missing),
            )
        )  # fmt: skip
        return True

    def _spot_check(self) -> None:
        """Once a round, let the publisher read old blocks."""
        if self._ctx.round == self._checked or not self.policy.spot_checks or self._retrieval is None:
            return
        self._checked = self._ctx.round
        readers = sorted(node for node, role in self._roles.items() if role == "publisher")
        for name, chain in sorted(self._chains.items()):
            rng = self._ctx.streams("spot-check", name)
            old = max(0, chain.height - 1)
            for height in rng.integers(1, old, size=self.policy.spot_checks, endpoint=True) if old else ():
                for reader in readers:
                    self.read(reader, chain, int(height))

    def read(self, node: str, chain: "Chain", height: int) -> None:
        """Let ``node`` get the block of ``chain`` at ``height`` from those who store it, and check it."""
        if self._retrieval is None:
            return
        name, block = chain.name, self._blocks[chain.name][height]
        copies = {other: store[name].of(height) for other, store in self._nodes.items() if name in store}
        mine = copies.pop(node, None)
        if mine is not None and mine.whole:
            return
        whole = [other for other, held in copies.items() if held is not None and held.whole]
        chunks = {number: other for other, held in copies.items() if held is not None for number in held.chunks}
        errand = Errand(
            kind="block" if whole or not chunks else "chunks", chain=name, height=height, node=node,
            providers=in_order(whole, self._roles, name)[:3], then=lambda provider: None,
            size_byte=block.header_byte + block.body_byte + block.certificate_byte,
            fits=lambda provider: not self._damages(provider, name, height),
        )  # fmt: skip
        if not whole and chunks:
            policy = self.policy_of(next(iter(chunks.values())), name)
            if isinstance(policy, ErasureCoded):
                Gathered(self._retrieval, errand, policy, chain.blocks[height], chunks, self._damages).start()
        elif not whole and any(held is not None and held.qubits for held in copies.values()):
            self._retrieval.give_up(errand, "granted")
        else:
            self._retrieval.run(errand)

"""Parameters of models that are not on their chain: deposited at holders, and fetched by who needs them."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from qflsim.chain.storage import StoragePolicy
from qflsim.chain.transactions import SignedTransaction, carried_bytes, digest_of, read_transaction
from qflsim.learning.codec import Codec

from .retrieval import Errand, Retrieval, in_order

if TYPE_CHECKING:
    import simpy

    from .context import Context

__all__ = ["Contents"]

_REMEMBERED = 20_000  # contents that can still be asked for; older ones have been aggregated long ago


class Contents:
    """All contents of a run, by digest, with the nodes that hold them.

    Parameters
    ----------
    ctx, policy, codec, roles:
        The run's shared services, what is stored where, the format of models, and the role of every node.
    retrieval:
        Gets contents from others.
    damages:
        Which stores have been tampered with.
    """

    def __init__(
        self,
        ctx: "Context",
        policy: StoragePolicy,
        codec: Codec,
        roles: Mapping[str, str],
        retrieval: Retrieval | None,
        damages: Callable[[str, str, int], bool],
    ) -> None:
        self._ctx = ctx
        self._policy = policy
        self._codec = codec
        self._roles = roles
        self._retrieval = retrieval
        self._damages = damages
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._holders: dict[str, set[str]] = {}
        self._held_byte: dict[tuple[str, str], int] = {}
        self._qubits: dict[str, int] = {}

    def write(self, chain: str, packed: bytes, parameters: int) -> bytes:
        """What a transaction on ``chain`` carries of a model of so many parameters: its bytes, or nothing."""
        qubits = self._codec.compression.qubits(parameters)
        if not qubits and self._policy.off_chain(chain) is None:
            return packed
        self._qubits[chain] = self._qubits.get(chain, 0) + qubits
        self._remember(packed)
        return b""

    def send(self, packed: bytes, parameters: int) -> bytes:
        """What a message from node to node carries of a model: its bytes, unless a quantum state is granted to do."""
        if not self._codec.compression.qubits(parameters):
            return packed
        self._remember(packed)
        return b""

    def read(self, item: SignedTransaction) -> bytes:
        """The bytes of the model that a transaction is about; none if nobody ever deposited them."""
        return carried_bytes(item.payload) or self._packed.get(str(read_transaction(item.payload).get("digest")), b"")

    def deposit(self, sender: str, chain: str, packed: bytes) -> None:
        """Let ``sender`` give a model to its holders, if it is not kept on ``chain``."""
        policy, digest = self._policy.off_chain(chain), digest_of(packed)
        if policy is None or self._codec.compression.qubits(1):
            return
        candidates = list(policy.holders) or sorted(n for n, r in self._roles.items() if r in ("server", "publisher"))
        near = sender if sender in candidates else in_order(candidates, self._roles, chain)[0]
        for holder in policy.place(digest, near, candidates):
            take = partial(self._take, holder, chain, digest, len(packed))
            if holder == sender or self._retrieval is None:
                take()
            else:
                self._retrieval.give(sender, holder, len(packed), take)

    def obtained(self, node: str, chain: str, digests: Iterable[str]) -> "simpy.Event":
        """The event of ``node`` having got, or given up, each content; its value is the set of those it has."""
        done: simpy.Event = self._ctx.env.event()
        wanted, policy = list(dict.fromkeys(digests)), self._policy.off_chain(chain)
        missing = [digest for digest in wanted if policy is not None and node not in self._holders.get(digest, ())]
        got = set(wanted) - set(missing)
        if policy is None or self._codec.compression.qubits(1) or not missing or self._retrieval is None:
            return done.succeed(set(wanted))
        left = [len(missing)]

        def came(digest: str, provider: str) -> None:
            if provider:
                got.add(digest)
            left[0] -= 1
            if not left[0]:
                done.succeed(got)

        for digest in missing:
            self._retrieval.run(
                Errand(
                    kind="content", chain=chain, height=-1, node=node, patience=policy.patience,
                    providers=in_order(self._holders.get(digest, ()), self._roles, chain),
                    size_byte=len(self._packed.get(digest, b"")), then=partial(came, digest),
                    fits=lambda provider: not self._damages(provider, chain, -1),
                )
            )  # fmt: skip
        return done

    def holders(self, chain: str) -> list[str]:
        """Nodes that hold contents of ``chain``."""
        return sorted(node for node, of in self._held_byte if of == chain)

    def held_byte(self, node: str, chain: str) -> int:
        """Bytes of contents of ``chain`` that ``node`` holds."""
        return self._held_byte.get((node, chain), 0)

    def qubits(self, chain: str) -> int:
        """Qubits that stand in the place of the parameters on ``chain``, in every copy."""
        return self._qubits.get(chain, 0)

    def _take(self, holder: str, chain: str, digest: str, size_byte: int) -> None:
        holders = self._holders.setdefault(digest, set())
        if holder in holders:
            return
        holders.add(holder)
        self._held_byte[holder, chain] = self._held_byte.get((holder, chain), 0) + size_byte
        if self._ctx.archive is not None:
            self._ctx.archive.store_content(digest, holder, chain, self._packed.get(digest, b""))

    def _remember(self, packed: bytes) -> None:
        self._packed[digest_of(packed)] = packed
        while len(self._packed) > _REMEMBERED:
            digest, _ = self._packed.popitem(last=False)
            self._holders.pop(digest, None)

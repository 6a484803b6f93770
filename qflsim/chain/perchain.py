"""Which agreement protocol each kind of chain uses, where they do not all use the same."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from qflsim.chain.agreement import Agreement
from qflsim.chain.pbft import PBFT
from qflsim.checks import Part

__all__ = ["PerChain"]


@dataclass(frozen=True, kw_only=True)
class PerChain(Part):
    """A protocol for each of the three kinds of chains, in place of one for all.

    Committees differ: few servers on fibre agree on the global chain and on the shard chains, many devices on a shared
    band on the local model update chains. What suits one need not suit the other.

    Parameters
    ----------
    global_chain, shard, local:
        Protocol of the global chain, of the shard chain of every task, and of the local model update chain of every
        server. `PBFT` unless given.
    """

    global_chain: Agreement = PBFT()
    shard: Agreement = PBFT()
    local: Agreement = PBFT()

    @classmethod
    def of(cls, agreement: "Agreement | PerChain") -> "PerChain":
        """One protocol for all, or what is given for each."""
        if isinstance(agreement, PerChain):
            return agreement
        return cls(global_chain=agreement, shard=agreement, local=agreement)

    def on(self, chain: str) -> Agreement:
        """The protocol of the chain with this name: ``global``, ``shard-…`` or ``lmuc-…``."""
        if chain == "global":
            return self.global_chain
        return self.shard if chain.startswith("shard") else self.local

    def __iter__(self) -> Iterator[tuple[str, Agreement]]:
        """Kinds of chains, as the fields name them, and their protocols."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))

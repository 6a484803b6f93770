"""How two nodes come by entangled pairs: what they make them with, keep them in and improve them by."""

from dataclasses import dataclass

from qflsim.checks import Part, quantity

from .chain import ChainPlan
from .heralding import Heralding, Midpoint
from .memory import DepolarisingMemory, Memory
from .operations import Operations
from .purification import Purification
from .routing import HighestRate, Routing

__all__ = ["PairSupply"]


@dataclass(frozen=True, kw_only=True)
class PairSupply(Part):
    """Terminals at both ends of a fibre that make pairs and use each as soon as it is there.

    Parameters
    ----------
    link, memory, operations:
        How pairs are made, kept and worked on.
    memories:
        Pairs that a link makes or keeps side by side; 32 is an *assumption*, as for `EntangledTransport`.
    purification:
        What is done to pairs before use, None for nothing. A round of `DEJMPS` nearly halves the wrong entries of a
        list, but takes several times as long as it takes to make up for them by a longer list.
    cutoff:
        Age [s] at which a pair is thrown away; 10 ms, 3 % of the memories' life, is an *assumption*.
    switched:
        Whether sites join fibres to one, as an optical switch does, without loss of its own (*assumption*); else every
        site on the way is a repeater, which reaches farther and errs more.
    repeaters:
        Repeaters that stand at equal distances on every fibre.
    parallel:
        Whether the segments between repeaters try at once; else one after the other.
    routing:
        Chooses the way over the sites if they do not join their fibres.

    *Scope*: a device has fibre to its site. All memories of a link are its own.
    """

    link: Heralding = Midpoint()
    memories: int = quantity(32, at_least=1, most=100_000, advice="give a whole number, e.g. 32")
    memory: Memory = DepolarisingMemory()
    cutoff: float = quantity(10e-3, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 10 * ms, or inf")
    operations: Operations = Operations()
    purification: Purification | None = None
    switched: bool = True
    repeaters: int = quantity(0, at_least=0, most=1_000, advice="give a whole number, e.g. 0")
    parallel: bool = True
    routing: Routing = HighestRate()

    def plan(self, lengths: tuple[float, ...]) -> ChainPlan:
        """The chain of segments of ``lengths`` [m]."""
        return ChainPlan(
            lengths, self.link, self.memory, self.operations, self.purification, self.cutoff, self.parallel
        )

"""Updates of which only the largest changes are sent."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from qflsim.checks import quantity

from .compression import Compression, Floats
from .floats import Float32

__all__ = ["TopK"]


@dataclass(frozen=True, kw_only=True)
class TopK(Compression):
    """Of an update only the largest changes are sent: k = ceil(share P) of them, with their places.

    What is not sent stays at the device and is added to its change of the next round (error feedback) [1]_, so that
    nothing is lost, only late. Models, which have no start that all know, are written as `Float32` does.

    Parameters
    ----------
    share:
        Share of the parameters whose change is sent; 0.1 is an *assumption*.
    memory:
        Whether what is not sent is kept for the next round; without it it is forgotten.

    References
    ----------
    .. [1] S. U. Stich, J.-B. Cordonnier, M. Jaggi, "Sparsified SGD with memory", NeurIPS 2018, arXiv:1809.07599.

    *Scope*: an update that is lost on its way, or left out of its block, takes what it carried with it.

    *Validation*: 4 + k (2 + 4) bytes, 4 + k (4 + 4) beyond 65,536 parameters; the part that stays behind has at most
    the share 1 - k/P of the squared length; what is sent and what stays add up to the change.
    """

    share: float = quantity(0.1, above=0, at_most=1, advice="give a share of the parameters, e.g. 0.1")
    memory: bool = True

    @property
    def relative(self) -> bool:
        """It always is."""
        return True

    def kept(self, parameters: int) -> int:
        """How many changes are sent of so many parameters."""
        return max(1, ceil(self.share * parameters - 1e-9))

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """As `Float32`."""
        return Float32().encode(parameters, rng)

    def decode(self, packed: bytes) -> Floats:
        """As `Float32`."""
        return Float32().decode(packed)

    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """Number, places and values of the largest changes; the rest stays."""
        change = parameters - start + left
        places = np.sort(np.argsort(-np.abs(change), kind="stable")[: self.kept(len(change))])
        values = change[places].astype("<f4")
        rest = change.copy()
        rest[places] -= values.astype(np.float64)
        count = np.array([len(places)], dtype="<u4")
        packed = count.tobytes() + places.astype(_places(len(change))).tobytes() + values.tobytes()
        return packed, rest if self.memory else left

    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """The start with the changes that were sent."""
        count = int(np.frombuffer(packed, dtype="<u4", count=1)[0])
        kind = np.dtype(_places(len(start)))
        places = np.frombuffer(packed, dtype=kind, count=count, offset=4)
        values = np.frombuffer(packed, dtype="<f4", count=count, offset=4 + count * kind.itemsize)
        parameters = start.copy()
        parameters[places] += values.astype(np.float64)
        return parameters


def _places(parameters: int) -> str:
    """The smallest kind of number that names a place among so many parameters."""
    return "<u2" if parameters <= 1 << 16 else "<u4"

"""The one format of a run at work: it remembers what each device holds back, and what each update started from."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.compression import Compression
from qflsim.learning.floats import Float32
from qflsim.streams import Streams

__all__ = ["Codec"]

Floats = NDArray[np.float64]

_REMEMBERED = 4096  # starts of updates; more than devices times the rounds by which one may be late


class Codec:
    """Encodes and decodes all models and updates of a run.

    Parameters
    ----------
    compression:
        The format.
    streams:
        The run's random streams: every node rounds with one of its own.

    *Scope*: a receiver knows which model an update started from, for it was signed and handed out; the codec remembers
    it in its place.
    """

    def __init__(self, compression: Compression | None = None, streams: Streams | None = None) -> None:
        self.compression = Float32() if compression is None else compression
        self._streams = Streams(0) if streams is None else streams
        self._left: dict[tuple[str, str], Floats] = {}
        self._starts: OrderedDict[tuple[tuple[str, str], int], Floats] = OrderedDict()

    def pack(self, parameters: Floats, owner: str) -> bytes:
        """The bytes of a model that ``owner`` writes."""
        return self.compression.encode(np.asarray(parameters, dtype=np.float64), self._rng(owner))

    def unpack(self, packed: bytes) -> Floats:
        """The model that its receiver sees."""
        return self.compression.decode(packed)

    def as_sent(self, parameters: Floats, owner: str) -> Floats:
        """A model of ``owner`` as everybody goes on with it."""
        return self.unpack(self.pack(parameters, owner))

    def pack_update(self, whose: tuple[str, str], round: int, parameters: Floats, start: Floats) -> bytes:
        """The bytes of what a task's device, ``whose``, hands in in ``round``, having trained from ``start``."""
        left = self._left.get(whose)
        if left is None:
            left = np.zeros(len(start))
        packed, self._left[whose] = self.compression.encode_update(parameters, start, left, self._rng(*whose))
        if self.compression.relative:
            self._starts[whose, round] = start
            while len(self._starts) > _REMEMBERED:
                self._starts.popitem(last=False)
        return packed

    def unpack_update(self, whose: tuple[str, str], round: int, packed: bytes) -> Floats:
        """The model that receivers see in an update of a task's device, ``whose``, from ``round``.

        Raises
        ------
        ValueError
            If the update says only what changed, and nobody knows since when.
        """
        if not self.compression.relative:
            return self.compression.decode_update(packed, np.zeros(0))
        if (whose, round) not in self._starts:
            raise ValueError(f"the start of the update of {whose[1]} in round {round} is not known any more")
        return self.compression.decode_update(packed, self._starts[whose, round])

    def _rng(self, *owner: str) -> np.random.Generator:
        return self._streams("compress", *owner)

"""Named random streams: every draw comes from a stream called after what is drawn.

A stream depends on (seed, replication, name) and on nothing else, so adding a device moves no other device and
swapping the agreement protocol changes no radio draw. Names are hashed with SHA-256, never with ``hash()``,
which Python salts per process.

References
----------
.. [1] M. E. O'Neill, "Developing a seed_seq alternative" (2015); numpy.random.SeedSequence implements it.
"""

import hashlib
from functools import lru_cache

import numpy as np

__all__ = ["Streams"]


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[int, ...]:
    """The first 128 bits of SHA-256(name) as four 32-bit words."""
    digest = hashlib.sha256(name.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


class Streams:
    """The random streams of one replication of one scenario.

    Parameters
    ----------
    seed:
        The scenario's seed, a non-negative integer.
    replication:
        Which independent repetition of the scenario this is, counted from 0.
    prefix:
        What all names here begin with.

    Examples
    --------
    >>> streams = Streams(seed=7)
    >>> float(streams("place", "device-3").random()) == float(Streams(7)("place", "device-3").random())
    True
    """

    def __init__(self, seed: int, replication: int = 0, prefix: tuple[str, ...] = ()) -> None:
        if seed < 0 or replication < 0:
            raise ValueError(f"seed and replication must be >= 0, got {seed} and {replication}; give e.g. seed=7")
        self.seed = seed
        self.replication = replication
        self._prefix = prefix
        self._streams: dict[tuple[str, ...], np.random.Generator] = {}

    def __call__(self, *name: str) -> np.random.Generator:
        """The generator called ``name``; asking again returns the same generator, further along."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = self.fresh(*name)
        return stream

    def fresh(self, *name: str) -> np.random.Generator:
        """A new generator at the start of the stream ``name``, for draws that must not depend on their order."""
        words = _words("\x1f".join((*self._prefix, *name)))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(self.replication, *words)))

    def under(self, *prefix: str) -> "Streams":
        """The streams whose names begin with ``prefix``, to be asked for by the rest of their names."""
        return Streams(self.seed, self.replication, (*self._prefix, *prefix))

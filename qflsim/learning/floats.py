"""Models as floating-point numbers: in single precision, or in half."""

from dataclasses import dataclass

import numpy as np

from .compression import Floats, Whole

__all__ = ["Float16", "Float32"]


@dataclass(frozen=True, kw_only=True)
class Float32(Whole):
    """Four bytes for each parameter, little-endian: single precision of IEEE 754, relative error at most 2^-24.

    *Validation*: 4 P bytes; decoded and encoded again without a change.
    """

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Rounded to single precision."""
        return np.ascontiguousarray(parameters, dtype="<f4").tobytes()

    def decode(self, packed: bytes) -> Floats:
        """In double precision again."""
        return np.frombuffer(packed, dtype="<f4").astype(np.float64)

    def cycles(self, parameters: int) -> float:
        """None: it is how they stand in memory."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class Float16(Whole):
    """Two bytes for each parameter: half precision of IEEE 754.

    Relative error at most 2^-11 from 6.1e-5 to 65504; below that an absolute one of 2^-25, beyond it the largest
    number.

    *Validation*: 2 P bytes; the bounds above.
    """

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Rounded to half precision."""
        largest = float(np.finfo(np.float16).max)
        return np.clip(parameters, -largest, largest).astype("<f2").tobytes()

    def decode(self, packed: bytes) -> Floats:
        """In double precision again."""
        return np.frombuffer(packed, dtype="<f2").astype(np.float64)

"""Models as whole numbers of one byte, and one scale for all."""

from dataclasses import dataclass

import numpy as np

from .compression import Compression, Floats

__all__ = ["Int8"]

_LEVELS = 127  # of a signed byte, either side of 0
_WHOLE = 1e-4  # of a step: so near a whole number, a level is that, whatever single precision did to the scale


@dataclass(frozen=True, kw_only=True)
class Int8(Compression):
    """One signed byte for each parameter, and one scale for all: x = scale q with q from -127 to 127.

    The scale is max(abs(x))/127 in single precision, four bytes. Of an update the change since its start is written,
    which is smaller than the model, and so are its steps.

    Parameters
    ----------
    stochastic:
        Whether a number is rounded up or down at random, so that it is right on average [1]_; the error is then up to a
        step instead of half a step.
    changes:
        Whether an update's change is written; otherwise the model, as in all other messages.

    References
    ----------
    .. [1] D. Alistarh, D. Grubic, J. Li, R. Tomioka, M. Vojnovic, "QSGD: Communication-efficient SGD via gradient
       quantization and encoding", NeurIPS 2017, arXiv:1610.02132. There the scale is the Euclidean norm and the levels
       are entropy-coded; here it is the largest entry, and every level takes a byte.

    *Validation*: P + 4 bytes; error at most half a step, or a step; unbiased if stochastic.
    """

    stochastic: bool = False
    changes: bool = True

    @property
    def relative(self) -> bool:
        """If changes are written."""
        return self.changes

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Scale and levels."""
        scale = _scale(parameters)
        steps = np.zeros(len(parameters)) if scale == 0.0 else parameters / scale
        levels = self._rounded(steps, rng)
        return np.array([scale], dtype="<f4").tobytes() + np.clip(levels, -_LEVELS, _LEVELS).astype(np.int8).tobytes()

    def decode(self, packed: bytes) -> Floats:
        """Levels times scale."""
        scale = float(np.frombuffer(packed, dtype="<f4", count=1)[0])
        return scale * np.frombuffer(packed, dtype=np.int8, offset=4).astype(np.float64)

    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """The change, or the model; nothing stays behind."""
        return self.encode(parameters - start if self.changes else parameters, rng), left

    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """Start and change, or the model."""
        return start + self.decode(packed) if self.changes else self.decode(packed)

    def _rounded(self, steps: Floats, rng: np.random.Generator) -> Floats:
        """To whole numbers; one that is whole already stays, so that a decoded model is encoded to the same bytes."""
        if not self.stochastic:
            return np.rint(steps)
        low = np.floor(steps + _WHOLE)
        return low + (rng.random(len(steps)) < steps - low)


def _scale(values: Floats) -> float:
    """The smallest single-precision number whose 127-fold is no less than the largest of ``values``.

    0 where that is less than the smallest normal number: such values are written as 0.
    """
    largest = float(np.abs(values).max(initial=0.0))
    scale = np.float32(largest / _LEVELS)
    if _LEVELS * float(scale) < largest:
        scale = np.nextafter(scale, np.float32(np.inf))
    return float(scale) if scale >= np.finfo(np.float32).tiny else 0.0

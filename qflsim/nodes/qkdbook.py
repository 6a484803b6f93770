"""What is written down of a QKD link: every block while they are few, sums of them when they are many."""

from qflsim.crypto.keyrouting import Ends
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.trace import QKDBlock

from .context import Context

__all__ = ["QKDBook"]

ROWS = 100
"""Rows of one link and round after which a row stands for twice as many blocks."""


class QKDBook:
    """The rows of one QKD link in the qkd table.

    Parameters
    ----------
    ctx:
        The run's shared services.
    ends:
        The two ends of the link.
    """

    def __init__(self, ctx: Context, ends: Ends) -> None:
        self._ctx = ctx
        self._ends = ends
        self._round = 0
        self._rows = 0
        self._steady_bit = 0.0
        self._empty()

    def block(self, block: KeyBlock, *, aborted: bool, secret_bit: float, before_bit: float, level_bit: float) -> None:
        """Take in one block, what of it was used, and the levels of the store before and after it [bit]."""
        if self._ctx.round != self._round:
            self._round, self._rows = self._ctx.round, 0
        if not self._blocks:
            self._before = before_bit
        self._blocks += 1
        self._aborted += aborted
        self._sifted += block.sifted_bit
        if block.sifted_bit:
            self._wrong += block.error_rate * block.sifted_bit
        self._secret += secret_bit
        if self._blocks >= 2 ** (self._rows // ROWS):
            self._write(level_bit)

    def steady(self, made_bit: float, level_bit: float) -> None:
        """Write down what a steady flow has made since the last time, given what it made since time 0 [bit]."""
        secret, self._steady_bit = made_bit - self._steady_bit, made_bit
        if secret > 0.0:
            nan = float("nan")
            self._record(0, 0, nan, nan, secret, nan, level_bit)

    def close(self, level_bit: float) -> None:
        """Write down the blocks that wait for others to make up a row."""
        if self._blocks:
            self._write(level_bit)

    def _write(self, level_bit: float) -> None:
        self._rows += 1
        error_rate = self._wrong / self._sifted if self._sifted else float("nan")
        sifted = float(self._sifted)
        self._record(self._blocks, self._aborted, sifted, error_rate, self._secret, self._before, level_bit)
        self._empty()

    def _empty(self) -> None:
        self._blocks = self._aborted = self._sifted = 0
        self._wrong = self._secret = self._before = 0.0

    def _record(
        self,
        blocks: int,
        aborted: int,
        sifted_bit: float,
        error_rate: float,
        secret_bit: float,
        before_bit: float,
        level_bit: float,
    ) -> None:
        self._ctx.record(
            QKDBlock(
                round=self._ctx.round,
                first=self._ends[0],
                second=self._ends[1],
                time_s=self._ctx.now,
                blocks=blocks,
                aborted=aborted,
                sifted_bit=sifted_bit,
                error_rate=error_rate,
                secret_bit=secret_bit,
                before_bit=before_bit,
                level_bit=level_bit,
            )
        )

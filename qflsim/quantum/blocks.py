"""Fusing a compiled circuit into few blocks: small matrices on one or two qubits, each a product of factors.

Gates and errors on one qubit between two entangling gates become one 4x4 block; consecutive items on the same pair
of qubits become one 16x16 block, kept as a sparse pattern. What a block is made of (its factors) is remembered, for
its entries follow the parameters, and the derivative of a loss by the entries is passed on to the angles.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum import pauli
from qflsim.quantum.items import Channel, Item, Rotation

__all__ = ["Block", "fuse"]


@dataclass(eq=False)
class Block:
    """A run of items on the same qubits, in order of application."""

    wires: tuple[int, ...]
    items: list[Item] = field(default_factory=list)

    @property
    def fixed(self) -> bool:
        """Whether no item depends on an angle."""
        return all(isinstance(item, Channel) for item in self.items)

    def matrix(self) -> NDArray[np.float64]:
        """Transfer matrix of a fixed block."""
        result = np.eye(4 ** len(self.wires))
        for item in self.items:
            if isinstance(item, Channel):
                result = pauli.embed(item.matrix, item.wires, self.wires) @ result
        return result

    def pattern(self) -> NDArray[np.bool_]:
        """Entries that can differ from zero for some angles."""
        result = np.eye(4 ** len(self.wires), dtype=bool)
        for factor in self._factor_patterns():
            result = factor.astype(float) @ result > 0
        return result

    def mixing(self) -> NDArray[np.bool_]:
        """Which coefficients any of the factors mixes."""
        result = np.eye(4 ** len(self.wires), dtype=bool)
        for factor in self._factor_patterns():
            result |= factor
        return result

    def _factor_patterns(self) -> Iterator[NDArray[np.bool_]]:
        for item in self.items:
            factor = item.matrix if isinstance(item, Channel) else pauli.rotation(item.axis, 1.0)
            yield pauli.embed((factor != 0.0).astype(float), item.wires, self.wires) > 0


def fuse(items: Iterable[Item]) -> list[Block]:
    """Group items into blocks; applying the blocks in order is applying the items in order."""
    blocks: list[Block] = []
    latest: dict[int, Block] = {}  # the last block on each qubit
    for item in items:
        block = latest.get(item.wires[0])
        if block is None or not _fits(item, block, latest):
            block = Block(item.wires)
            blocks.append(block)
            latest.update(dict.fromkeys(item.wires, block))
        block.items.append(item)
    return [_merge_channels(block) for block in blocks]


def _fits(item: Item, block: Block, latest: dict[int, Block]) -> bool:
    """Whether ``item`` can join ``block`` without passing an item on one of its qubits.

    A rotation on one qubit stays out of a block on two: a 4x4 product costs less than a denser 16x16 one.
    """
    if any(latest.get(w) is not block for w in item.wires):
        return False
    if len(item.wires) == len(block.wires):
        return True
    return len(item.wires) < len(block.wires) and _diagonal(item)


def _diagonal(item: Item) -> bool:
    return isinstance(item, Channel) and bool(np.all(item.matrix == np.diag(np.diag(item.matrix))))


def _merge_channels(block: Block) -> Block:
    """The block with neighbouring channels multiplied into one factor."""
    merged: list[Item] = []
    for item in block.items:
        if isinstance(item, Rotation):
            merged.append(item)
            continue
        matrix = pauli.embed(item.matrix, item.wires, block.wires)
        if merged and isinstance(merged[-1], Channel):
            matrix = matrix @ merged[-1].matrix
            merged.pop()
        merged.append(Channel(block.wires, matrix))
    return Block(block.wires, merged)

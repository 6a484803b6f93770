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

_ROUNDING = 1e-14


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
            yield pauli.embed((_typical(item) != 0.0).astype(float), item.wires, self.wires) > 0


def fuse(items: Iterable[Item]) -> list[Block]:
    """Group items into blocks; applying the blocks in order is applying the items in order.

    Items that commute may change places: a rotation about Z passes a CX whose control it sits on, and the relaxation
    that follows, and joins the next block on its qubit.
    """
    fuser = _Fuser()
    for item in items:
        fuser.add(item)
    return [_merge_channels(block) for block in fuser.blocks]


class _Fuser:
    """Blocks so far; on each qubit the latest one, and beneath it the one before."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.latest: dict[int, Block] = {}
        self.beneath: dict[int, Block] = {}

    def add(self, item: Item) -> None:
        """Let one item join a block, or open one."""
        block = self._open_for(item)
        if block is None:
            block = self._new(item)
        block.items.append(item)

    def _open_for(self, item: Item) -> Block | None:
        """The block that ``item`` can join, if any."""
        reached = [self._reached(w, item) for w in item.wires]
        block = reached[0]
        if block is None or any(other is not block for other in reached):
            return None
        if len(item.wires) == len(block.wires):
            return block
        # On two qubits a rotation stays out: a 4x4 product costs less than a denser 16x16 one.
        smaller = len(item.wires) < len(block.wires)
        return block if smaller and (_diagonal(item) or (block.fixed and _sparse(item))) else None

    def _reached(self, wire: int, item: Item) -> Block | None:
        """The latest block on a qubit, or the one beneath if ``item`` passes what lies above."""
        top = self.latest.get(wire)
        if top is not None and len(top.wires) < len(item.wires) and _passes(item, top):
            return self.beneath.get(wire)
        return top

    def _new(self, item: Item) -> Block:
        """Open a block for ``item``; blocks that it passes come after it."""
        block = Block(item.wires)
        passed = [self.latest[w] for w in item.wires if self._is_passed(w, item)]
        if isinstance(item, Channel) and len(item.wires) > 1:
            self._absorb(block, passed)
        kept = [b for b in self.blocks if all(b is not p for p in passed)]
        self.blocks = [*kept, block, *passed]
        for w in item.wires:
            if any(w in p.wires for p in passed):
                self.beneath[w] = block
            else:
                if w in self.latest:
                    self.beneath[w] = self.latest[w]
                self.latest[w] = block
        return block

    def _is_passed(self, wire: int, item: Item) -> bool:
        top = self.latest.get(wire)
        return top is not None and len(top.wires) == 1 and len(item.wires) > 1 and _passes(item, top)

    def _absorb(self, block: Block, passed: list[Block]) -> None:
        """Take sparse channels from the end of the blocks before a fixed block on more qubits into it."""
        for w in block.wires:
            top = self.latest.get(w)
            if top is None or len(top.wires) > 1 or any(top is p for p in passed):
                continue
            taken: list[Item] = []
            while top.items and isinstance(top.items[-1], Channel) and _sparse(top.items[-1]):
                taken.insert(0, top.items.pop())
            block.items += taken
            if not top.items:
                self.blocks = [b for b in self.blocks if b is not top]
                del self.latest[w]


def _diagonal(item: Item) -> bool:
    return isinstance(item, Channel) and bool(np.all(item.matrix == np.diag(np.diag(item.matrix))))


def _sparse(item: Item) -> bool:
    """Whether ``item`` is a channel that maps Paulis to Paulis, up to factors and a shift."""
    return isinstance(item, Channel) and bool((np.count_nonzero(item.matrix[:, 1:], axis=1) <= 1).all())


def _passes(item: Item, block: Block) -> bool:
    """Whether ``item`` commutes with everything in ``block``."""
    wires = tuple(dict.fromkeys(block.wires + item.wires))
    mine = pauli.embed(_typical(item), item.wires, wires)
    for other in block.items:
        theirs = pauli.embed(_typical(other), other.wires, wires)
        if np.abs(mine @ theirs - theirs @ mine).max() > _ROUNDING:
            return False
    return True


def _typical(item: Item) -> NDArray[np.float64]:
    """The channel, or the rotation by one radian, which commutes with what rotations by any angle commute with."""
    return item.matrix if isinstance(item, Channel) else pauli.rotation(item.axis, 1.0)


def _merge_channels(block: Block) -> Block:
    """The block with channels multiplied into one factor where nothing but what they commute with stands between."""
    merged: list[Item] = []
    for item in block.items:
        if isinstance(item, Rotation):
            merged.append(item)
            continue
        channel = Channel(block.wires, pauli.embed(item.matrix, item.wires, block.wires))
        at = len(merged)
        while at and isinstance(merged[at - 1], Rotation) and _passes(channel, Block(block.wires, [merged[at - 1]])):
            at -= 1
        before = merged[at - 1] if at else None
        if isinstance(before, Channel):
            merged[at - 1] = Channel(block.wires, channel.matrix @ before.matrix)
        else:
            merged.append(channel)
    return Block(block.wires, merged)

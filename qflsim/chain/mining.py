"""What miners compute with, and how hard it is made for them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fnmatch import fnmatchcase

from qflsim.chain.blocktree import TreeBlock
from qflsim.checks import Part, quantity

__all__ = [
    "AsicMiner", "Difficulty", "FixedDifficulty", "Miner", "MixedMiners", "RetargetedDifficulty", "SoftwareMiner",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Miner(Part, ABC):
    """What a validator hashes with."""

    @abstractmethod
    def hash_rate(self, node: str) -> float:
        """Hashes per second [1/s] of ``node``; 0 if it does not mine."""

    @abstractmethod
    def hash_energy(self, node: str) -> float:
        """Energy of one hash [J] at ``node``."""


@dataclass(frozen=True, kw_only=True)
class _OneKind(Miner):
    """Every validator hashes with the same."""

    rate: float = quantity(unit="1/s", at_least=0, advice="give hashes per second, e.g. 2e6")
    energy: float = quantity(unit="J", at_least=0, advice="give joules per hash, e.g. 4.9e-6")

    def hash_rate(self, node: str) -> float:
        """Hashes per second [1/s]."""
        return self.rate

    def hash_energy(self, node: str) -> float:
        """Energy of one hash [J]."""
        return self.energy


@dataclass(frozen=True, kw_only=True)
class SoftwareMiner(_OneKind):
    """A processor core that hashes in software.

    Parameters
    ----------
    rate:
        2e6 hashes per second: SHA-256 runs at 394 MB/s on one core of 2.5 GHz (OpenSSL 3.0.19 ``speed``, measured),
        and a hash of an 80-byte header, twice, takes three blocks of 64 bytes.
    energy:
        4.9 uJ: 10 W of one busy core over that rate (assumption, as for `X86Core`).
    """

    rate: float = quantity(2e6, unit="1/s", at_least=0, advice="give hashes per second, e.g. 2e6")
    energy: float = quantity(4.9e-6, unit="J", at_least=0, advice="give joules per hash, e.g. 4.9e-6")


@dataclass(frozen=True, kw_only=True)
class AsicMiner(_OneKind):
    """A machine built for nothing else.

    Parameters
    ----------
    rate, energy:
        110e12 hashes per second at 29.5 pJ each: 3250 W, Antminer S19 Pro (maker's data sheet).
    """

    rate: float = quantity(110e12, unit="1/s", at_least=0, advice="give hashes per second, e.g. 110e12")
    energy: float = quantity(29.5e-12, unit="J", at_least=0, advice="give joules per hash, e.g. 29.5e-12")


@dataclass(frozen=True, kw_only=True)
class MixedMiners(Miner):
    """Some validators hash with something else than the rest.

    Parameters
    ----------
    usual:
        What all others hash with.
    special:
        Pairs of a name, in which ``*`` stands for anything, and what such nodes hash with; the first that fits holds.

    Examples
    --------
    >>> miners = MixedMiners(special=(("server-*", AsicMiner()),))
    >>> miners.hash_rate("server-2") / miners.hash_rate("device-1-1")
    55000000.0
    """

    usual: Miner = SoftwareMiner()
    special: tuple[tuple[str, Miner], ...] = ()

    def hash_rate(self, node: str) -> float:
        """Hashes per second [1/s] of ``node``."""
        return self._of(node).hash_rate(node)

    def hash_energy(self, node: str) -> float:
        """Energy of one hash [J] at ``node``."""
        return self._of(node).hash_energy(node)

    def _of(self, node: str) -> Miner:
        return next((miner for pattern, miner in self.special if fnmatchcase(node, pattern)), self.usual)


@dataclass(frozen=True, kw_only=True)
class Difficulty(Part, ABC):
    """How many hashes the next block shall take on average, as a rule that all miners can check."""

    @abstractmethod
    def after(self, block: TreeBlock, interval: float) -> tuple[float, float]:
        """Difficulty of a block on top of ``block``, and its `TreeBlock.epoch_s` [s]; ``interval`` [s] is aimed at."""


@dataclass(frozen=True, kw_only=True)
class FixedDifficulty(Difficulty):
    """The difficulty stays what it was at first, whoever comes or goes."""

    def after(self, block: TreeBlock, interval: float) -> tuple[float, float]:
        """The difficulty of the block before."""
        return block.difficulty, block.epoch_s


@dataclass(frozen=True, kw_only=True)
class RetargetedDifficulty(Difficulty):
    """Every so many blocks the difficulty follows the time that they took [1]_.

    New difficulty = old difficulty x (every x interval) / (time that the last ``every`` blocks took), at most
    ``largest_step`` times as much or as little.

    Parameters
    ----------
    every:
        Blocks between changes; 2016 in Bitcoin.
    largest_step:
        4 in Bitcoin.

    References
    ----------
    .. [1] Bitcoin Core, ``src/pow.cpp``, CalculateNextWorkRequired.

    *Scope*: all ``every`` intervals count; Bitcoin leaves one of 2016 out by an old mistake.
    """

    every: int = quantity(2016, at_least=1, advice="give a whole number of blocks, e.g. 2016")
    largest_step: float = quantity(4.0, above=1, advice="give a factor > 1, e.g. 4")

    def after(self, block: TreeBlock, interval: float) -> tuple[float, float]:
        """The difficulty of the block before, corrected after every so many blocks."""
        if block.depth == 0 or block.depth % self.every:
            return block.difficulty, block.epoch_s
        took = max(block.time_s - block.epoch_s, 1e-9 * interval)
        step = min(max(self.every * interval / took, 1.0 / self.largest_step), self.largest_step)
        return block.difficulty * step, block.time_s

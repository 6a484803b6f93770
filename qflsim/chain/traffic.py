"""Other users of a chain, whose transactions take their part of every block.

References
----------
.. [1] Bitcoin: about 250 bytes for a transaction with one input and two outputs, about 7 transactions a second at most;
   Croman et al., "On scaling decentralized blockchains", FC 2016 (3.3 to 7 a second at 1 MB and 10 min).
.. [2] L. Kleinrock, "Queueing systems", volume 1 (1975): Poisson arrivals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.bundle import FRAME_BYTE
from qflsim.chain.limits import check_kinds
from qflsim.chain.mempool import Mempool
from qflsim.checks import Part, Recurring, quantity
from qflsim.units import GB, byte, s

__all__ = ["Arrivals", "ChainTraffic"]

_LEAST_BYTE = 200.0  # no transaction is smaller
_DRAWN = 256  # transactions drawn at once; a constant, so that nothing depends on when they are asked for


@dataclass(frozen=True, kw_only=True)
class ChainTraffic(Part):
    """Others send transactions at random; they wait in the same mempool and fill the same blocks as the federation's.

    Gaps are exponential (Poisson arrivals, [2]_); sizes and fees per byte are log-normal,
    X = mean exp(sigma Z - sigma^2 / 2).

    Parameters
    ----------
    rate:
        Transactions per second on every chain of these kinds; 5 is what Bitcoin carries [1]_.
    size:
        Mean bits of a signed transaction; 250 bytes [1]_. None is smaller than 200 bytes.
    size_spread:
        sigma of the logarithm of sizes; 0 for equal ones.
    fee_rate:
        Mean fee per byte in the chain's own unit; the unit is arbitrary.
    fee_spread:
        sigma of the logarithm of fees per byte; 1 is an *assumption*.
    chains:
        Kinds of chains that others use: ``"global"``, ``"shard"``, ``"lmuc"``. By default not the LMUCs, which are a
        server's and its devices' own (*assumption*).

    *Scope*: a steady rate; nobody stays away because fees are high. How transactions of others come to the proposer is
    not modelled; the others get them in full with the proposal, where they load the links, and every validator checks
    their signatures. Their bytes are filler.
    """

    rate: float = quantity(
        5.0 / s, unit="1/s", above=0, recurring=Recurring("transactions on each chain", 1e8),
        advice="give it per second, e.g. 20 / s",
    )  # fmt: skip
    size: float = quantity(
        250 * byte, unit="bit", at_least=200 * byte, at_most=1 * GB, advice="give it in bits, e.g. 250 * byte"
    )
    size_spread: float = quantity(0.0, at_least=0, at_most=3, advice="give a small number, e.g. 0.5")
    fee_rate: float = quantity(1.0, unit="1/byte", at_least=0, advice="give it per byte, e.g. 1.0")
    fee_spread: float = quantity(1.0, at_least=0, at_most=3, advice="give a small number, e.g. 1.0")
    chains: tuple[str, ...] = ("global", "shard")

    def check(self) -> None:
        """Refuse unknown kinds of chains."""
        check_kinds("ChainTraffic.chains", self.chains)

    @property
    def framed_byte(self) -> float:
        """Mean bytes of a transaction in a block, framing included."""
        return self.size / 8.0 + FRAME_BYTE

    def arrivals(self, rng: np.random.Generator) -> "Arrivals":
        """The transactions of one chain from time 0 on, drawn from ``rng``, a fresh stream of that chain."""
        return Arrivals(self, rng)


class Arrivals:
    """The transactions of other users of one chain, drawn ahead in groups.

    Which transaction comes when, how large and at which fee depends on the random stream alone, not on when it is asked
    for.
    """

    def __init__(self, traffic: ChainTraffic, rng: np.random.Generator) -> None:
        self._traffic = traffic
        self._rng = rng
        self._drawn_s = 0.0
        self._ahead: list[tuple[float, int, float]] = []  # times, bytes and fees of those to come, the next one last
        self._draw()

    @property
    def next_s(self) -> float:
        """When the next one comes [s]."""
        return self._ahead[-1][0]

    def enter(self, mempool: Mempool, until: float) -> None:
        """Let all that come until ``until`` [s] enter ``mempool``."""
        while self._ahead[-1][0] <= until:
            time, size_byte, fee = self._ahead.pop()
            if not self._ahead:
                self._draw()
            mempool.expire(time)
            mempool.add(time, size_byte, fee)

    def _draw(self) -> None:
        traffic, rng = self._traffic, self._rng
        times = self._drawn_s + np.cumsum(rng.exponential(1.0 / traffic.rate, _DRAWN))
        sizes = np.rint(_lognormal(rng, traffic.size / 8.0, traffic.size_spread)).clip(_LEAST_BYTE)
        fees = sizes * _lognormal(rng, traffic.fee_rate, traffic.fee_spread)
        self._drawn_s = float(times[-1])
        framed = (sizes.astype(int) + FRAME_BYTE).tolist()
        self._ahead = list(zip(times.tolist(), framed, fees.tolist(), strict=True))[::-1]


def _lognormal(rng: np.random.Generator, mean: float, sigma: float) -> NDArray[np.float64]:
    """Log-normal numbers of the given mean; the draws are made whatever sigma is."""
    drawn: NDArray[np.float64] = mean * np.exp(sigma * rng.standard_normal(_DRAWN) - 0.5 * sigma * sigma)
    return drawn

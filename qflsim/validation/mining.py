"""Forks from delay, payments taken back, selfish miners, and time until stakeholders call a block final.

References
----------
.. [1] C. Decker, R. Wattenhofer, "Information propagation in the Bitcoin network", IEEE P2P (2013): a block meets a
   competitor with probability 1 - exp(-x), x = delay/interval. One height takes a delay and an exponential time, so
   that x/(1 + x) of all blocks of many small miners are lost; with ten equal miners and a fixed delay a Monte Carlo
   apart from qflsim lost 8.22 % at x = 0.1 and 40.90 % at x = 0.84.
.. [2] M. Rosenfeld, "Analysis of hashrate-based double spending", arXiv:1402.2009 (2014):
   P = 1 - sum_k C(k+z-1, k) (p^z q^k - p^k q^z), k = 0..z, for z confirmations and a share q = 1 - p.
.. [3] I. Eyal, E. G. Sirer, "Majority is not enough: Bitcoin mining is vulnerable", Financial Cryptography (2014):
   R = (a(1-a)^2 (4a + g(1-2a)) - a^3) / (1 - a(1 + (2-a)a)) for a share a, of whose rivals a share g builds on it.
.. [4] V. Buterin, V. Griffith, "Casper the friendly finality gadget", arXiv:1710.09437 (2017): final when two epochs
   and two thirds of the votes of the next are over.
"""

import math
from collections.abc import Iterator

from qflsim.chain.forkchoice import Ghost, LongestChain
from qflsim.chain.loopback import Loopback
from qflsim.chain.mining import FixedDifficulty, MixedMiners, RetargetedDifficulty, SoftwareMiner
from qflsim.chain.privatemining import DoubleSpendingReplica, SelfishReplica
from qflsim.chain.proofofstake import ProofOfStake
from qflsim.chain.proofofwork import ProofOfWork
from qflsim.chain.seat import Seat
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_ENDLESS = 10**9
_TRIALS = 800
_BLOCKS = 5000
# share of the attacker, confirmations, exact probability [2]
_DOUBLE_SPENDS = ((0.1, 1, 0.2), (0.1, 2, 0.056), (0.3, 5, 0.1976173))
# share of the miner, share of its rivals that builds on its block in a race
_SELFISH = ((0.25, 0.0), (0.4, 0.0), (0.25, 0.8), (1 / 3, 0.8))


def comparisons() -> Iterator[Comparison]:
    """Rows on forks, double spending, selfish mining, difficulty and finality."""
    yield from _forks()
    for share, confirmations, exact in _DOUBLE_SPENDS:
        yield Comparison(
            quantity=f"payment undone, q = {share}, {confirmations} confirmation{'s' * (confirmations > 1)}",
            published=exact, simulated=_undone(share, confirmations), basis="formula", source="Rosenfeld 2014",
            tolerance=3.5 * math.sqrt(exact * (1 - exact) / _TRIALS),
        )  # fmt: skip
    for share, gamma in _SELFISH:
        yield Comparison(
            quantity=f"selfish miner's blocks, a = {share:.3g}, g = {gamma:g}", published=_revenue(share, gamma),
            simulated=_earned(share, gamma), tolerance=0.025, basis="formula", source="Eyal, Sirer 2014",
        )  # fmt: skip
    yield from _difficulty()
    yield from _finality()


def _forks() -> Iterator[Comparison]:
    for x, n, lost in ((0.1, 10, 0.0822), (0.84, 10, 0.4090)):
        for rule in (LongestChain(), Ghost()):
            yield Comparison(
                quantity=f"blocks lost, {type(rule).__name__}, x {x}, 10 miners", published=lost,
                simulated=_lost(_mined(x, n, rule)), tolerance=0.012, basis="tool", source="Monte Carlo",
            )  # fmt: skip
    network = _mined(0.1, 60, LongestChain())
    yield Comparison(
        quantity="blocks lost, x 0.1, 60 miners", published=0.1 / 1.1, simulated=_lost(network), tolerance=0.012,
        basis="formula", source="x/(1 + x)",
    )  # fmt: skip
    yield Comparison(
        quantity="blocks met by another, x = 0.1, 60 miners", published=1 - math.exp(-0.1),
        simulated=_contested(network), tolerance=0.014, basis="formula", source="Decker, Wattenhofer 2013",
    )  # fmt: skip


def _mined(x: float, n: int, rule: Ghost | LongestChain) -> Loopback:
    """A network in which blocks of mean interval 1/x take a delay of 1."""
    protocol = ProofOfWork(interval=1 / x, fork_choice=rule, difficulty=FixedDifficulty(), confirmations=_ENDLESS)
    blocks = _BLOCKS if n <= 10 else _BLOCKS // 2
    return Loopback(protocol, _names(n), seed=n).run(until=blocks / x)


def _lost(network: Loopback) -> float:
    """Share of the blocks made that the chain of the first miner left out."""
    return 1.0 - _tip_depth(network) / len(network.extended)


def _tip_depth(network: Loopback) -> int:
    return max(block.depth for _, block in network.extended) if network.extended else 0


def _contested(network: Loopback) -> float:
    """Share of the first blocks of their depth that another of that depth followed."""
    depths = [block.depth for _, block in network.extended]
    seen = set(depths)
    return sum(depths.count(depth) > 1 for depth in seen) / len(seen) if len(seen) else 0.0


def _shared(share: float, n: int) -> MixedMiners:
    """An attacker v0 with a share of the hash rate, n - 1 others with the rest."""
    usual = SoftwareMiner(rate=(1 - share) / (n - 1))
    return MixedMiners(usual=usual, special=(("v0", SoftwareMiner(rate=share)),))


def _attacked(share: float, n: int, confirmations: int) -> ProofOfWork:
    return ProofOfWork(interval=1.0, miner=_shared(share, n), difficulty=FixedDifficulty(), confirmations=confirmations)


def _double_spender(seat: Seat) -> DoubleSpendingReplica:
    replica = DoubleSpendingReplica.at(seat)
    replica.give_up = 20  # (q/p)^20 is below 1e-7 for the shares above
    return replica


def _undone(share: float, confirmations: int) -> float:
    """How often the secret branch overtakes, without delay, from one block ahead [2]."""
    protocol, undone = _attacked(share, 2, confirmations), 0
    for seed in range(_TRIALS):
        network = Loopback(protocol, _names(2), delay=lambda: 0.0, seed=seed, played={"v0": _double_spender})
        attacker = network.replicas["v0"]
        if isinstance(attacker, DoubleSpendingReplica):
            network.run(until=1e5, stop=lambda attacker=attacker: attacker.over)  # type: ignore[misc]  # a default argument
            undone += attacker.won
    return undone / _TRIALS


def _revenue(a: float, g: float) -> float:
    numerator = a * (1 - a) ** 2 * (4 * a + g * (1 - 2 * a)) - a**3
    return float(numerator / (1 - a * (1 + (2 - a) * a)))


def _earned(share: float, gamma: float, n: int = 6) -> float:
    """Share of the chain's blocks; five rivals hear of the miner's block first, all but the finder, or last."""
    first = gamma > 0

    def fate(now: float, source: str, destination: str, message: object) -> tuple[float, ...]:
        return (1e-6,) if first != ("v0" in (source, destination)) else (0.0,)

    protocol = _attacked(share, n, _ENDLESS)
    network = Loopback(protocol, _names(n), delay=lambda: 0.0, played={"v0": SelfishReplica.at}, fate=fate)
    network.run(until=_BLOCKS)
    makers = {block.name: (maker, block.parent) for maker, block in network.extended}
    tip = getattr(network.replicas["v1"].memory, "name", "")
    earned = total = 0
    while tip in makers:
        maker, tip = makers[tip]
        earned, total = earned + (maker == "v0"), total + 1
    return earned / total


def _difficulty() -> Iterator[Comparison]:
    """The time of 20 blocks is random, and the mean of its inverse 20/19 of the inverse of its mean: a bias."""
    protocol = ProofOfWork(interval=1.0, difficulty=RetargetedDifficulty(every=20), confirmations=_ENDLESS)
    network = Loopback(protocol, _names(4), delay=lambda: 0.0, seed=3).run(until=4000.0)
    yield Comparison(
        quantity="blocks in 4000 intervals, set anew every 20", published=4000 * 19 / 20,
        simulated=_tip_depth(network), tolerance=0.04, relative=True, basis="law", source="mean of 1/Gamma(20)",
    )  # fmt: skip


def _finality() -> Iterator[Comparison]:
    # slot 12 opens the epoch; its votes pass two thirds in slot 14 or 15, a third of a slot after that began
    for n, published in ((4, 13 + 1 / 3), (16, 14 + 1 / 3)):
        protocol = ProofOfStake(slot=1.0, epoch=6)
        network = Loopback(protocol, _names(n), delay=lambda: 0.01)
        network.run(until=1e3, stop=network.all_decided)
        last = max(decision.time_s for decision in network.decisions.values())
        yield Comparison(
            quantity=f"slots to finality, epoch 6, n = {n}", published=published, simulated=last - 0.01,
            tolerance=1e-9, basis="law", source="Buterin, Griffith 2017",
        )  # fmt: skip
    for crashed, deciding in ((3, 7), (4, 0)):
        network = Loopback(ProofOfStake(), _names(10), delay=lambda: 0.05, absent=_names(10)[:crashed])
        network.run(until=400.0, stop=network.all_decided)
        yield Comparison(
            quantity=f"stakeholders deciding, n = 10, {crashed} crashed", published=deciding,
            simulated=len(network.decisions), tolerance=0.0, basis="law", source="Buterin, Griffith 2017",
        )  # fmt: skip


def _names(n: int) -> tuple[str, ...]:
    return tuple(f"v{i}" for i in range(n))

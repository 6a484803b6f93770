"""The contract of a task: reputation, and how its reward is divided.

References
----------
.. [1] A. Josang, R. Ismail, "The beta reputation system", 15th Bled Electronic Commerce Conference (2002): seven
   positive outcomes and a negative one make an expectation of 0.8.
.. [2] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data", AISTATS 2017:
   weights n_k / n.
.. [3] Cosmos SDK, module x/slashing, default parameters.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from qflsim.chain.accounts import Accounts
from qflsim.chain.reputation import BetaReputation, ReputationRule, SmoothedReputation
from qflsim.chain.rewards import RewardBySamples, Work, divided, grains, units_of
from qflsim.chain.terms import TaskContract
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]


def comparisons() -> Iterator[Comparison]:
    """Rows on reputation, rewards and slashes."""
    yield from _reputation()
    yield from _money()


def _reputation() -> Iterator[Comparison]:
    plain = BetaReputation(forgetting=1.0, severity=1.0)
    yield Comparison(
        quantity="reputation, 7 good and 1 bad", published=0.8, simulated=_after(plain, [(1, 0)] * 7 + [(0, 1)]),
        tolerance=1e-12, basis="value", source="Josang, Ismail 2002",
    )  # fmt: skip
    yield Comparison(
        quantity="reputation of a stranger", published=0.5, simulated=_after(plain, []), tolerance=0.0, basis="value",
        source="Josang, Ismail 2002",
    )  # fmt: skip
    fading = BetaReputation(forgetting=0.9)
    for rounds, published in ((10, 0.8825356), (1000, 11 / 12)):
        yield Comparison(
            quantity=f"reputation, {rounds} good rounds, lambda 0.9", published=published,
            simulated=_after(fading, [(1, 0)] * rounds), tolerance=1e-7, basis="formula", source="Josang, Ismail 2002",
        )  # fmt: skip
    yield Comparison(
        quantity="reputation, 7 good 1 bad, bad weighs 1.5", published=8 / 10.5,
        simulated=_after(BetaReputation(forgetting=1.0, severity=1.5), [(1, 0)] * 7 + [(0, 1)]), tolerance=1e-12,
        basis="formula", source="beta mean",
    )  # fmt: skip
    yield Comparison(
        quantity="smoothed reputation, 5 rounds of 0.9", published=0.9 - 0.4 * 0.7**5,
        simulated=_after(SmoothedReputation(), [(0.9, 0.1)] * 5), tolerance=1e-12, basis="law",
        source="exponential smoothing",
    )  # fmt: skip


def _money() -> Iterator[Comparison]:
    samples = (600, 300, 100)
    weights = RewardBySamples().weights([Work(f"device-{n}", "server-1", n, 1.0) for n in samples])
    shares = divided(grains(50.0), weights)
    for share, count in zip(shares, samples, strict=True):
        yield Comparison(
            quantity=f"reward of {count} of {sum(samples)} samples, of 50", published=50.0 * count / sum(samples),
            simulated=units_of(share), tolerance=1e-6, basis="formula", source="McMahan et al. 2017",
        )  # fmt: skip
    rng = np.random.default_rng(3)
    totals = rng.integers(1, 10**9, 200).tolist()
    lost = sum(abs(total - sum(divided(total, rng.random(60).tolist()))) for total in totals)
    yield Comparison(
        quantity="grains lost in 200 divisions among 60", published=0.0, simulated=float(lost), tolerance=0.0,
        basis="law", source="conservation",
    )  # fmt: skip
    yield Comparison(
        quantity="money after 2000 random movements [grains]", published=30_000.0, simulated=float(_shuffled(rng)),
        tolerance=0.0, basis="law", source="conservation",
    )  # fmt: skip
    rules = TaskContract()
    for fault, published in (("equivocated", 0.05), ("missed", 0.01)):
        yield Comparison(
            quantity=f"part of a deposit slashed, {fault}", published=published, simulated=rules.fraction(fault),
            tolerance=0.0, basis="value", source="Cosmos SDK x/slashing",
        )  # fmt: skip


def _after(rule: ReputationRule, rounds: Sequence[tuple[float, float]]) -> float:
    """The score after rounds of (good, bad)."""
    memory = rule.start()
    for good, bad in rounds:
        memory = rule.after(memory, good, bad)
    return rule.score(memory)


def _shuffled(rng: np.random.Generator) -> int:
    """All money of three accounts with 10,000 grains each after random movements of every kind."""
    names = ("a", "b", "c")
    accounts = Accounts(dict.fromkeys(names, 10_000))
    for what, who, amount in zip(rng.integers(5, size=2000), rng.integers(3, size=2000), rng.random(2000), strict=True):
        name = names[who]
        if what == 0:
            accounts.top_up(name, int(amount * 12_000))
        elif what == 1:
            accounts.reserve(name, int(amount * 12_000))
        elif what == 2:
            accounts.pay(name, int(amount * accounts.escrow))
        elif what == 3:
            accounts.slash(name, int(amount * accounts.deposit(name)), names[who - 1])
        else:
            accounts.give_back(name)
    return accounts.total

"""How fast gossip reaches all, how far it gets if it stops early, how a flood runs, and how small compact blocks are.

References
----------
.. [1] B. Pittel, "On spreading a rumor", SIAM J. Appl. Math. 47 (1987): log2 n + ln n + O(1) rounds; R. Karp et al.,
   "Randomized rumor spreading", FOCS (2000). The means compared with are of 200 runs of a program apart from qflsim.
.. [2] Each node that knows calls a random other at rate b: with k of n knowing, the next hears after an exponential
   time of rate b k (n - k)/(n - 1); the sum over k of the means is 2 (n - 1) H_(n-1) / (n b).
.. [3] A. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC (1987): c = 1 - exp(-k c).
.. [4] M. Corallo, BIP 152, "Compact block relay" (2016).
.. [5] K. Croman et al., "On scaling decentralized blockchains", BITCOIN workshop (2016).
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from qflsim.network.compactblocks import CompactBlocks, compact_byte, request_byte, transactions_byte
from qflsim.network.dissemination import Direct, Dissemination, Item
from qflsim.network.flooding import flood
from qflsim.network.gossip import Gossip
from qflsim.network.gossipmodes import GossipMode, PoissonTicks, Push, PushPull
from qflsim.network.overlay import Overlay, RandomOverlay
from qflsim.network.rumour import rounds_of_gossip
from qflsim.network.swarm import Swarm
from qflsim.streams import Streams
from qflsim.units import Mbit, byte, ms, s
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_FOREVER = 10**6
_ROUNDS = {100: (12.24, 6.49, 400), 1000: (17.88, 9.21, 200), 10_000: (23.64, 11.62, 120)}
_COVERAGE = {2: 0.7968, 3: 0.9405, 4: 0.9802, 6: 0.99748}
_SKETCH = "BIP 152"


def comparisons() -> Iterator[Comparison]:
    """Rows on gossip in rounds and in continuous time, coverage, floods and sizes."""
    yield from _rounds()
    yield from _continuous()
    yield from _coverage()
    yield from _copies()
    yield from _sizes()
    yield from _flood()


def _rounds() -> Iterator[Comparison]:
    for n, (push, both, runs) in _ROUNDS.items():
        for name, mode, published in (
            ("push", Push(rounds=_FOREVER), push),
            ("push-pull", PushPull(rounds=_FOREVER), both),
        ):
            yield Comparison(
                quantity=f"rounds of {name} until all of {n:,} know", published=published,
                simulated=_mean_rounds(mode, n, runs), tolerance=0.03, relative=True, source="Pittel; Karp et al.",
                basis="tool",
            )  # fmt: skip
    n = 10_000
    yield Comparison(
        quantity="push, n = 10,000: log2 n + ln n [rounds]", published=float(np.log2(n) + np.log(n)),
        simulated=_mean_rounds(Push(rounds=_FOREVER), n, 120), tolerance=2.0, source="Pittel 1987", basis="formula",
    )  # fmt: skip


def _mean_rounds(mode: GossipMode, n: int, runs: int) -> float:
    rng = np.random.default_rng(n + 1)
    gossip = Gossip(fanout=1, mode=mode)
    return float(
        np.mean([len(rounds_of_gossip(gossip, n, lambda _: rng.integers(n - 1, size=n))) - 1 for _ in range(runs)])
    )


def _continuous() -> Iterator[Comparison]:
    """Relays that exchange messages without delay, their ticks exponential."""
    for n, runs in ((10, 300), (100, 60)):
        exact = 2.0 * (n - 1) / n * float(np.sum(1.0 / np.arange(1, n)))
        yield Comparison(
            quantity=f"random push, 1/s, until all of {n} know [s]", published=exact,
            simulated=_mean_continuous(n, runs), tolerance=0.06, relative=True, source="exact mean", basis="law",
        )  # fmt: skip


def _mean_continuous(n: int, runs: int) -> float:
    terms = Gossip(
        fanout=1, mode=Push(rounds=_FOREVER, at_once=False), period=1.0, ticks=PoissonTicks(), repair=float("inf")
    )
    times = []
    for run in range(runs):
        swarm, item = _swarm(terms, n, seed=run), _item(1.0)
        swarm.spread(item).run(stop=partial(_all_know, swarm, item, n))
        times.append(swarm.now)
    return float(np.mean(times))


def _all_know(swarm: Swarm, item: Item, n: int) -> bool:
    return swarm.reached(item) == n


def _coverage() -> Iterator[Comparison]:
    """One round of pushing to k others is a flood over k random links a node."""
    n, rng = 20_000, np.random.default_rng(5)
    for k, published in _COVERAGE.items():
        reached = np.isfinite(flood(_blind(n, k, rng), 0.0, back=True).obtained_s).sum() / n
        yield Comparison(
            quantity=f"share reached by infect-and-die, k = {k}", published=published, simulated=float(reached),
            tolerance=0.01, source="Demers et al. 1987", basis="formula",
        )  # fmt: skip


def _blind(n: int, k: int, rng: np.random.Generator) -> Overlay:
    """Every node with k links to others, drawn with replacement as in the formula."""
    peers = rng.integers(n - 1, size=(n, k))
    peers += peers >= np.arange(n)[:, None]
    return Overlay(
        begin=np.arange(0, n * k + 1, k), peers=peers.ravel(), delay=np.ones(n * k), upload=np.full(n, np.inf),
        download=np.full(n, np.inf),
    )  # fmt: skip


def _copies() -> Iterator[Comparison]:
    n, item = 50, _item(1e6)
    sent = _swarm(Direct(), n).spread(item).run()
    yield Comparison(
        quantity="copies sent directly to 49 others", published=n - 1, simulated=sent.sent[item.kind], tolerance=0.0,
        source="n - 1", basis="law",
    )  # fmt: skip


def _sizes() -> Iterator[Comparison]:
    n, size = 2500, 400.0
    yield Comparison(
        quantity="compact block of 2,500 transactions [byte]", published=80 + 8 + 3 + 6 * n + 1,
        simulated=compact_byte(80, n), tolerance=0.0, source=_SKETCH, basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="request for transactions 0, 1 and 300 [byte]", published=32 + 1 + 1 + 1 + 3,
        simulated=request_byte((0, 1, 300)), tolerance=0.0, source=_SKETCH, basis="formula",
    )  # fmt: skip
    item = Item(
        name="block", kind="block", size_bit=8 * (80 + n * size), head_bit=8.0 * 80, parts=(8 * size,) * n,
        held=lambda node: range(n - 25),
    )  # fmt: skip
    swarm = _swarm(CompactBlocks(connections=1, high_bandwidth=1), 2).spread(item).run()
    yield Comparison(
        quantity="1 MB block to a peer with 99 % of it [byte]",
        published=80 + 8 + 3 + 6 * n + 1 + 32 + 1 + 3 + 24 + transactions_byte([size] * 25),
        simulated=swarm.size_bit / 8.0, tolerance=0.0, source=_SKETCH, basis="formula",
    )  # fmt: skip


def _flood() -> Iterator[Comparison]:
    overlay = RandomOverlay(nodes=6000, upload=10 * Mbit / s, delay=100 * ms)
    spread = flood(overlay.draw(np.random.default_rng(2)), 540e3 * byte, checking=0.1 * s)
    for share, published in ((0.5, 8.7), (0.9, 79.0)):
        yield Comparison(
            quantity=f"540 kB to {100 * share:.0f} % of 6,000 nodes, 2014 [s]", published=published,
            simulated=spread.reached(share), tolerance=0.3, relative=True, source="Croman et al. 2016", basis="value",
            miss=_EQUAL if share > 0.5 else "",
        )  # fmt: skip


_EQUAL = (
    "Assumed: 10 Mbit/s upload, 100 ms delay, 0.1 s of checking, alike for all nodes, and nothing else on their lines. "
    "The network measured in 2014 announced blocks before it sent them, and had slow nodes that make the tail, of "
    "which no distribution was published."
)


def _item(size_bit: float) -> Item:
    return Item(name="block", kind="block", size_bit=size_bit, head_bit=size_bit)


def _swarm(policy: Dissemination, n: int, seed: int = 0) -> Swarm:
    members = tuple(f"n{i}" for i in range(n))
    return Swarm(policy.relays(members, Streams(seed).fresh), lambda source, target: 1e-9)

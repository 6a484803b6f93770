"""Trusted relay: what a key handed on over several links takes, and how fast such keys can come.

References
----------
.. [1] L. Salvail et al., "Security of trusted repeater quantum key distribution networks", J. Comput. Secur. 18, 61
   (2010): each hop hides the key with a one-time pad, so that b bits over h links take b bits of each of them.
"""

from collections.abc import Iterator

from qflsim.crypto.keyrouting import Ends, ShortestPath
from qflsim.crypto.keystore import KeyStore
from qflsim.energy import EnergyBook
from qflsim.network.fibre import FifoQueue
from qflsim.nodes.clock import Clock
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.keylink import KeyLink
from qflsim.nodes.keynetwork import KeyDraw, KeyNetwork
from qflsim.nodes.media import FibreLink
from qflsim.streams import Streams
from qflsim.trace import Trace
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_KEY_BIT, _KEYS = 256.0, 50
_STORE = KeyStore(minimum=1000.0, maximum=1e5)


def comparisons() -> Iterator[Comparison]:
    """Rows on relay over one to five links, and over links of different rates."""
    for hops in (1, 2, 5):
        spent, _ = _relayed([1000.0] * hops)
        yield Comparison(
            quantity=f"link bits per key bit over {hops} link{'s' * (hops > 1)}", published=float(hops),
            simulated=spent / (_KEYS * _KEY_BIT), tolerance=0.0, source="Salvail et al. 2010", basis="law",
        )  # fmt: skip
    rates = [1000.0, 250.0, 500.0]
    _, reached = _relayed(rates)
    yield Comparison(
        quantity="rate over links of 1000, 250, 500 bit/s", published=min(rates), simulated=reached,
        tolerance=1e-3, relative=True, source="Salvail et al. 2010", basis="law",
    )  # fmt: skip


def _relayed(rates: list[float]) -> tuple[float, float]:
    """Fifty keys asked for at once from end to end of links with the given rates [bit/s].

    Returns the bits that all links gave [bit], and the rate at which keys came [bit/s].
    """
    ctx = Context(Clock(), Trace(), EnergyBook(), Streams(1))
    links = {_ends(i): KeyLink(ctx, _ends(i), _STORE) for i in range(len(rates))}
    for link, rate in zip(links.values(), rates, strict=True):
        link.set_rate(rate)
    fibre = FibreLink(ctx, _ends(0), FifoQueue(1e9, 0.0), FifoQueue(1e9, 0.0), lambda size_bit: None)
    ended: list[KeyDraw] = []
    network = KeyNetwork(ctx, Fabric(ctx, lambda source, destination: (fibre,)), links, ShortestPath())
    for _ in range(_KEYS):
        draw = network.draw("node-0", f"node-{len(rates)}", _KEY_BIT, float("inf"), ended.append)
        if not draw.pending:
            ended.append(draw)
    ctx.env.run(until=1e4)
    spent = sum(link.manager.drawn_bit for link in links.values())
    return spent, _KEYS * _KEY_BIT / max(draw.ended_s for draw in ended)


def _ends(first: int) -> Ends:
    return f"node-{first}", f"node-{first + 1}"

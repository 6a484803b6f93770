"""How devices move, and where they are handed over.

References
----------
.. [1] H. Solomon, *Geometric Probability*, SIAM (1978): mean distance of two points in a square, (2 + sqrt 2 +
   5 asinh 1)/15, and in a disc, 128/(45 pi) of its radius.
.. [2] E. Hyytia, P. Lassila, J. Virtamo, IEEE Trans. Mobile Comput. 5(6) (2006): stationary density of moving nodes
   over the unit disc, 45 (1 - r^2) E(r^2) / (32 pi), with the complete elliptic integral E.
.. [3] W. Navidi, T. Camp, IEEE Trans. Mobile Comput. 3(1) (2004): stationary speed, (hi - lo) / ln(hi / lo).
.. [4] 3GPP TS 38.331, clause 5.5.4.4: event A3; the place of a handover follows from it and the path loss.
"""

import math
from collections.abc import Iterator

import numpy as np

from qflsim.network.areas import Disc, Rectangle
from qflsim.network.handover import Handover, Monitor
from qflsim.network.mobility import RandomWaypoint
from qflsim.streams import Streams
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_DEVICES = 4000
_WITHIN = {0.3: 0.187731, 0.5: 0.468347, 0.8: 0.890535}


def comparisons() -> Iterator[Comparison]:
    """Rows from the geometry of waypoints to the border of two cells."""
    for area, name, mean in (
        (Rectangle(west=0.0, east=1.0, south=0.0, north=1.0), "square", 0.521405433),
        (Disc(radius=1.0), "disc", 0.905414787),
    ):
        yield Comparison(
            quantity=f"mean way between points of the unit {name}", published=mean, simulated=area.mean_way,
            tolerance=1e-9, source="Solomon 1978", basis="formula",
        )  # fmt: skip
    yield from _stationary()
    yield from _border()


def _stationary() -> Iterator[Comparison]:
    """The state at time 0 and after it is that of all time."""
    model = RandomWaypoint(speed=(1.0, 9.0), pause=(0.0, 0.0), area=Disc(radius=100.0))
    walks = [model.trajectory(f"device-{i}", (0.0, 0.0), (0.0, 0.0), Streams(1)) for i in range(_DEVICES)]
    for time in (0.0, 60.0):
        radius = np.array([math.hypot(*walk.at(time)) for walk in walks]) / 100.0
        for within, share in _WITHIN.items():
            yield Comparison(
                quantity=f"random waypoint, within {within:g} R at {time:g} s", published=share,
                simulated=float(np.mean(radius <= within)), tolerance=0.025, source="Hyytia et al. 2006",
                basis="formula",
            )  # fmt: skip
        moved = [math.dist(walk.at(time), walk.at(time + 1e-3)) / 1e-3 for walk in walks]
        yield Comparison(
            quantity=f"random waypoint, mean speed at {time:g} s [m/s]", published=8 / math.log(9),
            simulated=float(np.mean(moved)), tolerance=0.03, relative=True, source="Navidi, Camp 2004",
            basis="formula",
        )  # fmt: skip


def _border() -> Iterator[Comparison]:
    """A device walks from one station to an equal one 1 km away, and is handed over at the first measurement."""
    rule = Handover(time_to_trigger=0.0)
    monitor, x = Monitor(rule), 400.0
    while monitor.measure(x, "near", {"near": -35 * math.log10(x), "far": -35 * math.log10(1000.0 - x)}) is None:
        x += 0.01
    yield Comparison(
        quantity="A3 between equal cells, exponent 3.5 [m]", published=549.182, simulated=x, tolerance=0.02,
        source="TS 38.331, 5.5.4.4", basis="law",
    )  # fmt: skip

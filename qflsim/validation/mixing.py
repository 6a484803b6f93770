"""How fast servers that average over a graph come to agree.

References
----------
.. [1] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65 (2004):
   disagreement shrinks by the second largest eigenvalue modulus, and by exactly that from its eigenvector.
   Eigenvalues: ring (1 + 2 cos(2 pi/n))/3, star with Metropolis weights 1 - 1/n, hypercube
   (d - 1)/(d + 1), torus (3 + 2 cos(2 pi/k))/5, grid of 3 x 3 by hand 2/5 + 3 sqrt(6)/20, ring on which each knows the
   two on either side (1 + 2 cos(2 pi/n) + 2 cos(4 pi/n))/5. Complete graph: 0.
.. [2] Mean over 20 connected Erdos-Renyi graphs with Metropolis weights, computed apart from qflsim: 0.747.
.. [3] D. J. Watts, S. H. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393, 440 (1998); A. Barrat,
   M. Weigt, "On the properties of small-world network models", European Physical Journal B 13, 547 (2000): rewiring
   leaves (1 - p)^3 of the triangles of the ring.
"""

import math
from collections.abc import Iterator

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qflsim.learning.averaging import contraction, disagreement, metropolis, mix
from qflsim.learning.lattices import Grid, SmallWorld
from qflsim.learning.mixing import Mixing, RandomGraph, Ring, Spokes, Star
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_RINGS = {4: 1 / 3, 8: 0.804738, 64: 0.996790}
_GRAPHS = {
    "star graph of 8": (nx.star_graph(7), 0.875),
    "hypercube of 16": (nx.hypercube_graph(4), 0.6),
}
_LATTICES = {
    "torus 8 x 8": (Grid(torus=True), 64, 0.882843),
    "torus 5 x 9": (Grid(columns=9, torus=True), 45, 0.906418),
    "grid 3 x 3": (Grid(), 9, 0.767423),
    "ring of 60 with 4 neighbours": (SmallWorld(rewiring=0.0), 60, 0.989068),
}


def comparisons() -> Iterator[Comparison]:
    """Rows on contraction per round, and on models that are really mixed."""
    rng = np.random.default_rng(8)
    for servers, published in _RINGS.items():
        yield _contraction(f"ring of {servers}", published, contraction(Ring().matrix(servers, rng)), 5.1e-7)
    for name, (graph, published) in _GRAPHS.items():
        weights = metropolis(nx.to_numpy_array(graph).astype(bool))
        yield _contraction(name, published, contraction(weights), 5.1e-7)
    drawn = [contraction(RandomGraph(probability=0.2).matrix(50, rng)) for _ in range(200)]
    yield _contraction("random graph of 50, p = 0.2", 0.747, float(np.mean(drawn)), 0.01, "20 graphs, mean")
    yield from _mixed()
    slowest = (1 + 2 * math.cos(2 * math.pi / 9)) / 3
    wave, tilt = np.cos(2 * np.pi * np.arange(9) / 9), np.array([0.0, 1.0, -1.0, *[0.0] * 6])
    yield _left("ring of 9, 4 steps", slowest**4, Ring(steps=4), wave)
    yield _left("star graph of 9, 4 steps", (8 / 9) ** 4, Spokes(steps=4), tilt)
    yield _left("complete graph of 9, 1 step", 0.0, RandomGraph(probability=1.0), wave)
    for name, (mixing, servers, published) in _LATTICES.items():
        yield _contraction(name, published, contraction(mixing.matrix(servers, rng)), 5.1e-7)
    yield _triangles(rng)


def _left(name: str, published: float, mixing: Mixing, start: NDArray[np.float64]) -> Comparison:
    """What mixing leaves of the disagreement of models that nobody trains."""
    matrix, models = mixing.matrix(9, np.random.default_rng(0)), start[:, None]
    for _ in range(mixing.steps):
        models = mix(matrix, models, np.ones(9))
    return Comparison(
        quantity=f"disagreement, {name}", published=published,
        simulated=disagreement(models) / disagreement(start[:, None]), tolerance=1e-12, source="Xiao, Boyd 2004",
        basis="law",
    )  # fmt: skip


def _contraction(
    name: str, published: float, simulated: float, tolerance: float, source: str = "Xiao, Boyd 2004"
) -> Comparison:
    return Comparison(
        quantity=f"contraction, {name}", published=published, simulated=simulated, tolerance=tolerance, source=source,
        basis="formula",
    )  # fmt: skip


def _triangles(rng: np.random.Generator) -> Comparison:
    """Triangles of 20 small worlds together, as a share of those of their rings, of which there is one per server."""
    worlds = [nx.from_numpy_array(SmallWorld().matrix(1000, rng) > 0) for _ in range(20)]
    left = [sum(nx.triangles(world).values()) / 3 / len(world) for world in worlds]
    return Comparison(
        quantity="triangles left, small world of 1000, p = 0.1", published=0.729, simulated=float(np.mean(left)),
        tolerance=0.015, source="Barrat, Weigt 2000", basis="formula",
    )  # fmt: skip


def _mixed() -> Iterator[Comparison]:
    rng = np.random.default_rng(9)
    ring, equal = Ring().matrix(10, rng), np.ones(10)
    start = np.cos(2 * np.pi * np.arange(10) / 10)[:, None]
    models = start
    for _ in range(20):
        models = mix(ring, models, equal)
    eigenvalue = (1 + 2 * math.cos(2 * math.pi / 10)) / 3
    yield Comparison(
        quantity="ring of 10, 20 rounds from its eigenvector", published=eigenvalue**20,
        simulated=float(np.linalg.norm(models) / np.linalg.norm(start)), tolerance=1e-12, source="Xiao, Boyd 2004",
        basis="law",
    )  # fmt: skip
    rounds, models = 0, start
    while np.linalg.norm(models) > 1e-6 * np.linalg.norm(start):
        rounds, models = rounds + 1, mix(ring, models, equal)
    yield Comparison(
        quantity="ring of 10, rounds to 1e-6", published=102, simulated=rounds, tolerance=0.0, source="Xiao, Boyd 2004",
        basis="formula",
    )  # fmt: skip
    models, samples = rng.normal(size=(7, 5)), rng.integers(10, 200, 7).astype(float)
    mean = samples @ models / samples.sum()
    mixed = mix(Star().matrix(7, rng), models, samples)
    yield Comparison(
        quantity="star: distance from the weighted mean", published=0.0, simulated=float(np.abs(mixed - mean).max()),
        tolerance=1e-14, source="McMahan et al. 2017", basis="law",
    )  # fmt: skip

"""Rules that make one model of many, against the hand vectors of another framework.

References
----------
.. [1] D. J. Beutel et al., "Flower: a friendly federated learning framework", arXiv:2007.14390: vectors in the unit
   tests of its aggregation functions.
.. [2] H. B. McMahan et al., AISTATS 2017, algorithm 1: weights n_k / n.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qflsim.learning.aggregation import Aggregator, FedAvg, Median, TrimmedMean, Update, krum_order
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_TRIO = ((1, 0.2, 0.5, 1), (0.2, 0.5, 1, 0.2), (0.5, 1, 0.2, 0.5))


def comparisons() -> Iterator[Comparison]:
    """Rows on averages and on robust rules."""
    cases: tuple[tuple[str, Aggregator, Sequence[Sequence[float]], float, str], ...] = (
        ("FedAvg of 1 and 4, 2 and 1 samples", FedAvg(), ((1,), (4,)), 2.0, "McMahan et al. 2017"),
        ("median, farthest of 4 entries", Median(), _TRIO, 0.5, "Flower, unit tests"),
        ("trimmed mean of 0.5, 1, 2, 100", TrimmedMean(), ((0.5,), (1,), (2,), (100,)), 1.5, "Flower, unit tests"),
    )
    for name, rule, models, published, source in cases:
        result = _aggregate(rule, models)
        yield Comparison(
            quantity=name, published=published, simulated=float(result[np.abs(result - published).argmax()]),
            tolerance=1e-15, source=source, basis="value",
        )  # fmt: skip
    for name, scalars, kept, published in (
        ("Krum of 0.2, 0.7, 1", (0.2, 0.7, 1.0), 1, 0.7),
        ("Multi-Krum of 0.2, 0.5, 1, two kept", (0.2, 0.5, 1.0), 2, 0.35),
    ):
        stacked = np.repeat(np.array(scalars)[:, None], 4, axis=1)
        best = stacked[krum_order(stacked, 1)[:kept]].mean()
        yield Comparison(
            quantity=name, published=published, simulated=float(best), tolerance=1e-15, source="Flower, unit tests",
            basis="value",
        )  # fmt: skip


def _aggregate(rule: Aggregator, models: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """The rule's result; the first of two models has 2 samples, every other one."""
    updates = [
        Update(device=f"device-{i}", parameters=np.array(model, dtype=float), samples=2 if i == 0 else 1, loss=0.0)
        for i, model in enumerate(models)
    ]
    return rule.aggregate(np.zeros(len(models[0])), updates)

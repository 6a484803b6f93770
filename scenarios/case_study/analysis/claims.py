"""What the paper claims, and what came out: differences between methods, replication by replication."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from qflsim.intervals import Interval, paired

from .measures import selected

__all__ = ["CLAIMS", "Claim", "judge"]

RESOLUTION = 0.005
"""Points or per cent below which methods are the same: models travel in single precision, sums have their order."""


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper as a difference between two methods.

    Parameters
    ----------
    figure:
        Where the paper shows it.
    text:
        The claim in words.
    better, worse:
        Methods of which the first is said to be better.
    published:
        The paper's figure, in points of accuracy or per cent of loss; ``None`` where it gives none.
    measure:
        ``accuracy`` in points, or ``loss`` in per cent of the worse one's.
    """

    figure: str
    text: str
    better: str
    worse: str
    published: float | None = None
    measure: str = "accuracy"

    def difference(self, ends: pd.DataFrame) -> Interval:
        """Better less worse with its 95 % interval, in points of accuracy or per cent of the worse one's loss."""
        sides = [
            ends[ends["variant"] == name].set_index("replication")[self.measure].sort_index()
            for name in (self.better, self.worse)
        ]
        scale = 100.0 if self.measure == "accuracy" else 100.0 / sides[1].mean()
        return paired((sides[0] * scale).tolist(), (sides[1] * scale).tolist())

    def verdict(self, found: Interval) -> str:
        """Whether the claim holds, by the sign that its interval leaves."""
        if not found.excludes_zero or abs(found.mean) < RESOLUTION:
            return "no difference shown"
        return "holds" if (found.mean > 0) == (self.measure == "accuracy") else "the opposite"


CLAIMS = (
    Claim("3", "star is better than circle", "DQFL star", "DQFL circle"),
    Claim("3", "circle is better than random", "DQFL circle", "DQFL random"),
    Claim("4", "decentralised QFL is more accurate than QFL", "DQFL star", "QFL", published=2.08),
    Claim("4", "decentralised QFL has less loss than QFL", "DQFL star", "QFL", published=-4.82, measure="loss"),
    Claim("4", "collaborative quantum learning is better than isolated", "QFL", "QNN"),
    Claim("4", "collaborative classical learning is better than isolated", "FL MLP", "MLP"),
    Claim("4", "collaborative classical learning is better than isolated", "FL CNN", "CNN"),
    Claim("4", "quantum is better than classical, same features, federated", "QFL", "FL MLP"),
    Claim("4", "quantum is better than classical, same features, isolated", "QNN", "MLP"),
    Claim("4", "quantum is better than a CNN on pixels, federated", "QFL", "FL CNN"),
    Claim("4", "quantum is better than a CNN on pixels, isolated", "QNN", "CNN"),
)


def judge(ends: pd.DataFrame, settings: Mapping[str, object], where: str) -> list[dict[str, object]]:
    """The claims that a study has both methods of, under one combination of its axes."""
    table = selected(ends, settings) if settings else ends
    there = set(table["variant"])
    rows = []
    for claim in CLAIMS:
        if {claim.better, claim.worse} <= there:
            found = claim.difference(table)
            rows.append(
                {
                    "figure": claim.figure, "claim": claim.text, "where": where,
                    "compared": f"{claim.better} - {claim.worse}",
                    "measure": "accuracy [points]" if claim.measure == "accuracy" else "loss [%]",
                    "published": claim.published, "difference": found.mean, "low": found.low, "high": found.high,
                    "replications": found.count, "verdict": claim.verdict(found),
                }
            )  # fmt: skip
    return rows

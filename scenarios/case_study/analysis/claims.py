"""What the paper claims, and what came out: differences between methods, replication by replication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from qflsim.intervals import Interval, paired_differences

from .measures import selected

__all__ = ["ACROSS", "CLAIMS", "FIVE", "Claim", "judge", "signed", "told"]

FIVE = "QFL five devices"
"""Central learning of five devices where it stands beside decentralised learning of fifteen."""

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
        ``accuracy`` or a server's ``own_accuracy`` in points, or ``loss`` in per cent of the worse one's.
    """

    figure: str
    text: str
    better: str
    worse: str
    published: float | None = None
    measure: str = "accuracy"

    def difference(self, ends: pd.DataFrame) -> Interval:
        """Better less worse with its 95 % interval, in points of accuracy or per cent of the worse one's mean loss.

        Raises
        ------
        ScenarioError
            If the two do not have the same replications.
        """
        found = paired_differences(ends, self.measure, "variant", self.better, self.worse)
        worse = ends.loc[ends["variant"] == self.worse, self.measure].mean()
        scale = 100.0 / worse if self.measure == "loss" else 100.0
        return Interval(found.mean * scale, found.low * scale, found.high * scale, found.count)

    def verdict(self, found: Interval) -> str:
        """Whether the claim holds, by the sign that its interval leaves."""
        if found.low > -RESOLUTION and found.high < RESOLUTION:
            return "the same"
        if not found.excludes_zero or abs(found.mean) < RESOLUTION:
            return "no difference shown"
        return "holds" if (found.mean < 0) == (self.measure == "loss") else "the opposite"


CLAIMS = (
    Claim("3", "star is better than circle", "DQFL star", "DQFL circle"),
    Claim("3", "circle is better than random", "DQFL circle", "DQFL random"),
    Claim("3", "star is better than circle", "DQFL star", "DQFL circle", measure="own_accuracy"),
    Claim("3", "circle is better than random", "DQFL circle", "DQFL random", measure="own_accuracy"),
    Claim("4", "decentralised QFL is more accurate than QFL", "DQFL star", "QFL", published=2.08),
    Claim("4", "decentralised QFL has less loss than QFL", "DQFL star", "QFL", published=-4.82, measure="loss"),
    Claim("4", "collaborative quantum learning is better than isolated", "QFL", "QNN"),
    Claim("4", "collaborative classical learning is better than isolated", "FL MLP", "MLP"),
    Claim("4", "collaborative classical learning is better than isolated", "FL CNN", "CNN"),
    Claim("4", "quantum is better than classical, same features, federated", "QFL", "FL MLP"),
    Claim("4", "quantum is better than classical, same features, isolated", "QNN", "MLP"),
    Claim("4", "quantum is better than a CNN on pixels, federated", "QFL", "FL CNN"),
    Claim("4", "quantum is better than a CNN on pixels, isolated", "QNN", "CNN"),
    Claim("3", "star is better than circle", "star", "circle", measure="own_accuracy"),
    Claim("3", "star is better than circle, both on graphs", "star graph", "circle", measure="own_accuracy"),
    Claim("3", "circle is better than random", "circle", "random", measure="own_accuracy"),
)
ACROSS = (
    Claim("4", "decentralised QFL is more accurate than QFL", "DQFL star", FIVE, published=2.08),
    Claim("4", "decentralised QFL has less loss than QFL", "DQFL star", FIVE, published=-4.82, measure="loss"),
)
"""The same claims, if the paper's QFL is one server with its five devices and its decentralised QFL three of them."""

_MEASURES = {"accuracy": "accuracy [points]", "own_accuracy": "own accuracy [points]", "loss": "loss [%]"}


def judge(
    ends: pd.DataFrame, settings: Mapping[str, object], where: str, claims: Sequence[Claim] = CLAIMS
) -> list[dict[str, object]]:
    """The claims that a study has both methods of, under one combination of its axes."""
    table = selected(ends, settings) if settings else ends
    there = set(table["variant"])
    rows = []
    for claim in claims:
        if {claim.better, claim.worse} <= there:
            found = claim.difference(table)
            rows.append(
                {
                    "figure": claim.figure, "claim": claim.text, "where": where,
                    "compared": f"{claim.better} - {claim.worse}",
                    "measure": _MEASURES[claim.measure],
                    "published": claim.published, "difference": found.mean, "low": found.low, "high": found.high,
                    "replications": found.count, "verdict": claim.verdict(found),
                }
            )  # fmt: skip
    return rows


def told(judged: pd.DataFrame) -> str:
    """The table for reading, in Markdown: one row per claim, place and measure."""
    lines = [
        "| figure | the paper's claim | where | compared | measure | paper | came out | 95 % interval | holds? |",
        "|---|---|---|---|---|---:|---:|---|---|",
    ]
    for row in judged.to_dict("records"):
        published = "" if pd.isna(row["published"]) else signed(row["published"])
        cells = [
            str(row["figure"]), row["claim"], row["where"], row["compared"], row["measure"], published,
            signed(row["difference"]), f"[{signed(row['low'])}, {signed(row['high'])}]", row["verdict"],
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def signed(number: float) -> str:
    """With two digits, and no minus before nothing."""
    return f"{round(number, 2) + 0.0:+.2f}"

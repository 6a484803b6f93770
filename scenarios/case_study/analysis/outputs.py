"""The files that the case study leaves: tables of each study, the claims judged, and figures.

The files of a study that a call leaves out stay as they are; the table of all claims is made of what lies there.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path

import pandas as pd

import qflsim as qfl
from qflsim.sweeps.identity import written

from . import ceilings, claims, figures, measures
from .studies import STUDIES, Study

__all__ = ["write"]

ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9)
ACROSS = "across"
"""Where claims stand whose two methods are in different studies."""


def write(
    studies: Sequence[Study], rounds: Mapping[str, pd.DataFrame], out: Path, told: Callable[[str], object]
) -> pd.DataFrame:
    """All tables and figures; returns the claims that these studies judge."""
    ends = {name: measures.ends(table) for name, table in rounds.items()}
    lines = {name: measures.curves(table) for name, table in rounds.items()}
    for name, table in lines.items():
        _csv(table, out / f"curves_{name}.csv")
        _csv(ends[name], out / f"ends_{name}.csv")
        _csv(measures.reached(rounds[name], ACCURACIES), out / f"reached_{name}.csv")
    judged = pd.DataFrame([row for study in studies for row in _judged(study, ends[study.name])] + _across(ends))
    for name, rows in judged.groupby("study", sort=False) if len(judged) else ():
        _csv(rows, out / f"claims_{name}.csv")
    _all_claims(out)
    tops = ceilings.ceilings(_datasets(studies), seed=studies[0].variants[next(iter(studies[0].variants))].seed)
    for name, rows in tops.groupby("study", sort=False):
        _csv(rows, out / f"ceilings_{name}.csv")
    if not figures.draw(lines, ends, tops, out):
        told(
            "no figures: they are of the study four_classes, and of those that stand beside it; ask for it with --only"
        )
    return judged


def _csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format="%.6g")


def _judged(study: Study, ends: pd.DataFrame) -> list[dict[str, object]]:
    """The claims of a study under every combination of its axes."""
    rows = []
    for values in product(*study.axes.values()):
        settings = {axis: written(value) for axis, value in zip(study.axes, values, strict=True)}
        where = ", ".join([study.name, *(_short(axis, value) for axis, value in settings.items())])
        rows += [{"study": study.name, **row} for row in claims.judge(ends, settings, where)]
    return rows


def _short(axis: str, value: str) -> str:
    return f"{value} servers" if axis == "topology.servers" else value


def _across(ends: Mapping[str, pd.DataFrame]) -> list[dict[str, object]]:
    """What is said of fifteen devices at three servers against five at one."""
    if not {"four_classes", "five_clients"} <= ends.keys():
        return []
    fifteen, five = ends["four_classes"], ends["five_clients"]
    alike = fifteen[(fifteen["variant"] == "DQFL star") & (fifteen["data.split"] == "IID()")]
    table = pd.concat([alike, five[five["variant"] == "QFL"].assign(variant=claims.FIVE)])
    where = "15 devices at 3 servers against 5 at one, IID()"
    return [{"study": ACROSS, **row} for row in claims.judge(table, {}, where, claims.ACROSS)]


def _all_claims(out: Path) -> None:
    parts = [path for name in (*STUDIES, ACROSS) if (path := out / f"claims_{name}.csv").exists()]
    if parts:
        (out / "claims.md").write_text(claims.told(pd.concat([pd.read_csv(path) for path in parts])), encoding="utf-8")


def _datasets(studies: Sequence[Study]) -> dict[str, qfl.Dataset]:
    """The four features that circuits see, of each study that has both kinds of models."""
    return {s.name: s.variants["QFL"].data for s in studies if s.name in ("four_classes", "ten_classes")}

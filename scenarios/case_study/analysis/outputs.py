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
    """All tables of these studies, and figures of all that lie there; returns the claims that these studies judge."""
    ends = {name: measures.ends(table) for name, table in rounds.items()}
    for name, table in rounds.items():
        _csv(measures.curves(table), out / f"curves_{name}.csv")
        _csv(ends[name], out / f"ends_{name}.csv")
        _csv(measures.reached(table, ACCURACIES), out / f"reached_{name}.csv")
    rows_of_studies = [row for study in studies for row in _judged(study, ends[study.name])]
    judged = pd.DataFrame(rows_of_studies + _across(_there(out, "ends")))
    for name, rows in judged.groupby("study", sort=False):
        _csv(rows, out / f"claims_{name}.csv")
    (out / "claims.md").write_text(claims.told(pd.concat(_there(out, "claims").values())), encoding="utf-8")
    tops = ceilings.ceilings(_datasets(studies), seed=studies[0].variants[next(iter(studies[0].variants))].seed)
    for name, rows in tops.groupby("study", sort=False):
        _csv(rows, out / f"ceilings_{name}.csv")
    if not figures.draw(_there(out, "curves"), _there(out, "ends"), _there(out, "ceilings"), out):
        told("no figures yet: they need the study four_classes, and show those that stand beside it")
    return judged


def _there(out: Path, kind: str) -> dict[str, pd.DataFrame]:
    """Tables of one kind in the folder, of whichever studies have been made there."""
    paths = {name: out / f"{kind}_{name}.csv" for name in (*STUDIES, ACROSS)}
    return {name: pd.read_csv(path) for name, path in paths.items() if path.exists()}


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


def _datasets(studies: Sequence[Study]) -> dict[tuple[str, str], qfl.Dataset]:
    """What models see in each study that has both kinds: the four numbers of an image, or all of its pixels."""
    both = [study for study in studies if study.name in ("four_classes", "ten_classes")]
    sights = {"4 components": "QFL", "pixels": "FL CNN"}
    return {(study.name, what): study.variants[name].data for study in both for what, name in sights.items()}

"""The one command of the case study."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import pandas as pd

import qflsim as qfl
from qflsim.sweeps.identity import written

from . import ceilings, claims, figures, measures
from .studies import STUDIES, Study, carry_out, read

__all__ = ["main"]

ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is not there yet, and make tables and figures of everything."""
    options = _parser().parse_args(argv)
    out = Path(options.out or ("results/case_study_quick" if options.quick else "results/case_study"))
    try:
        studies = [read(name) for name in options.only]
        if options.quick:
            studies = [study.quick() for study in studies]
        replications = options.replications or (2 if options.quick else 10)
        made = {}
        for study in studies:
            sys.stderr.write(f"{study.name}: {' '.join(study.question.split())}\n")
            sweep = carry_out(study, out, replications=replications, workers=options.workers, told=_tell)
            if sweep.failures:
                return 1
            made[study.name] = sweep.table("rounds")
    except (qfl.ScenarioError, qfl.SweepError) as error:
        sys.stderr.write(f"case study: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\ncase study: interrupted; finished points are kept, the same command goes on\n")
        return 130
    judged = _write(studies, made, out)
    _tell_claims(judged)
    sys.stdout.write(f"{out}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python scenarios/case_study",
        description="The paper's case study on MNIST: figures 3 and 4, what the accuracy costs, and the table of "
        "claims. Finished points are kept: the same command goes on where it was.",
    )
    made.add_argument("--replications", type=_count, metavar="R", help="seeds of each point (default 10)")
    made.add_argument("--out", metavar="FOLDER", help="folder of the results (default results/case_study)")
    made.add_argument("--workers", type=_count, metavar="N", help="processes (default all cores)")
    made.add_argument("--only", type=_names, default=STUDIES, metavar="STUDY,STUDY", help=f"of {', '.join(STUDIES)}")
    made.add_argument("--quick", action="store_true", help="two rounds, few images: to see that it works")
    return made


def _count(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in STUDIES:
            raise argparse.ArgumentTypeError(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
    return names


def _write(studies: Sequence[Study], rounds: Mapping[str, pd.DataFrame], out: Path) -> pd.DataFrame:
    """All tables and figures; returns the table of claims."""
    ends = {name: measures.ends(table) for name, table in rounds.items()}
    lines = {name: measures.curves(table) for name, table in rounds.items()}
    for name, table in lines.items():
        table.to_csv(out / f"curves_{name}.csv", index=False, float_format="%.6g")
        ends[name].to_csv(out / f"ends_{name}.csv", index=False, float_format="%.6g")
        measures.reached(rounds[name], ACCURACIES).to_csv(out / f"reached_{name}.csv", index=False, float_format="%.6g")
    judged = pd.DataFrame(
        [
            row
            for study in studies
            for values in product(*study.axes.values())
            if study.name != "more_servers"
            for row in _judged(study, ends[study.name], dict(zip(study.axes, values, strict=True)))
        ]
    )
    for name, rows in judged.groupby("study", sort=False) if len(judged) else ():
        rows.to_csv(out / f"claims_{name}.csv", index=False, float_format="%.4g")
    tops = ceilings.ceilings(_datasets(studies), seed=studies[0].variants[next(iter(studies[0].variants))].seed)
    for name, rows in tops.groupby("study", sort=False):
        rows.to_csv(out / f"ceilings_{name}.csv", index=False, float_format="%.4g")
    if not figures.draw(lines, ends, tops, out):
        _tell(
            "no figures: they are of the study four_classes, and of those that stand beside it; ask for it with --only"
        )
    return judged


def _judged(study: Study, ends: pd.DataFrame, settings: Mapping[str, object]) -> list[dict[str, object]]:
    settings = {axis: written(value) for axis, value in settings.items()}
    rows = claims.judge(ends, settings, ", ".join([study.name, *settings.values()]))
    return [{"study": study.name, **row} for row in rows]


def _datasets(studies: Sequence[Study]) -> dict[str, qfl.Dataset]:
    """The four features that circuits see, of each study that has both kinds of models."""
    return {s.name: s.variants["QFL"].data for s in studies if s.name in ("four_classes", "ten_classes")}


def _tell_claims(judged: pd.DataFrame) -> None:
    for row in judged.to_dict("records"):
        interval = f"{row['difference']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
        told = f"{row['where']:<40} {row['compared']:<26} {row['measure']:<18} {interval:<26} {row['verdict']}"
        sys.stdout.write(f"{told}\n")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"case study: {sentence}\n")

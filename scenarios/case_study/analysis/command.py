"""The one command of the case study."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import qflsim as qfl

from . import outputs
from .again import rerun
from .claims import signed
from .studies import STUDIES, carry_out, check, read

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is not there yet, and make tables and figures of everything."""
    options = _parser().parse_args(argv)
    out = Path(options.out or ("results/case_study_quick" if options.quick else "results/case_study"))
    try:
        studies = [read(name) for name in options.only]
        if options.quick:
            studies = [study.quick() for study in studies]
        if options.rerun:
            if options.replications or options.workers:
                raise qfl.ScenarioError(
                    "--rerun makes one run: replication=... names it; leave out --replications, --workers"
                )
            told, same = rerun(studies, options.rerun, out)
            sys.stdout.write(told)
            return 0 if same else 1
        replications = options.replications or (2 if options.quick else 10)
        check(studies, out, replications)
        made = {}
        for study in studies:
            sys.stderr.write(f"{study.name}: {' '.join(study.question.split())}\n")
            sweep = carry_out(study, out, replications=replications, workers=options.workers, told=_tell)
            if not sweep.failures:
                made[study.name] = sweep.table("rounds")
    except (qfl.ScenarioError, qfl.SweepError) as error:
        sys.stderr.write(f"case study: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\ncase study: interrupted; finished points are kept, the same command goes on\n")
        return 130
    whole = [study for study in studies if study.name in made]
    if whole:
        _tell_claims(outputs.write(whole, made, out, _tell))
        sys.stdout.write(f"{out}\n")
    for study in studies:
        if study not in whole:
            _tell(f"{study.name} lacks points, which are told above; the same command tries them again")
    return 0 if len(whole) == len(studies) else 1


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m qflsim scenarios/case_study",
        description="The paper's case study on MNIST: figures 3 and 4, what the accuracy costs, and the table of "
        "claims. Finished points are kept: the same command goes on where it was.",
    )
    made.add_argument("--replications", type=_count, metavar="R", help="seeds of each point (default 10)")
    made.add_argument("--out", metavar="FOLDER", help="folder of the results (default results/case_study)")
    made.add_argument("--workers", type=_count, metavar="N", help="processes (default all cores)")
    made.add_argument("--only", type=_names, default=STUDIES, metavar="STUDY,STUDY", help=f"of {', '.join(STUDIES)}")
    made.add_argument(
        "--rerun", nargs="+", metavar="SETTING", help="run one point again as a run of its own and compare it with the "
        'result that is kept, e.g. --only four_classes --rerun "variant=DQFL star" "data.split=IID()" replication=3',
    )  # fmt: skip
    made.add_argument("--quick", action="store_true", help="two rounds, few images: to see that it works")
    return made


def _count(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for place, name in enumerate(names):
        if name not in STUDIES:
            raise argparse.ArgumentTypeError(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
        if name in names[:place]:
            raise argparse.ArgumentTypeError(f"{name} stands twice; name each study once")
    return names


def _tell_claims(judged: pd.DataFrame) -> None:
    for row in judged.to_dict("records"):
        interval = f"{signed(row['difference'])} [{signed(row['low'])}, {signed(row['high'])}]"
        told = f"{row['where']:<40} {row['compared']:<26} {row['measure']:<21} {interval:<26} {row['verdict']}"
        sys.stdout.write(f"{told}\n")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"case study: {sentence}\n")

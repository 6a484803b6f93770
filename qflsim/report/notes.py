"""How far a run's numbers carry, and how to make them again."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from qflsim.summary import BLOCKS, RunTables
from qflsim.tables import read_table

from .page import paragraphs, table
from .settings import parts_of

__all__ = ["idealised_parts", "rerun", "trust"]


def trust(run: RunTables) -> str:
    """What was checked, and what is idealised, as HTML."""
    lines = list(_idealised(run))
    granted = "Idealised in this run, which grants what physics does not: " + "; ".join(lines) + "." if lines else (
        "Nothing in this run is idealised: no part of it grants what physics does not."
    )  # fmt: skip
    checked = "" if run.rounds.empty else f"Check on Aer: {' '.join(BLOCKS['Aer check'](run))}"
    models = (
        "`python -m qflsim validate` compares the models behind these numbers with published results, and shows the "
        "misses; the documentation of each part says what it models and what it leaves out."
    )
    return paragraphs("\n\n".join((granted, checked, models)))


def idealised_parts(scenario: dict[str, Any]) -> list[str]:
    """Classes of a scenario's parts that grant too much by their very name, each once."""
    return [part for part in dict.fromkeys(parts_of(scenario)) if part.startswith("Idealised")]


def _idealised(run: RunTables) -> Iterator[str]:
    """What grants too much, by the names of parts and by what tables say of themselves."""
    yield from (f"the part `{part}`" for part in idealised_parts(run.about.get("scenario", {})))
    decisions = read_table(run.folder, "agreements", ["protocol", "idealised"])
    yield from (f"agreement by {name}" for name in decisions.loc[decisions["idealised"], "protocol"].unique())
    models = read_table(run.folder, "pairs", ["transport", "idealised"])
    yield from (f"models handed down {name}" for name in models.loc[models["idealised"], "transport"].unique())


def rerun(run: RunTables) -> str:
    """How to make the run again, on what, and how to check that it is the same."""
    about, scenario = run.about, run.about.get("scenario", {})
    code = (
        "import qflsim as qfl\nfrom qflsim.resuming import scenario_of\nfrom qflsim.tables import read_run\n\n"
        f'about = read_run("{run.folder.as_posix()}")\n'
        f"qfl.run(scenario_of(about), replication={int(about.get('replication') or 0)})"
    )
    told = (
        f"The same scenario with seed {scenario.get('seed')} gives the same bytes in every table, with the same "
        "versions. `run.json` holds every setting; from it the run is made again as follows. (Parts of one's own are "
        "not in it: run their scenario file.)"
    )
    checks = (
        f"`python -m qflsim audit {run.folder.as_posix()}` checks that chains and tables are as they were written, "
        f"`python -m qflsim timeline {run.folder.as_posix()}` shows who did what when."
    )
    return (
        f"{paragraphs(told)}<pre><code>{escape(code)}</code></pre>{paragraphs(checks)}"
        f"<details><summary>Versions</summary>{_versions(about)}</details>"
    )


def _versions(about: dict[str, Any]) -> str:
    known = about.get("versions", {})
    return table(("package", "version"), [(re.sub("_", "-", name), str(number)) for name, number in known.items()])

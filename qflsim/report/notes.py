"""How far a run's numbers carry."""

from collections.abc import Iterator
from typing import Any

from qflsim.summary import BLOCKS, RunTables
from qflsim.tables import read_table

from .page import paragraphs
from .settings import parts_of

__all__ = ["idealised_parts", "trust"]


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

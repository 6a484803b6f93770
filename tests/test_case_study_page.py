"""The page on the case study says what its kept tables say."""

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "case-study.md").read_text(encoding="utf-8")
KEPT = ROOT / "results" / "case_study"
STUDIES = {"four_classes": 18, "ten_classes": 18, "five_clients": 5, "more_servers": 20}


def test_every_claim_on_the_page_is_a_row_of_the_kept_table():
    rows = [line for line in PAGE.splitlines() if line.startswith(("| 3 |", "| 4 |"))]
    kept = (KEPT / "claims.md").read_text(encoding="utf-8").splitlines()
    assert len(rows) >= 12
    assert [row for row in rows if row not in kept] == []


@pytest.mark.parametrize("study", STUDIES)
def test_ten_replications_of_every_point_are_kept(study):
    ends = pd.read_csv(KEPT / f"ends_{study}.csv")
    settings = list(ends.columns[: ends.columns.get_loc("replication")])
    assert all(list(group["replication"]) == list(range(10)) for _, group in ends.groupby(settings))
    assert len(ends) == 10 * STUDIES[study]


@pytest.mark.parametrize("name", ["figure_3", "figure_4", "costs"])
def test_figures_are_kept_for_the_screen_and_for_print(name):
    assert f"results/case_study/{name}.png" in PAGE
    assert (KEPT / f"{name}.pdf").stat().st_size < 200_000
    assert (KEPT / f"{name}.png").stat().st_size < 200_000

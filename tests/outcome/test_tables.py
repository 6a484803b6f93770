"""Tables come back with their types, and whatever is wrong with them is told in one sentence."""

import dataclasses
from pathlib import Path

import pytest

from qflsim import tables
from qflsim.checks import ScenarioError
from qflsim.comparison import Compared
from qflsim.tables import read_run, read_table
from qflsim.trace import TABLES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "tables.md"


@pytest.mark.parametrize("name", [record.table for record in TABLES])
def test_every_table_comes_back_with_its_columns(run, columns, name):
    assert list(read_table(run, name).columns) == columns[name]


def test_values_have_the_types_of_their_columns(run):
    sent = read_table(run, "transfers")
    assert sent["delivered"].dtype == bool
    assert sent["round"].dtype == "int64"
    assert sent["size_bit"].dtype == "float64"
    assert list(sent["delivered_s"].isna()) == [not there for there in sent["delivered"]]


def test_empty_text_stays_text_and_empty_numbers_become_nan(run):
    nodes = read_table(run, "nodes").set_index("node")
    assert nodes.loc["publisher", "server"] == ""
    assert nodes.loc["server-1", "snr_up_db"] != nodes.loc["server-1", "snr_up_db"]


def test_a_table_without_rows_keeps_its_types(empty):
    rounds = read_table(empty, "rounds")
    assert rounds.empty
    assert rounds["energy_j"].dtype == "float64"


def test_only_the_columns_asked_for_are_read(run):
    assert set(read_table(run, "jobs", ["round", "node"]).columns) == {"round", "node"}


def one_sentence(error):
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ScenarioError) as error:
        read_table(tmp_path / "nowhere", "rounds")
    assert "nowhere" in one_sentence(error)


def test_a_missing_table_is_named(run):
    (run / "keys.csv").unlink()
    with pytest.raises(ScenarioError) as error:
        read_table(run, "keys")
    assert "keys.csv" in one_sentence(error)


def test_an_unknown_table_is_refused_with_the_known_ones(run):
    with pytest.raises(ScenarioError, match=r"'round'.*rounds, jobs"):
        read_table(run, "round")


def test_a_row_that_was_cut_off_is_found(run):
    path = run / "rounds.csv"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ScenarioError) as error:
        read_table(run, "rounds")
    assert "cut off" in one_sentence(error)


def test_another_header_is_found(run):
    path = run / "energy.csv"
    path.write_text(path.read_text().replace("energy_j", "energy_kj", 1))
    with pytest.raises(ScenarioError) as error:
        read_table(run, "energy")
    assert "energy_kj" in one_sentence(error)


def test_an_empty_file_is_found(run):
    (run / "energy.csv").write_bytes(b"")
    with pytest.raises(ScenarioError, match="damaged"):
        read_table(run, "energy")


@pytest.mark.parametrize(
    "row", ["one,server-1,server,radio,1.0\n", "1,server-1,server,radio,many\n", "1,a,b,c,1.0,2.0\n"]
)
def test_a_row_that_does_not_fit_is_found(run, row):
    path = run / "energy.csv"
    path.write_text(path.read_text() + row)
    with pytest.raises(ScenarioError) as error:
        read_table(run, "energy")
    assert "damaged" in one_sentence(error)


def test_rows_with_too_many_cells_are_found(run):
    path = run / "energy.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *(f"{row},7" for row in rows), ""]))
    with pytest.raises(ScenarioError, match="more cells"):
        read_table(run, "energy")


def test_a_row_with_too_few_cells_is_found(run):
    path = run / "jobs.csv"
    path.write_text(path.read_text() + "3,device-1-1\n")
    with pytest.raises(ScenarioError, match="damaged"):
        read_table(run, "jobs")


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_a_damaged_run_json_is_found(run, content):
    (run / "run.json").write_text(content)
    with pytest.raises(ScenarioError) as error:
        read_run(run)
    assert "run.json" in one_sentence(error)


def test_run_json_comes_back(run):
    assert read_run(run)["scenario"]["name"] == "hand"


def test_the_reference_page_is_current():
    assert REFERENCE.read_text(encoding="utf-8") == tables.reference(), "write qflsim.tables.reference() into it again"


def test_the_reference_page_has_every_column_once():
    page = tables.reference()
    for record in TABLES:
        assert f"## `{record.table}.csv`" in page
    assert page.count("\n| `") == sum(len(dataclasses.fields(record)) for record in (*TABLES, Compared))

"""Traces: one table per record type, complete rows whatever happens, nothing overwritten."""

import csv
import dataclasses

import pytest

from qflsim import trace
from qflsim.trace import Energy, Storage, Trace, Transfer


def opened(folder):
    out = Trace()
    out.open(folder)
    return out


def test_every_table_has_documented_columns_with_units_in_their_names():
    plain = ("accuracy", "loss", "train_loss", "error_rate", "mean_fidelity", "reputation")
    plain += ("own_accuracy", "own_accuracy_std", "own_accuracy_min", "own_accuracy_max", "own_loss")
    plain += ("disagreement_before", "disagreement_after")
    plain += ("abort_risk", "sender_risk", "receiver_risk", "failure_probability")
    others = ("weight", "fee", "earned", "slashed", "balance", "deposit")
    units = ("_s", "_bit", "_byte", "_j", "_m", "_db", "_degree")
    for record in trace.TABLES:
        assert record.table and record.about
        for field in dataclasses.fields(record):
            assert field.metadata["meaning"], f"{record.table}.{field.name}"
            if field.type in ("float", float):
                assert field.name.endswith(units) or field.name in (*plain, *others), field.name


def test_rows_come_back_as_written(tmp_path):
    out = opened(tmp_path)
    row = Energy(round=1, node="server-0", role="server", cause="radio", energy_j=0.1 + 0.2)
    out(row)
    out.close()
    with (tmp_path / "energy.csv").open(newline="") as file:
        (read,) = csv.DictReader(file)
    assert read == {
        "round": "1",
        "node": "server-0",
        "role": "server",
        "cause": "radio",
        "energy_j": "0.30000000000000004",
    }
    assert {p.name for p in tmp_path.iterdir()} == {f"{t.table}.csv" for t in trace.TABLES}


def test_a_time_that_never_came_is_an_empty_cell(tmp_path):
    out = opened(tmp_path)
    out(Transfer(round=1, task="t", kind="model", source="a", destination="b", medium="none", size_bit=8.0,
                 sent_s=0.0, delivered_s=float("nan"), delivered=False))  # fmt: skip
    out.close()
    with (tmp_path / "transfers.csv").open(newline="") as file:
        (read,) = csv.DictReader(file)
    assert read["delivered_s"] == "" and read["delivered"] == "False"


def test_an_existing_table_is_never_overwritten(tmp_path):
    (tmp_path / "rounds.csv").write_text("precious")
    with pytest.raises(FileExistsError):
        opened(tmp_path)
    assert (tmp_path / "rounds.csv").read_text() == "precious"


def test_observers_see_every_record_without_a_folder():
    seen = []
    out = Trace()
    out.observe(seen.append)
    row = Storage(
        round=1,
        time_s=0.0,
        chain="global",
        node="server-0",
        mode="full",
        blocks=1,
        bodies=0,
        size_byte=10,
        content_byte=0,
        qubits=0,
    )
    out(row)
    assert seen == [row]

"""Where a round's time goes: nothing twice, nothing left out."""

import pytest
from hypothesis import given, strategies as st

from qflsim.breakdown import PARTS, QPU_PARTS, read_time_by_part, time_by_part
from qflsim.tables import read_table

TABLES = ("rounds", "jobs", "agreements")


def parts_of(tables, **changed):
    return time_by_part(*((tables | changed)[name] for name in TABLES))


def test_the_parts_of_a_round_are_those_on_its_critical_path(run):
    first = read_time_by_part(run).loc[1]
    qpu = 60.0 + 4.0  # device-2-1's training and server-2's evaluation
    assert dict(first) == pytest.approx(
        {
            "publish": 1.0,
            "distribute": 2.0,
            "qpu_gates": 0.2 * qpu,
            "qpu_readout": 0.1 * qpu,
            "qpu_repetition": 0.6 * qpu,
            "qpu_overhead": 0.1 * qpu,
            "arithmetic": 0.0,
            "updates": 5.0,
            "local_agreement": 15.0,
            "cross_chain": 3.0,
            "aggregate": 10.0,
        }
    )


def test_a_job_of_another_cell_is_not_waited_for(tables):
    """device-1-1 ends later than device-2-1, but the round waits for the committee of the other cell."""
    assert parts_of(tables).loc[1, list(QPU_PARTS)].sum() == pytest.approx(60.0 + 4.0)
    in_one_cell = tables["jobs"].assign(server="server-2")
    assert parts_of(tables, jobs=in_one_cell).loc[1, list(QPU_PARTS)].sum() == pytest.approx(63.0 + 4.0)
    agreements = tables["agreements"]
    only_first = agreements[agreements["chain"] != "lmuc-server-2"]
    assert parts_of(tables, agreements=only_first).loc[1, list(QPU_PARTS)].sum() == pytest.approx(70.0 + 4.0)


def test_without_an_agreement_the_rest_of_training_is_waiting(tables):
    parts = parts_of(tables, agreements=tables["agreements"].iloc[:0]).loc[1]
    assert parts["local_agreement"] == 0.0
    assert parts["updates"] == pytest.approx(80.0 - 70.0)


def test_without_jobs_there_is_no_qpu_time(tables):
    parts = parts_of(tables, jobs=tables["jobs"].iloc[:0])
    assert (parts[list(QPU_PARTS)] == 0.0).all(axis=None)
    assert parts.sum(axis=1).tolist() == pytest.approx([100.0, 100.0])


def test_no_rounds_no_rows(tables):
    parts = parts_of(tables, rounds=tables["rounds"].iloc[:0])
    assert parts.empty
    assert list(parts.columns) == list(PARTS)


times = st.floats(0.0, 100.0, allow_nan=False)


@given(jobs=st.lists(times, min_size=12, max_size=12), agreements=st.lists(times, min_size=4, max_size=4))
def test_the_parts_add_up_whatever_overlaps(made_up, jobs, agreements):
    tables = dict(made_up)
    spans = [sorted(pair) for pair in zip(jobs[::2], jobs[1::2], strict=True)]
    first = tables["jobs"]["round"] == 1
    frame = tables["jobs"][first].assign(started_s=[a for a, _ in spans], ended_s=[b for _, b in spans])
    lmuc = tables["agreements"][
        (tables["agreements"]["round"] == 1) & tables["agreements"]["chain"].str.startswith("lmuc")
    ]
    votes = [sorted(pair) for pair in zip(agreements[::2], agreements[1::2], strict=True)]
    lmuc = lmuc.assign(started_s=[a for a, _ in votes], ended_s=[b for _, b in votes])
    parts = parts_of(tables, jobs=frame, agreements=lmuc, rounds=tables["rounds"].iloc[:1])
    assert parts.loc[1].sum() == pytest.approx(100.0)
    assert (parts.loc[1] >= 0.0).all()


@pytest.fixture(scope="module")
def made_up(handmade):
    made = handmade("one")
    made.round(1)
    folder = made.close(planned=1, done=1)
    return {name: read_table(folder, name) for name in TABLES}

import pytest
from hypothesis import given, strategies as st

from qflsim.learning.batcher import TrainingBatch


class FakeEngine:
    """Squares numbers and remembers what it was asked together."""

    def __init__(self):
        self.calls = []

    def train(self, jobs):
        self.calls.append(list(jobs))
        return [job * job for job in jobs]


def test_all_waiting_jobs_are_one_call():
    engine = FakeEngine()
    batch = TrainingBatch(engine.train)
    handles = [batch.submit(job) for job in (3, 1, 2)]
    assert engine.calls == []
    assert handles[1].result() == 1
    assert engine.calls == [[3, 1, 2]]
    assert [handle.result() for handle in handles] == [9, 1, 4]
    assert len(engine.calls) == 1


def test_later_jobs_are_a_later_call():
    engine = FakeEngine()
    batch = TrainingBatch(engine.train)
    first = batch.submit(5)
    first.result()
    second = batch.submit(6)
    assert first.result() == 25
    assert len(engine.calls) == 1
    assert second.result() == 36
    assert engine.calls == [[5], [6]]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20))
def test_results_do_not_depend_on_grouping(plan):
    engine = FakeEngine()
    batch = TrainingBatch(engine.train)
    handles = []
    for job, ask in plan:
        handles.append(batch.submit(job))
        if ask:
            handles[-1].result()
    assert [handle.result() for handle in handles] == [job * job for job, _ in plan]
    assert [job for call in engine.calls for job in call] == [job for job, _ in plan]


def test_cancelled_jobs_are_left_out():
    engine = FakeEngine()
    batch = TrainingBatch(engine.train)
    kept, dropped = batch.submit(2), batch.submit(7)
    dropped.cancel()
    assert kept.result() == 4
    assert engine.calls == [[2]]
    with pytest.raises(RuntimeError, match="cancelled"):
        dropped.result()
    kept.cancel()
    assert kept.result() == 4


def test_a_failing_engine_loses_no_job():
    attempts = []

    def train(jobs):
        attempts.append(list(jobs))
        if len(attempts) == 1:
            raise ValueError("bad job")
        return jobs

    batch = TrainingBatch(train)
    handle = batch.submit(1)
    with pytest.raises(ValueError, match="bad job"):
        handle.result()
    assert handle.result() == 1
    assert attempts == [[1], [1]]


def test_an_engine_must_answer_every_job():
    batch = TrainingBatch(lambda jobs: jobs[:-1])
    handles = [batch.submit(1), batch.submit(2)]
    with pytest.raises(ValueError, match="shorter"):
        handles[0].result()

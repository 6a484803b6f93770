"""What becomes of points whose processes die, told by a crew that dies on cue."""

import logging

import pytest

import qflsim as qfl
from qflsim.sweeps import crews
from qflsim.sweeps.crews import Cluster, CrewError, carry_all
from qflsim.sweeps.worker import Order, Outcome, under_way


class Mortal:
    """Carries out in order; dies at a point as often as it is told to, once it has begun it."""

    def __init__(self, **deaths):
        self.deaths, self.ran = deaths, []

    def carry(self, orders):
        for order in orders:
            if self.deaths.get(order.key, 0) > 0:
                self.deaths[order.key] -= 1
                under_way(order.home, order.key).mkdir(exist_ok=True)
                raise CrewError("a worker process was killed")
            self.ran.append(order.key)
            (order.home / order.key).mkdir()
            yield Outcome(order.key)


@pytest.fixture
def orders(tmp_path, monkeypatch):
    monkeypatch.setattr(crews.time, "sleep", lambda seconds: None)
    return [Order(key, b"", 0, tmp_path, None, {}) for key in "abc"]


def test_what_was_under_way_is_run_again_behind_the_others(orders):
    crew, done, told = Mortal(b=2), [], []
    carry_all(crew, orders, done.append, told.append)
    assert crew.ran == ["a", "c", "b"]
    assert [outcome.error for outcome in done] == [""] * 3
    assert told[0] == "a worker process was killed; 2 points are not finished yet and are handed out again"


def test_a_point_that_kills_every_process_counts_as_failed_and_the_rest_goes_on(orders):
    crew, done = Mortal(a=99), []
    carry_all(crew, orders, done.append, lambda sentence: None)
    assert crew.ran == ["b", "c"]
    assert {outcome.key: outcome.error[:19] for outcome in done} == {"b": "", "c": "", "a": "its process died 3 "}


def test_a_point_that_was_finished_without_a_word_is_not_run_again(orders):
    class Mute(Mortal):
        def carry(self, orders):
            (orders[0].home / orders[0].key).mkdir()
            raise CrewError("the connection broke")

    done = []
    carry_all(Mute(), orders, done.append, lambda sentence: None)
    assert [outcome.key for outcome in done] == ["a", "b", "c"]


def test_a_crew_that_brings_nothing_is_given_up_after_some_tries(orders):
    class Gone:
        tries = 0

        def carry(self, orders):
            self.tries += 1
            raise CrewError("nobody is there")

    crew = Gone()
    with pytest.raises(CrewError, match="nobody is there"):
        carry_all(crew, orders, lambda outcome: None, lambda sentence: None)
    assert crew.tries == 3


@pytest.mark.parametrize("address", ["10.0.0.1", "tcp://nowhere", "127.0.0.1:8786"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(qfl.ScenarioError, match="scheduler must be an address such as"):
        Cluster(address)


def test_dask_is_quiet_while_it_carries_out_and_as_loud_as_before_afterwards(monkeypatch):
    class Kept(logging.Handler):
        def __init__(self):
            super().__init__()
            self.kept = []

        def emit(self, record):
            self.kept.append(record.getMessage())

    pytest.importorskip("distributed")
    told = logging.getLogger("distributed.client")  # which has a level of its own
    level = told.level
    monkeypatch.setattr(told, "handlers", [handler := Kept()])
    told.error("before")
    with crews._quiet():
        told.error("meanwhile")
    told.error("after")
    assert handler.kept == ["before", "after"]
    assert told.level == level


def test_a_client_that_finds_no_workers_is_closed(monkeypatch):
    distributed = pytest.importorskip("distributed")
    closed = []

    class Lonely:
        def __init__(self, address, **options):
            pass

        def wait_for_workers(self, number, timeout):
            raise TimeoutError("no workers")

        def close(self, timeout):
            closed.append(self)

    monkeypatch.setattr(distributed, "Client", Lonely)
    with pytest.raises(CrewError, match=r"no Dask cluster with workers at .*no workers"):
        next(Cluster("tcp://127.0.0.1:8786").carry([]))
    assert len(closed) == 1

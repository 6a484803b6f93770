import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import Fibre, FifoQueue
from qflsim.units import Gbit


def test_an_idle_queue_delays_by_the_bits_and_the_line():
    queue = FifoQueue(10 * Gbit, 5e-6)
    assert queue.send(1.0, 1e6) == pytest.approx(1.0 + 1e-4 + 5e-6)
    assert queue.send(1.0, 1e6) == pytest.approx(1.0 + 2e-4 + 5e-6)
    assert queue.send(2.0, 1e6) == pytest.approx(2.0 + 1e-4 + 5e-6)
    assert queue.carried_bit == 3e6


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1e6)), min_size=1, max_size=30))
def test_messages_arrive_in_order_and_none_faster_than_the_line(messages):
    queue, now, last = FifoQueue(1e6, 0.25), 0.0, 0.0
    for gap, size in messages:
        now += gap
        arrival = queue.send(now, size)
        assert arrival >= max(last, now + size / 1e6 + 0.25 - 1e-9)
        last = arrival
    work = sum(size for _, size in messages) / 1e6
    assert last <= now + work + 0.25 + 1e-9


def test_mean_wait_of_m_d_1():
    rng, rho, service = np.random.default_rng(11), 0.7, 1e-4
    queue, now, waits = FifoQueue(1e6, 0.0), 0.0, []
    for gap in rng.exponential(service / rho, size=200_000):
        now += gap
        waits.append(queue.send(now, 100) - now - service)
    assert np.mean(waits) == pytest.approx(rho * service / (2 * (1 - rho)), rel=0.03)


def test_time_runs_forward_only():
    queue = Fibre().queue(1000.0)
    queue.send(1.0, 10.0)
    with pytest.raises(ValueError, match="in order of time"):
        queue.send(0.5, 10.0)
    with pytest.raises(ValueError, match="size >= 0"):
        queue.send(2.0, -1.0)

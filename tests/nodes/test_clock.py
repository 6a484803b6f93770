"""Ctrl-C stops simulated time between events, whoever waits for what happens in them."""

import os
import signal

import pytest

from qflsim.nodes.clock import Clock


def interrupted_in_what_nobody_waits_for_any_more(clock):
    """A process that is interrupted in an event after the condition over it was met."""

    def late():
        yield clock.timeout(2.0)
        os.kill(os.getpid(), signal.SIGINT)
        yield clock.timeout(1.0)

    def waiting():
        yield clock.timeout(1.0) | clock.process(late())
        yield clock.timeout(100.0)

    return clock.process(waiting())


@pytest.fixture(autouse=True)
def usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_is_never_lost():
    clock = Clock()
    with pytest.raises(KeyboardInterrupt), clock.heeding_interrupts():
        clock.run(until=interrupted_in_what_nobody_waits_for_any_more(clock))
    assert clock.now == 2.0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_pressed_twice_it_stops_at_once():
    clock = Clock()
    with pytest.raises(KeyboardInterrupt), clock.heeding_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_handler_of_somebody_elses_stays():
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    clock = Clock()
    with clock.heeding_interrupts():
        clock.run(until=interrupted_in_what_nobody_waits_for_any_more(clock))
    assert heard == [signal.SIGINT]
    assert clock.now == 101.0

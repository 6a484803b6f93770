"""Risks of broadcasts over lists: published values, limits, and what moves them."""

import pytest

from qflsim.quantum.listrisks import Thresholds, failure_risks, thresholds

PUBLISHED = {  # Guba et al., arXiv:2207.04939, data published with it: mu = 0.272, lambda = 0.94
    20: (0.2972138936100513, 0.7177936523067521, 0.5532709836696483),
    120: (0.07128364193302848, 0.3264228273155369, 0.14530167567511998),
    220: (0.022470951205654323, 0.08789682138447966, 0.08110617690087588),
    320: (0.010602338326866351, 0.0272010177136677, 0.04464771249571972),
    400: (0.003745559875731115963, 0.01180726864655043916, 0.02271490238653845611),
}


@pytest.mark.parametrize("states", PUBLISHED)
def test_lists_without_errors_fail_as_often_as_was_published(states):
    risks = failure_risks(states, thresholds(states, 0.272, 0.94, 0.0), 0.0, 0.0)
    assert risks == pytest.approx(PUBLISHED[states], abs=1e-12)


def test_280_states_are_the_first_to_keep_all_risks_below_five_per_cent_for_good():
    worst = {m: failure_risks(m, thresholds(m, 0.272, 0.94, 0.0), 0.0, 0.0).worst for m in range(272, 300)}
    assert min(m for m in worst if worst[m] < 0.05) == 280
    assert worst[279] > 0.05


def test_more_states_and_fewer_errors_lower_all_risks():
    def risks(states, error):
        return failure_risks(states, thresholds(states, 0.28, 0.88, 0.11), error, error)

    assert all(long < short for long, short in zip(risks(1000, 0.05), risks(300, 0.05), strict=True))
    assert risks(600, 0.09).abort > risks(600, 0.05).abort
    assert risks(600, 0.5) == pytest.approx((1.0, 0.0, 1.0), abs=5e-3)  # nobody believes anybody


def test_errors_that_nothing_forgives_make_honest_members_abort():
    strict = thresholds(280, 0.272, 0.94, 0.0)
    assert failure_risks(280, strict, 0.02, 0.0).abort == pytest.approx(1 - 0.98 ** (280 / 3), abs=0.03)


def test_thresholds_as_published():
    assert thresholds(280, 0.272, 0.94, 0.0) == Thresholds(length=77, tolerated=0, refuting=5)

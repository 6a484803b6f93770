import math

import pytest
from hypothesis import given, strategies as st

from qflsim.energy import CAUSES, EnergyBook

charges = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(CAUSES), st.floats(0, 1e9)), max_size=40)


@given(st.lists(charges, max_size=5))
def test_causes_add_up_to_the_total_and_rounds_to_the_run(rounds):
    book, closed = EnergyBook(), []
    for spent in rounds:
        for charge in spent:
            book.charge(*charge)
        before = book.total()
        closed += book.close_round()
        assert book.total() == before
    assert book.total() == math.fsum(book.by_cause().values())
    assert math.isclose(book.total(), math.fsum(joules for _, _, joules in closed), rel_tol=1e-14)
    assert math.isclose(book.total(), math.fsum(c[2] for spent in rounds for c in spent), rel_tol=1e-14)


@given(charges, st.randoms())
def test_the_order_of_charges_does_not_matter(spent, random):
    first, second = EnergyBook(), EnergyBook()
    for charge in spent:
        first.charge(*charge)
    shuffled = list(spent)
    random.shuffle(shuffled)
    for charge in shuffled:
        second.charge(*charge)
    assert first.total() == second.total()
    assert first.close_round() == second.close_round()


def test_a_round_lists_its_own_charges_sorted_and_merged():
    book = EnergyBook()
    for node, cause, joules in [("b", "radio", 1.0), ("a", "qkd", 2.0), ("b", "radio", 0.25), ("a", "network", 3.0)]:
        book.charge(node, cause, joules)
    assert book.close_round() == [("a", "network", 3.0), ("a", "qkd", 2.0), ("b", "radio", 1.25)]
    assert book.close_round() == []
    book.charge("b", "radio", 1.0)
    assert book.close_round() == [("b", "radio", 1.0)]
    assert book.by_cause()["radio"] == 2.25
    assert book.by_cause()["computing"] == 0.0


@pytest.mark.parametrize("joules", [-1e-9, math.nan, math.inf])
def test_impossible_energies_are_refused(joules):
    book = EnergyBook()
    with pytest.raises(ValueError, match="device-1 for radio must be finite and >= 0 J"):
        book.charge("device-1", "radio", joules)
    assert book.total() == 0.0


def test_unknown_causes_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"qpu_cooling.*got 'cooling'"):
        EnergyBook().charge("device-1", "cooling", 1.0)

"""Key demand held against what links make, before anything runs."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.units import kbit, km, s
from qflsim.wiring.keydemand import KeyDemand, Offer
from qflsim.world import World


def test_a_relayed_key_is_offered_to_every_link_of_its_way():
    capacity = {("a", "b"): 10.0, ("b", "c"): 5.0}
    demand = KeyDemand((Offer("a", "c", 256.0, 2), Offer("b", "c", 100.0, 1)), capacity)
    assert demand.offered == {("a", "b"): 512.0, ("b", "c"): 612.0}


def test_what_a_store_cannot_hold_or_a_link_never_make_is_refused():
    demand = KeyDemand((Offer("a", "b", 1000.0, 1),), {("a", "b"): 1.0})
    demand.refuse_impossible(room=1000.0, longest_s=1000.0)
    with pytest.raises(ScenarioError, match=r"a and b ask for 1 kbit .*hands out at most 999 bit"):
        demand.refuse_impossible(room=999.0, longest_s=1000.0)
    with pytest.raises(ScenarioError, match=r"makes 1 bit/s \(capacity\), 999 bit in the longest run"):
        demand.refuse_impossible(room=1000.0, longest_s=999.0)


def test_only_a_link_that_falls_short_is_told_of_and_the_worst_of_them():
    demand = KeyDemand((Offer("a", "b", 100.0, 1), Offer("b", "c", 100.0, 3)), {("a", "b"): 9.0, ("b", "c"): 9.0})
    assert list(demand.notes(quickest_s=100.0)) == []
    (note,) = demand.notes(quickest_s=10.0)
    assert "b and c ask for 300 bit a round" in note
    assert "makes 9 bit/s" in note


def test_a_world_refuses_pads_larger_than_its_stores(tiny):
    padded = replace(
        tiny, keys=qfl.QKDKeys(), sealing=qfl.OneTimePad(), key_store=qfl.KeyStore(minimum=1 * kbit, maximum=8 * kbit)
    )
    with pytest.raises(ScenarioError, match=r"at once \(offered\), and a key store hands out at most"):
        World(padded)


def test_a_world_refuses_links_too_slow_for_its_longest_run_and_notes_merely_slow_ones(tiny):
    slow = qfl.QKDKeys(qkd=qfl.DecoyBB84(pulse_rate=1000.0))
    far = replace(tiny, keys=slow, topology=replace(tiny.topology, spacing=110 * km), agreement_deadline=1 * s)
    with pytest.raises(ScenarioError, match=r"ask for 256 bit of key at once \(offered\), and the link of"):
        World(replace(far, update_deadline=60 * s))
    (note,) = World(replace(far, update_deadline=1e6 * s)).notes()
    assert "rounds will wait for keys" in note
    assert World(tiny).notes() == []

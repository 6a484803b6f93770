"""Snapshots of IBM devices: checks on load, choice of qubits, published numbers."""

import pytest

from qflsim.quantum.snapshots import load_snapshot, snapshot_names

# name, qubits, two-qubit gate, median-ish sx [s]: ibm-runtime snapshots as listed in the project's notes
KNOWN = [
    ("manila", 5, "cx"),
    ("nairobi", 7, "cx"),
    ("sherbrooke", 127, "ecr"),
    ("torino", 133, "cz"),
    ("fez", 156, "cz"),
]


@pytest.mark.parametrize(("name", "qubits", "gate"), KNOWN)
def test_snapshot_has_its_published_size_and_gate(name, qubits, gate):
    snapshot = load_snapshot(name)
    assert (snapshot.qubits, snapshot.gate) == (qubits, gate)
    assert snapshot.repetition_delay_s == pytest.approx(250e-6)
    assert 0.5e-6 < snapshot.readout_s(snapshot.best_qubits(4)) < 10e-6


def test_coherence_times_are_cut_to_the_physical_limit():
    snapshot = load_snapshot("torino")
    beyond = [q for q, c in enumerate(snapshot.target.qubit_properties) if c.t2 and c.t2 > 2 * c.t1]
    assert beyond
    for coherence in snapshot.sub_target(tuple(beyond)).qubit_properties:
        assert coherence.t2 == 2 * coherence.t1


def test_manila_couplers_take_what_the_snapshot_says():
    target = load_snapshot("manila").target
    assert target["cx"][(0, 1)].duration == pytest.approx(2.77e-7, rel=2e-3)
    assert target["sx"][(0,)].duration == pytest.approx(3.56e-8, rel=2e-3)
    assert target["measure"][(0,)].duration == pytest.approx(5.35e-6, rel=2e-3)


@pytest.mark.parametrize("name", ["manila", "torino"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_chosen_qubits_are_connected_and_alive(name, number):
    snapshot = load_snapshot(name)
    chosen = snapshot.best_qubits(number)
    assert len(set(chosen)) == number
    target = snapshot.sub_target(chosen)
    assert target.num_qubits == number
    if number > 1:
        reached = {0}
        edges = list(target[snapshot.gate])
        for _ in range(number):
            reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
        assert len(reached) == number
        assert all(target[snapshot.gate][pair].error < 0.5 for pair in edges)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("toronto", "plausible"), ("kyoto", "works"), ("almaden", "gates"), ("melbourne", "repetition delay")],
)
def test_unsound_snapshots_are_refused_with_the_reason(name, reason):
    with pytest.raises(ValueError, match=reason):
        load_snapshot(name)


def test_unknown_name_advises_the_nearest():
    with pytest.raises(ValueError, match="'manila'"):
        load_snapshot("manilla")
    assert "torino" in snapshot_names()


def test_too_many_qubits_are_refused():
    with pytest.raises(ValueError, match="5 qubits"):
        load_snapshot("manila").best_qubits(6)

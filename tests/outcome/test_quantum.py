"""What a summary says of lists, aborts and idealised protocols."""

from types import SimpleNamespace

import pandas as pd
import pytest

from qflsim.summary.quantum import quantum_sentences


def told(lists, agreements):
    tables = {"lists": pd.DataFrame(lists), "agreements": pd.DataFrame(agreements)}
    run = SimpleNamespace(table=lambda name, *columns: tables[name].reindex(columns=list(columns)))
    return " ".join(quantum_sentences(run))


PLAIN = {
    "protocol": ["PBFT", "PBFT"], "aborted": [0, 0], "reason": ["", ""], "idealised": [False, False], "qubits": [0, 0],
    "abort_risk": [float("nan")] * 2, "sender_risk": [float("nan")] * 2, "receiver_risk": [float("nan")] * 2,
}  # fmt: skip
LISTS = {
    "pairs": [3000, 1000], "mean_fidelity": [0.9, 0.94], "error_rate": [0.06, 0.05], "requested_s": [1.0, 2.0],
    "ready_s": [4.0, 3.0],
}  # fmt: skip


def test_nothing_is_said_of_protocols_without_lists():
    assert told({name: [] for name in LISTS}, PLAIN) == ""


def test_lists_with_what_they_took_and_what_they_risk():
    text = told(
        LISTS, PLAIN | {"abort_risk": [0.001, 0.002], "sender_risk": [1e-5, 2e-6], "receiver_risk": [0.03, 0.04]}
    )
    assert "took 4,000 entangled pairs of fidelity 0.910, 2 s for those of one link; up to 6.0% of entries" in text
    assert "probability 0.002 at most if all are honest, 1e-05 if the sender lies as well as it can, 0.04 if a" in text


@pytest.mark.parametrize("reason", ["the sender told another block", "the sender is silent"])
def test_aborts_with_their_reason(reason):
    text = told({name: [] for name in LISTS}, PLAIN | {"aborted": [2, 0], "reason": [reason, ""]})
    assert text == f"In 1 of 2 decisions validators aborted: {reason} (1)."


def test_idealised_protocols_are_called_so():
    text = told({name: [] for name in LISTS}, PLAIN | {"idealised": [True, True], "qubits": [40, 2]})
    assert text.startswith("2 decisions by PBFT grant what physics does not: their 42 qubits took no time")

"""The summary says what the tables say."""

import json

import pytest

from qflsim import trace
from qflsim.checks import ScenarioError
from qflsim.summary import summarise


@pytest.fixture
def text(run):
    """The summary of the run of two rounds, its line breaks taken out."""
    return " ".join(summarise(run).split())


@pytest.mark.parametrize(
    "sentence",
    [
        "hand, seed 3: 2 rounds",
        "classifies 45.0 % of the test samples after 200 s of simulated time, with a loss of 1.2000 nat.",
        "It began at 25.0 % and 1.4000 nat.",
        "In the last round the servers' models came 0.3 from their mean into mixing and left it 0.1 from it.",
        "They classify 44.0 % on average, the worst 43.0 %, the best 45.0 %.",
        "accuracy 45.0 % and 50.0 % (+5.0 points), loss 1.2000 and 1.2500 nat (+0.0500).",
        "differ by at most 0.300, 2.4 standard errors",
        "A round lasts 100 s on average. 64.0 % of the round is QPU time, of which 60.0 % is repetition delay.",
        "local agreement 15 s (15.0 %), mixing and global block 10 s (10.0 %), updates to peers 5 s (5.0 %)",
        "2.22 kJ with the QPU cooling plant, 222 J without it. By cause: qpu cooling 2 kJ (90.0 %)",
        "9 Mbit on the air and 2 Mbit on fibre per round.",
        "Of these bits: commit 54.5 %, update 36.4 %, model 9.1 %.",  # the relayed commit counts up and down
        "Proposals and votes of agreement are 55.6 % of what nodes sent.",
        "2 of 8 messages never arrived: 2 on access-down.",
        "All chains together grow by 3 kB per round: LMUCs 1.50 kB, global 750 B, shard-task-1 750 B.",
        "26.7 % of that is quorum certificates.",
        "4 session keys took 1.02 kbit from key stores. Nodes waited 300 ms for one on average, 500 ms at most.",
        "Of all waiting 50.0 % was for a dry store, 50.0 % for key encapsulation.",
        "The link in most demand drew 25.0 % of the key it had made.",
        "Stored at the end, on average: a publisher 1.50 kB, a server 3 kB, a device 1.50 kB.",
        "10 decisions sought with 100 messages, 2 not reached.",
        "LMUCs 10.8 s, global 200 ms, shard-task-1 400 ms.",
        "1 of 4 devices are out of reach of their base station. Devices in buildings: 1.",
        "Other cells, all sending, take up to 2.0 dB of an uplink.",
    ],
)
def test_a_sentence_has_the_numbers_of_the_tables(text, sentence):
    assert sentence in text


def test_every_line_fits_the_terminal(run, interrupted):
    for folder in (run, interrupted):
        assert max(len(line) for line in summarise(folder).splitlines()) <= 100


def test_rounds_stand_in_the_table(run):
    lines = summarise(run).splitlines()
    assert lines[3].split() == [
        "1",
        "100",
        "s",
        "100",
        "s",
        "35.0",
        "%",
        "1.3000",
        "1.11",
        "kJ",
        "111",
        "J",
        "9",
        "Mbit",
        "3",
        "kB",
        "3/4",
    ]


def test_a_long_run_shows_first_some_and_last(handmade):
    made = handmade("long")
    for number in range(1, 101):
        made.round(number)
    lines = summarise(made.close(planned=100, done=100)).splitlines()
    *table, left_out = lines[3 : lines.index("", 3)]
    shown = [int(line.split()[0]) for line in table]
    assert left_out == "(91 rounds between are in rounds.csv)"
    assert shown[0] == 1
    assert shown[-1] == 100
    assert len(shown) == 9


def test_an_interrupted_run_counts_whole_rounds_only(interrupted):
    text = " ".join(summarise(interrupted).split())
    assert "hand, seed 3: 1 of 5 rounds, interrupted" in text
    assert "1.11 kJ with the QPU cooling plant" in text
    assert "qpu cooling 1 kJ" in text
    assert "5 decisions sought" in text
    assert "2 session keys" in text
    assert "was not run on Aer" in text


def test_a_run_without_a_whole_round_says_so(empty):
    assert "No round was completed" in summarise(empty)


def test_no_run_is_an_error_in_one_sentence(tmp_path):
    with pytest.raises(ScenarioError, match=r"run\.json"):
        summarise(tmp_path)


def keys_edited(folder, **changes):
    """The summary after some columns of the table of keys were set to other values."""
    import pandas as pd

    path = folder / "keys.csv"
    pd.read_csv(path).assign(**changes).to_csv(path, index=False)
    return " ".join(summarise(folder).split())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"store_wait_s": 0.0}, "Of all waiting 0 % was for a dry store, 100 % for key encapsulation."),
        # QKD alone: whatever is not the store's is rounding
        (
            {"store_wait_s": [0.5, 0.1 - 1e-15] * 2, "kem_bit": 0.0},
            "Of all waiting 100 % was for a dry store, 0 % for key encapsulation.",
        ),
        # the wait that was broken off would have been the longest
        (
            {"granted_s": [float("nan"), 1.1, 101.5, 101.1], "store_wait_s": [1e6, 0.0, 0.35, 0.0]},
            "1 waits were broken off before the key was there. Nodes waited 233 ms for one on average, 500 ms at most. "
            "Of all waiting 50.0 % was for a dry store, 50.0 % for key encapsulation.",
        ),
    ],
)
def test_waits_for_keys_are_told_apart(run, changes, sentence):
    assert sentence in keys_edited(run, **changes)


def test_a_run_whose_keys_never_came_tells_no_mean_wait(run):
    text = keys_edited(run, granted_s=float("nan"), store_wait_s=float("inf"))
    assert "4 waits were broken off before the key was there." in text
    assert "Nodes waited" not in text


def test_keys_that_are_there_at_once_share_no_wait(run):
    text = keys_edited(run, granted_s=[1.0, 1.0, 101.0, 101.0], store_wait_s=0.0)
    assert "Nodes waited 0 s for one on average, 0 s at most." in text
    assert "Of all waiting" not in text


def test_a_starved_agreement_tells_when_it_stood_still(handmade):
    import pandas as pd

    made = handmade("starved")
    for number in (1, 2, 3):
        made.round(number)
    folder = made.close(planned=3, done=3)
    agreements, rounds = (pd.read_csv(folder / f"{name}.csv") for name in ("agreements", "rounds"))
    second = agreements["round"] == 2
    agreements.loc[second, ["tag_wait_s", "decided"]] = [20.0, 0]
    agreements.assign(tag_bit=128.0).to_csv(folder / "agreements.csv", index=False)
    rounds.loc[rounds["round"] == 2, "aggregated"] = 0
    rounds.to_csv(folder / "rounds.csv", index=False)
    text = " ".join(summarise(folder).split())
    assert "waited for it, up to 20 s, and 5 of them were not reached." in text
    assert (
        "1 rounds ended without an update for want of key, from 100 s to 200 s; the first one after them ended" in text
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Teleported: 2 models took 9.75 s, 2,000 pairs of fidelity 0.900 and 4 kbit over the radio each; 50.0 % of",
        "Teleported, idealised amplitudes: 1 model took 250 ms, 10 pairs",
        "This transport is idealised: it grants what physics does not.",
        "1 of 3 models over pairs did not arrive: 1 given up.",
        "A teleported model took 3.0 times the radio bits of its own message and 40 times the 250 ms of a transmitted",
        "Pairs carry no bits by themselves: sending the parameters is cheaper than teleporting them.",
    ],
)
def test_what_pairs_did_is_said_plainly(entangled, sentence):
    assert sentence in " ".join(summarise(entangled).split())


def test_a_run_without_pairs_does_not_speak_of_them(text):
    assert "entangled" not in text


def test_forks_adversaries_and_blocks_in_vain_are_told(handmade):
    import pandas as pd

    made = handmade("attacked")
    for number in (1, 2):
        made.round(number)
    folder = made.close(planned=2, done=2)
    quiet = " ".join(summarise(folder).split())
    assert "Adversaries" not in quiet and "Forks" not in quiet and "in vain" not in quiet
    agreements = pd.read_csv(folder / "agreements.csv")
    agreements.loc[0, ["faulty", "blocks"]] = [2, 2]
    agreements.to_csv(folder / "agreements.csv", index=False)
    columns = pd.read_csv(folder / "tree.csv").columns
    rows = [dict.fromkeys(columns, 1) | {"chain": "global", "node": "server-1", "name": "a", "parent": "b",
                                         "filled": True, "kept": kept} for kept in (True, True, False)]  # fmt: skip
    pd.DataFrame(rows, columns=columns).to_csv(folder / "tree.csv", index=False)
    text = " ".join(summarise(folder).split())
    assert "Adversaries held validators in 1 of them." in text
    assert "Forks: in 1 of them validators decided on different blocks." in text
    assert "3 blocks were made in the course of it, 1 of them in vain." in text


def test_retrievals_and_idealised_storage_are_told(handmade):
    made = handmade("fetching")
    made.round(1)
    for outcome, ended in (("whole", 1.5), ("whole", 2.5), ("unavailable", 9.0)):
        made.write(
            trace.Retrieval(
                round=1, kind="content", chain="global", height=-1, node="server-1", provider="server-2", asked=1,
                requested_s=1.0, ended_s=ended, size_byte=500, outcome=outcome,
            )
        )  # fmt: skip
    folder = made.close(planned=1, done=1)
    about = json.loads((folder / "run.json").read_text())
    about["scenario"]["storage"] = {"part": "StoragePerRole", "device": {"part": "IdealisedEntangledRecords"}}
    (folder / "run.json").write_text(json.dumps(about))
    text = " ".join(summarise(folder).split())
    assert "content: asked for 3 times, 1.50 kB, there after 1 s on average, 33.3 % in vain." in text
    assert "IdealisedEntangledRecords is idealised: it grants what physics does not." in text

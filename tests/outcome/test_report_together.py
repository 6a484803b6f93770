"""What the report of a sweep says of all its runs together, on a table made by hand."""

import json
import re

import pandas as pd
import pytest

from qflsim.intervals import interval
from qflsim.report.together import again, carry, means, ranges

MEASURES = ("accuracy", "round_s", "energy_j", "sent_bit", "ledger_byte")


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def table(axes, rows):
    """Runs with settings, a replication and an accuracy; all else is the same in all of them."""
    same = {"round_s": 2.0, "energy_j": 5e3, "sent_bit": 0.0, "ledger_byte": 1e6}
    frame = pd.DataFrame(rows, columns=[*axes, "replication", "accuracy"]).assign(folder="points/x", **same)
    return frame[[*axes, "replication", "folder", *MEASURES]]


@pytest.fixture
def runs():
    accuracies = {(3, "Ring()"): (0.5, 0.6, 0.7), (3, "Star()"): (0.8, 0.8, 0.8)}
    rows = [[*at, r, value] for at, values in accuracies.items() for r, value in enumerate(values)]
    return table(["topology.servers", "mixing"], rows)


def test_ranges_tell_where_a_measure_is_least_and_most(runs):
    told = plain(ranges(runs))
    assert told.startswith("6 runs of 2 combinations of settings, with 3 replications each.")
    low, high = (f"{100 * bound:.1f} %" for bound in (interval([0.5, 0.6, 0.7]).low, interval([0.5, 0.6, 0.7]).high))
    assert f"60.0 % ({low} to {high}) with mixing=Ring(), to 80.0 % with mixing=Star()." in told
    assert "Time of a round: 2 s throughout." in told
    assert "topology.servers" not in told, "what is the same everywhere tells nothing"
    assert "Bits sent" not in told, "what is nothing everywhere is left out"


def test_means_stand_beside_their_settings_and_need_replications(runs):
    shown = plain(means(runs))
    assert shown.startswith("topology.servers mixing accuracy after the last round")
    assert "3 Star() 80.0 % 2 s 5 kJ 1 MB" in shown
    assert means(runs[runs["replication"] == 0]) == ""


def test_replications_alone_have_one_mean(runs):
    alone = runs.drop(columns=["topology.servers", "mixing"])[:3]
    assert "60.0 %" in plain(ranges(alone)) and "1 combination of settings" in plain(ranges(alone))
    assert "with ," not in plain(ranges(alone))


def test_a_variant_is_called_by_its_name():
    told = plain(ranges(table(["variant"], [["star", 0, 0.4], ["ring", 0, 0.6]])))
    assert "40.0 % with star, to 60.0 % with ring." in told and "replications" not in told


def test_what_is_not_known_is_in_no_range():
    told = plain(ranges(table(["variant"], [["star", 0, float("nan")], ["ring", 0, 0.6]])))
    assert "Accuracy after the last round: 60.0 % with ring." in told


def test_how_far_it_carries_names_replications_and_what_is_idealised(runs):
    scenario = {"part": "Scenario", "models": {"part": "IdealisedAmplitudes"}}
    assert "IdealisedAmplitudes" in carry({"scenario": scenario}, runs)
    assert "95 %" in carry({}, runs) and "No part of the first of the runs is idealised" in carry({}, runs)
    assert "says nothing about chance" in carry({}, runs[runs["replication"] == 0])


def test_a_sweep_says_how_to_make_it_again(tmp_path):
    assert again(tmp_path, "mini") == ""
    plan = {"axes": {"topology.servers": ["3", "5"], "mixing": ["Ring()", "Star()"]}, "replications": 4}
    (tmp_path / "sweep.json").write_text(json.dumps(plan), encoding="utf-8")
    told = again(tmp_path, "mini")
    assert "--axis topology.servers=3,5" in told and "--replications 4" in told
    assert "Ring(),Star()" in told and "<code>mini</code>" in told
    (tmp_path / "sweep.json").write_text("[]", encoding="utf-8")
    assert again(tmp_path, "mini") == ""

"""The timeline of a run: in the format, true to the tables, and of bounded size."""

import json
import math
from collections import Counter, defaultdict
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from qflsim.checks import ScenarioError
from qflsim.cli import main
from qflsim.tables import read_table
from qflsim.timeline import write_timeline
from qflsim.timeline.sampling import spread, thinned
from qflsim.timeline.tracks import Slice, Tracks

KEYS = {
    "X": {"name", "pid", "tid", "ts", "dur", "args"},
    "M": {"name", "pid", "args"},
    "C": {"name", "pid", "ts", "args"},
    "s": {"name", "cat", "id", "pid", "tid", "ts"},
    "f": {"name", "cat", "id", "pid", "tid", "ts", "bp"},
}


def written(folder, **options):
    """The content of a run's timeline."""
    return json.loads(write_timeline(folder, **options).file.read_text())


def named(events):
    """Names of groups and tracks by number."""
    groups = {e["pid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
    tracks = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    return groups, tracks


def on(events, track):
    """Slices of the tracks whose name begins so."""
    _, tracks = named(events)
    return [event for event in events if event["ph"] == "X" and tracks[event["tid"]].startswith(track)]


@pytest.fixture(scope="module")
def real(tiny_run, tmp_path_factory):
    """Events of a real run."""
    file = tmp_path_factory.mktemp("timeline") / "timeline.json"
    return written(tiny_run.folder, into=file)["traceEvents"]


def test_every_event_has_what_its_phase_asks_for_and_a_named_track(real):
    groups, tracks = named(real)
    for event in real:
        assert set(event) - {"ph", "tid"} == KEYS[event["ph"]] - {"tid"}
        assert event["pid"] in groups and event.get("tid", next(iter(tracks))) in tracks
        assert event.get("ts", 0.0) >= 0.0 and event.get("ts", 0.0) * 8 == int(event.get("ts", 0.0) * 8)
    assert len(set(groups.values())) == len(groups)
    assert set(groups.values()) >= {"run", "publisher", "server-1", "device-3-3", "chain global", "chain lmuc-server-2"}


def test_no_two_slices_of_a_track_overlap(real):
    tracks = defaultdict(list)
    for event in real:
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    for spans in tracks.values():
        spans.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_every_arrow_joins_a_message_as_it_left_with_its_arrival(real, tiny_run):
    sent = read_table(tiny_run.folder, "transfers")
    slices = {(event["pid"], event["tid"], event["ts"]): event for event in real if event["ph"] == "X"}
    begins = {event["id"]: slices[event["pid"], event["tid"], event["ts"]] for event in real if event["ph"] == "s"}
    ends = {event["id"]: slices[event["pid"], event["tid"], event["ts"]] for event in real if event["ph"] == "f"}
    assert begins.keys() == ends.keys() and len(begins) == sent["delivered"].sum() > 100
    groups, _ = named(real)
    arrows = Counter((groups[begins[i]["pid"]], groups[ends[i]["pid"]]) for i in begins)
    assert arrows == Counter(zip(sent["source"], sent["destination"], strict=True))
    assert all(begins[i]["ts"] < ends[i]["ts"] <= begins[i]["ts"] + begins[i]["dur"] for i in begins)


def test_the_qpu_is_busy_when_the_table_of_jobs_says_so(real, tiny_run):
    jobs = read_table(tiny_run.folder, "jobs")
    groups, _ = named(real)
    shown = sorted((groups[event["pid"]], event["ts"], event["ts"] + event["dur"]) for event in on(real, "QPU"))
    expected = sorted(zip(jobs["node"], 1e6 * jobs["started_s"], 1e6 * jobs["ended_s"], strict=True))
    assert [node for node, _, _ in shown] == [node for node, _, _ in expected]
    for column in (1, 2):
        assert [row[column] for row in shown] == pytest.approx([row[column] for row in expected], abs=0.1)


def test_phases_hold_all_votes_of_their_decision_and_lie_within_it(real, tiny_run):
    sought = read_table(tiny_run.folder, "agreements")
    phases = on(real, "phase ")
    assert {event["name"].split(",")[0] for event in phases} == {"pre-prepare", "prepare", "commit"}
    assert len(phases) == 3 * len(sought)
    assert sum(event["args"]["votes"] for event in phases) == sought["messages"].sum()
    groups, _ = named(real)
    decisions = {(groups[e["pid"]], e["name"].split()[-1]): e for e in on(real, "decisions")}
    assert len(decisions) == len(sought)
    for phase in phases:
        decision = decisions[groups[phase["pid"]], phase["name"].split()[-1]]
        assert decision["ts"] <= phase["ts"] <= decision["ts"] + decision["dur"]


def test_counters_end_where_the_tables_do(run):
    events = written(run)["traceEvents"]
    last = {event["name"]: event for event in events if event["ph"] == "C"}
    assert last["accuracy of task-1"]["args"] == {"per cent": pytest.approx(45.0)}
    assert last["accuracy of task-1"]["ts"] == 200e6
    assert last["key store of server-1 and server-2"]["args"] == {"bit": 1536.0}
    power = [event["args"]["W"] for event in events if event["name"] == "power of qpu cooling"]
    assert power == [10.0, 10.0, 0.0]  # 1000 J in 100 s, twice
    steps = [(event["name"], event["dur"]) for event in on(events, "task-1: steps")]
    assert steps[:2] == [("publish", 1e6), ("select and distribute", 2e6)] and len(steps) == 10


def test_same_tables_same_bytes_and_the_file_says_what_the_run_was(run, tmp_path):
    files = [write_timeline(run, into=tmp_path / name).file.read_bytes() for name in ("a.json", "b.json")]
    assert files[0] == files[1]
    about = json.loads(files[0])["otherData"]
    assert (about["scenario"], about["seed"], about["left_out"]) == ("hand", 3, [])


def test_a_long_run_is_shortened_and_file_and_terminal_say_so(run, capsys):
    assert main(["timeline", str(run), "--most", "3"]) == 0
    out, err = capsys.readouterr()
    content = json.loads((run / "timeline.json").read_text())
    sentences = content["otherData"]["left_out"]
    assert any(sentence.startswith("messages: only one of") for sentence in sentences)
    assert all(f"note: {sentence}; --most shows more" in err for sentence in sentences)
    assert {event["name"] for event in on(content["traceEvents"], "left out")} == set(sentences)
    sent = on(content["traceEvents"], "radio") + on(content["traceEvents"], "fibre")
    assert 0 < len(sent) <= 3 and "timeline.json: " in out


def test_whole_rounds_are_kept_where_they_fit():
    rows = pd.DataFrame({"round": [1] * 4 + [2] * 4 + [3] * 4, "x": range(12)})
    kept, sentence = thinned(rows, 9, "messages")
    assert list(kept["round"].unique()) == [1, 3] and len(kept) == 8
    assert sentence == "messages: only those of rounds 1, 3 of 3 are shown, 8 of 12"
    assert thinned(rows, 12, "messages")[1] == ""
    kept, sentence = thinned(rows, 3, "messages")
    assert list(kept["x"]) == [0, 4, 8] and "one of 4" in sentence


@given(st.integers(0, 80))
def test_spreading_leaves_nothing_out_and_begins_with_the_ends(number):
    items = list(range(number))
    order = list(spread(items))
    assert sorted(order) == sorted(items)
    assert order[:2] == [*dict.fromkeys((*items[:1], *items[-1:]))][:2]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=30))
def test_overlapping_slices_go_to_tracks_of_their_own_and_to_no_more_than_it_takes(spans):
    slices = [Slice("a", "radio", "m", 1e-6 * start, 1e-6 * (start + long)) for start, long in spans]
    nodes = pd.DataFrame({"node": ["a"], "role": ["device"], "server": ["s"]})
    placed = Tracks(nodes).place(slices)
    at_once = max(
        sum(other["ts"] <= event["ts"] < other["ts"] + other["dur"] for other in placed.values())
        for event in placed.values()
    )
    assert len({event["tid"] for event in placed.values()}) == at_once
    assert len(placed) == len(slices)


def test_bad_folders_tables_and_files_are_told_in_a_sentence(run, tmp_path):
    for most in (0, "5", 100.5, True, None, math.nan):
        with pytest.raises(ScenarioError, match=r"most must be a whole number, at least 1 row .*, got"):
            write_timeline(run, most=most)
    with pytest.raises(ScenarioError, match=r"folder must be .*, got None"):
        write_timeline(None)
    with pytest.raises(ScenarioError, match="cannot write"):
        write_timeline(run, into=tmp_path / "no" / "such" / "folder.json")
    (run / "keys.csv").unlink()
    with pytest.raises(ScenarioError, match=r"holds no keys.csv"):
        write_timeline(run)
    assert not (run / "timeline.json").exists()


def test_infinity_shows_every_row_as_a_large_number_does(run, tmp_path):
    made = [write_timeline(run, into=tmp_path / f"{most}.json", most=most) for most in (math.inf, 10**6)]
    assert made[0].left_out == made[1].left_out == ()
    assert made[0].file.read_bytes() == made[1].file.read_bytes()


def test_an_interrupted_and_an_empty_run_have_a_timeline_too(interrupted, empty):
    assert on(written(interrupted)["traceEvents"], "QPU")
    assert not on(written(empty)["traceEvents"], "QPU")

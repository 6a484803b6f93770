"""The report of a run: one whole file that needs nothing else, true to the tables, the same bytes each time."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.cli import main
from qflsim.comparison import measure, write_comparison
from qflsim.loading import load, load_variants
from qflsim.report import figures, write_report
from qflsim.report.page import unbroken
from qflsim.report.settings import parts_of, settings
from qflsim.resuming import scenario_of
from qflsim.runs import describe
from qflsim.summary import RunTables, carried_bit, summarise

EMPTY = {"meta", "link", "img", "br"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Reads a page, and refuses tags that are not closed in order."""

    def __init__(self, file):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(file.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def plain(text):
    """Words alone."""
    return " ".join(unescape(text).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def file(handmade):
    """The report of a run with a question."""
    from .conftest import AER

    made = handmade("report")
    made.round(1)
    made.round(2)
    folder = made.close(planned=2, done=2, aer=AER)
    about = json.loads((folder / "run.json").read_text())
    about["question"] = "What is 1 < 2?\n\nAnd `why`?"
    about["versions"] = {"python": "3.11"}
    (folder / "run.json").write_text(json.dumps(about))
    return write_report(folder)


@pytest.fixture(scope="module")
def page(file):
    return Page(file)


def test_it_asks_the_question_and_answers_with_every_sentence_of_the_summary(page, file):
    text = plain(" ".join(page.text))
    assert "What is 1 < 2? And why ?" in text
    for block in re.split(r"\n(?=\S)", summarise(file.parent)):
        label, _, rest = block.partition(" ")
        if label in ("learning", "time", "energy", "ledgers", "keys", "agreement"):
            assert plain(rest) in text, label
    assert "45.0 % accuracy on the test samples" in text and "2.22 kJ energy, QPU cooling included" in text


def test_nothing_is_loaded_and_nothing_runs(page):
    assert {tag for tag, _ in page.tags} & {"script", "iframe", "object", "audio", "video"} == set()
    for link in page.attributes("href") + page.attributes("xlink:href") + page.attributes("src"):
        assert link.startswith(("#", "data:")), link
    assert "@import" not in "".join(page.text) and "url(http" not in "".join(page.text)


def test_every_figure_is_drawn_with_names_of_its_own(page):
    names = {"learning", "time", "energy", "ledgers", "network", "agreement", "keys"}
    assert {name.removeprefix("figure-") for name in page.attributes("id") if name.startswith("figure-")} == names
    ids = page.attributes("id")
    assert len(ids) == len(set(ids)) > 100
    links = [link for link in page.attributes("xlink:href") if not link.startswith("data:")]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert sum(tag == "svg" for tag, _ in page.tags) == len(names)
    assert all(attrs["aria-label"] for tag, attrs in page.tags if tag == "svg")


def test_it_fits_a_phone(page):
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert sum(tag == "table" for tag, _ in page.tags) == sum(
        attrs.get("class") == "wide" for _, attrs in page.tags
    )  # every table scrolls within itself


def test_tables_hold_the_numbers(file):
    rows = [plain(re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr>(.*?)</tr>", file.read_text())]
    assert "qpu cooling 2 kJ 90.0 %" in rows and "publish the task 1 s 1.0 %" in rows
    assert any(row.startswith("commit 4 12 Mbit 54.5 %") for row in rows)  # that over the station up and down


def test_shares_of_messages_are_the_same_in_the_summary_and_in_the_table(page, file):
    text = plain(" ".join(page.text))
    told = re.search(r"Of these bits: ([^.]*(?:\.\d[^.]*)*)\.", text)[1]
    rows = [plain(re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr>(.*?)</tr>", file.read_text())]
    for kind, share in (part.split(" ", 1) for part in told.split(", ")):
        assert any(row.startswith(f"{kind} ") and row.endswith(f" {share}") for row in rows), kind


def test_messages_by_kind_sum_to_the_bits_on_the_air_and_on_fibre(tiny_run):
    run = RunTables(tiny_run.folder)
    bits = carried_bit(run.table("transfers", "medium", "size_bit"))
    assert bits.sum() == pytest.approx((run.rounds["air_bit"] + run.rounds["wired_bit"]).sum())


@pytest.fixture
def one_figure(monkeypatch):
    """A report draws only one of its figures, which is quicker."""
    monkeypatch.setattr(figures, "FIGURES", ("energy",))


def test_same_tables_same_bytes(one_figure, run, tmp_path):
    assert write_report(run, into=tmp_path / "again.html").read_bytes() == write_report(run).read_bytes()


def test_what_is_idealised_is_named(one_figure, run):
    assert "Nothing in this run is idealised" in write_report(run).read_text()
    about = json.loads((run / "run.json").read_text())
    about["scenario"]["storage"] = {"part": "StoragePerRole", "device": {"part": "IdealisedEntangledRecords"}}
    (run / "run.json").write_text(json.dumps(about))
    assert "physics does not: the part <code>IdealisedEntangledRecords</code>." in write_report(run).read_text()


def test_idealised_transport_is_named(one_figure, entangled):
    assert "models handed down teleported, idealised amplitudes" in write_report(entangled).read_text()


def test_a_drawing_that_would_be_too_large_is_a_picture(one_figure, run, monkeypatch):
    monkeypatch.setattr(figures, "_LARGEST", 10_000)
    page = Page(write_report(run))
    pictures = [attrs["src"] for tag, attrs in page.tags if tag == "img"]
    assert len(pictures) == 1 and pictures[0].startswith("data:image/png;base64,iVBOR")
    assert "svg" not in {tag for tag, _ in page.tags} and "Shown as a picture" in plain(" ".join(page.text))


def test_a_run_without_a_whole_round_says_so(empty):
    assert "No round was completed" in write_report(empty).read_text()


def test_what_a_run_did_not_use_has_no_card_and_no_table(one_figure, run):
    """As in isolated training: nothing is sent, written on a chain or drawn from a store, and no plant cools."""
    text = plain(write_report(run).read_text())
    used = [
        "sent over the air",
        "sent over fibre",
        "growth of all chains",
        "key bits",
        "Messages by kind",
        "publish the task",
    ]
    assert all(what in text for what in [*used, "energy, QPU cooling included", "energy without QPU cooling"])
    rounds = pd.read_csv(run / "rounds.csv")
    nothing = dict.fromkeys(("air_bit", "wired_bit", "key_bit", "ledger_byte", "qpu_cooling_j", "publish_s"), 0.0)
    rounds.assign(**nothing).to_csv(run / "rounds.csv", index=False)
    for table in ("transfers", "keys", "agreements"):
        (run / f"{table}.csv").write_text((run / f"{table}.csv").read_text().splitlines()[0] + "\n")
    about = json.loads((run / "run.json").read_text())
    about["scenario"]["collaboration"] = {"part": "Isolated"}
    (run / "run.json").write_text(json.dumps(about))
    text = plain(re.sub("<style>.*?</style>", "", write_report(run).read_text(), flags=re.S))
    assert not [what for what in [*used, "cooling included", "without QPU cooling", "updates to peers"] if what in text]
    assert "</b>energy</div>" in text and "optimizer steps" in text


def test_missing_and_damaged_files_are_told_in_a_sentence(run, tmp_path):
    with pytest.raises(ScenarioError, match="cannot write"):
        write_report(run, into=tmp_path / "no" / "report.html")
    (run / "energy.csv").write_text("round\n")
    with pytest.raises(ScenarioError, match=r"energy.csv is damaged"):
        write_report(run)
    with pytest.raises(ScenarioError, match=r"holds no run.json"):
        write_report(tmp_path)
    with pytest.raises(ScenarioError, match=r"folder must be .*, got None"):
        write_report(None)


def test_a_comparison_has_a_report_too(run, tmp_path, capsys):
    other = shutil.copytree(run, tmp_path / "other")
    write_comparison(tmp_path, [measure(run, "run"), measure(other, "other")], ["one", "other"])
    assert main(["report", str(tmp_path)]) == 0
    file = tmp_path / "report.html"
    assert capsys.readouterr().out == f"{file}\n"
    page = Page(file)
    text = plain(" ".join(page.text))
    assert "hand: 2 runs side by side" in text and "Each folder has tables" in text
    assert "figure-comparison" in page.attributes("id")
    rows = [plain(re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr>(.*?)</tr>", file.read_text())]
    assert rows[-3:] == ["variant replication folder", "one 0 run", "other 0 other"]
    assert "shard: the same on shard chains" in text and "of it votes: bits of agreement messages" in text


def test_the_runs_of_a_sweep_stand_with_their_settings(run, tmp_path):
    table = pd.DataFrame(
        [{"topology.servers": n, "agreement": "PBFT()", **asdict(measure(run, "run"))} for n in (3, 4)]
    )
    table.to_csv(tmp_path / "comparison.csv", index=False)
    rows = re.findall(r"<tr>(.*?)</tr>", write_report(tmp_path).read_text())
    cells = [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows[-3:]]
    assert cells[0] == ["topology.servers", "agreement", "replication", "folder"]
    assert cells[1:] == [["3", "PBFT()", "0", "run"], ["4", "PBFT()", "0", "run"]]


def test_no_line_ends_within_the_name_of_a_node_or_chain(file):
    shown = file.read_text()
    assert '<span class="name">shard-task-1</span> ' in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert ".name { white-space: nowrap; }" in shown
    assert unbroken("a non-new device-1-12, lmuc-block 2") == (
        'a non-new <span class="name">device-1-12</span>, lmuc-block 2'
    )


def test_settings_are_listed_by_their_way_through_the_parts():
    scenario = {"part": "Scenario", "a": {"part": "A", "x": 1.5}, "b": [1, 2], "c": [{"part": "C", "y": None}]}
    text = plain(re.sub(r"<[^>]+>", " ", settings(scenario)))
    for line in ("5 settings", "a A", "a.x 1.5", "b 1, 2", "c[0] C", "c[0].y None"):
        assert line in text
    assert list(parts_of(scenario)) == ["Scenario", "A", "C"]


def test_a_scenario_asks_what_the_docstring_of_its_file_asks(tmp_path):
    path = tmp_path / "asks.py"
    path.write_text(
        '"""Why?\n\nBecause."""\nfrom dataclasses import replace\nimport qflsim as qfl\n'
        "scenario = qfl.Scenario(name='asks')\n"
        "variants = {'a': scenario, 'b': replace(scenario, question='How?')}\n"
    )
    assert load(path).question == "Why?\n\nBecause."
    assert {name: made.question for name, made in load_variants(path).items()} == {"a": "Why?\n\nBecause.", "b": "How?"}


def test_a_question_changes_nothing_of_what_is_run():
    plain, asking = qfl.Scenario(name="x"), qfl.Scenario(name="x", question="Why?")
    assert plain == asking and repr(plain) == repr(asking) and describe(plain) == describe(asking)
    about = {"scenario": describe(asking), "python": repr(asking), "question": "Why?"}
    assert scenario_of(about).question == "Why?"


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_it_without_a_complaint(file, tmp_path):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
             f"--user-data-dir={tmp_path}", "--window-size=390,844", f"--screenshot={tmp_path}/shot.png"]  # fmt: skip
    done = subprocess.run([CHROMIUM, *flags, file.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    assert (tmp_path / "shot.png").stat().st_size > 20_000

"""What finished runs are asked on the command line: list, show, compare, plot, completion."""

import json
import re
import shutil
import subprocess

import pandas as pd
import pytest

from qflsim.cli import main
from qflsim.commands import COMMANDS, command_of
from qflsim.comparison import measure, write_comparison
from qflsim.differences import settings_that_differ, side_by_side
from qflsim.plots import FIGURES
from qflsim.runs import digests
from qflsim.trace import TABLES


@pytest.fixture
def told(capsys):
    """Run the command and give what it printed; a mistake must be one sentence."""

    def command(*arguments, code=0):
        assert main([str(argument) for argument in arguments]) == code
        out, err = capsys.readouterr()
        if code:
            assert err.startswith("qflsim: ") and err.count("\n") == 1, err
        return err if code else out

    return command


@pytest.fixture
def other(run, tmp_path):
    """A copy of the run with another seed and mixing, whose rounds last half as long."""
    copy = shutil.copytree(run, tmp_path / "other")
    about = json.loads((copy / "run.json").read_text())
    about["scenario"] |= {"seed": 4, "mixing": {"part": "Ring"}}
    (copy / "run.json").write_text(json.dumps(about))
    rounds = pd.read_csv(copy / "rounds.csv")
    rounds["ended_s"] = rounds["started_s"] + 50.0
    rounds.to_csv(copy / "rounds.csv", index=False, lineterminator="\n")
    return copy


def test_every_command_has_help_and_a_line_in_the_first_help(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    first = capsys.readouterr().out
    for word, (_, about) in COMMANDS.items():
        assert re.search(rf"{word} +{re.escape(about)}", first)
        assert command_of(word).parser().format_help()


def test_a_word_that_is_no_command_and_no_word_at_all_are_told_what_there_is(told, capsys):
    assert "there is no command 'shwo' and no such file; did you mean 'show'?" in told("shwo", "results/x", code=2)
    assert "it has run, sweep, list" in told("qqq", code=2)
    assert main([]) == 2
    assert "other commands, each with a --help of its own" in capsys.readouterr().err


def test_list_says_what_each_scenario_asks(told, tmp_path):
    (tmp_path / "one.py").write_text('"""How\nmany?\n\nNot this."""\nraise SystemExit\n')  # read, never executed
    (tmp_path / "two.py").write_text("x = (\n")
    (tmp_path / "three.py").write_text("x = 3\n")
    (tmp_path / "_helper.py").write_text("")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "__main__.py").write_text('"""What of it all?"""\n')
    out = told("list", tmp_path)
    assert "one.py\n    How many?\n" in out and "Not this" not in out and "_helper" not in out
    assert f"{tmp_path / 'study'}\n    What of it all?\n" in out
    assert "(cannot be read: line 1: '(' was never closed)" in out and "asks no question" in out


def test_list_of_the_scenarios_of_this_project(told):
    out = told("list")
    assert "what does agreement cost" in out
    assert "scenarios/case_study\n    Do the paper's claims about topologies and methods hold on MNIST?\n" in out


def test_the_folder_above_several_runs_says_how_they_are_laid_side_by_side(told, run, other):
    above = other.parent
    sentence = f"; {other} is one of 2 in it; 'sweep SCENARIO --replications R' lays replications side by side\n"
    assert sentence in told("show", above, code=2)
    shutil.rmtree(run)
    assert f"; {other} is one in it\n" in told("show", above, code=2)


def test_list_of_no_folder_and_of_an_empty_one(told, tmp_path):
    assert "there is no folder" in told("list", tmp_path / "none", code=2)
    assert "holds no scenario files" in told("list", tmp_path, code=2)


def test_show_prints_the_summary(told, run):
    out = told("show", run)
    assert "hand, seed 3: 2 rounds" in out and "classifies 45.0 % of the test samples" in out


def test_show_of_a_comparison_prints_its_table(told, run, other, tmp_path):
    write_comparison(tmp_path, [measure(run, "run"), measure(other, "other")], ["star", "ring"])
    out = told("show", tmp_path)
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["star", "ring"] and not lines[3]
    told = " ".join(lines[4:])
    for heading in ("global", "shard", "local", "of it votes", "a device"):
        assert (heading in lines[0]) == (f"; {heading}: " in told), heading


def test_a_point_of_a_sweep_is_a_run_though_it_holds_its_row_of_the_comparison(told, run):
    write_comparison(run, [measure(run, "points/1")])
    assert "hand, seed 3: 2 rounds" in told("show", run)
    assert told("plot", run, "--only", "energy").endswith("energy.png\n")


def test_compare_shows_what_differs_and_by_how_much(told, run, other):
    out = told("compare", run, other)
    assert re.search(r"seed +3 +4\n", out) and re.search(r"mixing +\(not there\) +Ring\(\)\n", out)
    assert re.search(r"mean duration of a round +100 s +50 s +-50.0 %", out)
    assert re.search(r"accuracy of the last .* 45.0 % +45.0 % +\+0.0 points", out)
    assert "note:" not in out


def test_compare_notes_runs_of_unequal_length_and_of_unequal_data(told, run, other):
    about = json.loads((other / "run.json").read_text())
    about["scenario"]["data"] = {"part": "Digits", "classes": [1, 2]}
    (other / "run.json").write_text(json.dumps(about))
    rounds = (other / "rounds.csv").read_text().splitlines(keepends=True)
    (other / "rounds.csv").write_text("".join(rounds[:-1]))
    out = told("compare", run, other)
    assert "2 and 1 whole rounds" in out and "They do not learn the same" in out


def test_runs_that_cannot_be_compared_are_refused(told, run, empty, tmp_path):
    assert "are the same run" in told("compare", run, run.parent / "." / run.name, code=2)
    assert "no round was completed" in told("compare", run, empty, code=2)
    assert "no folder" in told("compare", run, tmp_path / "nowhere", code=2)
    assert re.search(r"holds no run.json; .*/empty is one of 2 in it", told("compare", run, run.parent, code=2))


def test_settings_that_differ_are_named_by_their_way_through_the_parts():
    first = {
        "part": "S",
        "a": {"part": "A", "x": 1.0, "y": 2},
        "b": [{"part": "B", "z": 1}],
        "c": {"part": "C", "u": 1},
    }
    second = {
        "part": "S",
        "a": {"part": "A", "x": 1.5, "y": 2},
        "b": [{"part": "B", "z": 2}],
        "c": {"part": "D", "u": 1},
    }
    lines = [(line.what, line.first, line.second) for line in settings_that_differ(first, second)]
    assert lines == [("a.x", "1", "1.5"), ("b[0].z", "1", "2"), ("c", "C(u=1)", "D(u=1)")]
    assert not list(settings_that_differ(first, first))


def test_a_comparison_with_itself_elsewhere_differs_in_nothing(run, tmp_path):
    pair = side_by_side(run, shutil.copytree(run, tmp_path / "copy"))
    assert not pair.settings and not pair.notes
    assert {line.change for line in pair.outcomes} <= {"equal", "+0.0 points"}


def test_plot_draws_what_is_asked_for_where_it_is_asked_for(told, run, tmp_path):
    out = told("plot", run, "--only", "energy", "--only", "time", "--format", "svg,pdf", "--out", tmp_path / "figures")
    files = [line.rpartition("/")[2] for line in out.split()]
    assert files == ["energy.svg", "energy.pdf", "time.svg", "time.pdf"]
    assert {path.name for path in (tmp_path / "figures").iterdir()} == set(files)
    assert not list(run.glob("*.png"))


def test_plot_refuses_unknown_figures_and_formats_and_places(told, run, tmp_path):
    assert "there is no figure 'energie'; did you mean 'energy'?" in told("plot", run, "--only", "energie", code=2)
    assert "there is no figure 'xyz'; there are learning, time" in told("plot", run, "--only", "time,xyz", code=2)
    assert "one of png, pdf, svg, got 'gif'" in told("plot", run, "--format", "png,gif", code=2)
    (tmp_path / "file").write_text("")
    assert "cannot write to" in told("plot", run, "--out", tmp_path / "file", code=2)


def test_plot_takes_names_of_figures_with_commas_and_lists_them_in_its_help(told, run):
    out = told("plot", run, "--only", "energy,time", "--only", "time")
    assert [line.rpartition("/")[2] for line in out.split()] == ["energy.png", "time.png"]
    shown = " ".join(command_of("plot").parser().format_help().split())
    assert ", ".join(FIGURES) in shown


def test_plot_says_so_where_a_run_has_nothing_to_draw(run, capsys):
    assert main(["plot", str(run), "--only", "mobility,energy"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("energy.png\n") and out.count("\n") == 1
    assert "note: the run in" in err and "nothing to show in the figure mobility" in err and err.count("\n") == 1


def test_plot_of_a_comparison_says_that_it_has_one_figure(run, other, tmp_path, capsys):
    write_comparison(tmp_path, [measure(run, "run"), measure(other, "other")], ["star", "ring"])
    assert main(["plot", str(tmp_path), "--only", "comparison"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["plot", str(tmp_path), "--only", "energy"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("comparison.png\n") and "whose one figure is comparison" in err
    assert main(["plot", str(tmp_path), "--only", "energie"]) == 2


@pytest.mark.parametrize("command", ["show", "compare", "plot"])
def test_a_missing_or_damaged_table_is_named_with_what_to_do(told, run, tmp_path, command):
    also = [shutil.copytree(run, tmp_path / "copy")] if command == "compare" else []
    tables = ("rounds", "agreements", "storage", "energy", "nodes") if also else [record.table for record in TABLES]
    for path in [run / f"{table}.csv" for table in tables] + [run / "run.json"]:
        content = path.read_bytes()
        path.unlink()
        assert path.name in told(command, run, *also, code=2)
        for damaged in (b"", b"\xff\xfe\x00", content[:-1], content.replace(b",", b";")):
            path.write_bytes(damaged)
            sentence = told(command, run, *also, code=2)
            assert path.name in sentence and "run the scenario again" in sentence
        path.write_bytes(content)


def test_a_cell_that_is_no_number_is_named_with_its_table(told, run):
    path = run / "rounds.csv"
    path.write_text(path.read_text().replace("100.0", "hundred"))
    for command in ("show", "plot"):
        assert "rounds.csv is damaged" in told(command, run, code=2)


def completed(script, *words):
    """What bash would offer for the last of the words."""
    array = " ".join(f"'{word}'" for word in ("qflsim", *words))
    line = f"{script}\nCOMP_WORDS=({array}); COMP_CWORD={len(words)}; _qflsim; echo ${{COMPREPLY[@]}}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_fields(told):
    script = told("completion", "bash")
    assert completed(script, "com") == ["compare", "completion"]
    assert set(completed(script, "")) >= set(COMMANDS)
    assert completed(script, "resume", "results", "--fr") == ["--from-round"]
    assert completed(script, "scenarios/paper.py", "--re") == ["--replications"]
    assert completed(script, "scenarios/paper.py", "--set", "mi") == ["mixing="]
    assert completed(script, "sweep", "scenarios/paper.py", "--axis", "va") == ["variant="]
    assert completed(script, "sweep", "scenarios/paper.py", "--axis", "mixi") == ["mixing="]
    assert completed(script, "sweep", "scenarios/paper.py", "--keep", "rounds,le") == ["rounds,ledger"]
    assert completed(script, "plot", "results/x", "--only", "energy,lea") == ["energy,learning"]
    assert completed(script, "plot", "results/x", "--format", "p") == ["png", "pdf"]
    assert completed(script, "plot", "results/x", "--size", "") == ["screen", "page", "column"]
    assert completed(script, "plot", "results/x", "--out", "sc") == []  # so that bash offers files
    assert completed(script, "completion", "z") == ["zsh"]
    assert "bashcompinit" in told("completion", "zsh")


def test_fish_completes_commands_options_and_fields(told):
    script = told("completion", "fish")
    lines = script.splitlines()[1:]
    assert all(line.startswith("complete -c qflsim -n ") for line in lines)
    assert sum("__fish_is_first_arg" in line for line in lines) == len(COMMANDS)
    (plotted,) = (line for line in lines if "from plot'" in line and "-l format" in line)
    assert "-x -a 'png pdf svg' -d" in plotted
    (placed,) = (line for line in lines if "from plot'" in line and "-l out" in line)
    assert "-r -d" in placed  # it takes a value
    assert any(" -l set -x -a 'name= seed= rounds=" in line for line in lines)
    assert any("from completion' -f -a 'bash zsh fish'" in line for line in lines)
    if shutil.which("fish"):
        subprocess.run(["fish", "--no-execute"], input=script, text=True, check=True)


WRONG = [None, 3, "x", [], {"a": 1}]
FITTING = [("aer", None), ("status", "x"), ("python", "x"), ("replication", 3), ("rounds_done", 3)]


@pytest.mark.parametrize(
    "entry", ["scenario", "replication", "status", "rounds_done", "ledgers", "versions", "sha256", "python", "aer"]
)
def test_an_entry_of_run_json_that_no_run_writes_is_named(told, run, entry):
    path = run / "run.json"
    about = json.loads(path.read_text())
    for wrong in WRONG:
        if (entry, wrong) in FITTING:
            continue
        path.write_text(json.dumps(about | {entry: wrong}))
        for command in ("show", "timeline", "audit"):
            sentence = told(command, run, code=2)
            assert "run.json is damaged" in sentence and entry in sentence and "run the scenario again" in sentence
        assert not (run / "timeline.json").exists()


def test_a_table_whose_rows_have_gone_is_named_where_it_no_longer_fits(told, run, tmp_path, monkeypatch):
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(about | {"sha256": digests(run)}))
    monkeypatch.setattr("qflsim.summary.summarise", lambda folder: {}["rounds of a server that is not there"])
    with pytest.raises(KeyError):  # as written: a fault of the program shows where
        main(["show", str(run)])
    (run / "nodes.csv").write_text((run / "nodes.csv").read_text().splitlines()[0] + "\n")
    assert re.search(r"nodes.csv was changed after the run and no longer fits the other", told("show", run, code=2))


@pytest.mark.parametrize("command", ["show", "plot", "report", "timeline", "compare"])
def test_tables_that_were_changed_are_read_with_a_note(run, tmp_path, capsys, command):
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(about | {"sha256": digests(run) | {"dropped.csv": "0" * 64}}))
    also = [str(shutil.copytree(run, tmp_path / "copy"))] if command == "compare" else []
    arguments = [command, str(run), *also, *(["--only", "energy"] if command == "plot" else [])]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    for table in ("transfers", "evaluations"):
        rows = (run / f"{table}.csv").read_text().splitlines(keepends=True)
        (run / f"{table}.csv").write_text("".join(rows[:-1]))
        assert main(arguments) == 0
        told = capsys.readouterr().err
        assert told.startswith("qflsim: note: ") and told.count("\n") == 1 and f"transfers.csv in {run} " in told
    assert "evaluations.csv, transfers.csv in" in told and "are not as the run wrote them" in told


def test_every_command_says_something_of_tables_without_rows(run, capsys):
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(about | {"sha256": digests(run)}))
    for table in TABLES:
        path = run / f"{table.table}.csv"
        content = path.read_bytes()
        path.write_bytes(content.splitlines(keepends=True)[0])
        for command in ("show", "timeline"):
            code, shown = main([command, str(run)]), capsys.readouterr()
            assert code == 0 or (code == 2 and shown.err.count("\n") == 1 and path.name in shown.err), shown.err
        path.write_bytes(content)


def test_a_folder_in_place_of_a_table_is_no_table(told, run):
    (run / "energy.csv").unlink()
    (run / "energy.csv").mkdir()
    assert "holds no energy.csv" in told("show", run, code=2)
    assert "energy.csv" not in digests(run)


def test_a_comparison_of_no_runs_is_told_so(told, run, tmp_path):
    write_comparison(tmp_path, [], ["star"])
    for command in ("show", "report"):
        assert "comparison.csv holds no run" in told(command, tmp_path, code=2)

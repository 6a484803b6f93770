"""The command line as its user meets it: results, mistakes, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

SCENARIO = '''"""A scenario of a test: what comes out of a tiny world?"""
import qflsim as qfl
from qflsim.units import m, s

scenario = qfl.Scenario(
    name="tiny",
    seed=3,
    rounds=2,
    topology=qfl.DenseCell(servers=3, devices_per_server=3, radius=100 * m),
    qpu=qfl.IBMSnapshot(snapshot="manila", shots=16, job_overhead=0.01 * s),
    model=qfl.VQC(qubits=2, layers=1),
    data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=16, epochs=1),
    aer_samples=0,
)
'''
TABLES = {"rounds", "jobs", "transfers", "blocks", "agreements", "keys", "energy", "storage", "evaluations"}


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "tiny.py"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def qflsim(command_environment, tmp_path):
    """Run the command in a fresh folder; extra environment by keyword."""

    def command(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "qflsim", *map(str, arguments)],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=command_environment | environment,
        )  # fmt: skip

    return command


def refused(done, *words):
    """Exit code 2, one message, no traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_run_leaves_tables_figures_and_a_summary(qflsim, scenario, tmp_path):
    done = qflsim(scenario)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "tiny" / "seed3"
    assert f"results: {folder.relative_to(tmp_path)}" in done.stdout
    assert {path.stem for path in folder.glob("*.csv")} >= TABLES
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert len(list(folder.rglob("*.png"))) >= 5
    assert "accuracy" in done.stdout and "QPU" in done.stdout
    assert done.stdout.count(f"go on with: python -m qflsim report {folder.relative_to(tmp_path)}, a page") == 1
    assert "in place of report: plot (figures for print), timeline (who did what when), audit\n" in done.stdout
    assert "2/2 rounds" in done.stderr


def test_what_is_said_before_and_after_runs_is_said_once(qflsim, scenario):
    network = ("--set", "model=Perceptron(features=2, outputs=2)", "--set", "rounds=1")
    done = qflsim(scenario, *network, "--replications", "2")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("No QPU takes part") == 1
    assert done.stdout.count("results: ") == 2 and done.stdout.count("go on with: ") == 1
    hint = f"side by side, in one table: python -m qflsim sweep {scenario} --replications 2 --set 'model=Perceptron("
    assert done.stdout.count(hint) == 1 and done.stdout.count("' --set rounds=1\n") == 1


def test_same_seed_same_bytes_and_nothing_is_overwritten(qflsim, scenario, tmp_path):
    for salt in ("0", "12345"):
        assert qflsim(scenario, "--quiet", PYTHONHASHSEED=salt).returncode == 0
    first, second = (tmp_path / "results" / "tiny" / name for name in ("seed3", "seed3-2"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) > 15
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
    assert qflsim(scenario, "--quiet", "--seed", "4").returncode == 0
    other = tmp_path / "results" / "tiny" / "seed4"
    assert (other / "rounds.csv").read_bytes() != (first / "rounds.csv").read_bytes()


def test_replications_overrides_and_quiet(qflsim, scenario, tmp_path):
    done = qflsim(
        scenario, "--replications", "2", "--set", "topology.servers=2", "--set", "mixing=Ring()", "--set", "rounds=1",
        "--set", "signatures=ECDSA_P256()", "--set", "access.carrier=3.5*GHz", "--out", "elsewhere", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.split() == ["results:", "elsewhere/tiny/seed3", "results:", "elsewhere/tiny/seed3-rep1"]
    runs = [tmp_path / "elsewhere" / "tiny" / name for name in ("seed3", "seed3-rep1")]
    for run in runs:
        described = json.loads((run / "run.json").read_text())["scenario"]
        assert (described["topology"]["servers"], described["mixing"]["part"]) == (2, "Ring")
        assert described["access"]["carrier"] == 3.5e9
    assert (runs[0] / "rounds.csv").read_bytes() != (runs[1] / "rounds.csv").read_bytes()


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("topolgy.servers=3", ["no field 'topolgy'", "did you mean 'topology'"]),
        ("topology.server=3", ["DenseCell has no field 'server'", "did you mean 'servers'"]),
        ("rounds=2.5", ["Scenario.rounds must be a whole number, got 2.5"]),
        ("rounds=0", ["Scenario.rounds must be >= 1, got 0"]),
        ("rounds='3'", ["must be a whole number, got '3'"]),
        ("access.carrier=28GHz", ["cannot read '28GHz'", "28*GHz"]),
        ("access.carrier=nan", ["UrbanMicro.carrier must be a finite number, got nan"]),
        ("topology.radius=-5*m", ["DenseCell.radius must be > 0 m, got -5.0"]),
        ("mixing=Starr()", ["unknown name 'Starr'", "did you mean Star"]),
        ("mixing=Star", ["got the class Star (write Star())"]),
        ("agreement=Ring()", ["such as", "PBFT(), ", "or a PerChain, got Ring(", "; Ring() is for Scenario.mixing"]),
        ("data=mnist", ["unknown name 'mnist'"]),
        ("data='mnist'", ["must be a Dataset such as Digits(), MNIST(), got 'mnist'; did you mean MNIST()?"]),
        ("data=Digits(classes=3)", ["Digits.classes must be a tuple, got 3; name the digits, e.g. (0, 1, 2)"]),
        ("agreement=PBFT(view_timeout=-1)", ["PBFT.view_timeout must be > 0 s, got -1.0"]),
        ("agreement=PBFT(timeout=1)", ["'timeout'", "did you mean 'view_timeout'"]),
        ("rounds=abc", ["unknown name 'abc'", "give a number"]),
        ("rounds", ["must read field=value"]),
        ("seed.x=1", ["no fields of its own"]),
        ("name=../up", ["Scenario.name must be letters"]),
        ("data.classes=(0,1,2)", ["2 at most, the data set has 3"]),
        ("rounds=__import__('os').getpid()", ["cannot read"]),
        ("rounds=(1).real", ["cannot read '1 .real'"]),
        ("rounds=Star.__module__", ["Star holds no part '__module__'"]),
        ("rounds=Star.matrix()", ["Star holds no part 'matrix'"]),
        ("rounds=10**10**10", ["10**10000000000 is beyond sense"]),
        ("rounds=10**-10**10**2**2", ["beyond sense"]),
        ("data.classes=(1,)*10**10", ["must not be repeated more than 100,000 times"]),
        ("rounds=" + "-" * 100_000 + "1", ["cannot read"]),
    ],
)
def test_wrong_overrides_get_a_sentence_and_write_nothing(qflsim, scenario, tmp_path, assignment, words):
    refused(qflsim(scenario, "--set", assignment), *words)
    assert {path.name for path in tmp_path.iterdir()} == {"tiny.py"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("scenario = qfl.Scenario(name='x'\n", ["line 1", "was never closed", "scenario = qfl.Scenario(name='x'"]),
        ("import qflsim as qfl\nscenario = qfl.Scenario()\n", ["line 2", "name"]),
        (
            "import qflsim as qfl\nscenario = qfl.Scenario(name='x', rounds=-1)\n",
            ["line 2", "Scenario.rounds must be >= 1"],
        ),
        ("import qflsim as qfl\nscenario = qfl.Scenari(name='x')\n", ["line 2", "Scenari", "did you mean 'Scenario'"]),
        ("import qflsim as qfl\nscenario = qfl.Scenario(name='x', bounds=3)\n", ["line 2", "did you mean 'rounds'"]),
        ("x = 3\n", ["defines no 'scenario'"]),
        ("scenario = 3\n", ["'scenario' must be a qfl.Scenario, got 3"]),
        ("import nonexistent_module\n", ["line 1", "nonexistent_module"]),
    ],
)
def test_wrong_scenario_files_get_a_sentence_with_their_line(qflsim, tmp_path, content, words):
    path = tmp_path / "wrong.py"
    path.write_text(content)
    refused(qflsim(path), *words)
    assert {p.name for p in tmp_path.iterdir()} <= {"wrong.py", "__pycache__"}


def test_missing_scenarios_are_looked_for_nearby(qflsim, scenario, tmp_path):
    refused(qflsim("tinny.py"), "tinny.py does not exist", "did you mean tiny.py")
    refused(qflsim(tmp_path), "is a folder", "tiny.py")
    refused(qflsim("--seed", "-1", scenario), "must be a whole number >= 0, got '-1'")


def test_a_folder_that_is_a_program_is_run_with_its_arguments(qflsim, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "beside.py").write_text("WORD = 'asked'\n")
    program = "import sys\nfrom beside import WORD\nprint(WORD, sys.argv[1:])\nsys.exit(3)\n"
    (folder / "__main__.py").write_text(program)
    done = qflsim(folder, "--quick")
    assert (done.returncode, done.stdout.strip()) == (3, "asked ['--quick']")


def test_a_scenario_file_may_import_the_files_beside_it(qflsim, scenario, tmp_path):
    (tmp_path / "beside.py").write_text(scenario.read_text())
    (tmp_path / "mine.py").write_text('"""Mine."""\n\nfrom beside import scenario\n')
    refused(qflsim(tmp_path / "mine.py", "--set", "rounds=0"), "rounds")


def test_unwritable_results_are_refused_before_anything_runs(qflsim, scenario, tmp_path):
    (tmp_path / "file").write_text("")
    refused(qflsim(scenario, "--out", "file"), "cannot write results to file", "is a file")
    refused(qflsim(scenario, "--out", "file/below"), "cannot write results to file/below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(qflsim, scenario, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    refused(qflsim(scenario, "--out", "locked"), "Permission denied")


def test_mnist_that_is_missing_or_damaged_says_what_to_do(qflsim, scenario, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(empty)}
    done = qflsim(scenario, "--set", f"data=MNIST(classes=(0, 1), features=2, folder='{empty}')", **nowhere)
    refused(
        done, "train-images-idx3-ubyte", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", str(empty)
    )
    (empty / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8bnot really")
    done = qflsim(scenario, "--set", f"data=MNIST(classes=(0, 1), features=2, folder='{empty}')", **nowhere)
    refused(done, "train-images-idx3-ubyte.gz")
    assert not (tmp_path / "results").exists()


def test_ctrl_c_keeps_complete_tables_and_says_so(command_environment, scenario, tmp_path):
    # A shell's background jobs inherit "ignore" for the signal of Ctrl-C.
    heeding = "import os, signal as s, sys; s.signal(s.SIGINT, s.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    asked = [sys.executable, "-m", "qflsim", str(scenario), "--set", "rounds=100000"]
    with subprocess.Popen(
        [sys.executable, "-c", heeding, *asked], cwd=tmp_path, env=command_environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        folder = tmp_path / "results" / "tiny" / "seed3"
        wait_until(lambda: rows(folder / "rounds.csv") >= 2)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr and "interrupted in round" in stderr and "complete and readable" in stderr
    assert f"results: {folder.relative_to(tmp_path)}" in stdout
    run_json = json.loads((folder / "run.json").read_text())
    assert run_json["status"] == "interrupted" and run_json["rounds_done"] == rows(folder / "rounds.csv")
    for table in TABLES:
        whole = pd.read_csv(folder / f"{table}.csv")
        assert len(whole) == rows(folder / f"{table}.csv") and not whole.iloc[:, 0].isna().any()


def wait_until(condition, limit=120.0):
    """Poll until ``condition``; a run that never gets there fails here."""
    until = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def rows(path: Path) -> int:
    """Complete data rows of a CSV; 0 if it is not there yet."""
    return max(0, path.read_text().count("\n") - 1) if path.exists() else 0


def test_help_names_everything(qflsim):
    done = qflsim("--help")
    assert done.returncode == 0
    for option in ("--set", "--seed", "--replications", "--out", "--quiet", "validate"):
        assert option in done.stdout

"""A user's own parts: the code of the guide, as it stands there, registered nowhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "own_parts.md"
CODE = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
DICTATOR, CHAIN, LIARS, LATE_VOTES, LISTENER, _, OWN_PARTS = CODE  # the one left out is in test_world_networks.py


def command(environment, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "qflsim", *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


def test_parts_of_ones_own_run_and_are_described(command_environment, tmp_path):
    (tmp_path / "own.py").write_text(OWN_PARTS, encoding="utf-8")
    done = command(command_environment, tmp_path, "own.py", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "own" / "seed7"
    described = json.loads((folder / "run.json").read_text())["scenario"]
    assert described["data"]["part"] == "TwoMoons" and described["data"]["noise"] == 0.1
    jobs = pd.read_csv(folder / "jobs.csv")
    training = jobs[jobs["purpose"] == "train"]
    assert set(training["node"]) == {"device-1-1", "device-1-2", "device-2-1", "device-2-2"}
    # one circuit unshifted and two for each of two parameters, at 5.5 shots a second
    durations = training["ended_s"] - training["started_s"]
    assert (abs(durations - training["samples"] * 5 / 5.5) < 1e-6).all()


def test_overrides_know_the_parts_of_the_file_and_their_bounds(command_environment, tmp_path):
    (tmp_path / "own.py").write_text(OWN_PARTS, encoding="utf-8")
    done = command(command_environment, tmp_path, "own.py", "--quiet", "--set", "data=TwoMoons(noise=0.3)")
    assert done.returncode == 0, done.stderr
    refused = command(command_environment, tmp_path, "own.py", "--set", "data.noise=-0.3")
    assert refused.returncode == 2
    assert "TwoMoons.noise must be >= 0, got -0.3; write e.g. 0.1" in refused.stderr


def test_the_protocol_of_the_guide_runs_all_chains(command_environment, tmp_path):
    own = OWN_PARTS.replace("    aer_samples=0,", "    aer_samples=0,\n    agreement=Dictator(),")
    future = "from dataclasses import dataclass\n"
    (tmp_path / "own.py").write_text(own.replace(future, DICTATOR + "\n\n" + future, 1), encoding="utf-8")
    done = command(command_environment, tmp_path, "own.py", "--quiet")
    assert done.returncode == 0, done.stderr
    agreements = pd.read_csv(tmp_path / "results" / "own" / "seed7" / "agreements.csv")
    assert set(agreements["protocol"]) == {"dictator"}
    assert (agreements["messages"] == agreements["validators"] - 1).all()


def test_the_dissemination_of_the_guide_passes_blocks_along_a_chain(command_environment, tmp_path):
    own = OWN_PARTS.replace("    aer_samples=0,", "    aer_samples=0,\n    dissemination=Chain(),")
    future = "from dataclasses import dataclass\n"
    (tmp_path / "own.py").write_text(own.replace(future, CHAIN + "\n\n" + future, 1), encoding="utf-8")
    done = command(command_environment, tmp_path, "own.py", "--quiet")
    assert done.returncode == 0, done.stderr
    spread = pd.read_csv(tmp_path / "results" / "own" / "seed7" / "propagation.csv")
    assert set(spread["dissemination"]) == {"Chain"}
    whole = spread[spread["kind"] == "update"]  # a proposal may be decided before it has come all the way
    assert (whole["reached"] == whole["nodes"]).all() and (whole["duplicates"] == 1).all()
    assert (whole["messages"] == whole["nodes"] + 1).all()


def test_the_threat_of_the_guide_is_believed_and_changes_what_is_learned(command_environment, tmp_path):
    future = "from dataclasses import dataclass\n"
    lied = OWN_PARTS.replace("    aer_samples=0,", "    aer_samples=0,\n    threats=(Liars(share=1.0),),")
    (tmp_path / "own.py").write_text(OWN_PARTS, encoding="utf-8")
    (tmp_path / "lied.py").write_text(lied.replace(future, LIARS + "\n\n" + future, 1), encoding="utf-8")
    losses = []
    for scenario, computed in (("own", False), ("lied", False), ("lied", True)):
        out = tmp_path / f"{scenario}-{computed}"
        done = command(
            command_environment, tmp_path, f"{scenario}.py", "--quiet",
            "--set", f"computed_cryptography={computed}", "--out", str(out),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert pd.read_csv(out / "own" / "seed7" / "rejections.csv").empty
        losses.append(pd.read_csv(out / "own" / "seed7" / "rounds.csv")["loss"].iloc[-1])
    assert losses[0] != losses[1] == losses[2]
    refused = command(command_environment, tmp_path, "lied.py", "--set", "threats=(Liars(share=0),)")
    assert refused.returncode == 2
    assert "Liars.share must be > 0, got 0" in refused.stderr


def test_the_adversary_of_the_guide_delays_what_it_aims_at(command_environment, tmp_path):
    late = OWN_PARTS.replace("    aer_samples=0,", "    aer_samples=0,\n    threats=(LateVotes(),),")
    future = "from dataclasses import dataclass\n"
    imports = "import qflsim as qfl\n"
    threat = f"{future}{imports}\n\n{LATE_VOTES}\n\n"
    (tmp_path / "late.py").write_text(late.replace(future, threat + future, 1), encoding="utf-8")
    done = command(command_environment, tmp_path, "late.py", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = next((tmp_path / "results").rglob("agreements.csv")).parent
    agreements, transfers = (pd.read_csv(folder / f"{name}.csv") for name in ("agreements", "transfers"))
    assert (agreements["ended_s"] - agreements["started_s"] > 5.0).all()
    took = (transfers["delivered_s"] - transfers["sent_s"]).groupby(transfers["kind"]).min()
    assert took["commit"] >= 5.0 > took["prepare"]


def test_the_replica_of_the_guide_sits_in_for_a_validator_and_says_nothing(command_environment, tmp_path):
    mute = OWN_PARTS.replace("    aer_samples=0,", "    aer_samples=0,\n    threats=(Listener(),),")
    future = "from dataclasses import dataclass\n"
    (tmp_path / "mute.py").write_text(mute.replace(future, LISTENER + "\n\n" + future, 1), encoding="utf-8")
    done = command(command_environment, tmp_path, "mute.py", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = next((tmp_path / "results").rglob("agreements.csv")).parent
    agreements, transfers = (pd.read_csv(folder / f"{name}.csv") for name in ("agreements", "transfers"))
    sat = agreements[agreements["chain"] == "global"]
    assert (sat["faulty"] == 1).all() and (sat["decided"] == sat["validators"] - 1).all()
    votes = transfers[transfers["kind"].isin(["pre-prepare", "prepare", "commit"])]
    assert not (votes["source"] == "server-2").any() and (votes["destination"] == "server-2").any()


OWN = """
from dataclasses import dataclass
import numpy as np
import qflsim as qfl
from qflsim.security.held import HeldNodes
from qflsim.units import m

@dataclass(frozen=True, kw_only=True)
class Mine(qfl.Aggregator):
    def aggregate(self, parameters, updates):
        return {aggregate}

class Silent(HeldNodes):
    def corrupt(self, update, round, rng):
        {corrupt}

scenario = qfl.Scenario(
    name="own", rounds=1, topology=qfl.DenseCell(servers=1, devices_per_server=2, radius=100 * m),
    model=qfl.VQC(qubits=2, layers=1), data=qfl.Digits(classes=(0, 1), features=2), aer_samples=0,
    aggregation=Mine(), threats=(Silent(nodes=("device-*-1",)),),
)
"""


@pytest.mark.parametrize(
    ("aggregate", "corrupt", "sentence"),
    [
        ("parameters[:1]", "return update", r"Mine.aggregate must return \d+ finite numbers.*got an array of shape"),
        ("parameters * np.nan", "return update", "Mine.aggregate must return .*got numbers that are not finite; check"),
        ("None", "return update", r"Mine.aggregate must return .*got a NoneType; check"),
        ("parameters", "pass", r"Silent.corrupt must return an Update, got None; return the one"),
    ],
)  # fmt: skip
def test_what_ones_own_part_returns_is_refused_in_a_sentence(
    aggregate, corrupt, sentence, command_environment, tmp_path
):
    (tmp_path / "own.py").write_text(OWN.format(aggregate=aggregate, corrupt=corrupt), encoding="utf-8")
    command = [sys.executable, "-m", "qflsim", "own.py", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, env=command_environment, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert re.search(rf"qflsim: {sentence}", done.stderr), done.stderr

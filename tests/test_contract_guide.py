"""The contract of the guide runs as it stands there, and an audit that is given its file replays it."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "contract.md"
(CODE,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_rules_of_ones_own_pay_remember_and_are_replayed(command_environment, tmp_path):
    (tmp_path / "besthalf.py").write_text(CODE, encoding="utf-8")

    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "qflsim", *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=command_environment,
        )  # fmt: skip

    done = command("besthalf.py", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "besthalf" / "seed7"
    standings = pd.read_csv(folder / "standings.csv", keep_default_na=False)
    devices = standings[standings["role"] == "device"]
    assert (devices["earned"] > 0).groupby(devices["round"]).sum().tolist() == [4, 4]  # of seven
    assert set(devices.loc[devices["earned"] > 0, "earned"]) == {12.5}
    reputation = devices.set_index(["round", "node"])["reputation"].astype(float)
    assert reputation[1, "device-1-1"] == 0.0 and reputation[1, "device-1-2"] == 1.0
    assert not devices.set_index(["round", "node"])["selected"][2, "device-1-1"]
    whole = command("audit", str(folder), "--scenario", "besthalf.py")
    assert whole.returncode == 0, whole.stdout
    assert "whole   contract of task-1, 2 rounds replayed" in whole.stdout
    unknown = command("audit", str(folder))
    assert unknown.returncode == 1
    assert "unknown name 'BestHalf'" in unknown.stdout and "give --scenario FILE" in unknown.stdout

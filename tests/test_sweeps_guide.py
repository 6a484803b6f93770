"""What the guide to sweeps shows works as it stands there."""

import re
from functools import partial
from pathlib import Path

import qflsim as qfl

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "sweeps.md"


def test_the_guide_runs_from_start_to_end(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(qfl, "sweep", partial(qfl.sweep, workers=1, progress=False), raising=False)
    names = {"__name__": "guide"}
    for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        exec(code, names)
    assert capsys.readouterr().out.endswith("4 of 12\n")
    assert names["made"].folder == Path("results/swept/sweep")
    assert list(names["rounds"].columns[:5]) == ["topology.servers", "mixing", "replication", "round", "task"]

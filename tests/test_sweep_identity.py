"""What makes two points the same: whatever changes a run changes its key, and nothing else does, in any process."""

import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qflsim as qfl
from qflsim.sweeps import identity, modules
from qflsim.sweeps.identity import fingerprint, own_modules, written
from qflsim.sweeps.packing import packed, unpacked

OWN = """
from dataclasses import dataclass
import qflsim as qfl
import helpers
RATE = 1.0
def rate():
    return RATE

@dataclass(frozen=True, kw_only=True)
class Own(qfl.FedAvg):
    k: int = 1
    def aggregate(self, parameters, updates):
        return helpers.shrink() * rate() * super().aggregate(parameters, updates)

scenario = qfl.Scenario(
    name="own", rounds=1, topology=qfl.DenseCell(servers=2, devices_per_server=2), aer_samples=0, background=None,
    model=qfl.VQC(qubits=2, layers=1), data=qfl.Digits(classes=(0, 1), features=2), qpu=qfl.EdgeQPU(shots=16),
    training=qfl.LocalTraining(batch=16, epochs=1), aggregation=Own(),
)
"""
HELPERS = "from constants import SCALE\ndef shrink():\n    return SCALE\n"
PRINT = "\nfrom qflsim.sweeps.identity import fingerprint\nprint(fingerprint(scenario))\n"


@pytest.fixture
def beside(tmp_path):
    """A scenario file with a helper beside it, which takes a constant from a third file."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "helpers.py").write_text(HELPERS)
    (tmp_path / "constants.py").write_text("SCALE = 0.9\n")
    yield tmp_path / "own.py"
    for name in ("helpers", "constants", "scenarios.own"):
        sys.modules.pop(name, None)


def typed(constant="2.0", function="held * 2.0"):
    """A part as it is made at a prompt."""
    names = {"qfl": qfl, "dataclass": dataclass, "held": 1.0, "__name__": "__main__"}
    exec(
        f"def twice(): return {function}\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Typed(qfl.FedAvg):\n"
        f"    def aggregate(self, parameters, updates): return twice() * {constant}\n",
        names,
    )
    return names


def test_a_change_in_any_module_on_the_way_makes_another_run(beside):
    prints = [fingerprint(qfl.load(beside)), fingerprint(qfl.load(beside))]
    (beside.parent / "constants.py").write_text("SCALE = 0.1\n")
    prints.append(fingerprint(qfl.load(beside)))
    (beside.parent / "helpers.py").write_text(HELPERS + "\nshrink_more = shrink\n")
    prints.append(fingerprint(qfl.load(beside)))
    assert prints[0] == prints[1] and len(set(prints)) == 3
    assert own_modules(qfl.load(beside)) == {"scenarios.own", "helpers", "constants"}


def test_a_module_that_a_function_imports_when_it_is_called_counts_too(beside):
    code = OWN.replace("import helpers\n", "").replace("return helpers", "import helpers\n        return helpers")
    beside.write_text(code)
    before = fingerprint(qfl.load(beside))
    (beside.parent / "constants.py").write_text("SCALE = 0.1\n")
    assert fingerprint(qfl.load(beside)) != before


def test_a_part_of_qflsim_alone_stands_on_no_module_of_the_user(beside):
    plain = replace(qfl.load(beside), aggregation=qfl.FedAvg())
    before = fingerprint(plain)
    (beside.parent / "constants.py").write_text("SCALE = 0.1\n")
    assert own_modules(plain) == set()
    assert fingerprint(replace(qfl.load(beside), aggregation=qfl.FedAvg())) == before


def test_what_runs_counts_and_not_what_stands_in_the_file_by_now(beside):
    loaded = qfl.load(beside)
    before = fingerprint(loaded)
    (beside.parent / "helpers.py").write_text("def shrink():\n    return 3.0\n")
    assert fingerprint(loaded) == before
    (beside.parent / "own.py").write_text(OWN.replace("RATE = 1.0", "RATE = 2.0"))
    assert before == fingerprint(loaded) != fingerprint(qfl.load(beside))
    assert before == fingerprint(loaded)


def test_files_of_the_same_name_in_two_folders_are_two(beside):
    there = beside.parent / "there"
    there.mkdir()
    (there / "own.py").write_text(OWN)
    (there / "helpers.py").write_text("def shrink():\n    return 3.0\n")
    here, other = qfl.load(beside), qfl.load(there / "own.py")
    assert fingerprint(here) != fingerprint(other)
    shrunk = [type(one.aggregation).aggregate.__globals__["helpers"].shrink() for one in (here, other)]
    packs = [unpacked(packed(one)) for one in (here, other)]
    assert shrunk == [0.9, 3.0]
    assert [type(one.aggregation).aggregate.__globals__["helpers"].shrink() for one in packs] == shrunk


@pytest.mark.parametrize("run", ["script", "prompt"])
def test_another_process_finds_the_same_and_a_constant_makes_another(beside, command_environment, run):
    prints = []
    for seed, rate in (("1", "1.0"), ("2", "1.0"), ("3", "1.5")):
        code = OWN.replace("RATE = 1.0", f"RATE = {rate}").replace("k: int = 1", "k: object = frozenset('abcdef')")
        (beside.parent / "script.py").write_text(code + PRINT)
        how = ["script.py"] if run == "script" else ["-c", code + PRINT]
        environment = command_environment | {"PYTHONHASHSEED": seed}
        made = subprocess.run(
            [sys.executable, *how], env=environment, cwd=beside.parent, capture_output=True, text=True, check=True
        )
        prints.append(made.stdout)
    assert prints[0] == prints[1] != prints[2]


def test_a_class_typed_in_is_known_by_what_it_does():
    one = typed()
    assert fingerprint(one["Typed"]()) == fingerprint(typed()["Typed"]())
    assert fingerprint(one["Typed"]()) != fingerprint(typed(constant="3.0")["Typed"]())
    assert fingerprint(one["Typed"]()) != fingerprint(typed(function="held * 3.0")["Typed"]())
    before = fingerprint(one["Typed"]())
    one["held"] = 4.0
    assert fingerprint(one["Typed"]()) != before


def test_what_is_installed_counts_by_what_it_holds_and_stays_at_home():
    names = typed(function="frame.loc[0, 'a'] + generator.random()")
    names |= {"frame": pd.DataFrame({"a": [1.0], "b": [2.0]}), "generator": np.random.default_rng()}
    part = names["Typed"]()
    before = fingerprint(part)
    assert own_modules(part) == {"__main__"} and names["generator"].random() < 1.0 and fingerprint(part) == before
    assert unpacked(packed(part)) is not part
    names["frame"].loc[0, "b"] = 3.0
    assert fingerprint(part) != before


def test_a_scenario_that_is_unpacked_leaves_the_class_as_it_was(tiny):
    names = typed()
    scenario = replace(tiny, aggregation=names["Typed"]())
    before, held = fingerprint(scenario), names["Typed"].aggregate
    copy = unpacked(packed(scenario))
    assert fingerprint(scenario) == before
    assert names["Typed"].aggregate is held and type(copy.aggregation).aggregate is not held


def test_helpers_that_import_each_other_travel_and_one_that_cannot_travel_stays(beside):
    helpers, constants = beside.parent / "helpers.py", beside.parent / "constants.py"
    helpers.write_text("import constants\ndef shrink():\n    return constants.SCALE\n")
    constants.write_text("import helpers\nSCALE = 0.7\n")
    copy = unpacked(packed(qfl.load(beside))).aggregation
    there = type(copy).aggregate.__globals__["helpers"]
    assert there.shrink() == 0.7 and there.constants.helpers is there and there is not sys.modules["helpers"]
    helpers.write_text("import threading\nLOCK = threading.Lock()\ndef shrink():\n    return 1.0\n")
    copy = unpacked(packed(qfl.load(beside))).aggregation
    assert type(copy).aggregate.__globals__["helpers"] is sys.modules["helpers"]


@dataclass(frozen=True, kw_only=True)
class Fn(qfl.FedAvg):
    """An aggregator that holds anything."""

    f: Any = None


def times(factor):
    return lambda value: factor * value


def test_functions_are_told_apart_by_what_they_do_and_hold():
    held = [times(2), times(3), lambda value: 2 * value, lambda value: 3 * value, times]
    assert len({fingerprint(Fn(f=f)) for f in held}) == 5
    assert len({written(f) for f in held}) == 5
    assert fingerprint(Fn(f=times(2))) == fingerprint(Fn(f=times(2)))
    assert written(times) == f"{__name__}.times"


def test_functions_of_an_axis_are_points_of_their_own(tiny):
    from qflsim.sweeps.points import axes_of, points_of

    points = points_of(tiny, axes_of(tiny, {"aggregation": [Fn(f=times(2)), Fn(f=times(3))]}), 1)
    assert len({point.key for point in points}) == len({point.label for point in points}) == 2
    with pytest.raises(qfl.ScenarioError, match=r"axis aggregation has the value Fn\(.*\) twice"):
        axes_of(tiny, {"aggregation": [Fn(f=times(2)), Fn(f=times(2))]})
    other = {"Typed": typed()["Typed"](), "more": typed(constant="3.0")["Typed"]()}
    with pytest.raises(qfl.ScenarioError, match=r"two values that are both written Typed\(\); give their classes"):
        axes_of(tiny, {"aggregation": other.values()})


def test_arrays_count_by_their_contents():
    long = np.zeros(5000)
    other = long.copy()
    other[2500] = 1.0
    assert fingerprint(Fn(f=long)) == fingerprint(Fn(f=long.copy())) != fingerprint(Fn(f=other))
    assert written(Fn(f=long)) != written(Fn(f=other))
    assert written(Fn(f=np.array([1, 2]))) == "Fn(f=[1, 2])"


@pytest.mark.parametrize("held", [object(), {"a": object()}, [object()], partial(times, 2)])
def test_what_only_memory_knows_is_refused(held):
    with pytest.raises(qfl.ScenarioError, match=r"Fn\.f must be the same in every process, got .* at 0x"):
        fingerprint(Fn(f=held))


def test_helpers_travel_to_other_processes_and_a_changed_one_is_run_anew(beside, tmp_path):
    def swept():
        base = qfl.load(beside)
        axes = {"aggregation": [qfl.FedAvg(), base.aggregation]}
        return qfl.sweep(base, axes=axes, workers=2, out=tmp_path / "s", progress=False)

    first = swept()
    before = first.comparison
    assert (first.ran, first.failures) == (2, ())
    (beside.parent / "constants.py").write_text("SCALE = 0.1\n")
    again = swept()
    assert (again.finished, again.ran) == (2, 1) and qfl.read_sweep(tmp_path / "s").finished == 2
    assert (again.comparison["loss"] == before["loss"]).tolist() == [True, False]


WORDS = {"paths", "plots", "readable", "runfile", "runsearch", "sweepfolder", "wholefiles"}
"""Modules of qflsim that only draw, print or find what was written."""


def test_every_module_of_which_a_point_is_made_is_part_of_its_program():
    root = Path(qfl.__file__).parent
    left, met = {"comparison", "experiment", "world"}, set()
    while left:
        name = left.pop()
        met.add(name)
        for file in [root / f"{name}.py", *(root / name).rglob("*.py")]:
            package = ".".join(["qflsim", *file.relative_to(root).parts[:-1]])
            named = modules._named(file.read_bytes(), package) if file.is_file() else ()
            near = {one.split(".")[1] for one in named if one.startswith("qflsim.")}
            left |= {one for one in near if (root / f"{one}.py").is_file() or (root / one).is_dir()} - met - WORDS
    assert met <= set(identity._WORLD)

import dataclasses
import importlib
import subprocess
import sys
import types
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from qflsim.chain.agreement import Agreement
from qflsim.chain.raft import Raft
from qflsim.cli import main
from qflsim.crypto.processors import CortexM4
from qflsim.crypto.signatures import MLDSA
from qflsim.energy import StationEnergy
from qflsim.learning.aggregation import Median
from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.entanglement import BellDiagonal
from qflsim.quantum.heralding import Midpoint
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.qkd import DecoyBB84, WeakDecoyBB84
from qflsim.quantum.repeaters import ChainRun
from qflsim.validation import Comparison, validate
from qflsim.validation.comparison import AREAS, comparisons

ROW = Comparison(
    quantity="length of a thing [m]",
    published=100.0,
    simulated=100.4,
    tolerance=0.5,
    source="Nobody 1900",
    basis="value",
)


@pytest.fixture(scope="module")
def table():
    return list(comparisons())


def test_every_comparison_holds_or_is_a_declared_miss(table):
    assert not [row for _, row in table if row.verdict == "FAILED"]


def test_a_declared_miss_is_one(table):
    declared = [row for _, row in table if row.miss]
    assert declared
    assert not [row.quantity for row in declared if row.holds]


def test_every_area_is_shown_once_and_the_table_stays_readable(table):
    assert [area for area, _ in groupby(table, key=lambda pair: pair[0])] == list(AREAS)
    assert len(table) < 650
    names = [(area, row.quantity, row.source) for area, row in table]
    assert len(set(names)) == len(names)
    for _, row in table:
        assert len(row.quantity) <= 44
        assert len(row.source) <= 25


def shown(monkeypatch, rows, only=""):
    """Exit code and output of the command where the only area has these rows."""
    area = types.ModuleType("qflsim.validation.made_up")
    area.comparisons = lambda: iter(rows)
    monkeypatch.setitem(sys.modules, area.__name__, area)
    monkeypatch.setattr("qflsim.validation.comparison.AREAS", {"made_up": "Things"})
    lines = []
    code = validate(only=only, write=lines.append)
    return code, "".join(lines)


def test_no_line_is_wider_than_120_columns(monkeypatch, table):
    _, text = shown(monkeypatch, [row for _, row in table])
    assert max(map(len, text.splitlines())) <= 120


def test_a_declared_miss_is_shown_and_does_not_fail(monkeypatch):
    off = dataclasses.replace(ROW, simulated=90.0)
    code, text = shown(monkeypatch, [ROW, off])
    assert code == 1
    assert "FAILED length of a thing [m]" in text
    assert "2 comparisons: 1 hold, 0 declared misses, 1 failed" in text
    code, text = shown(monkeypatch, [ROW, dataclasses.replace(off, miss="The thing has shrunk since.")])
    assert code == 0
    assert "miss   length of a thing [m]" in text
    assert "The thing has shrunk since." in text
    assert "2 comparisons: 1 hold, 1 declared misses, 0 failed" in text


def test_rows_are_chosen_by_area_or_else_by_quantity_and_source(monkeypatch):
    width = dataclasses.replace(ROW, quantity="width of a thing [m]", source="Somebody 1901")
    for text, number in (("thing", 2), ("MADE_UP", 2), ("width", 1), ("nobody", 1), ("", 2)):
        code, output = shown(monkeypatch, [ROW, width], only=text)
        assert (code, f"{number} comparisons" in output) == (0, True)
    code, output = shown(monkeypatch, [ROW, width], only="height")
    assert code == 1
    assert "no area, quantity or source contains 'height'; the areas are made_up" in output


def test_an_area_is_chosen_by_what_its_module_is_about_too(monkeypatch):
    monkeypatch.setitem(AREAS, "propagation", AREAS["propagation"])
    for name in AREAS.keys() - {"propagation", "radio"}:
        monkeypatch.delitem(AREAS, name)
    assert {area for area, _ in comparisons("Path loss")} == {"propagation"}
    lines = []
    assert validate(only="path losses", write=lines.append) == 1
    assert lines[-1] == "no area, quantity or source contains 'path losses'; the nearest areas are propagation\n"
    validate(only="radoi", write=lines.append)
    assert lines[-1].endswith("the nearest areas are radio\n")


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"tolerance": 0.3}, False),
        ({"simulated": 99.5}, True),
        ({"simulated": 99.4}, False),
        ({"simulated": float("nan")}, False),
        ({"simulated": float("inf")}, False),
        ({"relative": True, "tolerance": 0.0041}, True),
        ({"relative": True, "tolerance": 0.0039}, False),
        ({"bound": "at most", "simulated": -1e9, "tolerance": 0.0}, True),
        ({"bound": "at most", "simulated": 101.0}, False),
        ({"bound": "at least", "simulated": 1e9, "tolerance": 0.0}, True),
        ({"bound": "at least", "simulated": 99.0}, False),
        ({"bound": "at least", "simulated": float("nan")}, False),
    ],
)
def test_what_holds(changes, holds):
    assert dataclasses.replace(ROW, **changes).holds is holds


def lazy(original):
    return lambda adjacency: 0.5 * np.eye(len(adjacency)) + 0.5 * original(adjacency)


def undetected(original):
    """Without after-pulses."""
    return lambda protocol, transmittance, **others: original(protocol, transmittance, **{**others, "after_pulse": 0.0})


def lengthened(original):
    return lambda *arguments, **more: original(*arguments, **more) * 1.001


def unrotated(original):
    """DEJMPS without its rotations: the roles of Y and Z are swapped."""

    def purified(first, second):
        swapped = (BellDiagonal(i, y, x, z) for i, z, x, y in (first, second))
        return original(*swapped)

    return purified


# area, what is broken, how: each must be seen by a comparison that held before
BROKEN = [
    ("qkd", "qflsim.quantum.qkd.binary_entropy", lengthened),
    ("qkd", (WeakDecoyBB84, "single_photons"), lambda original: DecoyBB84.single_photons),
    ("qkd", (InterceptResend, "raised"), lambda original: lambda self, error_rate: error_rate),
    ("finite_key", "qflsim.quantum.finite_key.binary_entropy", lengthened),
    ("finite_key", "qflsim.quantum.entangled_key.sampling_error", lambda original: lambda *sample: 0.0),
    ("finite_key", (InterceptResend, "share_at"), lambda original: lambda self, time_s: 0.0),
    ("satellite_key", "qflsim.quantum.finite_bb84.click_probabilities", undetected),
    ("entanglement", "qflsim.validation.entanglement.dejmps", unrotated),
    ("entanglement", "qflsim.validation.entanglement.expected_attempts", lengthened),
    ("entanglement", "qflsim.validation.entanglement.dephased", lambda original: lambda pair, *_: pair),
    ("entanglement", (Midpoint, "success"), lengthened),
    ("entanglement", (ChainRun, "_deliver"), lambda original: lambda self, span, now: original(self, span, now + 1.0)),
    ("agreement", (Agreement, "quorum"), lambda original: lambda self, n: n),
    ("agreement", (Agreement, "quorum"), lambda original: lambda self, n: self.tolerated(n) + 1),
    ("protocols", (Agreement, "quorum"), lambda original: lambda self, n: n),
    ("protocols", (Raft, "quorum"), lambda original: lambda self, n: n),
    ("ledger", "qflsim.chain.merkle._join", lambda original: lambda left, right: original(right, left)),
    ("cryptography", (CortexM4, "cycles"), lengthened),
    ("cryptography", (MLDSA, "signing_in"), lambda original: lambda self, attempts: original(self, 3)),
    ("propagation", "qflsim.validation.propagation.wall_loss", lengthened),
    ("propagation", "qflsim.validation.propagation.close_in_path_loss", lengthened),
    ("propagation", "qflsim.network.propagation_macro.breakpoint_distance", lengthened),
    ("propagation", "qflsim.network.propagation.umi_breakpoint", lengthened),
    (
        "propagation",
        "qflsim.network.field.RandomField.at",
        lambda original: lambda self, place: 1.1 * original(self, place),
    ),
    ("radio", "qflsim.network.capacity.truncated_shannon", lengthened),
    ("radio", "qflsim.validation.radio.noise_rise", lengthened),
    ("radio", "qflsim.network.timing._combined", lengthened),
    ("queues", "qflsim.network.sharing.SharedBand.rescale", lambda original: lambda self, now, efficiencies: None),
    ("queues", "qflsim.network.sharing.SharedBand._pace", lambda original: lambda self: self._bandwidth),
    ("space", "qflsim.network.orbit.turned", lambda original: lambda vectors, days: original(vectors, days + 1e-3)),
    ("space", "qflsim.validation.space.air_mass", lengthened),
    ("energy", (StationEnergy, "power"), lengthened),
    ("timing", "qflsim.validation.timing._median", lengthened),
    ("noise", (DeviceNoise, "readout"), lambda original: lambda self, qubit: np.eye(2)),
    ("mixing", "qflsim.learning.mixing.metropolis", lazy),
    ("mixing", "qflsim.learning.lattices.metropolis", lazy),
    ("aggregation", (Median, "aggregate"), lambda original: lambda self, start, updates: updates[0].parameters),
]


@pytest.mark.parametrize(
    ("area", "target", "breaking"), BROKEN, ids=[f"{i}-{area}" for i, (area, *_) in enumerate(BROKEN)]
)
def test_a_broken_model_is_seen(monkeypatch, area, target, breaking):
    owner, name = target if isinstance(target, tuple) else resolve(target)
    monkeypatch.setattr(owner, name, breaking(getattr(owner, name)))
    monkeypatch.setattr("qflsim.validation.comparison.AREAS", {area: AREAS[area]})
    assert "FAILED" in {row.verdict for _, row in comparisons()}


def resolve(path):
    """The module or class that holds what ``path`` names, and the name in it."""
    owner, _, name = path.rpartition(".")
    try:
        return importlib.import_module(owner), name
    except ModuleNotFoundError:  # a class in a module
        module, _, inner = owner.rpartition(".")
        return getattr(importlib.import_module(module), inner), name


def test_a_wrong_gradient_is_seen(monkeypatch):
    from qflsim.quantum.engine import FastEngine

    original = FastEngine.loss_and_gradient

    def wrong(self, *arguments, **more):
        loss, gradient = original(self, *arguments, **more)
        return loss, gradient + 1e-6 * np.eye(len(gradient))[7]

    monkeypatch.setattr(FastEngine, "loss_and_gradient", wrong)
    monkeypatch.setattr("qflsim.validation.comparison.AREAS", {"gradients": AREAS["gradients"]})
    failed = [row.quantity for _, row in comparisons() if row.verdict == "FAILED"]
    assert failed == [f"gradient - {kind}, {noise}" for noise in ("no noise", "manila") for kind in
                      ("four-term rule", "central differences")]  # fmt: skip


def test_the_command_line_ends_with_1_if_a_model_is_broken(monkeypatch, capsys):
    monkeypatch.setattr(StationEnergy, "power", lambda self, radiated: 1.0)
    assert main(["validate", "--only", "energy"]) == 1
    assert "FAILED micro station" in capsys.readouterr().out


def test_the_command_line():
    command = [sys.executable, "-m", "qflsim", "validate", "--only"]
    done = subprocess.run([*command, "radio"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Radio access ---" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("0 declared misses, 0 failed")
    assert "Agreement" not in done.stdout


def test_the_page_shows_the_table_of_today(table):
    page = (Path(__file__).parents[1] / "docs" / "validation.md").read_text(encoding="utf-8")
    for _, row in table:
        assert f"\n{row.verdict:<7}{row.quantity:<45}{row.published:>12.6g} " in page
    assert f"\n{len(table)} comparisons: " in page

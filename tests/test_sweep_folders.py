"""What is said of folders that hold a sweep, or are to: killed ones, finished ones, and those that hold nonsense."""

import errno
import resource

import pytest

import qflsim as qfl
from qflsim.cli import main
from qflsim.runsearch import run_within
from qflsim.sweeps import tables
from qflsim.sweeps.points import points_of
from qflsim.sweeps.store import Store, plan_of

AXES = {"seed": (4, 5, 6)}


@pytest.fixture
def begun(tiny, tmp_path):
    """The store of a sweep over three points, none of them finished, and the folder of each."""
    store = Store(tmp_path / "swept")
    points = points_of(tiny, AXES, 1)
    store.begin(plan_of(tiny, AXES, 1, None), points)
    return store, [store.home / point.key for point in points]


@pytest.fixture
def sentence(capsys):
    """What a command that is refused says, which must be one sentence."""

    def of(*arguments):
        assert main([str(argument) for argument in arguments]) == 2
        told = capsys.readouterr().err
        assert told.startswith("qflsim: ") and told.count("\n") == 1, told
        return told

    return of


def finish(*points):
    for point in points:
        point.mkdir()
        (point / "run.json").write_text("{}")


@pytest.mark.parametrize("command", ["show", "plot", "report", "timeline", "compare"])
def test_every_command_says_how_far_a_killed_sweep_came_and_what_to_do(begun, sentence, command):
    store, points = begun
    also = ["somewhere"] if command == "compare" else []
    told = sentence(command, store.folder, *also)
    assert "is a sweep; 0 of 3 points are finished; the same command goes on with the others\n" in told
    finish(points[1])
    told = sentence(command, store.folder, *also)
    assert "1 of 3 points is finished; the same command goes on with the others" in told
    assert f"or give one of its points, e.g. {points[1]}\n" in told


def test_a_finished_sweep_in_place_of_a_run_is_answered_with_a_point(begun, sentence):
    store, points = begun
    finish(*points)
    for arguments in (["timeline", store.folder], ["compare", store.folder, "somewhere"]):
        assert f"is a sweep and not a run; give one of its points, e.g. {points[0]}" in sentence(*arguments)


def test_a_sweep_without_an_index_is_still_a_sweep(begun, sentence):
    store, _ = begun
    (store.folder / "index.csv").unlink()
    assert "is a sweep whose index.csv is missing or damaged" in sentence("show", store.folder)


@pytest.mark.parametrize(
    ("keep", "told"),
    [(("energy",), "since its sweep keeps other tables"), (None, "which its sweep keeps; give the command"),
     (("rounds",), "which its sweep keeps; give the command")],
)  # fmt: skip
def test_a_table_that_a_sweep_does_not_keep_is_no_damage(begun, sentence, tiny, keep, told):
    store, points = begun
    store.begin(plan_of(tiny, AXES, 1, keep), points_of(tiny, AXES, 1))
    points[0].mkdir()
    about = (
        '{"scenario": {"name": "x", "seed": 1, "rounds": 1}, "replication": 0, "status": "finished", "rounds_done": 1}'
    )
    (points[0] / "run.json").write_text(about)
    assert f"holds no rounds.csv, {told}" in sentence("timeline", points[0])


def test_a_run_is_sought_a_few_levels_below_and_no_further(tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    (deep / "d").mkdir(parents=True)
    (deep / "d" / "run.json").write_text("{}")
    assert run_within(tmp_path) is None
    (deep / "run.json").write_text("{}")
    assert run_within(tmp_path) == deep


def test_the_root_of_the_disk_is_answered_soon(sentence):
    assert "/ holds no run.json" in sentence("timeline", "/")


def test_a_plan_of_endless_brackets_is_damaged(tmp_path):
    (tmp_path / "sweep.json").write_text("[" * 100_000)
    with pytest.raises(qfl.ScenarioError, match=r"sweep\.json is damaged"):
        qfl.read_sweep(tmp_path)


def test_a_sweep_without_points_is_read(begun):
    store, points = begun
    finish(points[0])
    assert qfl.read_sweep(store.folder).finished == 1
    store.home.rename(store.folder / "elsewhere")
    assert qfl.read_sweep(store.folder).finished == 0


def test_a_link_to_nothing_is_no_place_for_results(tiny, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for run in (lambda out: qfl.run(tiny, out=out), lambda out: qfl.sweep(tiny, out=out, progress=False)):
        for out in (tmp_path / "link", tmp_path / "link" / "below"):
            with pytest.raises(qfl.ScenarioError, match=r"link is a link to .*gone, which is not there"):
                run(out)
    assert not (tmp_path / "gone").exists()


def test_a_disk_that_is_full_before_a_sweep_begins_is_told_and_leaves_the_plan_as_it_was(begun, tiny):
    store, _ = begun
    before = (store.folder / "sweep.json").read_bytes()
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, room[1]))
    try:
        with pytest.raises(qfl.ScenarioError, match=r"cannot write .*sweep\.json: .*; make room there"):
            qfl.sweep(tiny, axes={"seed": (4, 5, 6, 7)}, out=store.folder, workers=1, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert (store.folder / "sweep.json").read_bytes() == before
    assert not list(store.folder.glob(".*.new"))


def test_a_disk_that_is_full_while_gathering_leaves_no_half_table(begun, tiny, monkeypatch):
    def full(path):
        yield ["round"]
        raise OSError(errno.ENOSPC, "No space left on device")

    store, _ = begun
    monkeypatch.setattr(tables, "_rows", full)
    with pytest.raises(qfl.ScenarioError, match=r"cannot write .*rounds\.csv: No space.*; finished points are kept"):
        tables.gather(store.folder, store.home, points_of(tiny, AXES, 1), ["rounds"])
    assert not list(store.folder.glob(".*.new"))

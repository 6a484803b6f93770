"""Whatever is written is there as a whole or not at all, and what was there before stays."""

import resource
from contextlib import contextmanager
from pathlib import Path

import pytest

from qflsim.checks import ScenarioError
from qflsim.plots import draw_all
from qflsim.report import write_report
from qflsim.timeline import write_timeline
from qflsim.wholefiles import written_whole


@contextmanager
def little_room(most_byte):
    """Let no file grow beyond some bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_byte, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    "write",
    [write_timeline, write_report, lambda run: draw_all(run, only=["energy"])],
    ids=["timeline", "report", "plot"],
)
def test_a_full_disk_leaves_what_was_there_and_nothing_else(run, write):
    write(run)
    before = {path: path.read_bytes() for path in run.iterdir()}
    with (
        little_room(1000),
        pytest.raises(ScenarioError, match=r"cannot write .*; give another (file|folder) with --out"),
    ):
        write(run)
    assert {path: path.read_bytes() for path in run.iterdir()} == before


def test_a_link_stays_and_leads_to_the_new_file(tmp_path):
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to("there")
    with written_whole(tmp_path / "link") as new:
        new.write_text("new")
        assert (tmp_path / "there").read_text() == "old"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_no_ordinary_file_is_written_to_as_it_is(tmp_path):
    with pytest.raises(ScenarioError, match="No space left on device"), written_whole(Path("/dev/full")) as new:
        new.write_text("x")
    with pytest.raises(ScenarioError, match="Is a directory"), written_whole(tmp_path):
        pass

"""Whatever stands in place of a folder, a file or a list of names is refused in a sentence, and nothing is made."""

import pytest

import qflsim as qfl
from qflsim.audit import audit
from qflsim.comparison import compared
from qflsim.differences import side_by_side
from qflsim.plots import draw_all, draw_comparison
from qflsim.report import write_report
from qflsim.resuming import resume
from qflsim.summary import summarise
from qflsim.tables import check_run, read_run, read_table
from qflsim.timeline import write_timeline

READERS = [
    audit, compared, side_by_side, draw_all, draw_comparison, write_report, resume, summarise, check_run, read_run,
    read_table, write_timeline, qfl.read_sweep,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("folder", [None, 3, ["results"]])
def test_what_is_no_path_is_no_folder(read, folder):
    further = {audit: [print], side_by_side: ["x"], resume: [1], read_table: ["rounds"]}.get(read, [])
    with pytest.raises(
        qfl.ScenarioError, match=r"folder must be a path, or its text, got (None|3|\['results'\]); give"
    ):
        read(folder, *further)


@pytest.mark.parametrize("write", [draw_all, write_report, write_timeline])
def test_what_is_no_path_is_no_place_to_write_to(run, write):
    before = sorted(run.iterdir())
    with pytest.raises(qfl.ScenarioError, match=r"into must be a path, or its text, got 3; give"):
        write(run, into=3)
    assert sorted(run.iterdir()) == before


def test_no_run_is_written_to_a_number(tiny):
    with pytest.raises(qfl.ScenarioError, match=r"out must be a path, or its text, got 3; give"):
        qfl.run(tiny, out=3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"formats": "png"}, r"formats must be a list of names, got 'png'; give e.g. formats=\['png', 'pdf'\]"),
        ({"formats": 3}, "formats must be a list of names, got 3"),
        ({"only": "energy"}, "only must be a list of names, got 'energy'"),
        ({"only": [3]}, r"only must be a list of names, got \[3\]"),
        ({"size": ["page"]}, r"size must be one of screen, page, column, got \['page'\]"),
    ],
)
def test_names_of_figures_stand_in_a_list(run, options, told):
    with pytest.raises(qfl.ScenarioError, match=told):
        draw_all(run, **options)


def test_no_folder_is_made_for_a_run_that_is_not_there(tmp_path):
    for draw in (draw_all, draw_comparison):
        with pytest.raises(qfl.ScenarioError):
            draw(tmp_path / "typo", into=tmp_path / "figures")
    assert not list(tmp_path.iterdir())

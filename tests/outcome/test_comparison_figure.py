"""The figure of a comparison: legible whatever its rows are called, and true to every task and replication."""

import dataclasses
import itertools
import json

import pandas as pd
import pytest
from matplotlib.text import Text

from qflsim.checks import ScenarioError
from qflsim.comparison import measure
from qflsim.plots import comparison, ledgers
from qflsim.plots.curves import read_curves
from qflsim.plots.rows import row_names
from qflsim.plots.style import canvas

LONG = "Tendermint(propose_timeout=3.0, growth=1.5), a name that no panel has room for beside its row"


@pytest.fixture
def compared(run, tmp_path):
    """Writes a comparison of rows with these settings over one run, each with as many replications."""

    def write(settings, replications=1, **changed):
        row = dataclasses.asdict(measure(run, "run")) | changed
        rows = [
            {**own, **row, "replication": r, "accuracy": min(1.0, row["accuracy"] + 0.5 * r)}
            for r in range(replications)
            for own in settings
        ]
        pd.DataFrame(rows).to_csv(tmp_path / "comparison.csv", index=False)
        return tmp_path

    return write


def drawn(folder, size="screen"):
    with canvas(size):
        figure = comparison.draw(folder)
        figure.draw_without_rendering()
    return figure


def shown(figure):
    """All texts that are drawn, with their boxes; labels of ticks outside an axis are not."""
    hidden = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text not in hidden]


def overlapping(figure):
    """Pairs of texts that overprint each other, and texts that stick out of the figure."""
    boxes, whole = shown(figure), figure.bbox
    for text, box in boxes:
        if min(box.x0, box.y0, whole.x1 - box.x1, whole.y1 - box.y1) < -1.0:
            yield text, "the edge"
    for (text, box), (other, its) in itertools.combinations(boxes, 2):
        wide, high = min(box.x1, its.x1) - max(box.x0, its.x0), min(box.y1, its.y1) - max(box.y0, its.y0)
        if wide > 1.0 and high > 2.0:
            yield text, other


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title(loc="left").startswith(title))


NAMES = {
    "short": [{"variant": f"v{n}"} for n in range(20)],
    "moderate": [{"variant": f"{km} km, idealised repeaters"} for km in range(8)],
    "settings": [{"topology.servers": n, "agreement": a} for n in (3, 4) for a in ("PBFT()", "Tendermint()")],
    "long": [{"topology.servers": n, "agreement": a, "seed": 3} for n in range(10) for a in ("PBFT()", LONG)],
}


@pytest.mark.parametrize("size", ["screen", "page"])  # a column is too narrow and takes the page
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("trouble", [0, 7])
def test_no_text_overprints_another(compared, size, names, trouble):
    folder = compared(NAMES[names], 2, undecided=trouble, mining_j=1e3, qkd_j=1e2, other_j=1.0)
    assert list(overlapping(drawn(folder, size))) == []


def test_names_leave_out_what_all_rows_share_and_are_letters_where_too_long(compared):
    short = row_names(pd.read_csv(compared(NAMES["settings"]) / "comparison.csv"))
    assert short.different[:2] == ["servers=3, agreement=PBFT", "servers=3, agreement=Tendermint"]
    assert not short.lettered and short.beside[0] == "servers=3,\nagreement=PBFT"
    long = row_names(pd.read_csv(compared(NAMES["long"]) / "comparison.csv"))
    assert long.common == "seed=3" and long.beside[:2] == ["A", "B"]
    assert long.in_key[1] == f"B  servers=0, agreement={LONG}"
    many = row_names(pd.DataFrame({"variant": [f"{LONG} {n}" for n in range(30)], "replication": 0}))
    assert many.beside[25:28] == ["Z", "AA", "AB"] and len(set(many.beside)) == 30


def test_axes_that_end_in_the_same_word_keep_all_of_it():
    table = pd.DataFrame({"access.carrier": [1, 2], "sidelink.carrier": [3, 4], "replication": 0})
    assert row_names(table).names[0] == "access.carrier=1, sidelink.carrier=3"


def test_the_key_says_what_all_rows_share_and_what_bars_are(compared):
    (key,) = drawn(compared(NAMES["long"], 3)).legends
    told = " ".join(key.get_title().get_text().split())
    marks = "marks and lines: mean of 3 replications, geometric on logarithmic axes"
    assert told == f"all: seed=3; {marks}; bars and bands: 95 % intervals"
    (plain,) = drawn(compared(NAMES["short"])).legends
    assert plain.get_title().get_text() == ""
    assert [text.get_text() for text in plain.texts] == [f"v{n}" for n in range(20)]


@pytest.mark.parametrize("names", NAMES)
def test_a_sweep_that_keeps_no_rounds_has_all_panels_but_the_curves(compared, run, names):
    folder = compared(NAMES[names], 2)
    whole = drawn(folder)
    (run / "rounds.csv").unlink()
    with pytest.raises(ScenarioError, match=r"holds no rounds\.csv"):  # of what keeps them, one is lost
        drawn(folder)
    (folder / "sweep.json").write_text(json.dumps({"keep": ["energy"]}))
    figure = drawn(folder)
    titles = [[axes.get_title(loc="left") for axes in each.axes] for each in (whole, figure)]
    assert titles[1] == titles[0][:-1] and titles[0][-1].startswith("Accuracy [%] against time")
    assert list(overlapping(figure)) == []
    (key,) = figure.legends
    assert any(text.get_text() for text in key.texts) == (names == "long")
    assert key.get_title().get_text().endswith("on logarithmic axes; bars: their range")


def test_the_accuracy_is_written_right_of_its_range(compared):
    figure = drawn(compared(NAMES["short"], 2))
    axes = panel(figure, "Accuracy")
    high = axes.transData.transform((100.0 * min(1.0, 0.45 + 0.5), 0.0))[0]
    assert len(axes.texts) == 20
    assert all(text.get_window_extent().x0 > high for text in axes.texts)


def test_every_task_has_a_curve_of_its_own(compared, run):
    rounds = pd.read_csv(run / "rounds.csv")
    second = rounds.assign(task="task-2", accuracy=0.9, ended_s=rounds["ended_s"] + 10.0)
    both = pd.concat([rounds, second]).sort_values("ended_s")
    both.to_csv(run / "rounds.csv", index=False)
    figure = drawn(compared([{"variant": "a"}]))
    lines = panel(figure, "Accuracy [%] against time").lines
    assert [list(line.get_ydata()) for line in lines] == [pytest.approx([35.0, 45.0]), pytest.approx([90.0, 90.0])]
    assert [list(line.get_xdata()) for line in lines] == [[100.0, 200.0], [110.0, 210.0]]
    assert lines[0].get_marker() != lines[1].get_marker()
    assert [text.get_text() for text in figure.legends[0].texts] == ["a", "task-1", "task-2"]


def test_a_curve_is_the_mean_of_its_replications_over_rounds_that_all_have(run, tmp_path):
    rounds = pd.read_csv(run / "rounds.csv")
    third = rounds.iloc[[-1]].assign(round=3, accuracy=0.0, ended_s=300.0)  # the other replication was interrupted
    (tmp_path / "later").mkdir()
    later = pd.concat([rounds.assign(accuracy=rounds["accuracy"] + 0.2, ended_s=rounds["ended_s"] + 20.0), third])
    later.to_csv(tmp_path / "later" / "rounds.csv", index=False)
    (curve,) = read_curves(tmp_path, ["run", "later"], ["a", "a"])
    assert list(curve.time_s) == pytest.approx([110.0, 210.0])
    assert list(curve.mean) == pytest.approx([45.0, 55.0])
    assert list(curve.low) == pytest.approx([35.0, 45.0]) and list(curve.high) == pytest.approx([55.0, 65.0])


def test_few_rounds_fill_the_axis_of_time_and_far_apart_runs_share_decades(compared, run, tmp_path):
    axes = panel(drawn(compared([{"variant": "a"}, {"variant": "b"}])), "Accuracy [%] against time")
    low, high = axes.get_xlim()
    assert axes.get_xscale() == "linear" and low == 0.0 and high < 1.2 * 200.0
    folder = compared([{"variant": "a"}, {"variant": "b"}])
    rounds = pd.read_csv(run / "rounds.csv")
    (tmp_path / "fast").mkdir()
    rounds.assign(ended_s=rounds["ended_s"] / 1e3).to_csv(tmp_path / "fast" / "rounds.csv", index=False)
    table = pd.read_csv(folder / "comparison.csv").assign(folder=["run", "fast"])
    table.to_csv(folder / "comparison.csv", index=False)
    assert panel(drawn(folder), "Accuracy [%] against time").get_xscale() == "log"


@pytest.mark.parametrize("size", ["screen", "page", "column"])
def test_legends_of_ledgers_stand_clear_of_every_line(run, size):
    with canvas(size):
        figure = ledgers.draw(run)
        figure.draw_without_rendering()
    for axes in figure.axes:
        assert axes.get_legend().get_window_extent().y1 < axes.get_window_extent().y0
    assert list(overlapping(figure)) == []


@pytest.mark.parametrize("size", ["screen", "page"])
def test_labels_of_learning_stand_apart(run, size):
    from qflsim.plots import learning

    with canvas(size):
        figure = learning.draw(run)
        figure.draw_without_rendering()
    boxes = [axes.xaxis.label.get_window_extent() for axes in figure.axes[-4:]]
    assert all(right.x0 - left.x1 > 10.0 for left, right in itertools.pairwise(boxes))

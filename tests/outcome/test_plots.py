"""Figures: drawn from the tables alone, without a display, the same bytes each time, and true to the numbers."""

import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from qflsim.checks import ScenarioError
from qflsim.plots import agreement, distribution, draw_all, energy, keys, learning, ledgers, network, time
from qflsim.plots.style import canvas, save

NAMES = {"learning", "time", "energy", "ledgers", "network", "agreement", "keys"}


def test_all_figures_are_drawn(run):
    files = draw_all(run)
    assert {file.stem for file in files} == NAMES
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_same_tables_same_bytes_in_another_process_without_pyplot(run):
    first = {file: file.read_bytes() for file in draw_all(run)}
    draw = f"import sys; from qflsim.plots import draw_all; draw_all({str(run)!r})"
    script = f"{draw}; sys.exit('matplotlib.pyplot' in sys.modules)"
    environment = os.environ | {"PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path), "DISPLAY": ""}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    assert {file: file.read_bytes() for file in first} == first


def drawn(module, folder, formats=("png",)):
    """The bytes of one figure in the given formats."""
    with canvas():
        files = save(module.draw(folder), folder / "figure", formats)
    return [file.read_bytes() for file in files]


def test_a_committee_of_one_that_decides_at_once_is_drawn(run, tmp_path):
    for table in ("rounds.csv", "agreements.csv"):
        shutil.copy(run / table, tmp_path)
    rows = pd.read_csv(tmp_path / "agreements.csv")
    rows["first_decided_s"] = rows["ended_s"] = rows["started_s"]
    rows.to_csv(tmp_path / "agreements.csv", index=False)
    assert drawn(agreement, tmp_path)[0].startswith(b"\x89PNG")


def test_other_formats_are_the_same_bytes_each_time_too(run):
    pdf, svg = drawn(energy, run, ("pdf", "svg"))
    assert pdf.startswith(b"%PDF")
    assert b"<svg" in svg
    assert drawn(energy, run, ("pdf", "svg")) == [pdf, svg]


def test_an_unknown_format_is_refused(run):
    with pytest.raises(ScenarioError, match="'gif'"):
        draw_all(run, formats=("gif",))


def test_the_users_settings_are_left_alone(run):
    import matplotlib

    before, ours = dict(matplotlib.rcParams), drawn(energy, run)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30.0}):
        assert drawn(energy, run) == ours
        assert matplotlib.rcParams["axes.facecolor"] == "red"
    assert dict(matplotlib.rcParams) == before


def tops(axes):
    """Height of the stack over each round."""
    heights = {}
    for bar in axes.patches:
        centre = round(bar.get_x() + bar.get_width() / 2)
        heights[centre] = heights.get(centre, 0.0) + bar.get_height()
    return heights


def test_the_stack_of_a_round_is_as_high_as_the_round_is_long(run):
    with canvas():
        stack = time.draw(run).axes[0]
    assert stack.get_ylabel() == "simulated time [s]"
    assert tops(stack) == pytest.approx({1: 100.0, 2: 100.0})


def test_the_stacks_of_energy_are_the_rounds_energy_with_and_without_cooling(run):
    with canvas():
        everything, without, _ = energy.draw(run).axes
    assert everything.get_ylabel() == "energy per round [kJ]"
    assert tops(everything) == pytest.approx({1: 1.111, 2: 1.111})
    assert without.get_ylabel() == "energy per round [J]"
    assert tops(without) == pytest.approx({1: 111.0, 2: 111.0})


def test_every_axis_has_a_name(run):
    with canvas():
        for module in (learning, time, energy, ledgers, agreement, keys):
            for axes in module.draw(run).axes:
                below = axes.get_shared_x_axes().get_siblings(axes)
                assert any(other.get_xlabel() for other in below), module
                beside = axes.get_shared_y_axes().get_siblings(axes)
                rows_are_named = any(label.get_text()[:1].isalpha() for label in axes.get_yticklabels())
                assert any(other.get_ylabel() for other in beside) or rows_are_named, module


def test_an_interrupted_run_is_drawn_up_to_its_last_whole_round(interrupted):
    draw_all(interrupted)
    with canvas():
        assert tops(energy.draw(interrupted).axes[0]) == pytest.approx({1: 1.111})


def test_without_a_whole_round_there_is_nothing_to_draw(empty):
    with pytest.raises(ScenarioError, match="no round"):
        draw_all(empty)
    assert not list(empty.glob("*.png"))


def test_a_run_without_keys_has_no_figure_of_keys(run):
    path = run / "keys.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert keys.draw(run) is None
    assert "keys" not in {file.stem for file in draw_all(run)}


def test_keys_that_came_from_no_store_are_drawn_with_their_waits(run):
    import pandas as pd

    path = run / "keys.csv"
    unstored = {"qkd_bit": 0.0, "made_bit": 0.0, "drawn_bit": 0.0, "level_bit": 0.0, "source": "kem"}
    pd.read_csv(path).assign(**unstored).to_csv(path, index=False)
    with canvas():
        (waits,) = keys.draw(run).axes
        assert waits.get_title(loc="left") == "Wait for a session key" and len(waits.lines) == 2


def test_a_map_of_more_cells_than_are_drawn_large(run):
    """Six are drawn large; the overview shows where all sites are, and leaves out names that would overlap."""
    with (run / "nodes.csv").open("a") as file:
        for i in range(3, 12):
            file.write(f"server-{i},server,server-{i},{1000.0 * i},0.0,False,False,,,,True\n")
    with canvas():
        overview, *cells = [axes for axes in network.draw(run).axes if axes.get_label() != "<colorbar>"]
    assert len(cells) == 6
    assert [axes.get_title(loc="left") for axes in cells] == [f"Cell of server-{i}" for i in range(1, 7)]
    assert sum(line.get_marker() == "^" for line in overview.lines) == 11
    assert {text.get_text() for text in overview.texts if text.get_text().startswith("server")} == set()


def test_the_map_shows_sinr_and_who_is_inside(run):
    import pandas as pd

    path = run / "nodes.csv"
    nodes = pd.read_csv(path)
    nodes.loc[nodes["node"] == "device-1-1", "indoor"] = True
    nodes.to_csv(path, index=False)
    with canvas():
        figure = network.draw(run)
        legend = [text.get_text() for text in figure.legends[0].texts]
        assert "device in a building" in legend
        cells = [axes for axes in figure.axes if axes.get_title(loc="left").startswith("Cell of")]
        shown = [value for axes in cells for dots in axes.collections for value in dots.get_array()]
        reached = nodes[(nodes["role"] == "device") & nodes["reached"]]
        assert sorted(shown) == pytest.approx(sorted(reached["sinr_up_db"]))


def test_models_over_pairs_are_drawn_beside_transmitted_ones(entangled):
    assert "distribution" in {file.stem for file in draw_all(entangled)}
    with canvas():
        figure = distribution.draw(entangled)
        figure.draw_without_rendering()
    time, bits, pairs = figure.axes
    names = [label.get_text() for label in time.get_yticklabels()]
    assert names == ["transmitted", "teleported", "teleported, idealised amplitudes*"]
    assert [bar.get_width() for bar in time.patches] == pytest.approx([0.25, 10.0, 0.25])  # the given-up one left out
    assert [bar.get_width() for bar in bits.patches] == pytest.approx([2000.0, 6000.0, 1000.0])
    assert [bar.get_width() for bar in pairs.patches] == pytest.approx([3000.0, 10.0])


def test_a_run_without_pairs_has_no_figure_of_them(run):
    assert distribution.draw(run) is None


@pytest.mark.parametrize(("size", "widest"), [("page", 7.16), ("column", 3.5)])
def test_figures_for_print_are_as_wide_as_a_page_or_a_column_with_text_of_seven_points(run, size, widest):
    with canvas(size):
        figure = energy.draw(run)
        assert figure.get_size_inches()[0] == pytest.approx(widest)
        for axes in figure.axes:
            assert axes.xaxis.label.get_fontsize() == pytest.approx(7.0)
        levels = {round(axes.get_position().y1, 3) for axes in figure.axes}
        assert len(levels) == (len(figure.axes) if size == "column" else 1)
        assert network.draw(run).get_size_inches()[0] == pytest.approx(7.16)  # a map takes the page
    with canvas():
        assert energy.draw(run).get_size_inches()[0] == 11.0


def test_an_unknown_size_is_refused(run):
    with pytest.raises(ScenarioError, match="one of screen, page, column, got 'poster'"):
        draw_all(run, size="poster")

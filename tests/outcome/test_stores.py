"""The figure of starved agreement: levels as the tables tell them, decisions at their times."""

import numpy as np
import pytest

from qflsim import trace
from qflsim.plots import stores
from qflsim.plots.style import canvas


def test_a_run_without_tags_has_no_such_figure(run):
    assert stores.draw(run) is None


@pytest.fixture
def starved(handmade):
    """A run whose agreements paid tags, with three blocks on one link, the last aborted."""
    made = handmade("tagged")
    made.round(1)
    for time, aborted, before, level in ((10.0, 0, 0.0, 500.0), (20.0, 0, 400.0, 900.0), (30.0, 1, 100.0, 100.0)):
        made.write(
            trace.QKDBlock(
                round=1,
                first="server-1",
                second="server-2",
                time_s=time,
                blocks=1,
                aborted=aborted,
                sifted_bit=1e3,
                error_rate=0.01,
                secret_bit=500.0,
                before_bit=before,
                level_bit=level,
            )
        )
    folder = made.close(planned=1, done=1)
    path = folder / "agreements.csv"
    header, *rows = path.read_text().splitlines()
    names = header.split(",")
    rows = [row.split(",") for row in rows]
    for row in rows:
        row[names.index("tag_bit")] = "128.0"
    path.write_text("\n".join([header, *(",".join(row) for row in rows), ""]))
    return folder


def test_levels_go_from_block_to_block_and_aborted_ones_are_marked(starved):
    with canvas():
        levels, waits = stores.draw(starved).axes
    (line,) = levels.lines
    np.testing.assert_allclose(line.get_xdata(), [10, 10, 20, 20, 30, 30])
    np.testing.assert_allclose(line.get_ydata(), [0, 500, 400, 900, 100, 100])
    assert [text.get_text() for text in levels.texts] == ["QKD blocks aborted"]
    assert sum(len(line.get_xdata()) for line in waits.lines) == 5

"""The figure and the sentences on devices that move, and on batteries, from tables written by hand."""

import pytest

from qflsim import trace
from qflsim.plots import draw_all, mobility
from qflsim.plots.style import canvas
from qflsim.summary import summarise
from qflsim.tables import read_table

PLACES = (  # time, device, east, server, task server, reached
    (0, 0.0, "device-1-1", 0.0, "server-1", "server-1", True),
    (1, 50.0, "device-1-1", 100.0, "server-2", "server-1", True),
    (2, 150.0, "device-1-1", 200.0, "server-2", "server-2", True),
    (1, 50.0, "device-2-1", 900.0, "server-2", "server-2", False),
)
HANDED = (  # round, time, device, source, target, cause, sending, receiving
    (1, 40.0, "device-1-1", "server-1", "server-2", "a3", 1, 2),
    (1, 60.0, "device-1-1", "server-2", "server-1", "a3", 0, 0),
    (1, 60.5, "device-1-1", "server-1", "server-2", "a3", 0, 0),  # ping-pong
    (2, 170.0, "device-2-1", "server-2", "server-1", "recovery", 0, 0),
)


def add(folder, record):
    """Write one more row into a table."""
    cells = (getattr(record, name) for name in trace.columns(type(record)))
    with (folder / f"{record.table}.csv").open("a") as file:
        file.write(",".join("" if cell != cell else str(cell) for cell in cells) + "\n")


@pytest.fixture
def moving(run):
    for number, time, device, east, server, task_server, reached in PLACES:
        add(run, trace.Position(round=number, time_s=time, device=device, east_m=east, north_m=5.0, server=server,
                                task_server=task_server, reached=reached, snr_down_db=10.0))  # fmt: skip
    for number, time, device, source, target, cause, sending, receiving in HANDED:
        add(run, trace.Handover(round=number, time_s=time, device=device, source=source, target=target, cause=cause,
                                task_server=source, east_m=100.0, north_m=5.0, snr_before_db=3.0, snr_after_db=7.0,
                                interruption_s=0.04, sending=sending, receiving=receiving,
                                forwarded_bit=10.0))  # fmt: skip
    return run


def text_of(folder):
    return " ".join(summarise(folder).split())


def test_the_figure_is_drawn_only_if_somebody_was_handed_over(run):
    assert mobility.draw(run) is None
    assert "mobility" not in {file.stem for file in draw_all(run)}


def test_the_figure_shows_every_way_and_every_handover(moving):
    assert "mobility" in {file.stem for file in draw_all(moving)}
    with canvas():
        area, counts, devices = mobility.draw(moving).axes
    ways, better, _, recovered, _ = area.collections
    assert len(ways.get_segments()) == 2  # three places of one device, one of the other
    assert (len(better.get_offsets()), len(recovered.get_offsets())) == (3, 1)
    heights = {}
    for bar in counts.patches:
        middle = bar.get_x() + bar.get_width() / 2
        heights[middle] = heights.get(middle, 0.0) + bar.get_height() * bar.get_width()
    assert heights == pytest.approx({50.0: 3.0, 150.0: 1.0})
    selected, aggregated, away = (patch.get_data().values.tolist() for patch in devices.patches)
    assert (selected, aggregated, away) == ([4, 4], [3, 3], [1.0, 0.0])
    for axes in (area, devices):
        assert axes.get_xlabel() and axes.get_ylabel()


def test_handovers_of_an_unfinished_round_are_left_out(interrupted):
    add(interrupted, trace.Handover(round=2, time_s=120.0, device="device-1-1", source="server-1", target="server-2",
                                    cause="a3", task_server="server-1", east_m=0.0, north_m=0.0, snr_before_db=1.0,
                                    snr_after_db=5.0, interruption_s=0.04, sending=0, receiving=0,
                                    forwarded_bit=0.0))  # fmt: skip
    assert mobility.draw(interrupted) is None


def test_the_summary_says_how_often_and_what_it_did(moving):
    text = text_of(moving)
    assert "4 handovers of 2 devices, one per device and 100 s; 1 of them came after an outage" in text
    assert "1 led back within 1 s" in text
    assert "3 messages under way were taken along" in text
    # the place at time 0 belongs to no round
    assert "Of all device time 33.3 % was in the cell of another server than the one trained for" in text
    assert "and 33.3 % out of reach of any" in text


def test_who_does_not_move_is_not_mentioned(run):
    assert "movement" not in summarise(run)
    assert "batteries" not in summarise(run)


def test_the_summary_tells_of_devices_that_move_and_are_not_handed_over(moving):
    path = moving / "handovers.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "2 devices move, and none was handed over" in text_of(moving)


def test_the_summary_tells_how_full_batteries_are(run):
    for number in (1, 2):
        for device, level in (("device-1-1", 60.0), ("device-2-1", -1.0)):
            add(run, trace.Battery(round=number, time_s=100.0 * number, device=device, initial_j=100.0,
                                   level_j=level, drawn_j=20.0, empty=level < 0, emptied_s=float("nan")))  # fmt: skip
    text = text_of(run)
    assert "Devices drew 70.5 J from their batteries on average, 101 J at most, 70.5 % of what was in them" in text
    assert "1 of 2 batteries are empty" in text
    assert len(read_table(run, "batteries")) == 4

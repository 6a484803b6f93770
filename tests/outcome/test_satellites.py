"""The figure and the sentences on satellites, from a run in which one passes."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.plots import satellites
from qflsim.plots.satellites import pair_stocks
from qflsim.plots.style import canvas, save
from qflsim.summary import summarise
from qflsim.units import degree, minute

PLACES = qfl.GeographicSites(
    places=((39.9 * degree, 116.4 * degree), (30.6 * degree, 114.3 * degree), (45.8 * degree, 126.5 * degree))
)


@pytest.fixture(scope="module")
def night(tiny, tmp_path_factory):
    """A run in which Micius passes over three cities after eight to sixteen minutes."""
    scenario = replace(
        tiny,
        background=None,
        topology=replace(tiny.topology, layout=PLACES),
        keys=qfl.QKDKeys(),
        sealing=qfl.OneTimePad(),
        satellites=(qfl.Satellite(orbit=qfl.Orbit(start="2016-12-19T16:40:00Z")),),
        agreement_deadline=5 * minute,
        rounds=7,
    )
    return qfl.run(scenario, out=tmp_path_factory.mktemp("night"), figures=False)


def test_stocks_of_two_stations_are_what_came_less_what_went(night):
    stocks, keys, passes = pair_stocks(night.folder), night.table("keys"), night.table("passes")
    assert list(stocks) == [("server-1", "server-2"), ("server-1", "server-3"), ("server-2", "server-3")]
    over = keys[keys["path"].str.contains(">micius>") & (keys["qkd_bit"] > 0)]
    assert len(over) > 5
    left = {}
    for station in ("server-1", "server-2", "server-3"):
        own = passes[(passes["station"] == station) & (passes["secret_bit"] > 0)]
        tags = len(own) * night.scenario.key_store.block_tags
        drawn = over.loc[(over["first"] == station) | (over["second"] == station), "qkd_bit"].sum()
        left[station] = own["secret_bit"].sum() - tags - drawn
    for (first, second), steps in stocks.items():
        assert steps[0] == (0.0, 0.0) and [time for time, _ in steps] == sorted(time for time, _ in steps)
        assert steps[-1][1] == pytest.approx(min(left[first], left[second]))
        first_key = passes.loc[passes["station"].isin((first, second)), "ended_s"].max()
        assert all(bits == 0.0 for time, bits in steps if time < first_key)


def test_the_figure_is_drawn_the_same_each_time(night, tmp_path):
    pictures = []
    for name in ("first", "second"):
        with canvas():
            (file,) = save(satellites.draw(night.folder), tmp_path / name, ("png",))
        pictures.append(file.read_bytes())
    assert pictures[0] == pictures[1]


def test_the_figure_shows_every_contact_and_every_pair(night):
    with canvas():
        figure = satellites.draw(night.folder)
    above, stocks, below = figure.axes
    assert len(above.texts) == len(night.table("passes"))
    assert len(stocks.lines) == 3
    assert sum(len(bars.get_paths()) for bars in below.collections) == 7


def test_without_a_satellite_there_is_no_figure_and_no_sentence(run):
    assert satellites.draw(run) is None
    assert "satellites" not in summarise(run)


def test_the_sentences_have_the_numbers_of_the_tables(night):
    text, passes = " ".join(summarise(night.folder).split()), night.table("passes")
    best = passes.nlargest(1, "secret_bit").iloc[0]
    assert f"satellites {len(passes)} contacts of" in text and "of key to 3 stations" in text
    assert f"The best, with {best.station} after" in text and f"lost {best.loss_db:.1f} dB or more" in text
    made = int((night.table("rounds")["aggregated"] > 0).sum())
    assert f"{made} of 7 rounds brought a new global model, 0 of them before the first contact ended." in text

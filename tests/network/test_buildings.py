import numpy as np
import pytest

from qflsim.network import Buildings, IndoorOffice, SubTerahertz, UrbanMacro, UrbanMicro, umi_los_probability, wall_loss
from qflsim.network.buildings import Indoors
from qflsim.streams import Streams
from qflsim.units import GHz, km, to_dB

# carrier [GHz]: loss of a low-loss and of a high-loss wall [dB], worked out from TR 38.901, 7.4.3
WALLS = {3.5: (12.6975, 26.8498), 10: (14.2280, 32.5257), 28: (17.8288, 37.9490)}


@pytest.mark.parametrize(("carrier", "losses"), WALLS.items())
def test_wall_vectors(carrier, losses):
    assert wall_loss(carrier * GHz, high=False) == pytest.approx(losses[0], abs=5.1e-5)
    assert wall_loss(carrier * GHz, high=True) == pytest.approx(losses[1], abs=5.1e-5)


def test_penetration_is_wall_depth_and_deviation():
    loss = Buildings().penetration_loss
    wall = wall_loss(10 * GHz, high=True)
    assert loss(10 * GHz, Indoors(high=True, depth=0.0, spread=0.0)) == wall
    assert loss(10 * GHz, Indoors(high=True, depth=12.0, spread=0.0)) == pytest.approx(wall + 6.0)
    assert loss(10 * GHz, Indoors(high=True, depth=0.0, spread=2.0)) == pytest.approx(wall + 13.0)
    low = wall_loss(10 * GHz, high=False)
    assert loss(10 * GHz, Indoors(high=False, depth=0.0, spread=1.0)) == pytest.approx(low + 4.4)
    assert loss(10 * GHz, Indoors(high=False, depth=0.0, spread=-9.0)) == 0.0  # a wall never amplifies


@pytest.mark.parametrize("cell", [UrbanMicro, UrbanMacro])
def test_a_channel_through_a_wall_is_weaker_by_its_loss(cell):
    access = cell(buildings=Buildings())
    inside = Indoors(high=False, depth=10.0, spread=0.5)
    outdoors, indoors = access.channel(100, True), access.channel(100, True, indoors=inside)
    loss = access.buildings.penetration_loss(access.carrier, inside)
    assert indoors.penetration_db == loss > 15.0
    assert to_dB(outdoors.snr_up / indoors.snr_up) == pytest.approx(loss)
    assert to_dB(outdoors.snr_down / indoors.snr_down) == pytest.approx(loss)
    assert (outdoors.indoor, indoors.indoor) == (False, True)
    assert outdoors.path_loss_db == indoors.path_loss_db


def test_draws_follow_shares_depths_and_deviations():
    buildings, rng = Buildings(indoor_share=0.6, high_loss_share=0.3, depth=20.0), Streams(1).fresh("test")
    drawn = [buildings.draw(rng) for _ in range(20_000)]
    inside = [indoors for indoors in drawn if indoors is not None]
    assert len(inside) / len(drawn) == pytest.approx(0.6, abs=0.015)
    assert np.mean([indoors.high for indoors in inside]) == pytest.approx(0.3, abs=0.02)
    depths = np.array([indoors.depth for indoors in inside])
    assert depths.mean() == pytest.approx(20.0 / 3, rel=0.03)  # the smaller of two uniform ones
    assert np.mean(depths < 10.0) == pytest.approx(0.75, abs=0.02)
    assert np.std([indoors.spread for indoors in inside]) == pytest.approx(1.0, rel=0.03)


def test_line_of_sight_goes_by_the_way_outside():
    access = UrbanMicro(buildings=Buildings(indoor_share=1.0))
    assert access.outdoor_distance(60.0, Indoors(high=False, depth=20.0, spread=0.0)) == 40.0
    assert access.outdoor_distance(15.0, Indoors(high=False, depth=20.0, spread=0.0)) == 10.0
    rng = Streams(2).fresh("test")
    seen = np.mean([access.draw(60.0, rng).los for _ in range(20_000)])
    depths = 25.0 * np.minimum(*np.random.default_rng(1).random((2, 20_000)))
    assert seen == pytest.approx(np.mean([umi_los_probability(60.0 - d) for d in depths]), abs=0.015)


def test_shadowing_indoors_has_a_deviation_of_its_own():
    access, rng = UrbanMicro(buildings=Buildings(indoor_share=1.0)), Streams(3).fresh("test")
    assert np.std([access.draw(100.0, rng).shadowing_db for _ in range(20_000)]) == pytest.approx(7.0, rel=0.03)


def test_without_buildings_nothing_more_is_drawn():
    first, second = (np.random.default_rng(1) for _ in range(2))
    UrbanMicro().draw(100.0, first)
    second.random()
    second.standard_normal()
    assert first.random() == second.random()


@pytest.mark.parametrize("cell", [IndoorOffice, SubTerahertz])
def test_cells_without_walls_refuse_buildings(cell):
    with pytest.raises(ValueError, match=rf"{cell.__name__}\.buildings must be None"):
        cell(buildings=Buildings())


def test_air_and_rain_absorb_along_the_way():
    dry, wet = SubTerahertz(), SubTerahertz(absorption=19.15 / km)
    assert wet.path_loss(150.0, True) - dry.path_loss(150.0, True) == pytest.approx(19.15 * 0.150021, rel=1e-4)

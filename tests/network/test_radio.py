import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import Fibre, LinkModel, Sidelink, SlotTiming, UrbanMicro, umi_los_probability
from qflsim.streams import Streams
from qflsim.units import Mbit, MHz, dB, km, to_dB, us

NARROW = UrbanMicro(bandwidth=20 * MHz, station_noise=dB(5), station_gain=dB(20))


@pytest.mark.parametrize(("los", "snr"), [(True, 44.5569), (False, 24.6345)])
def test_worked_uplink_at_100_m(los, snr):
    channel = NARROW.channel(100, los)
    assert to_dB(channel.snr_up) == pytest.approx(snr, abs=6e-5)
    assert channel.efficiency_up * NARROW.bandwidth == pytest.approx(40 * Mbit)
    assert NARROW.airtime(1 * Mbit, channel.efficiency_up) == pytest.approx(25e-3)


def test_downlink_differs_by_power_and_noise_figure():
    channel = UrbanMicro().channel(100, True)
    assert to_dB(channel.snr_down / channel.snr_up) == pytest.approx((33 - 23) - (9 - 5))


def test_draws_follow_the_line_of_sight_probability_and_the_shadowing():
    access, rng = UrbanMicro(), Streams(1).fresh("test")
    drawn = [access.draw(100, rng) for _ in range(20_000)]
    seen = np.array([c.los for c in drawn])
    shadowing = np.array([c.shadowing_db for c in drawn])
    p = umi_los_probability(100)
    assert abs(seen.mean() - p) < 4 * np.sqrt(p * (1 - p) / len(drawn))
    assert shadowing[seen].std() == pytest.approx(4.0, rel=0.05)
    assert shadowing[~seen].std() == pytest.approx(7.82, rel=0.05)
    assert abs(shadowing.mean()) < 0.3


@given(st.integers(0, 2**32), st.floats(10, 5000))
def test_changing_powers_changes_no_draw(seed, distance):
    base = UrbanMicro().draw(distance, np.random.default_rng(seed))
    loud = UrbanMicro(device_power=0.5).draw(distance, np.random.default_rng(seed))
    assert (base.los, base.shadowing_db, base.path_loss_db) == (loud.los, loud.shadowing_db, loud.path_loss_db)
    assert loud.snr_up > base.snr_up
    assert loud.snr_down == base.snr_down


def test_a_deep_shadow_is_outage():
    access = UrbanMicro()
    channel = access.channel(500, False, shadowing_db=3.0)
    assert channel.efficiency_up == 0.0 < channel.efficiency_down
    with pytest.raises(ValueError, match="in outage carries nothing"):
        access.airtime(1e6, channel.efficiency_up)
    alone = dataclasses.replace(access, shadowing_nlos=0.0, device_power=1e-6)
    lost = [alone.quality(500, np.random.default_rng(i)) for i in range(20)]
    assert {q.loss for q in lost} == {1.0}
    assert {q.rate_bps for q in lost} == {0.0}


def test_a_pair_has_one_channel_both_ways():
    streams, link = Streams(3), Sidelink()
    there, back = link.luck("a", "b", streams), link.luck("b", "a", streams)
    assert there == back != link.luck("a", "c", streams)
    channel = link.channel(120, *there)
    assert channel.efficiency_up == channel.efficiency_down
    assert channel == link.draw(120, streams.fresh("sidelink", "a", "b"))


def test_a_pair_that_moves_apart_loses_sight_once_and_then_reach():
    link = Sidelink()
    for seed in range(20):
        luck = link.luck("a", "b", Streams(seed))
        channels = [link.channel(distance, *luck) for distance in range(1, 3000, 10)]
        seen = [channel.los for channel in channels]
        assert seen == sorted(seen, reverse=True)
        efficiencies = [channel.efficiency_up for channel in channels if not channel.los]
        assert efficiencies == sorted(efficiencies, reverse=True)
        assert efficiencies[-1] == 0.0


def test_sidelink_budget():
    channel = Sidelink(shadowing_los=0.0, shadowing_nlos=0.0).draw(5.0, np.random.default_rng(0))
    assert channel.los
    # 23 dBm + 174 - 10 log 20e6 - 9 dB = 114.99 dB over the path loss
    assert to_dB(channel.snr_up) == pytest.approx(23 + 91.9897 - channel.path_loss_db, abs=1e-4)


def test_mean_access_delay_of_120_khz_slots():
    assert SlotTiming(block_error=0.0).mean_delay() == pytest.approx(448.2 * us, rel=2e-4)


@pytest.mark.parametrize("block_error", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("numerology", [0, 3])
def test_access_delays_average_to_their_mean(block_error, numerology):
    timing, rng = SlotTiming(block_error=block_error, numerology=numerology), np.random.default_rng(5)
    delays = np.array([timing.access_delay(rng) for _ in range(20_000)])
    assert abs(delays.mean() - timing.mean_delay()) < 4 * delays.std() / np.sqrt(len(delays))
    assert delays.min() >= timing.preparation / 2 + timing.slot + timing.decode_time


def test_retransmission_takes_decoding_feedback_and_preparation():
    timing = SlotTiming()
    assert timing.retransmission == pytest.approx((178.571 + 125 + 321.429) * us, rel=1e-5)


def test_block_errors_shift_no_other_draw():
    first, second = (np.random.default_rng(1) for _ in range(2))
    for _ in range(50):
        SlotTiming(block_error=0.0).access_delay(first)
        SlotTiming(block_error=0.9).access_delay(second)
    assert first.random() == second.random()


@pytest.mark.parametrize("model", [UrbanMicro(), Sidelink(), Fibre()])
def test_every_link_states_its_quality(model):
    assert isinstance(model, LinkModel)
    quality = model.quality(30.0, np.random.default_rng(1))
    assert quality.rate_bps > 0
    assert quality.delay_s > 0
    assert quality.loss == 0.0


def test_a_link_model_must_say_its_quality():
    with pytest.raises(TypeError, match="quality"):
        LinkModel()


def test_wrong_fields_are_refused_with_advice():
    with pytest.raises(ValueError, match=r"UrbanMicro\.device_power must be <= 1 W, got 23\.0; .*dBm\(23\)"):
        UrbanMicro(device_power=23)
    with pytest.raises(ValueError, match=r"SlotTiming\.numerology"):
        SlotTiming(numerology=4)


def test_fibre_delay():
    plain = Fibre(route_factor=1.0, hops=0)
    assert plain.delay(1000 * km) == pytest.approx(4.8974e-3)
    assert Fibre().delay(1 * km) == pytest.approx(1.5 * 4.8974e-6 + 10e-6)

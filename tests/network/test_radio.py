import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import special

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
@pytest.mark.parametrize("blocks", [1, 40])
@pytest.mark.parametrize("limits", [{}, {"numerology": 0, "transmissions": 1, "retries": 2}])
def test_access_delays_average_to_their_mean(block_error, blocks, limits):
    timing, rng = SlotTiming(block_error=block_error, **limits), np.random.default_rng(5)
    delays = np.array([timing.access(rng, blocks).delay_s for _ in range(20_000)])
    assert abs(delays.mean() - timing.mean_delay(blocks)) < 4 * delays.std() / np.sqrt(len(delays))
    assert delays.min() >= timing.preparation / 2 + timing.slot + timing.decode_time


@pytest.mark.parametrize("block_error", [0.01, 0.1, 0.5, 0.99])
def test_combined_transmissions_fail_as_the_gamma_function_says(block_error):
    timing = SlotTiming(block_error=block_error, transmissions=12)
    for count in range(1, 12):
        assert timing.failure(count) == pytest.approx(special.gammainc(count, -math.log1p(-block_error)), rel=1e-9)


def test_combining_is_the_sum_of_exponential_fades():
    rng, theta = np.random.default_rng(3), -math.log(0.6)
    fades = rng.exponential(size=(200_000, 3)).cumsum(axis=1) < theta  # a fade is short of what decoding needs
    timing = SlotTiming(block_error=0.4)
    for count, failed in enumerate(fades.mean(axis=0), start=1):
        assert failed == pytest.approx(timing.failure(count), abs=0.004)


def test_a_series_that_starts_anew_has_nothing_to_combine():
    timing = SlotTiming(block_error=0.3, transmissions=2, retries=3)
    assert timing.failure(2) < 0.3**2
    assert timing.failure(3) == pytest.approx(timing.failure(2) * 0.3)
    assert timing.loss() == pytest.approx(timing.failure(2) ** 4, rel=1e-12)
    assert SlotTiming().loss() < 1e-40


@pytest.mark.parametrize("blocks", [1, 7])
def test_residual_loss_in_closed_form(blocks):
    timing, rng = SlotTiming(block_error=0.3, transmissions=1, retries=1), np.random.default_rng(4)
    assert timing.loss(blocks) == pytest.approx(1 - (1 - 0.09) ** blocks)
    lost = [access.lost for access in (timing.access(rng, blocks) for _ in range(20_000))]
    expected = timing.loss(blocks)
    assert np.mean(lost) == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / len(lost)))


def test_delays_of_repetitions_and_of_giving_up():
    timing, rng = SlotTiming(block_error=0.9, transmissions=2, retries=1), np.random.default_rng(6)
    waits = {}
    for access in (timing.access(rng) for _ in range(5000)):
        rounds = (access.delay_s - timing.preparation / 2 - timing.slot - timing.decode_time) / timing.retransmission
        waits.setdefault(access.lost, []).append(rounds)
    retry, alignment = timing.retry_time / timing.retransmission, timing.slot / timing.retransmission
    steps = np.array([0.0, 1.0, 2.0 + retry, 3.0 + retry])
    late = np.array(waits[False])
    assert all(np.any((wait >= steps - 1e-9) & (wait <= steps + alignment + 1e-9)) for wait in late)
    assert min(waits[True]) >= 4.0 + retry - 1e-9
    assert max(waits[True]) <= 4.0 + retry + alignment + 1e-9


def test_a_message_fills_the_slots_of_the_whole_band():
    timing = SlotTiming()  # 125 us
    assert [timing.blocks(size, 400e6) for size in (1.0, 50e3, 50001.0, 1e6)] == [1, 1, 2, 20]
    assert UrbanMicro().access(1e6, 2.0, np.random.default_rng(1)) == timing.access(np.random.default_rng(1), 20)


def test_retransmission_takes_decoding_feedback_and_preparation():
    timing = SlotTiming()
    assert timing.retransmission == pytest.approx((178.571 + 125 + 321.429) * us, rel=1e-5)


def test_block_errors_shift_no_other_draw():
    first, second = (np.random.default_rng(1) for _ in range(2))
    for _ in range(50):
        SlotTiming(block_error=0.0).access(first)
        SlotTiming(block_error=0.9).access(second)
    assert first.random() == second.random()


@pytest.mark.parametrize("model", [UrbanMicro(), Sidelink(), Fibre()])
def test_every_link_states_its_quality(model):
    assert isinstance(model, LinkModel)
    quality = model.quality(30.0, np.random.default_rng(1))
    assert quality.rate_bps > 0
    assert quality.delay_s > 0
    assert quality.loss < 1e-40


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

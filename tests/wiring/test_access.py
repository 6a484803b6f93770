"""The radio side of a world by itself: SINR as cells begin and end to send."""

from dataclasses import replace

import pytest
import simpy
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.energy import EnergyBook
from qflsim.nodes.context import Context
from qflsim.streams import Streams
from qflsim.trace import Trace
from qflsim.units import GHz, MHz, byte, km2, m, s
from qflsim.wiring.access import AccessNetwork

LABEL = ("a", "b", "test")
TIMELESS = qfl.SlotTiming(block_error=0.0)


def near(tiny, **access):
    """Three cells that hear each other well, without background traffic."""
    topology = qfl.DenseCell(servers=3, devices_per_server=3, radius=100 * m, spacing=210 * m)
    return replace(tiny, topology=topology, background=None, access=qfl.UrbanMicro(timing=TIMELESS, **access))


def radio(scenario, seed=3):
    streams = Streams(seed)
    ctx = Context(simpy.Environment(), Trace(), EnergyBook(), streams)
    return AccessNetwork(scenario, scenario.topology.place(streams), ctx), ctx


def everywhere(access, activity):
    return dict.fromkeys(access.bands, activity)


def test_with_all_others_silent_it_is_the_snr(tiny):
    access, _ = radio(near(tiny))
    for device, channel in access.channels.items():
        assert access.sinr(device) == (channel.snr_up, channel.snr_down)


def test_without_interference_it_is_the_snr_whatever_is_sent(tiny):
    access, _ = radio(near(tiny, interference=False))
    for device, channel in access.channels.items():
        assert access.sinr(device, everywhere(access, 1.0)) == (channel.snr_up, channel.snr_down)


def test_far_cells_leave_the_snr(tiny):
    scenario = near(tiny)
    access, _ = radio(replace(scenario, topology=replace(scenario.topology, spacing=5.4e3)))
    for device, channel in access.channels.items():
        assert access.sinr(device, everywhere(access, 1.0)) == (channel.snr_up, channel.snr_down)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.integers(0, 5))
def test_interference_only_ever_takes(tiny, activity, seed):
    access, _ = radio(near(tiny), seed)
    sends = dict(zip(access.bands, activity, strict=True))
    for device, channel in access.channels.items():
        up, down = access.sinr(device, sends)
        assert up <= channel.snr_up and down <= channel.snr_down
        most = access.sinr(device, everywhere(access, 1.0))
        assert most[0] <= up and most[1] <= down


def strongest_change(access):
    """The device whose uplink loses most when all others send, and its efficiencies without and with them."""
    link = qfl.UrbanMicro().uplink
    losses = {}
    for device, channel in access.channels.items():
        disturbed = access.sinr(device, everywhere(access, 1.0))[0]
        losses[device] = link.efficiency(channel.snr_up), link.efficiency(disturbed)
    device = max(losses, key=lambda name: losses[name][0] - losses[name][1])
    return device, losses[device]


def test_a_transfer_slows_down_while_another_cell_sends_and_keeps_its_bits(tiny):
    access, ctx = radio(near(tiny, bandwidth=20 * MHz))
    device, _ = strongest_change(access)
    other = next(name for name, server in access.serving.items() if server != access.serving[device])
    silent, sending = everywhere(access, 0.0), everywhere(access, 0.0) | {access.serving[other]: 1.0}
    link = qfl.UrbanMicro().uplink
    fast, slow = (20e6 * link.efficiency(access.sinr(device, sends)[0]) for sends in (silent, sending))
    assert slow < fast
    ended = {}
    access.up(device).carry(LABEL, fast + slow, lambda: ended.update(it=ctx.now), lambda: None)
    # the other cell sends from 0.5 s to 1.5 s
    pace = 20e6 * link.efficiency(access.sinr(other, everywhere(access, 0.0) | {access.serving[device]: 1.0})[0])
    second = access.up(other)
    ctx.at(0.5, lambda: second.carry(LABEL, pace, lambda: ended.update(other=ctx.now), lambda: None))
    ctx.env.run()
    assert ended["other"] == pytest.approx(1.5, abs=1e-3)
    assert ended["it"] == pytest.approx(2.0, abs=1e-3)  # 0.5 s fast, 1 s slow, 0.5 s fast


def test_three_cells_that_silence_each_other_in_a_circle_come_to_an_end(tiny):
    access, ctx = radio(near(tiny))
    first, second, third = access.bands
    access._heard = {first: {third: 1e12}, second: {first: 1e12}, third: {second: 1e12}}
    fates = []
    for server in access.bands:
        device = next(name for name, home in access.serving.items() if home == server)
        access.up(device).carry(LABEL, 1e6, lambda: fates.append("arrived"), lambda: fates.append("lost"))
    ctx.env.run()
    assert len(fates) == 3
    assert "lost" in fates
    assert ctx.now == pytest.approx(qfl.SlotTiming().failure_time, abs=0.1)


def test_cells_end_to_send_when_their_last_transfer_ends(tiny):
    access, ctx = radio(near(tiny))
    device = "device-1-1"
    watched = [name for name, server in access.serving.items() if server != "server-1"]
    access.up(device).carry(LABEL, 1e6, lambda: None, lambda: None)
    assert any(access.sinr(name)[0] < access.channels[name].snr_up for name in watched)
    ctx.env.run()
    assert all(access.sinr(name)[0] == access.channels[name].snr_up for name in watched)


def crowded(tiny, density, spacing=210 * m, **traffic):
    scenario = near(tiny)
    background = qfl.BackgroundTraffic(density=density / km2, **traffic)
    return replace(scenario, background=background, topology=replace(scenario.topology, spacing=spacing))


def test_background_loads_grow_with_the_interference_of_the_others(tiny):
    traffic = {"message_size": 100 * byte, "message_rate": 1 / (10 * s)}
    far, _ = radio(crowded(tiny, 1e7, 6e3, **traffic))
    close, _ = radio(crowded(tiny, 1e7, **traffic))
    alone, _ = radio(replace(crowded(tiny, 1e7, **traffic), access=qfl.UrbanMicro(interference=False)))
    assert far.loads == alone.loads
    assert min(close.loads.values()) > 1.05 * max(far.loads.values()) > 0.0
    for device, channel in close.channels.items():
        assert close.sinr(device)[0] < channel.snr_up  # the crowds send all the time


def test_the_densest_cells_of_6g_run_and_an_overload_is_refused(tiny):
    """1e8 devices per square kilometre, each reporting 32 bytes every two hours, or far too often."""
    access, _ = radio(crowded(tiny, 1e8))
    assert 0.0 < max(access.loads.values()) < 0.1
    with pytest.raises(ScenarioError, match=r"1e\+08 devices per km\^2.*lower BackgroundTraffic\.density"):
        radio(crowded(tiny, 1e8, message_rate=1 / s))


def test_cells_that_bear_their_crowds_alone_may_not_bear_each_other(tiny):
    traffic = {"message_size": 100 * byte, "message_rate": 1 / (2 * s)}
    radio(crowded(tiny, 1e7, 6e3, **traffic))
    with pytest.raises(ScenarioError, match="move cells that disturb each other apart"):
        radio(crowded(tiny, 1e7, **traffic))


def test_up_and_down_differ_by_powers_noise_and_link_adaptation(tiny):
    access, _ = radio(near(tiny, carrier=28 * GHz))
    for channel in access.channels.values():
        assert channel.snr_down / channel.snr_up == pytest.approx(10 ** ((33 - 23 - (9 - 5)) / 10))
        assert channel.efficiency_down > channel.efficiency_up

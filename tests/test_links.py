"""Whole runs over other radio cells, key sources and signatures than the default ones."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Key, Round, Transfer
from qflsim.world import World


@pytest.fixture(scope="module")
def short(tiny):
    return replace(tiny, rounds=1, background=None)


def played(scenario):
    world, records = World(scenario, 0), []
    world.trace.observe(records.append)
    world.run()
    return world, records


@pytest.mark.parametrize(
    "access",
    [qfl.UrbanMacro(), qfl.IndoorOffice(office="open"), qfl.SubTerahertz()],
    ids=lambda access: type(access).__name__,
)
def test_a_round_over_another_cell(short, access):
    energy = qfl.EnergyModels(station=qfl.MacroStationEnergy()) if isinstance(access, qfl.UrbanMacro) else short.energy
    world, records = played(replace(short, access=access, energy=energy))
    assert [record.round for record in records if isinstance(record, Round)] == [1]
    on_air = [record for record in records if isinstance(record, Transfer) and "access" in record.medium]
    assert on_air
    nearest, farthest = access.distances
    for device, channel in world.wiring.channels.items():
        distance = world.placement.distance(device, world.placement.home[device])
        assert nearest <= distance <= farthest
        assert channel.path_loss_db == access.path_loss(distance, channel.los)


@pytest.mark.parametrize("qkd", [qfl.WeakDecoyBB84(), qfl.BBM92()], ids=lambda qkd: type(qkd).__name__)
def test_keys_of_another_protocol_fill_the_pools(short, qkd):
    world, records = played(replace(short, keys=qfl.QKDKeys(qkd=qkd)))
    assert any(isinstance(record, Key) and record.qkd_bit for record in records)
    (first, second), pool = next(pair for pair in world.wiring.pools.items() if "device" not in str(pair[0]))
    length = world.placement.distance(first, second) * short.backhaul.route_factor
    assert pool.rate_bps == qkd.key_rate(length)


def test_an_eavesdropper_slows_the_keys_and_then_stops_them(short):
    def tapped(share):
        return replace(short, keys=qfl.QKDKeys(qkd=qfl.DecoyBB84(eavesdropping=qfl.InterceptResend(share=share))))

    rates = [min(pool.rate_bps for pool in World(tapped(share), 0).wiring.pools.values()) for share in (0.0, 0.1, 0.2)]
    assert rates[0] > rates[1] > rates[2] > 0.0
    with pytest.raises(ScenarioError, match=r"reach 0 km with an eavesdropper on 50% of the pulses \(error rate 0\.13"):
        World(tapped(0.5), 0)


def test_blocks_grow_with_the_bytes_of_signatures_and_public_keys(short):
    schemes = (qfl.Ed25519(), qfl.SLHDSA(variant="128f"), qfl.Falcon1024())
    chains = [played(replace(short, signatures=scheme))[0].ledgers[-1].chain for scheme in schemes]
    small, hashes, lattices = (len(chain.encode()) for chain in chains)
    signatures = (hashes - small) / (17_088 - 64)  # public keys are as long as those of Ed25519
    assert signatures == pytest.approx(round(signatures), abs=0.01)
    keys = (lattices - small - round(signatures) * (1280 - 64)) / (1793 - 32)
    assert keys == pytest.approx(round(keys), abs=0.05)
    assert (round(signatures) > 0, round(keys)) == (True, 3)  # one for each device of the cell

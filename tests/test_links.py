"""Whole runs over other radio cells, backhaul, key sources and signatures than the default ones."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.network import FifoQueue
from qflsim.trace import Energy, Key, Round, Transfer
from qflsim.world import World

LIGHT = 299_792_458.0  # [m/s]


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
    for device, channel in world.wiring.access.channels.items():
        distance = world.placement.distance(device, world.placement.home[device])
        assert nearest <= distance <= farthest
        assert channel.path_loss_db == access.path_loss(distance, channel.los)


@pytest.mark.parametrize("qkd", [qfl.WeakDecoyBB84(), qfl.BBM92()], ids=lambda qkd: type(qkd).__name__)
def test_keys_of_another_protocol_fill_the_stores(short, qkd):
    world, records = played(replace(short, keys=qfl.QKDKeys(qkd=qkd)))
    assert any(isinstance(record, Key) and record.qkd_bit for record in records)
    (first, second), link = next(pair for pair in world.wiring.keys.links.items() if "device" not in str(pair[0]))
    length = world.placement.distance(first, second) * short.backhaul.route_factor
    if isinstance(qkd, qfl.BBM92):  # in blocks
        assert link.manager.rate_bps == 0.0 < qkd.key_rate(length)
        assert link.manager.made_bit > 0.0
    else:
        assert link.manager.rate_bps == qkd.key_rate(length)


@dataclass(frozen=True, kw_only=True)
class Microwave(qfl.Backhaul):
    """Towers that see each other, with dark fibre along a road beside them."""

    hops = 3
    rate: float = qfl.quantity(1e9, unit="bit/s", above=0, advice="give it in bit/s, e.g. 1e9")

    def length(self, distance):
        return 2.0 * distance

    def queue(self, distance):
        return FifoQueue(self.rate, distance / LIGHT)


@pytest.fixture(scope="module")
def by_microwave(short):
    """World and records of a round over a backhaul of one's own."""
    return played(replace(short, backhaul=Microwave(), keys=qfl.QKDKeys(qkd=qfl.DecoyBB84())))


def test_a_backhaul_of_ones_own_carries_the_messages_and_is_charged_by_its_hops(by_microwave):
    world, records = by_microwave
    transfers = [record for record in records if isinstance(record, Transfer)]
    wired = [record for record in transfers if record.medium == "fibre"]
    surplus = []
    for record in wired:
        flight = world.placement.distance(record.source, record.destination) / LIGHT
        surplus.append(record.delivered_s - record.sent_s - record.size_bit / 1e9 - flight)
    assert min(surplus) == pytest.approx(0.0, abs=1e-9)  # one at least had its link to itself
    carried = sum(record.size_bit * record.medium.split("+").count("fibre") for record in transfers)
    spent = sum(r.energy_j for r in records if isinstance(r, Energy) and r.cause == "network")
    assert spent == pytest.approx(qfl.FibreEnergy().energy(carried, Microwave.hops), rel=1e-9)


def test_keys_of_qkd_run_along_the_length_that_the_backhaul_states(by_microwave):
    world, _ = by_microwave
    devices, links = set(world.placement.home), world.wiring.keys.links
    rates = {ends: link.manager.rate_bps for ends, link in links.items() if not devices & set(ends)}
    assert len(rates) == 3
    for ends, rate in rates.items():
        assert rate == qfl.DecoyBB84().key_rate(2.0 * world.placement.distance(*ends))


def test_the_quality_of_a_backhaul_is_that_of_its_idle_queue():
    quality = Microwave().quality(3000.0, np.random.default_rng(1))
    assert (quality.rate_bps, quality.delay_s, quality.loss) == (1e9, 3000.0 / LIGHT, 0.0)


def test_a_backhaul_must_say_its_hops_length_and_queue():
    with pytest.raises(TypeError, match="hops, length, queue"):
        qfl.Backhaul()


def test_an_eavesdropper_slows_the_keys_and_then_stops_them(short):
    def tapped(share):
        return replace(short, keys=qfl.QKDKeys(qkd=qfl.DecoyBB84(eavesdropping=qfl.InterceptResend(share=share))))

    rates = [
        min(link.manager.rate_bps for link in World(tapped(share), 0).wiring.keys.links.values())
        for share in (0.0, 0.1, 0.2)
    ]
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

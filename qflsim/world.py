"""The world: builds the parts of a scenario, wires the nodes, and lets them run.

Everything that can be refused is refused while the world is built: before any event, and before any file is written.
"""

import math
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from .chain.archive import Archive
from .chain.perchain import PerChain
from .checks import ScenarioError
from .crypto.keyring import Keyring
from .crypto.keyrouting import ends_of
from .energy import Battery, EnergyBook
from .learning.compiling import CompiledTask, compile_task
from .learning.datasets import Data
from .learning.selection import Reputation, Requirement
from .learning.stragglers import EqualSpeeds
from .learning.task import LearningTask
from .network.mobility import Trajectory
from .nodes.adversaries import Adversaries
from .nodes.batteries import Batteries
from .nodes.computer import Computer
from .nodes.context import Context
from .nodes.device import Device
from .nodes.fabric import Fabric
from .nodes.keynetwork import KeyNetwork
from .nodes.keys import KeyService
from .nodes.ledger import Ledger
from .nodes.membership import Membership
from .nodes.mobility import Roaming
from .nodes.models import ModelService
from .nodes.notary import Notary
from .nodes.publisher import Publisher, TaskOffer
from .nodes.qpu import QuantumProcessor
from .nodes.rounds import Rounds
from .nodes.server import Rules, Server
from .nodes.shard import TaskShard
from .nodes.tags import Tagger
from .nodes.workbook import WorkBook
from .quantum.qpu import ShotTiming
from .scenario import Scenario
from .streams import Streams
from .trace import Node, Trace
from .units import to_dB
from .wiring import Wiring
from .wiring.cryptography import keyring, secret_exchange
from .wiring.keydemand import KeyDemand, Offer
from .wiring.movement import set_out

__all__ = ["World"]

TASK = "task-1"
WAITS_OF_A_ROUND = 10  # times that a round can wait for as long as an agreement may take, generously counted


class World:
    """One replication of one scenario.

    Parameters
    ----------
    scenario:
        What the world is.
    replication:
        Which independent repetition, counted from 0.

    Raises
    ------
    ScenarioError
        If the parts of the scenario do not fit each other.
    """

    def __init__(self, scenario: Scenario, replication: int = 0) -> None:
        self.scenario = scenario
        self.replication = replication
        try:
            self._build(replication)
        except (ValueError, OSError) as error:  # a part of the scenario refused what the others ask of it
            raise ScenarioError(str(error)) from error

    def _build(self, replication: int) -> None:
        scenario = self.scenario
        self.trace = Trace()
        streams = Streams(scenario.seed, replication)
        self.ctx = Context(simpy.Environment(initial_time=0.0), self.trace, EnergyBook(), streams)
        self.placement, ways = set_out(scenario, scenario.topology.place(streams), streams)
        self.wiring = Wiring(scenario, self.placement, self.ctx)
        self._fabric = Fabric(self.ctx, self.wiring.route, self.wiring.onward)
        self.data, self._compiled, self.task = self._learn()
        self._adversaries = Adversaries(self.ctx, scenario.threats, self._roles())
        self._protocols = PerChain.of(scenario.agreement)
        self._adversaries.suit([protocol for _, protocol in self._protocols])
        self._fabric.fate = self._adversaries.fate
        keys = keyring(scenario, self.placement.positions, streams)
        self._notary = Notary(self.ctx, keys, self._adversaries)
        self._computers = {name: self._computer(name) for name in self.placement.positions}
        self._fabric.disseminator.adopt(scenario.dissemination, scenario.agreement_deadline, self._computers)
        links = self.wiring.keys.links
        aloft = self.wiring.space.stations
        visited = self.wiring.keys.visited
        network = KeyNetwork(self.ctx, self._fabric, links, scenario.relay, aloft, visited) if links else None
        if network is not None:
            self.wiring.keys.on_meeting(network.reconsider)
        self._keys = KeyService(
            self.ctx, self._fabric, scenario.keys, scenario.sealing, network, self._computers, scenario.signatures,
            secret_exchange(scenario, self.keyring, streams),
        )  # fmt: skip
        tagged = scenario.authentication.key_bit(first=True) > 0.0
        self._tagger = Tagger(self.ctx, scenario.authentication, network if tagged else None)
        self._models = ModelService(self.ctx, self._fabric, self.wiring.pairs.transports, self.wiring.pairs.link)
        self._qpus: dict[str, QuantumProcessor] = {}
        access = self.wiring.access
        self.membership = Membership(self.placement.servers, access.serving, self.wiring.reached, Reputation())
        self._roaming = self._roam(ways) if ways else None
        self._batteries = self._powered(scenario.battery) if scenario.battery else None
        self._works = WorkBook(self.ctx)
        self._rounds = self._actors()
        self._check_parts()
        self._check_deadline()

    def run(self) -> None:
        """Let simulated time pass until all rounds are over."""
        for name in (*self.placement.positions, *self.wiring.backhaul.transit):
            self.trace(self._described(name))
        self.wiring.backhaul.record()
        if self._roaming is not None:
            self.ctx.env.process(self._roaming.run())
        try:
            self.ctx.env.run(until=self.ctx.env.process(self._rounds.run()))
        finally:
            self.wiring.backhaul.close()

    def keep_ledgers(self, path: Path) -> None:
        """Keep every block committed from now on in a new archive at ``path``."""
        self.ctx.archive = Archive(path, new=self.keyring)

    def close_ledgers(self) -> dict[str, str]:
        """Close the archive; returns height and hash of the last block of every chain in it."""
        if self.ctx.archive is None:
            return {}
        tips = self.ctx.archive.tips()
        self.ctx.archive.close()
        self.ctx.archive = None
        return tips

    @property
    def model(self) -> NDArray[np.float64]:
        """Parameters of the global model as it is now."""
        return self._rounds.model

    @property
    def keyring(self) -> Keyring:
        """The signing keys of all nodes."""
        return self._notary.keyring

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """All chains: global, shard, and one local model update chain per server."""
        return self._rounds.ledgers

    @property
    def timing(self) -> ShotTiming:
        """Durations of one shot of the task's circuit."""
        return self._compiled.timing

    def check_on_aer(self) -> dict[str, float] | None:
        """Re-evaluate the final global model through PennyLane on Aer; ``None`` if the scenario skips it.

        Both results go to the evaluations table; what is returned compares them.
        """
        scenario = self.scenario
        samples = min(scenario.aer_samples, len(self.data.test_y))
        if not samples:
            return None
        seed = int(self.ctx.streams.fresh("aer").integers(2**31))
        return self._rounds.check_on_aer(self._compiled.native, self.data.test_x[:samples], scenario.aer_shots, seed)

    def _learn(self) -> tuple[Data, CompiledTask, LearningTask]:
        """Load and split the data, compile the circuit, prepare the engine."""
        scenario, streams = self.scenario, self.ctx.streams
        data = scenario.data.load(streams.fresh("data"))
        scenario.model.check_task(data.features, len(data.classes))
        devices = tuple(self.placement.home)
        shares = scenario.data.split.split(data.train_y, len(devices), streams.fresh("split"))
        compiled = compile_task(scenario.model, scenario.qpu, scenario.training.gradient)
        task = LearningTask(
            compiled.engine,
            compiled.trainer,
            scenario.training,
            data,
            dict(zip(devices, shares, strict=True)),
            circuits_per_sample=compiled.circuits_per_sample,
        )
        return data, compiled, task

    def _actors(self) -> Rounds:
        """Publisher, servers, devices and their chains."""
        scenario, servers = self.scenario, self.placement.servers
        global_chain = self._ledger("global")
        shard_chain = self._ledger(f"shard-{TASK}")
        patience = scenario.agreement_deadline
        offer = TaskOffer(TASK, repr(scenario.model), self._requirement().samples, scenario.rounds, scenario.reward)
        publisher = Publisher(
            self.ctx, self._fabric, self._computers["publisher"], offer, self._notary,
            global_chain, shard_chain, patience,
        )  # fmt: skip
        initial = scenario.model.initial(self.ctx.streams.fresh("initial"))
        fleet = {device: self._device(device) for device in self._recruitable()}
        actors = [self._server(name, fleet, initial) for name in servers]
        self.wiring.pairs.refuse_hopeless(actors[0].content())
        self._demand = self._key_demand(math.ceil(actors[0].content().size_bit / 8.0))
        shard = TaskShard(
            self.ctx, self._fabric, self._keys, TASK, scenario.mixing, self._notary,
            publisher.computer, global_chain, shard_chain, patience,
        )  # fmt: skip
        ledgers = [global_chain, shard_chain, *(server.lmuc for server in actors)]
        return Rounds(
            self.ctx, publisher, actors, shard, ledgers, self.task, self._roles(),
            self.membership.renew, self._upkeep, self._quiet, self._works,
        )  # fmt: skip

    def _recruitable(self) -> list[str]:
        """Devices that may ever train: those reached now, or all if they move."""
        access = self.wiring.access
        return [device for device in self.placement.home if self._roaming is not None or access.reaches(device)]

    def _server(self, name: str, fleet: Mapping[str, Device], initial: NDArray[np.float64]) -> Server:
        return Server(
            self.ctx,
            self._fabric,
            self._keys,
            self._notary,
            self._models,
            name,
            self._computers[name],
            self._qpu(name),
            fleet,
            self.membership,
            self._ledger(f"lmuc-{name}"),
            self._rules(),
            initial,
            device_qubits=self._compiled.chip_qubits,
            works=self._works,
        )

    def _device(self, name: str) -> Device:
        return Device(self.ctx, name, TASK, self._computers[name], self._qpu(name), self.task, self._notary)

    def _rules(self) -> Rules:
        scenario = self.scenario
        return Rules(
            task=TASK,
            requirement=self._requirement(),
            selection=scenario.selection,
            aggregation=scenario.aggregation,
            update_deadline=scenario.update_deadline,
            participation=scenario.participation,
        )

    def _requirement(self) -> Requirement:
        return Requirement(qubits=self.scenario.model.qubits)

    def _qpu(self, node: str) -> QuantumProcessor:
        compiled = self._compiled
        speeds = self.scenario.speeds if node in self.placement.home else EqualSpeeds()
        qpu = QuantumProcessor(self.ctx, node, self.scenario.qpu, compiled.timing, compiled.chip_qubits, speeds)
        return self._qpus.setdefault(node, qpu)

    def _computer(self, node: str) -> Computer:
        scenario, is_device = self.scenario, node in self.placement.home
        processor = scenario.device_processor if is_device else scenario.server_processor
        compute = scenario.energy.device_compute if is_device else scenario.energy.server_compute
        return Computer(self.ctx, node, processor, compute, scenario.signatures)

    def _ledger(self, name: str) -> Ledger:
        scenario = self.scenario
        patience = scenario.agreement_deadline
        return Ledger(
            self.ctx, self._fabric, name, self._protocols.on(name), scenario.signatures, self._notary, self._tagger,
            self._adversaries, patience,
        )  # fmt: skip

    def _roles(self) -> dict[str, str]:
        roles = dict.fromkeys(self.placement.positions, "server")
        roles |= {"publisher": "publisher"} | dict.fromkeys(self.placement.home, "device")
        return roles | dict.fromkeys(self.wiring.backhaul.transit, "transit")

    def _described(self, name: str) -> Node:
        """What the nodes table says of a node."""
        transit, role = self.wiring.backhaul.transit, self._roles()[name]
        east, north = transit[name] if role == "transit" else self.placement.positions[name]
        access = self.wiring.access
        channel = access.serving_channel(name) if role == "device" else None
        everybody_sends = dict.fromkeys(self.placement.servers, 1.0)
        sinr_up, sinr_down = access.sinr(name, everybody_sends) if channel else (0.0, 0.0)
        return Node(
            node=name,
            role=role,
            server="" if role in ("publisher", "transit") else access.serving.get(name, name),
            east_m=east,
            north_m=north,
            line_of_sight=channel is not None and channel.los,
            indoor=channel is not None and channel.indoor,
            snr_up_db=_decibels(channel.snr_up if channel else 0.0),
            sinr_up_db=_decibels(sinr_up),
            sinr_down_db=_decibels(sinr_down),
            reached=channel is None or access.reaches(name),
        )

    def _upkeep(self, started: float, ended: float) -> None:
        """Charge what ran between two times [s] whether it was used or not."""
        self.wiring.keys.upkeep(ended - started)
        self.wiring.pairs.upkeep(ended - started, ended)
        for qpu in self._qpus.values():
            qpu.account_idle(ended)
        if self._batteries is not None:
            self._batteries.record(ended)

    def _roam(self, ways: Mapping[str, Trajectory]) -> Roaming:
        """Let all devices move along their ways."""
        scenario, access = self.scenario, self.wiring.access
        roaming = Roaming(
            self.ctx, self._fabric, access, scenario.handover, scenario.access.timing.failure_time,
            self.placement.positions, ways, self.membership, scenario.mobility.record_period, self.wiring.forget_routes,
        )  # fmt: skip
        access.position = roaming.place
        return roaming

    def _powered(self, battery: Battery) -> Batteries:
        """Give every device a battery."""
        streams = self.ctx.streams
        stores = {device: battery.store(streams.fresh("battery", device)) for device in self.placement.home}
        return Batteries(self.ctx, stores, self._switch_off)

    def _switch_off(self, device: str) -> None:
        """The battery of ``device`` is empty: it sends, receives and computes nothing any more."""
        self._computers[device].off = True
        self.wiring.access.switch_off(device)

    def _quiet(self) -> Generator[Any, Any, None]:
        """Wait until nothing spreads, no message is under way and no computer has anything left to do."""
        while True:
            spread = self._fabric.disseminator.idle()
            if spread is not None:
                yield spread
            yield self._fabric.idle()
            rest = max(computer.busy_until for computer in self._computers.values()) - self.ctx.now
            if rest <= 0.0:
                return
            yield self.ctx.env.timeout(rest)

    def _key_demand(self, size_byte: int) -> KeyDemand:
        """The QKD keys that a round's models, of ``size_byte`` each, ask for; refused if they can never be there."""
        scenario, servers = self.scenario, self.placement.servers
        bits = scenario.keys.need(scenario.sealing.key_bit(size_byte, first=True)).qkd_bit
        matrix = scenario.mixing.matrix(len(servers), self.ctx.streams.fresh("mixing", "demand"))
        sent = [ends_of(servers[i], servers[j]) for hop in scenario.mixing.exchanges(matrix) for i, j in hop]
        offers = [Offer(server, device, bits, 1) for server in servers for device in self.membership.members(server)]
        offers += [Offer(*ends, bits, count) for ends, count in Counter(sent).items()]
        links = self.wiring.keys
        demand = KeyDemand(tuple(offers) if bits and links.links else (), links.capacity)
        if scenario.keys.fallback() is None:
            longest = scenario.rounds * (scenario.update_deadline + WAITS_OF_A_ROUND * scenario.agreement_deadline)
            demand.refuse_impossible(scenario.key_store.room, longest)
        return demand

    def notes(self) -> list[str]:
        """What a user should know before the run: where it will have to wait for keys."""
        times = self._training_times()
        return list(self._demand.notes(min(times.values())))

    def _check_parts(self) -> None:
        """Ask the parts now for what they would refuse in the middle of the run."""
        scenario, servers = self.scenario, self.placement.servers
        scenario.mixing.check_servers(len(servers))
        scenario.qpu.plant.control_power(self._compiled.chip_qubits)
        scenario.energy.station.load_energy(scenario.access.station_power, 0.0)
        home = self.placement.home
        largest = len(home) if scenario.moves else max(len(self.membership.members(server)) for server in servers)
        if largest and scenario.aggregation.minimum_updates > largest:
            name = type(scenario.aggregation).__name__
            raise ScenarioError(
                f"{name} needs at least {scenario.aggregation.minimum_updates} updates, and no server reaches more "
                f"than {largest} devices; use more devices per server, or another aggregator"
            )

    def _training_times(self) -> dict[str, float]:
        """Time [s] of each device's QPU job in a round."""
        training = [device for device in self.placement.home if self.task.samples(device)]
        run_time, timing = self.scenario.qpu.run_time, self._compiled.timing
        slower = {device: qpu.slowdown for device, qpu in self._qpus.items()}  # those that may ever train
        return {
            device: slower.get(device, 1.0) * run_time(self.task.submissions(device), timing).total_s
            for device in training
        }

    def _check_deadline(self) -> None:
        """Refuse deadlines that even the quickest agreement or local training must miss."""
        patience, servers = self.scenario.agreement_deadline, len(self.placement.servers)
        devices = max(1, min(len(self.membership.members(server)) for server in self.placement.servers))
        for (_, agreement), validators in zip(self._protocols, (servers + 1, servers, devices), strict=True):
            least = agreement.latency(validators)
            if least > patience:
                raise ScenarioError(
                    f"Scenario.agreement_deadline must leave time for {agreement.name}, which takes {least:.4g} s by "
                    f"design, got {patience!r} s; raise agreement_deadline"
                )
        deadline, times = self.scenario.update_deadline, self._training_times()
        quickest = min(times, key=lambda device: times[device])
        if times[quickest] > deadline:
            raise ScenarioError(
                f"Scenario.update_deadline must leave time for training: the quickest QPU job, that of {quickest}, "
                f"takes {times[quickest]:.4g} s, got {deadline!r} s; raise update_deadline, or lower shots or epochs"
            )


def _decibels(ratio: float) -> float:
    """Decibels of a ratio; NaN where nothing is received."""
    return to_dB(ratio) if ratio else float("nan")

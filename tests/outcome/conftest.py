"""A small run made by hand, whose every number can be checked with pencil and paper."""

import dataclasses
import json

import pytest

from qflsim import trace

DEVICES = {"device-1-1": "server-1", "device-1-2": "server-1", "device-2-1": "server-2", "device-2-2": "server-2"}


class HandMade:
    """Writes the tables of a run; each round starts 100 s after the one before."""

    def __init__(self, folder):
        self.folder = folder
        self.write = trace.Trace()
        folder.mkdir(parents=True)
        self.write.open(folder)
        self._nodes()
        self._evaluate(0, 0.0, 0.25, 1.4)

    def _nodes(self):
        places = {"publisher": (0.0, 0.0), "server-1": (0.0, 0.0), "server-2": (1000.0, 0.0)}
        for i, (device, server) in enumerate(DEVICES.items()):
            places[device] = (places[server][0] + 30.0 + 10.0 * i, 20.0 * i)
        places["relay"] = (500.0, 400.0)
        for first, second in (("publisher", "server-1"), ("server-1", "relay"), ("relay", "server-2")):
            self.write(trace.Link(first=first, second=second, length_m=1000.0, delay_s=5e-6))
        for node, (east, north) in places.items():
            home = DEVICES.get(node)
            role = "transit" if node == "relay" else "device" if home else node.split("-")[0]
            self.write(
                trace.Node(
                    node=node,
                    role=role,
                    server=home or (node if role == "server" else ""),
                    east_m=east,
                    north_m=north,
                    line_of_sight=node == "device-1-1",
                    indoor=node == "device-2-1",
                    snr_up_db=10.0 + north if home else float("nan"),
                    sinr_up_db=8.0 + north if home else float("nan"),
                    sinr_down_db=9.0 + north if home else float("nan"),
                    reached=node != "device-2-2",
                )
            )

    def round(self, number):
        """100 s: publish 1, distribute 2, train 80 (QPU 60, updates 5, agreement 15), cross 3, aggregate 14 (QPU 4)."""
        t = 100.0 * (number - 1)
        self._jobs(number, t)
        self._agreements(number, t)
        self._transfers(number, t)
        self._energy(number)
        self._keys(number, t)
        self._storage(number, t + 100.0)
        self._evaluate(number, t + 100.0, 0.25 + 0.1 * number, 1.4 - 0.1 * number)
        self.write(
            trace.Round(
                round=number,
                task="task-1",
                started_s=t,
                ended_s=t + 100.0,
                publish_s=1.0,
                distribute_s=2.0,
                train_s=80.0,
                cross_chain_s=3.0,
                aggregate_s=14.0,
                key_wait_s=0.5,
                qpu_s=70.0,
                qpu_repetition_s=42.0,
                local_agreement_s=20.0,
                selected=4,
                aggregated=3,
                accuracy=0.25 + 0.1 * number,
                loss=1.4 - 0.1 * number,
                train_loss=1.0,
                own_accuracy=0.24 + 0.1 * number,
                own_accuracy_std=0.01,
                own_accuracy_min=0.23 + 0.1 * number,
                own_accuracy_max=0.25 + 0.1 * number,
                own_loss=1.41 - 0.1 * number,
                disagreement_before=0.3,
                disagreement_after=0.1,
                air_bit=9e6,
                wired_bit=2e6,
                key_bit=512.0,
                ledger_byte=3000.0,
                energy_j=1111.0,
                qpu_cooling_j=1000.0,
            )
        )

    def _jobs(self, number, t):
        # server-1 is done early; server-2's committee waits for device-2-1, which runs from 3 to 63 s
        for node, purpose, begin, end in (
            ("device-1-1", "train", 2.5, 66.0),
            ("device-2-2", "train", 2.5, 12.5),
            ("device-2-1", "train", 3.0, 63.0),
            ("device-1-2", "train", 3.0, 73.0),
            ("server-1", "evaluate", 95.0, 97.0),
            ("server-2", "evaluate", 95.0, 99.0),
        ):
            whole = end - begin
            self.write(
                trace.Job(
                    round=number,
                    task="task-1",
                    node=node,
                    server=DEVICES.get(node, node),
                    purpose=purpose,
                    submitted_s=t + begin,
                    started_s=t + begin,
                    ended_s=t + end,
                    steps=10,
                    circuits=100,
                    shots=64,
                    overhead_s=0.1 * whole,
                    circuit_s=0.2 * whole,
                    readout_s=0.1 * whole,
                    repetition_s=0.6 * whole,
                    control_j=1.0,
                    cooling_j=10.0,
                    samples=10,
                    loss=1.0,
                )
            )

    def _agreements(self, number, t):
        for chain, begin, end, decided, validators in (
            ("global", 0.2, 0.4, 3, 3),
            ("shard-task-1", 0.5, 0.9, 2, 2),
            ("lmuc-server-1", 73.5, 80.0, 2, 2),
            ("lmuc-server-2", 68.0, 83.0, 2, 2),
            ("shard-task-1", 85.0, 85.8, 0, 2),
        ):
            self.write(
                trace.Agreement(
                    round=number,
                    chain=chain,
                    height=number,
                    protocol="PBFT",
                    validators=validators,
                    tolerated=0,
                    quorum=2,
                    started_s=t + begin,
                    first_decided_s=t + end - 0.1 if decided else float("nan"),
                    ended_s=t + end,
                    decided=decided,
                    faulty=0,
                    blocks=min(decided, 1),
                    view=0,
                    messages=10,
                    size_bit=1e6,
                    tag_bit=0.0,
                    tag_wait_s=0.0,
                    aborted=0,
                    reason="",
                    pairs=0,
                    qubits=0,
                    idealised=False,
                    abort_risk=float("nan"),
                    sender_risk=float("nan"),
                    receiver_risk=float("nan"),
                )
            )
            if decided:
                self.write(
                    trace.Block(
                        round=number,
                        chain=chain,
                        height=number,
                        proposer="server-1",
                        proposed_s=t + begin,
                        committed_s=t + end,
                        others=0,
                        transactions=1,
                        header_byte=50,
                        body_byte=500,
                        certificate_byte=200,
                        previous_hash="00",
                        merkle_root="00",
                        hash="00",
                    )
                )

    def _transfers(self, number, t):
        for kind, medium, size, delivered in (
            ("update", "sidelink", 4e6, True),
            ("commit", "access-up+access-down", 2e6, True),
            ("commit", "fibre", 2e6, True),
            ("model", "access-down", 1e6, False),
        ):
            self.write(
                trace.Transfer(
                    round=number,
                    task="task-1",
                    kind=kind,
                    source="server-1",
                    destination="device-1-1",
                    medium=medium,
                    size_bit=size,
                    sent_s=t + 50.0,
                    delivered_s=t + 51.0 if delivered else float("nan"),
                    delivered=delivered,
                )
            )

    def _energy(self, number):
        for node, role, cause, joules in (
            ("device-1-1", "device", "qpu_cooling", 900.0),
            ("server-1", "server", "qpu_cooling", 100.0),
            ("device-1-1", "device", "qpu_control", 100.0),
            ("device-1-1", "device", "radio", 10.0),
            ("publisher", "publisher", "network", 1.0),
        ):
            self.write(trace.Energy(round=number, node=node, role=role, cause=cause, energy_j=joules))

    def _keys(self, number, t):
        for first, second, wait, dry in (("device-1-1", "server-1", 0.5, 0.3), ("server-1", "server-2", 0.1, 0.0)):
            self.write(
                trace.Key(
                    round=number,
                    first=first,
                    second=second,
                    source="qkd+kem",
                    purpose="model",
                    requested_s=t + 1.0,
                    granted_s=t + 1.0 + wait,
                    store_wait_s=dry,
                    relay_s=0.0,
                    qkd_bit=256.0,
                    kem_bit=256.0,
                    path=f"{first}>{second}",
                    hops=1,
                    known_to=2,
                    link_bit=256.0,
                    made_bit=1024.0 * number,
                    drawn_bit=256.0 * number,
                    level_bit=768.0 * number,
                    key_id=f"{first} {number}",
                )
            )

    def _storage(self, number, t):
        keepers = {"global": ("publisher", "server-1", "server-2"), "shard-task-1": ("server-1", "server-2")}
        keepers |= {f"lmuc-{s}": tuple(d for d in DEVICES if DEVICES[d] == s) for s in ("server-1", "server-2")}
        for chain, nodes in keepers.items():
            for node in nodes:
                self.write(
                    trace.Storage(
                        round=number,
                        time_s=t,
                        chain=chain,
                        node=node,
                        mode="full",
                        blocks=number + 1,
                        bodies=number,
                        size_byte=750 * number,
                        content_byte=0,
                        qubits=0,
                    )
                )

    def _evaluate(self, number, t, accuracy, loss):
        for model in ("global", "server-1", "server-2") if number else ("global",):
            self.write(
                trace.Evaluation(
                    round=number,
                    task="task-1",
                    time_s=t,
                    model=model,
                    backend="engine",
                    samples=20,
                    accuracy=accuracy - (0.05 if model == "server-1" else 0.0),
                    loss=loss,
                    energy_j=1111.0 * number,
                    qpu_cooling_j=1000.0 * number,
                    air_bit=9e6 * number,
                )
            )

    def close(self, *, planned, done, status="finished", aer=None):
        self.write.close()
        about = {
            "scenario": {"part": "Scenario", "name": "hand", "seed": 3, "rounds": planned},
            "replication": 0,
            "status": status,
            "rounds_done": done,
            "aer": aer,
        }
        (self.folder / "run.json").write_text(json.dumps(about))
        return self.folder


AER = {
    "samples": 20,
    "shots": 64,
    "accuracy_engine": 0.45,
    "accuracy_aer": 0.5,
    "loss_engine": 1.2,
    "loss_aer": 1.25,
    "largest_difference": 0.3,
    "largest_standard_errors": 2.4,
}


@pytest.fixture(scope="session")
def handmade(tmp_path_factory):
    """Begins a run under a name."""
    return lambda name: HandMade(tmp_path_factory.mktemp("handmade") / name)


@pytest.fixture
def run(tmp_path):
    """A finished run of two rounds."""
    made = HandMade(tmp_path / "run")
    made.round(1)
    made.round(2)
    return made.close(planned=2, done=2, aer=AER)


@pytest.fixture
def interrupted(tmp_path):
    """A run broken off within its second round: one whole round, and rows of the next without their round."""
    made = HandMade(tmp_path / "interrupted")
    made.round(1)
    made._energy(2)
    made._transfers(2, 100.0)
    made._agreements(2, 100.0)
    made._keys(2, 100.0)
    return made.close(planned=5, done=1, status="interrupted")


@pytest.fixture
def empty(tmp_path):
    """A run broken off before its first round was over."""
    return HandMade(tmp_path / "empty").close(planned=5, done=0, status="interrupted")


@pytest.fixture
def tables(run):
    """All tables of the run of two rounds, by name."""
    from qflsim.tables import read_table

    return {record.table: read_table(run, record.table) for record in trace.TABLES}


@pytest.fixture
def columns():
    """Names of the columns of every table."""
    return {record.table: [field.name for field in dataclasses.fields(record)] for record in trace.TABLES}


@pytest.fixture
def entangled(tmp_path):
    """A finished round in which server-2 handed out models over pairs: one honest way, one idealised, one given up."""
    made = HandMade(tmp_path / "entangled")
    made.round(1)
    for device, transport, pairs, bits, end, outcome in (
        ("device-2-1", "teleported", 3000, 6000.0, 11.5, "arrived"),
        ("device-2-1", "teleported", 1000, 2000.0, 11.0, "given up"),
        ("device-2-2", "teleported, idealised amplitudes", 10, 1000.0, 1.75, "arrived"),
    ):
        made.write(
            trace.Pairs(
                round=1,
                server="server-2",
                device=device,
                transport=transport,
                idealised="idealised" in transport,
                fibre_m=100.0,
                segments=1,
                purification_rounds=0,
                requested_s=1.5,
                ended_s=end,
                outcome=outcome,
                pair_wait_s=0.5 * (end - 1.5),
                batches=1,
                pairs=pairs,
                stored=0,
                mean_fidelity=0.9,
                attempts=10 * pairs,
                discarded=0,
                message_bit=2000.0,
                classical_bit=bits,
            )
        )
    made.write(
        trace.Transfer(
            round=1,
            task="task-1",
            kind="model",
            source="server-1",
            destination="device-1-1",
            medium="access-down",
            size_bit=2000.0,
            sent_s=1.0,
            delivered_s=1.25,
            delivered=True,
        )
    )
    return made.close(planned=1, done=1)

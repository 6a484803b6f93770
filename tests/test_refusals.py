"""Every part of the stock, and worlds that could never end or never begin: refused in one sentence, or accepted."""

import dataclasses
import inspect
import math
import pickle
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import Part, ScenarioError
from qflsim.loading import load
from qflsim.overrides import apply
from qflsim.security.held import HeldNodes
from qflsim.terminal import known_names
from qflsim.world import World

PARTS = {
    name: part
    for name in qfl.PARTS
    if isinstance(part := getattr(qfl, name), type) and issubclass(part, Part) and not inspect.isabstract(part)
}
NEEDED = {
    "Deadline": {"seconds": 60.0},
    "EdgeList": {"edges": (("publisher", "server-1"), ("server-1", "server-2"))},
    "FirstK": {"k": 2},
    "GeographicSites": {"places": ((0.7, 2.0), (0.71, 2.0))},
    "GroundSite": {"latitude": 0.7, "longitude": 0.2},
    "Scenario": {"name": "x"},
    "Task": {"name": "t"},
    "ForgedUpdates": {"devices": ("device-1-1",)},
    **{name: {"nodes": ("server-2",)} for name, part in PARTS.items() if issubclass(part, HeldNodes)},
    "Partition": {"parts": (("server-1",),)},
}
WRONG = [
    -1,
    0,
    1,
    2.5,
    1e300,
    -1e300,
    1e-300,
    10**5000,
    math.nan,
    math.inf,
    -math.inf,
    "x",
    "",
    None,
    True,
    (),
    (1,),
    Part,
]
NOT_BUILT = {"MobilityTrace"}  # needs a file of tracks


@pytest.mark.parametrize("name", sorted(PARTS.keys() - NOT_BUILT))
def test_whatever_is_written_into_a_field_is_accepted_or_refused_in_a_sentence(name):
    part = PARTS[name](**NEEDED.get(name, {}))
    for field in dataclasses.fields(part):
        for value in WRONG:
            try:
                replace(part, **{field.name: value})
            except (TypeError, ValueError) as error:
                told = str(error)
                assert name in told and "\n" not in told and len(told) < 450, told
                assert "must" in told or "act where" in told or "out of date" in told, told
                assert field.name in told or "must leave room for data" in told, told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("FirstK()", "FirstK.k must be given; write the number of updates that are enough, e.g. 3"),
        ("Deadline(second=4)", "Deadline has no field 'second'; did you mean 'seconds'?"),
        (
            "ProofOfWork(rule=1)",
            "ProofOfWork has no field 'rule'; it has interval, confirmations, fork_choice, miner, difficulty",
        ),
        ("PBFT(3)", "PBFT takes its fields by name, got 3; write e.g. PBFT(view_timeout=3)"),
        ("LongestChain(x=1)", "LongestChain has no field 'x'; it has none"),
        ("Agreement()", "Agreement leaves open replica; use an Agreement such as"),
    ],
)
def test_wrong_arguments_get_the_same_sentence_in_python_a_file_and_an_override(written, told, tmp_path, tiny):
    with pytest.raises(TypeError) as caught:
        eval(f"qfl.{written}")  # written above
    assert str(caught.value).startswith(told)
    file = tmp_path / "wrong.py"
    file.write_text(f"import qflsim as qfl\nscenario = qfl.Scenario(name='x', agreement=qfl.{written})\n")
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}, line 2: {told}")
    with pytest.raises(ScenarioError) as caught:
        apply(tiny, f"agreement={written}", known_names(None))
    assert str(caught.value).startswith(f"--set agreement: {told}")


def test_a_sentence_names_all_stock_parts_and_shows_of_a_long_value_its_beginning():
    with pytest.raises(TypeError) as caught:
        qfl.Scenario(name="x", mixing=qfl.Satellite())
    told = str(caught.value)
    assert "Grid(), RandomGraph(), Ring(), SmallWorld(), Spokes(), Star(), got Satellite(" in told
    assert told.endswith(" …; Satellite() is for Scenario.satellites") and len(told) < 300
    with pytest.raises(
        TypeError, match=r"must be a tuple, got .* …; write one alone .*, e\.g\. \(Satellite\(\.\.\.\),\)"
    ):
        qfl.Scenario(name="x", satellites=qfl.Satellite())
    with pytest.raises(TypeError, match=r"VQC.readout must be a LinearReadout or None, got 3"):
        qfl.VQC(readout=3)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            lambda: qfl.run("distance.py"),
            "qfl.run takes a Scenario, got the path 'distance.py'; load the file, e.g. qfl",
        ),
        (lambda: qfl.run(3), "qfl.run takes a Scenario, got 3; give e.g. qfl.Scenario(name='mine', rounds=2)"),
        (
            lambda: qfl.compare("distance.py"),
            "qfl.compare takes scenarios by name, got 'distance.py'; give e.g. {'ring'",
        ),
        (lambda: qfl.compare({"a": "distance.py"}), "qfl.compare takes a Scenario, got the path 'distance.py'"),
        (lambda: qfl.compare({1: qfl.Scenario(name="x")}), "the name of a variant must be letters"),
        (lambda: qfl.sweep([qfl.Scenario(name="x")]), "scenarios of a sweep go by names, e.g. {'ring': one"),
        (lambda: qfl.sweep({"a": "distance.py"}), "variant 'a' must be a qfl.Scenario, got 'distance.py'"),
    ],
)
def test_what_is_no_scenario_is_told_how_to_become_one(wrong, told):
    with pytest.raises(ScenarioError) as caught:
        wrong()
    assert str(caught.value).startswith(told)


def test_a_tuple_of_names_is_set_as_it_is_written_in_python(tiny):
    changed = apply(tiny, "threats=(Crash(nodes=('server-1', 'server-2')),)", known_names(None))
    assert apply(changed.threats[0], "nodes=('device-1-1',)", {}).nodes == ("device-1-1",)


def test_parts_are_copied_pickled_and_shown_with_their_fields():
    part = qfl.FirstK(k=2)
    assert pickle.loads(pickle.dumps(part)) == part == replace(qfl.FirstK(k=3), k=2)
    assert list(inspect.signature(qfl.FirstK).parameters) == ["staleness", "longest", "k"]


BUSY = {"tasks": (qfl.Task(name="a"), qfl.Task(name="b"))}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"participation": qfl.Deadline(seconds=1e-9)}, "Scenario.participation must leave time for signing an update"),
        (
            {"participation": qfl.Deadline(seconds=0.1, longest=0)},
            "Scenario.participation must leave time for the quickest job, .* and Deadline goes on after 0.1 s",
        ),
        (
            {"block_limits": qfl.BlockLimits(interval=1e6)},
            r"BlockLimits.interval must be < Scenario.agreement_deadline = 120.0 s, .* got 1000000.0 s; lower",
        ),
        (
            {"agreement": qfl.ProofOfStake(slot=1e-6)},
            r"ProofOfStake.slot must be >= 0.00012 s here, got 1e-06, which makes 1.2e\+08 slots in the 120 s that one "
            "decision may take .agreement_deadline., and more than 1e.06 of them take too long to simulate; give it in",
        ),
        (
            {"agreement": qfl.QKDPaid(protocol=qfl.ProofOfWork(interval=1e-9))},
            "ProofOfWork.interval must be >= 0.00012",
        ),
        ({"dissemination": qfl.Gossip(period=1e-9)}, "Gossip.period must be >= 1.2e-05 s here"),
        ({"dissemination": qfl.GossipMesh(heartbeat=1e-9)}, "GossipMesh.heartbeat must be >= 1.2e-05 s here"),
        (
            BUSY | {"payments": qfl.CrossShardTraffic(rate=1e5)},
            "CrossShardTraffic.rate must be <= .* 1/s here, got 100000.0, .* payments in the .* s of the run",
        ),
        (
            {"traffic": qfl.ChainTraffic(rate=1e12), "block_limits": qfl.BlockLimits(interval=1.0)},
            "ChainTraffic.rate must be <= ",
        ),
        ({"presence": qfl.Intermittent(on=1e-9)}, "Intermittent.on must be >= "),
        ({"failures": qfl.LinkFailures(between=1e-9)}, "LinkFailures.between must be >= "),
    ],
)
def test_worlds_that_nobody_could_see_end_are_refused_with_an_estimate(tiny, changes, told):
    with pytest.raises(ScenarioError, match=told):
        World(replace(tiny, **changes))


def test_lists_whose_proofs_nothing_supports_are_refused():
    with pytest.raises(
        ValueError, match=r"DetectableBroadcast.agreeing must ask for more right places .* raise it above"
    ):
        qfl.DetectableBroadcast(agreeing=0.01)


def test_compact_blocks_ask_fewer_peers_where_there_are_fewer():
    assert [qfl.CompactBlocks(connections=n).unasked for n in (2, 3, 8)] == [2, 3, 3]
    with pytest.raises(ValueError, match=r"CompactBlocks.high_bandwidth must be <= connections = 2, got 3; lower it"):
        qfl.CompactBlocks(connections=2, high_bandwidth=3)

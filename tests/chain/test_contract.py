"""The contract of a task: each transition with its guards, and laws that no order of transactions breaks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.chain.block import Certificate
from qflsim.chain.contract import Contract, in_order
from qflsim.chain.ledger import Chain
from qflsim.chain.rewards import EqualReward, RewardByContribution, RewardBySamples, grains, units_of
from qflsim.chain.standing import Reputation, Reward, Slash
from qflsim.chain.standings import Replay
from qflsim.chain.terms import Report, TaskContract, Terms, Verdict
from qflsim.chain.transactions import (
    GlobalModel,
    IntermediateModel,
    Join,
    Receipt,
    Selection,
    Shard,
    Task,
    Update,
    digest_of,
    pack_parameters,
)
from qflsim.crypto.keyring import AssumedSignatures, Keyring

SERVERS = ("server-1", "server-2")
DEVICES = ("device-1-1", "device-1-2", "device-2-1", "device-2-2")
OF = {server: tuple(d for d in DEVICES if d.startswith(server.replace("server", "device"))) for server in SERVERS}
KEYS = Keyring(
    AssumedSignatures(8, 16), ("publisher", *SERVERS, *DEVICES), lambda name: digest_of(name.encode()).encode()[:32]
)
UNITS = grains(1.0)


class Bench:
    """A contract and the chains beneath it; every block is a second after the one before."""

    def __init__(self, rules=None, rounds=2, reward=100.0, oldest=0):
        self.rules = rules or TaskContract()
        self.contract = Contract("task", lambda text: self.rules)
        self.chains, self.blocks, self.now, self.round = {}, [], 0.0, 0
        self.rounds, self.reward, self.oldest = rounds, reward, oldest

    def origin(self, sender, **other):
        return {"sender": sender, "task": "task", "round": self.round, "time_s": self.now} | other

    def write(self, chain, *transactions, signers=("publisher", *SERVERS, *DEVICES), proposer="", after=1.0):
        """A decided block with these transactions; returns why the contract refused any."""
        self.now += after
        own = self.chains.setdefault(chain, Chain(chain))
        signed = [item.signed(KEYS) for item in transactions]
        block = own.propose(signed, proposer=proposer or signers[0], round=self.round, time_s=self.now)
        block = replace(block, certificate=Certificate.of(block.hash, signers, KEYS))
        own.append(block)
        self.blocks.append(block)
        return [(row.transition, row.subject, row.reason) for row in self.contract.apply(block)]

    def terms(self, sender="publisher"):
        quorums = (1, 2, 2, 3)
        return Terms(
            **self.origin(sender), rules=repr(self.rules), servers=SERVERS, devices=DEVICES, patience_s=10.0,
            slack_s=5.0, oldest=self.oldest, quorums=quorums,
        )  # fmt: skip

    def publish(self, number=None, sender="publisher", reward=None):
        self.round = self.round + 1 if number is None else number
        first = [] if self.contract.in_force else [self.terms()]
        reward = self.reward if reward is None else reward
        return self.write(
            "global", *first, Task(**self.origin(sender), model="m", samples=1, rounds=self.rounds, reward=reward)
        )

    def join(self, *servers, select=OF, late=()):
        joins = [Join(**self.origin(server), devices=2, samples=9) for server in servers]
        shard = Shard(**self.origin(servers[0]), servers=servers)
        selections = [Selection(**self.origin(s), devices=select[s], late=late) for s in servers if s in select]
        return self.write("shard", *joins, *selections, shard)

    def update(self, device, samples=10, **other):
        packed = pack_parameters(np.full(3, float(samples)))
        fields = {"digest": digest_of(packed), "samples": samples, "loss": 1.0, "parameters": packed}
        return Update(**self.origin(device, **{k: v for k, v in other.items() if k in ("round", "time_s")}), **fields)

    def local(self, server, *transactions, signers=None, after=1.0):
        """A block of a committee of devices, of their updates by default."""
        devices = OF[server]
        transactions = transactions or [self.update(d) for d in devices]
        self.write(f"lmuc-{server}", *transactions, signers=signers or devices, after=after)
        return self.blocks[-1]

    def carried(self, server, block, devices=None, scores=None, samples=None, claimed=None):
        """Receipt, verdict and aggregate of a server."""
        devices = OF[server] if devices is None else devices
        receipt = Receipt(
            **self.origin(server), source=block.header.chain, header=block.header.encode(),
            certificate=block.certificate.encode(),
        )  # fmt: skip
        verdict = Verdict(**self.origin(server), devices=devices, scores=scores or (0.8,) * len(devices))
        packed = pack_parameters(np.zeros(3))
        claimed = devices if claimed is None else claimed
        model = IntermediateModel(
            **self.origin(server), digest=digest_of(packed), samples=10 * len(claimed) if samples is None else samples,
            loss=1.0, parameters=packed, devices=claimed,
        )  # fmt: skip
        return receipt, verdict, model

    def carry(self, server, block, **other):
        return self.write("shard", *self.carried(server, block, **other))

    def model(self, servers=SERVERS, samples=None):
        packed = pack_parameters(np.ones(3))
        own = self.contract.round.aggregates
        total = sum(own[s].samples for s in servers if s in own) if samples is None else samples
        return GlobalModel(
            **self.origin(servers[0] if servers else "server-1"), digest=digest_of(packed), samples=total, loss=1.0,
            parameters=packed, servers=servers, accuracy=float("nan"),
        )  # fmt: skip

    def settlement(self, servers=SERVERS, rewards=None, slashes=None, scores=None):
        due = self.contract.due(servers)
        rewards = {n: units_of(a) for n, a in due.rewards.items()} if rewards is None else rewards
        if slashes is None:
            slashes = {f: {n: units_of(a) for n, a in s.items()} for f, s in due.slashes.items()}
        scores = self.contract.after(due) if scores is None else scores
        origin = self.origin(servers[0])
        return [
            Reward(**origin, payer="publisher", nodes=tuple(rewards), amounts=tuple(rewards.values())),
            *(Slash(**origin, reason=f, nodes=tuple(s), amounts=tuple(s.values())) for f, s in slashes.items()),
            Reputation(**origin, nodes=tuple(scores), scores=tuple(scores.values())),
        ]

    def settle(self, servers=SERVERS, **other):
        return self.write("global", self.model(servers), *self.settlement(servers, **other))

    def whole_round(self, **other):
        """A round in which everybody does what was agreed."""
        refused = [*self.publish(), *self.join(*SERVERS)]
        for server in SERVERS:
            refused += self.carry(server, self.local(server))
        return refused + self.settle(**other)

    def balance(self, node):
        return self.contract.accounts.balance(node) / UNITS

    def reasons(self, refused):
        return [reason for _, _, reason in refused]


def started(**other):
    """A bench on which both servers have joined and selected."""
    bench = Bench(**other)
    assert bench.publish() == bench.join(*SERVERS) == []
    return bench


def test_a_round_in_which_all_do_right_pays_all_of_its_part_and_refuses_nothing():
    bench = Bench(rules=TaskContract(server_share=0.2))
    assert bench.whole_round() == []
    # 100 for two rounds: 50, of which 10 to two servers and 40 to four devices with as many samples
    assert bench.balance("publisher") == 1000.0 - 100.0
    assert [bench.balance(server) for server in SERVERS] == [100.0 - 10.0 + 5.0] * 2
    assert [bench.balance(device) for device in DEVICES] == [100.0 - 10.0 + 10.0] * 4
    assert bench.contract.accounts.escrow == grains(50.0)
    assert bench.contract.reputation("device-1-1") == pytest.approx(2 / 3)  # once good
    assert bench.whole_round() == []
    assert bench.contract.accounts.escrow == 0
    assert bench.balance("device-1-1") == 120.0  # the deposit came back with the last round


def test_deposits_stay_while_the_task_goes_on():
    bench = Bench(rounds=3)
    bench.whole_round()
    bench.whole_round()
    assert bench.contract.accounts.deposit("device-1-1") == bench.contract.accounts.deposit("server-1") == grains(10.0)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sender": "server-1"}, "it has no terms of this publisher"),
        ({"number": 3}, "it is not of a later round"),
        ({"reward": 1000.5}, "the publisher cannot put the reward into escrow"),
    ],
)
def test_what_cannot_be_published(given, reason):
    bench = Bench()
    bench.round = 1
    bench.write("global", bench.terms())
    assert bench.publish(**given) == [("publish", "", reason)]
    assert bench.contract.round is None and bench.contract.accounts.escrow == 0


def test_terms_come_into_force_once_and_a_reward_is_not_changed_later():
    bench = Bench()
    bench.publish()
    assert bench.write("global", bench.terms("server-1")) == [("terms", "", "its terms are in force already")]
    assert bench.reasons(bench.publish(reward=50.0)) == ["it was announced with a higher reward"]


def test_a_round_is_announced_anew_until_it_has_a_global_model():
    bench = Bench()
    bench.publish()
    bench.join(*SERVERS)
    assert bench.publish(number=1) == []
    assert not bench.contract.round.joined and bench.contract.accounts.deposit("device-1-1") == grains(10.0)
    bench.round = 0
    assert bench.whole_round() == []  # announces it once more
    assert bench.balance("device-1-1") == 100.0
    assert bench.reasons(bench.publish(number=1)) == ["it is not of a later round"]


@pytest.mark.parametrize(("rounds", "reward", "each"), [(3, 100.0, 25.0), (2, 160.0, 110.0), (5, 130.0, 20.0)])
def test_what_is_not_paid_yet_is_divided_among_the_rounds_there_are_then(rounds, reward, each):
    bench = Bench(rules=TaskContract(server_share=0.0))
    assert bench.whole_round() == []
    before = bench.contract.accounts.total
    bench.rounds, bench.reward = rounds, reward
    assert bench.whole_round() == []
    assert sum(bench.contract.round.paid.values()) == grains(each)
    assert bench.contract.accounts.escrow == grains(each * (rounds - 2))
    assert bench.contract.accounts.total == before and bench.balance("publisher") == 1000.0 - reward


def test_a_task_that_was_over_goes_on_with_deposits_put_down_again():
    bench = Bench()
    bench.whole_round()
    bench.whole_round()
    assert bench.contract.accounts.deposit("device-1-1") == 0
    bench.rounds = 4
    assert bench.whole_round() == [] and bench.contract.accounts.deposit("device-1-1") == grains(10.0)
    assert bench.reasons(bench.publish(number=5)) == ["it is not of a later round"]


def test_a_receipt_of_another_shards_payment_is_no_matter_of_the_contract():
    bench = Bench()
    bench.publish()
    bench.join(*SERVERS)
    receipt = Receipt(**bench.origin("server-1"), source="shard-other", header=b"", certificate=b"")
    assert bench.write("shard", receipt) == []


def test_nothing_goes_before_the_terms():
    bench = Bench()
    bench.round = 1
    task = Task(**bench.origin("publisher"), model="m", samples=1, rounds=2, reward=100.0)
    assert bench.reasons(bench.write("global", task)) == ["it has no terms of this publisher"]
    assert len(bench.join(*SERVERS)) == 5


def test_only_servers_of_the_terms_join_and_once():
    bench = Bench()
    bench.publish()
    twice = [Join(**bench.origin("server-1"), devices=2, samples=9)] * 2
    assert (
        bench.reasons(bench.write("shard", *twice, Join(**bench.origin("device-1-1"), devices=1, samples=1)))
        == ["it is no server that is yet to join"] * 2
    )
    wrong = Shard(**bench.origin("server-1"), servers=SERVERS)
    assert bench.reasons(bench.write("shard", wrong)) == ["it does not name the servers that joined"]
    right = Shard(**bench.origin("server-1"), servers=("server-1",))
    assert bench.write("shard", right) == []
    late = Join(**bench.origin("server-2"), devices=2, samples=9)
    assert bench.reasons(bench.write("shard", late)) == ["no round of the task is open to it"]


def test_only_servers_that_joined_select_and_no_device_twice():
    bench = Bench()
    bench.publish()
    both = {"server-1": DEVICES[:3], "server-2": (*DEVICES[2:], "device-9")}
    refused = bench.join("server-1", "server-2", select=both)
    assert [(t, who) for t, who, _ in refused] == [("select", "device-2-1"), ("select", "device-9")]
    assert bench.contract.selected("server-1") == list(DEVICES[:3])
    stranger = Selection(**bench.origin("device-1-1"), devices=())
    again = Selection(**bench.origin("server-2"), devices=())
    assert bench.reasons(bench.write("shard", stranger, again)) == ["it did not join, or has selected already"] * 2


def test_who_cannot_pay_the_deposit_or_is_not_trusted_is_not_selected():
    poor = Bench(rules=TaskContract(purse=10.0, deposit=10.0, missed=1.0, least_reputation=0.3))
    poor.publish()
    poor.join(*SERVERS)
    block = poor.local("server-1", poor.update("device-1-1"), after=11.0)  # device-1-2 was waited for in vain
    poor.carry("server-1", block, devices=("device-1-1",))
    assert poor.contract.due(("server-1",)).slashes == {"missed": {"device-1-2": grains(10.0)}}
    assert poor.settle(("server-1",)) == []
    assert poor.balance("device-1-2") == poor.contract.accounts.deposit("device-1-2") == 0
    poor.publish()
    assert poor.join(*SERVERS) == [("select", "device-1-2", "its reputation is too low")]
    # a stranger to reputation: the same without a limit on it
    rich = Bench(rules=TaskContract(purse=10.0, deposit=10.0, missed=1.0))
    rich.publish()
    rich.join(*SERVERS)
    rich.carry("server-1", rich.local("server-1", rich.update("device-1-1"), after=11.0), devices=("device-1-1",))
    rich.settle(("server-1",))
    rich.publish()
    assert rich.join(*SERVERS) == [("select", "device-1-2", "it cannot put down the deposit")]


def test_an_update_that_is_not_due_is_not_taken():
    bench = started()
    early = bench.local("server-1", bench.update("device-1-1", round=7), bench.update("device-1-2", time_s=99.0))
    refused = bench.carry("server-1", early, devices=())
    assert refused == [
        ("submit", "device-1-1", "its update is of another round"),
        ("submit", "device-1-2", "its update was signed after the deadline"),
    ]
    assert bench.contract.round.faults() == dict.fromkeys(OF["server-1"], "rejected")


def test_only_selected_devices_submit_and_once():
    bench = started()
    block = bench.local("server-1", *[bench.update(d) for d in ("device-1-1", "device-1-1", "device-2-1")])
    refused = bench.carry("server-1", block, devices=("device-1-1",))
    assert refused == [("submit", "device-2-1", "it owes no update")]  # the same update twice is one
    assert set(bench.contract.round.submitted) == {"device-1-1"}
    again = bench.local("server-1", bench.update("device-1-1", samples=12))
    assert bench.write("shard", bench.carried("server-1", again)[0]) == [("submit", "device-1-1", "it owes no update")]


def test_who_contributes_too_little_has_behaved_badly():
    bench = started(rules=TaskContract(least_contribution=0.3))
    bench.carry("server-1", bench.local("server-1"), scores=(0.3, 0.31))
    assert bench.settle(("server-1",)) == []
    assert bench.contract.reputation("device-1-1") == pytest.approx(1.0 / 3.5)
    assert bench.contract.reputation("device-1-2") == pytest.approx(2.0 / 3.0)
    assert bench.contract.round.taken == {}  # which is no fault


def test_two_different_updates_are_proof_of_equivocation():
    bench = started()
    block = bench.local(
        "server-1", *[bench.update("device-1-1", samples=n) for n in (10, 11)], bench.update("device-1-2")
    )
    assert bench.carry("server-1", block, devices=("device-1-2",)) == [
        ("submit", "device-1-1", "it signed two different updates")
    ]
    assert bench.settle(("server-1",)) == []
    assert bench.contract.round.taken == {"device-1-1": grains(0.5)}  # 5 % of 10
    assert bench.contract.reputation("device-1-1") == pytest.approx(1.0 / 3.5)


def test_a_report_of_the_committee_is_evidence():
    bench = started()
    report = Report(**bench.origin("device-1-2"), devices=("device-1-1",))
    block = bench.local("server-1", bench.update("device-1-2"), report)
    refused = bench.carry("server-1", block, devices=("device-1-2",))
    assert refused == [("submit", "device-1-1", "what came in its name is no update that it signed")]
    assert bench.contract.round.faults() == {"device-1-1": "rejected"}


def test_verifying_needs_a_quorum_of_the_committee():
    bench = started()
    block = bench.local("server-1", signers=("device-1-1",))
    refused = bench.carry("server-1", block)
    assert refused[0] == ("submit", "lmuc-server-1", "1 of its committee signed it, and 2 must")
    assert [t for t, _, _ in refused] == ["submit", "verify", "aggregate"]
    assert bench.contract.round.submitted == {}


def test_a_block_that_nobody_knows_is_not_carried():
    bench, other = started(), started()
    foreign = other.local("server-1", other.update("device-1-1"))
    assert bench.carry("server-1", foreign)[0][2] == "no such block stands on its chain"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"devices": ("device-1-1",), "claimed": ("device-1-1", "device-1-2")}, "not all updates in it were verified"),
        ({"claimed": ("device-1-1", "device-1-1"), "samples": 20}, "its samples are not those of its updates"),
        ({"samples": 21}, "its samples are not those of its updates"),
    ],
)
def test_only_verified_updates_are_aggregated(given, reason):
    bench = started()
    assert bench.carry("server-1", bench.local("server-1"), **given) == [("aggregate", "server-1", reason)]
    assert bench.contract.due(("server-1",)) is None


def test_a_server_verifies_its_own_devices_and_once():
    bench = started()
    bench.carry("server-1", bench.local("server-1"))
    verdict = Verdict(**bench.origin("server-1"), devices=("device-1-1", "device-2-1"), scores=(0.1, 0.2))
    assert bench.reasons(bench.write("shard", verdict)) == ["it submitted nothing that is yet to be verified"] * 2
    assert bench.contract.round.scores["device-1-1"] == 0.8


@pytest.mark.parametrize(
    ("servers", "samples", "reason"),
    [
        ((), None, "no round of the task waits for it"),
        (("server-1", "server-2"), None, "not all servers in it have an aggregate"),
        (("server-1",), 21, "its samples are not those of its aggregates"),
        (("server-1", "server-1"), None, "no round of the task waits for it"),
    ],
)
def test_a_global_model_is_one_of_servers_with_an_aggregate(servers, samples, reason):
    bench = started()
    bench.carry("server-1", bench.local("server-1"))
    assert bench.write("global", bench.model(servers, samples)) == [("aggregate", "", reason)]


def test_a_reward_must_add_up_and_be_divided_as_agreed():
    bench = started()
    for server in SERVERS:
        bench.carry(server, bench.local(server))
    bench.write("global", bench.model())
    due = {node: units_of(amount) for node, amount in bench.contract.due(SERVERS).rewards.items()}
    less = due | {"device-1-1": due["device-1-1"] - 1e-6}
    moved = less | {"device-1-2": due["device-1-2"] + 1e-6}
    twice = bench.settlement(rewards=due)[0]
    twice = replace(twice, nodes=(*twice.nodes, "device-1-1"), amounts=(*twice.amounts, 1.0))
    before = bench.contract.accounts.escrow
    for reward, reason in (
        (bench.settlement(rewards=less)[0], "it does not add up to what was announced"),
        (bench.settlement(rewards=moved)[0], "it is not divided as the terms say"),
        (twice, "it does not add up to what was announced"),
        (replace(bench.settlement()[0], payer="server-1"), "no reward is due"),
    ):
        assert bench.write("global", reward) == [("reward", "", reason)]
    assert bench.contract.accounts.escrow == before
    assert bench.write("global", bench.settlement()[0]) == []
    assert bench.write("global", bench.settlement()[0]) == [("reward", "", "no reward is due")]


def test_nothing_is_slashed_without_evidence():
    bench = started()
    for server in SERVERS:
        bench.carry(server, bench.local(server))
    lies = [{"missed": {"device-1-1": 0.1}}, {"rejected": {"device-1-1": 0.5}}, {"whim": {"device-1-1": 0.5}}]
    bench.write("global", bench.model())
    for lie in lies:
        slash = bench.settlement(slashes=lie)[1]
        assert bench.write("global", slash) == [("slash", "", "nothing is to be slashed for that")]
    assert bench.contract.accounts.deposit("device-1-1") == grains(10.0)


def test_a_slash_is_what_the_terms_say_and_falls_to_the_publisher_before_reputations_are_settled():
    bench = started()
    block = bench.local("server-1", bench.update("device-1-1"), after=11.0)
    bench.carry("server-1", block, devices=("device-1-1",))
    bench.write("global", bench.model(("server-1",)))
    reward, right, reputation = bench.settlement(("server-1",))
    wrong = replace(right, amounts=(0.2,))
    other = replace(right, nodes=("device-1-1",))
    for slash in (wrong, other):
        assert "it is not what the terms say" in bench.write("global", slash)[0][2]
    assert bench.reasons(bench.write("global", reward, reputation)) == ["the round is not settled"]
    assert bench.write("global", right) == []
    assert bench.balance("publisher") == 1000.0 - 100.0 + 0.1
    assert bench.reasons(bench.write("global", replace(reputation, scores=(0.1, 0.1)))) == [
        "it is not what the terms make of the round"
    ]
    assert bench.write("global", reputation) == []
    assert bench.reasons(bench.write("global", reputation)) == ["the round is not settled"]


def test_who_was_not_waited_for_has_missed_nothing():
    bench = started()
    bench.carry("server-1", bench.local("server-1", bench.update("device-1-1"), after=5.0), devices=("device-1-1",))
    assert bench.contract.round.faults() == {}


def test_a_server_that_does_not_carry_its_committees_block_across_has_missed_that():
    bench = started()
    bench.carry("server-1", bench.local("server-1"))
    bench.local("server-2")
    assert bench.contract.round.faults() == {"server-2": "missed"}
    assert bench.settle(("server-1",)) == []
    assert bench.contract.round.taken == {"server-2": grains(0.1)}


def test_a_round_without_a_model_goes_back_to_the_publisher():
    bench = Bench()
    bench.publish()
    bench.join(*SERVERS)
    assert bench.whole_round() == []  # the second of two
    assert bench.contract.accounts.escrow == 0
    assert bench.balance("publisher") == 1000.0 - 50.0


def test_a_late_update_is_taken_in_a_later_round_if_late_ones_are_kept():
    bench = started(rounds=5, oldest=2)
    bench.carry("server-1", bench.local("server-1", bench.update("device-1-1"), after=20.0), devices=("device-1-1",))
    assert bench.contract.round.faults() == {}
    bench.settle(("server-1",))
    bench.publish()
    assert bench.join("server-1", select={"server-1": ("device-1-1",)}, late=("device-1-2", "device-2-2")) == [
        ("select", "device-2-2", "it owes no update")
    ]
    block = bench.local("server-1", bench.update("device-1-1"), bench.update("device-1-2", round=1))
    assert bench.carry("server-1", block) == []
    assert bench.settle(("server-1",)) == []
    bench.publish()
    bench.join("server-2", select={"server-2": ("device-2-1",)}, late=("device-2-2",))
    assert bench.contract.round.lapsed == set()
    bench.publish()
    bench.join("server-2", select={"server-2": ()})  # three rounds after the selection of device-2-2 it is given up
    assert bench.contract.round.faults() == {"device-2-2": "missed"}


def test_a_replay_of_the_blocks_in_any_order_gives_the_same_state_and_the_same_refusals():
    bench = Bench(rounds=3)
    bench.whole_round()
    bench.publish()
    bench.join(*SERVERS, select={"server-1": DEVICES[:3], "server-2": DEVICES[2:]})
    bench.carry("server-1", bench.local("server-1", *map(bench.update, DEVICES[:2]), signers=DEVICES[:3]))
    bench.settle(("server-1",))
    shuffled = [bench.blocks[i] for i in np.random.default_rng(1).permutation(len(bench.blocks))]
    assert in_order(shuffled) == bench.blocks
    replay = Replay("task", shuffled, lambda text: bench.rules, last_round=2)
    live = [row for row in replay.standings if row.round == 2]
    assert {row.node: row.balance for row in live} == {node: bench.balance(node) for node in bench.contract.roles}
    assert {row.node: row.reputation for row in live if row.role == "device"} == {
        device: bench.contract.reputation(device) for device in DEVICES
    }
    assert [row.subject for row in replay.refusals] == ["device-2-1"]


RULES = st.builds(
    TaskContract,
    purse=st.just(12.0),
    deposit=st.sampled_from([0.0, 5.0, 12.0]),
    reward=st.sampled_from([EqualReward(), RewardBySamples(), RewardByContribution()]),
    server_share=st.sampled_from([0.0, 1 / 3, 1.0]),
    missed=st.sampled_from([0.0, 0.3, 1.0]),
    rejected=st.sampled_from([0.0, 0.7, 1.0]),
)
ACTIONS = st.tuples(
    st.sampled_from(["publish", "join", "local", "carry", "settle", "reward", "slash", "whole"]),
    st.sampled_from(SERVERS),
    st.sampled_from(DEVICES),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None)
@given(rules=RULES, reward=st.floats(0.0, 1000.0), oldest=st.integers(0, 1), actions=st.lists(ACTIONS, max_size=25))
def test_money_is_conserved_and_never_negative_whatever_comes(rules, reward, oldest, actions):
    bench = Bench(rules, rounds=4, reward=reward, oldest=oldest)
    bench.publish()
    total = bench.contract.accounts.total
    assert total == grains(1000.0) + 6 * grains(12.0)
    local = {}
    for what, server, device, number in actions:
        act(bench, local, what, server, device, number)
        accounts = bench.contract.accounts
        assert accounts.total == total
        assert accounts.escrow >= 0
        for node in ("publisher", *SERVERS, *DEVICES):
            assert accounts.balance(node) >= 0
            assert 0 <= accounts.deposit(node) <= grains(rules.deposit)
            if node in DEVICES:
                assert 0.0 <= bench.contract.reputation(node) <= 1.0
    replay = Replay("task", bench.blocks, lambda text: rules, last_round=bench.round)
    for node in bench.contract.roles:
        assert replay.contract.accounts.balance(node) == bench.contract.accounts.balance(node)


def act(bench, local, what, server, device, number):
    """One thing that somebody tries, right or wrong at this moment."""
    if what == "publish":
        bench.publish()
    elif what == "join":
        bench.join(server, select={server: DEVICES[: number + 1]})
    elif what == "local":
        updates = [bench.update(d, samples=number + i) for i, d in enumerate((device, *OF[server]))]
        report = Report(**bench.origin(device), devices=(DEVICES[number],))
        local[server] = bench.local(server, *updates, report, signers=DEVICES, after=1.0 + 5.0 * number)
    elif what == "carry" and server in local:
        bench.carry(server, local[server], devices=OF[server][: 1 + number // 2])
    elif what == "settle" and bench.contract.due((server,)):
        bench.settle((server,))
    elif what == "reward":
        nodes, amounts = (device, server), (float(number), 1.0)
        bench.write("global", Reward(**bench.origin(server), payer="publisher", nodes=nodes, amounts=amounts))
    elif what == "slash":
        slash = Slash(**bench.origin(server), nodes=(device,), amounts=(float(number),), reason="missed")
        bench.write("global", slash)
    elif what == "whole":
        bench.whole_round() if bench.contract.due(SERVERS) else bench.publish()


def test_a_deposit_beyond_the_purse_is_refused():
    with pytest.raises(ValueError, match=r"TaskContract\.deposit must be <= purse, got 20\.0 and 10\.0; lower"):
        TaskContract(purse=10.0, deposit=20.0)
    with pytest.raises(ValueError, match=r"scores must be one in 0\.\.1 for each of 1 devices, but one is 1\.5"):
        Verdict(sender="s", task="t", round=1, time_s=0.0, devices=("a",), scores=(1.5,))

import hashlib

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.learning.label_splits import LabelShards, LabelsPerDevice
from qflsim.learning.splits import IID, BalancedDirichlet, Dirichlet

SPLITS = [
    IID(),
    Dirichlet(alpha=0.5, minimum=0),
    BalancedDirichlet(alpha=0.5),
    BalancedDirichlet(alpha=1e-3),
    LabelShards(per_device=1),
]
BY_LABEL = [LabelShards(), LabelsPerDevice(), LabelsPerDevice(labels=3)]


def rng(seed=0):
    return np.random.default_rng(seed)


def shares(labels, parts):
    """Class shares of each client, (clients, classes)."""
    counts = np.stack([np.bincount(labels[part], minlength=labels.max() + 1) for part in parts])
    return counts / counts.sum(axis=1, keepdims=True)


@given(
    split=st.sampled_from(SPLITS),
    labels=st.lists(st.integers(0, 4), min_size=12, max_size=80),
    clients=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
def test_splits_are_disjoint_and_cover(split, labels, clients, seed):
    parts = split.split(np.array(labels), clients, rng(seed))
    assert len(parts) == clients
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    assert all((np.diff(part) > 0).all() for part in parts)


@pytest.mark.parametrize("split", [IID(), BalancedDirichlet(alpha=0.1)])
def test_equal_sizes(split):
    sizes = [len(part) for part in split.split(np.arange(103) % 4, 10, rng())]
    assert sorted(sizes) == [10] * 7 + [11] * 3


@pytest.mark.parametrize("split", SPLITS + BY_LABEL)
def test_same_stream_same_digest(split):
    labels = np.arange(400) % 4

    def digest(seed):
        return hashlib.sha256(b"|".join(part.tobytes() for part in split.split(labels, 8, rng(seed)))).hexdigest()

    assert digest(5) == digest(5)
    assert digest(5) != digest(6)


def test_large_alpha_is_iid():
    labels = np.repeat(np.arange(4), [4000, 3000, 2000, 1000])
    prior = np.bincount(labels) / len(labels)
    class_wise = shares(labels, Dirichlet(alpha=1e6).split(labels, 10, rng()))
    assert 0.5 * np.abs(class_wise - prior).sum(axis=1).max() < 0.005
    client_wise = shares(labels, BalancedDirichlet(alpha=1e6).split(labels, 10, rng()))
    # 1000 draws per client: the counts scatter by the multinomial law, sd below 0.016 per class
    assert 0.5 * np.abs(client_wise - prior).sum(axis=1).max() < 0.08


def test_small_alpha_gives_one_class_per_client():
    labels = np.repeat(np.arange(10), 1000)
    parts = BalancedDirichlet(alpha=1e-3).split(labels, 100, rng())
    largest = shares(labels, parts).max(axis=1)
    assert np.mean(largest > 0.99) > 0.8


def test_dirichlet_variance_of_a_clients_share():
    # one class over J clients: the share of a client has mean 1/J and variance (1/J)(1-1/J)/(J alpha + 1)
    clients, alpha, draws = 5, 0.5, 4000
    labels, stream = np.zeros(10_000, dtype=int), rng()
    split = Dirichlet(alpha=alpha, minimum=0)
    first = np.array([len(split.split(labels, clients, stream)[0]) for _ in range(draws)]) / len(labels)
    expected = (1 / clients) * (1 - 1 / clients) / (clients * alpha + 1)
    assert first.mean() == pytest.approx(1 / clients, abs=4 * np.sqrt(expected / draws))
    assert first.var() == pytest.approx(expected, rel=0.08)


def test_dirichlet_serves_sixty_devices_with_few_samples():
    labels = np.repeat(np.arange(4), 144)
    for seed in range(20):
        parts = Dirichlet(alpha=0.5).split(labels, 60, rng(seed))
        assert min(len(part) for part in parts) >= 2


@pytest.mark.parametrize(
    ("split", "clients", "message"),
    [
        (Dirichlet(alpha=0.01, minimum=5), 10, r"Dirichlet\(alpha=0.01\) gave no split of 100 samples .* raise alpha"),
        (Dirichlet(minimum=20), 10, "cannot give 20 samples to each of 10 clients out of 100"),
        (IID(), 101, "cannot give 1 samples to each of 101 clients"),
        (IID(), 0, "at least one client, got 0"),
    ],
)
def test_impossible_splits_are_refused(split, clients, message):
    with pytest.raises(ValueError, match=message):
        split.split(np.arange(100) % 4, clients, rng())


def test_wrong_alpha_is_refused():
    with pytest.raises(ValueError, match=r"Dirichlet\.alpha must be > 0"):
        Dirichlet(alpha=0.0)


def known(labels, parts):
    """Number of labels that each client knows."""
    return [len(set(labels[part].tolist())) for part in parts]


def test_shards_as_in_the_paper():
    # McMahan et al.: 60,000 samples in 200 shards of 300, two for each of 100 clients; "most clients" know two digits
    labels = rng(9).permutation(np.repeat(np.arange(10), 6000))
    parts = LabelShards().split(labels, 100, rng())
    assert {len(part) for part in parts} == {600}
    assert sorted(np.concatenate(parts).tolist()) == list(range(60_000))
    # with 20 shards of each label, two of one client are of the same label with probability 19/199
    counts = np.bincount(known(labels, parts), minlength=3)
    assert counts[3:].sum() == 0
    assert counts[1] == pytest.approx(100 * 19 / 199, abs=9)


@given(
    labels=st.lists(st.integers(0, 4), min_size=36, max_size=90),
    clients=st.integers(1, 12),
    per_device=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_shards_are_disjoint_cover_and_are_equal_up_to_a_sample_each(labels, clients, per_device, seed):
    labels = np.array(labels)
    parts = LabelShards(per_device=per_device).split(labels, clients, rng(seed))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= per_device
    # a shard knows one label, and as many more as there are borders in it: the borders are shared by all shards
    assert sum(known(labels, parts)) <= clients * per_device + len(set(labels.tolist())) - 1


@given(
    classes=st.integers(2, 6),
    each=st.integers(12, 20),
    clients=st.integers(1, 12),
    wanted=st.integers(1, 6),
    seed=st.integers(0, 2**32),
)
def test_every_client_knows_as_many_labels_as_asked_for(classes, each, clients, wanted, seed):
    labels = rng(seed).permutation(np.repeat(np.arange(classes), each))
    split = LabelsPerDevice(labels=wanted)
    if not classes <= clients * wanted <= clients * classes:
        with pytest.raises(ValueError, match=rf"LabelsPerDevice\.labels must be from .* got {wanted}"):
            split.split(labels, clients, rng(seed))
        return
    parts = split.split(labels, clients, rng(seed))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    assert known(labels, parts) == [wanted] * clients
    # those who know a label share its samples evenly
    for value in range(classes):
        counts = [n for part in parts if (n := int((labels[part] == value).sum()))]
        assert max(counts) - min(counts) <= 1


def test_as_many_clients_as_labels_with_one_label_each_know_different_ones():
    labels = np.arange(400) % 4
    parts = LabelsPerDevice(labels=1).split(labels, 4, rng())
    assert [set(labels[part].tolist()) for part in parts] == [{0}, {1}, {2}, {3}]


def test_a_label_with_too_few_samples_for_those_who_know_it_is_refused():
    labels = np.array([0] * 20 + [1])
    with pytest.raises(ValueError, match="left a client without a sample"):
        LabelsPerDevice(labels=1).split(labels, 4, rng())
    with pytest.raises(ValueError, match="LabelShards cannot give 2 samples to each of 11 clients"):
        LabelShards().split(labels, 11, rng())

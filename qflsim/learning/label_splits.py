"""Splits by label: every device knows a few labels and none of the others."""

from dataclasses import dataclass

import numpy as np

from qflsim.checks import quantity
from qflsim.learning.splits import Indices, Split, check_enough

__all__ = ["LabelShards", "LabelsPerDevice"]


@dataclass(frozen=True, kw_only=True)
class LabelShards(Split):
    """Samples sorted by label, cut into shards of equal size, and some shards dealt to every client.

    The samples, in random order within each label, are cut into clients x ``per_device`` shards, equal up to one
    sample; every client draws ``per_device`` of them without replacement. A client knows ``per_device`` labels or
    fewer, and one more for every shard that lies across two labels.

    Parameters
    ----------
    per_device:
        Shards of each client: 2 in [1]_, "a pathological non-IID partition" of 60,000 samples in 200 shards of 300.

    Notes
    -----
    *Scope*: label skew without size skew.

    *Validation*: disjoint cover; the sizes and the number of labels of [1]_ on balanced labels.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, section 3.
    """

    per_device: int = quantity(2, at_least=1, unit="shards", advice="write e.g. 2")

    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """Shards of the sorted samples, dealt at random."""
        check_enough(len(labels), clients, self.per_device, "LabelShards")
        shuffled = rng.permutation(len(labels))
        by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
        shards = np.array_split(by_label, clients * self.per_device)
        hands = rng.permutation(len(shards)).reshape(clients, self.per_device)
        return [np.sort(np.concatenate([shards[shard] for shard in hand])) for hand in hands]


@dataclass(frozen=True, kw_only=True)
class LabelsPerDevice(Split):
    """Every client knows the same number of labels, and shares the samples of each evenly with all who know it.

    As in the published code of [1]_, client i knows label i modulo the number of labels and others drawn at random.
    With fewer clients than labels the labels that nobody knows yet are dealt around before that draw, so that no
    sample is left over.

    Parameters
    ----------
    labels:
        Labels that a client knows.

    Notes
    -----
    *Scope*: sizes differ by chance, for a label may have many to share it. Clients whose labels have more who know
    them than samples would hold nothing; such a draw is refused.

    *Validation*: disjoint cover; exactly ``labels`` labels a client; NIID-Bench's order of accuracies
    (benchmarks/published_learning.py).

    References
    ----------
    .. [1] Q. Li, Y. Diao, Q. Chen, B. He, "Federated learning on non-IID data silos: an experimental study",
       ICDE 2022, arXiv:2102.02079, section IV: quantity-based label imbalance.
    """

    labels: int = quantity(2, at_least=1, advice="write e.g. 2")

    def split(self, labels: Indices, clients: int, rng: np.random.Generator) -> list[Indices]:
        """Who knows which labels is drawn first, then the samples of each label are dealt evenly."""
        check_enough(len(labels), clients, 1, "LabelsPerDevice")
        classes = np.unique(labels)
        if not len(classes) <= clients * self.labels <= clients * len(classes):
            raise ValueError(
                f"LabelsPerDevice.labels must be from {-(-len(classes) // clients)} to {len(classes)} for {clients} "
                f"clients and {len(classes)} labels, got {self.labels}; nobody knows one twice, and each is known"
            )
        known = self._known(len(classes), clients, rng)
        parts: list[list[Indices]] = [[] for _ in range(clients)]
        for number, value in enumerate(classes):
            holders = [client for client in range(clients) if number in known[client]]
            pool = rng.permutation(np.flatnonzero(labels == value))
            for client, part in zip(holders, np.array_split(pool, len(holders)), strict=True):
                parts[client].append(part)
        held = [np.sort(np.concatenate(part)) for part in parts]
        if not all(len(part) for part in held):
            raise ValueError(
                f"LabelsPerDevice(labels={self.labels}) left a client without a sample: a label has more clients who "
                "know it than samples; use more samples or fewer devices"
            )
        return held

    def _known(self, classes: int, clients: int, rng: np.random.Generator) -> list[list[int]]:
        """Labels of each client, counted from 0."""
        known = [[client % classes] for client in range(clients)]
        for turn, label in enumerate(range(clients, classes)):
            known[turn % clients].append(label)
        for mine in known:
            others = [label for label in range(classes) if label not in mine]
            mine += rng.choice(others, self.labels - len(mine), replace=False).tolist() if others else []
        return known

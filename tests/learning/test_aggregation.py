import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.learning.aggregation import FedAvg, Krum, Median, TrimmedMean, Update, krum_order

RULES = [FedAvg(), Median(), TrimmedMean(share=0.2), Krum(faulty=1), Krum(faulty=1, kept=3)]


def updates(models, samples=None):
    samples = samples or [1] * len(models)
    return [
        Update(device=f"device-{i}", parameters=np.array(model, dtype=float), samples=n, loss=0.5)
        for i, (model, n) in enumerate(zip(models, samples, strict=True))
    ]


def aggregate(rule, models, samples=None):
    return rule.aggregate(np.zeros(np.shape(models)[1]), updates(models, samples))


def test_fedavg_weighs_by_samples():
    assert aggregate(FedAvg(), [[1.0, 0.0], [4.0, 3.0]], [2, 1]).tolist() == [2.0, 1.0]
    assert aggregate(FedAvg(), [[1.0], [100.0]], [5, 0]).tolist() == [1.0]


# Hand vectors of Flower's unit tests
def test_krum_vectors():
    models = np.array([[0.2] * 4, [0.7] * 4, [1.0] * 4])
    assert models[krum_order(models, 1)[0]].tolist() == [0.7] * 4
    models = np.array([[0.2] * 4, [0.5] * 4, [1.0] * 4])
    assert models[krum_order(models, 1)[:2]].mean(axis=0) == pytest.approx([0.35] * 4)


def test_median_vector():
    models = [[1, 0.2, 0.5, 1], [0.2, 0.5, 1, 0.2], [0.5, 1, 0.2, 0.5]]
    assert aggregate(Median(), models).tolist() == [0.5] * 4


def test_trimmed_mean_vectors():
    models = [[1, 0.2, 0.5, 1], [0.2, 0.5, 1, 0.2], [0.5, 1, 0.2, 0.5], [0.5] * 4]
    assert aggregate(TrimmedMean(share=0.25), models).tolist() == [0.5] * 4
    assert aggregate(TrimmedMean(share=0.25), [[0.5], [1], [2], [100]]).tolist() == [1.5]


def test_krum_scores_by_hand():
    # five points on a line, f=1: two neighbours; scores 0:1+4, 1:1+1, 2:1+1.69, 3.3:..., 50: far
    models = np.array([[0.0], [1.0], [2.0], [3.3], [50.0]])
    assert krum_order(models, 1).tolist() == [1, 2, 0, 3, 4]
    assert aggregate(Krum(faulty=1), models).tolist() == [1.0]
    assert aggregate(Krum(faulty=1, kept=2), models).tolist() == [1.5]


@pytest.mark.parametrize("rule", [Median(), TrimmedMean(share=0.2), Krum(faulty=1), Krum(faulty=1, kept=3)])
def test_one_liar_does_not_move_the_robust_rules(rule):
    honest = np.random.default_rng(0).normal(0.0, 0.1, (6, 3))
    lied = aggregate(rule, [*honest, [1e6] * 3])
    assert np.abs(lied).max() < 0.3
    assert np.abs(aggregate(FedAvg(), [*honest, [1e6] * 3])).max() > 1e5


finite = st.floats(-1e3, 1e3)
models_and_samples = st.integers(5, 9).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(finite, min_size=2, max_size=2), min_size=n, max_size=n),
        st.lists(st.integers(1, 50), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


@given(rule=st.sampled_from(RULES), case=models_and_samples)
def test_order_of_arrival_does_not_change_a_bit(rule, case):
    models, samples, order = case
    arrived = updates(models, samples)
    expected = rule.aggregate(np.zeros(2), arrived)
    assert rule.aggregate(np.zeros(2), [arrived[i] for i in order]).tobytes() == expected.tobytes()


@given(rule=st.sampled_from(RULES), case=models_and_samples)
def test_results_lie_between_the_inputs(rule, case):
    models, samples, _ = case
    result = aggregate(rule, models, samples)
    slack = 1e-9 * (1 + np.abs(models).max())
    assert (result >= np.min(models, axis=0) - slack).all()
    assert (result <= np.max(models, axis=0) + slack).all()


@given(
    rule=st.sampled_from(RULES),
    model=st.lists(finite, min_size=3, max_size=3),
    samples=st.lists(st.integers(1, 99), min_size=5, max_size=8),
)
def test_equal_models_are_returned_to_the_bit(rule, model, samples):
    assert aggregate(rule, [model] * len(samples), samples).tolist() == model


@pytest.mark.parametrize(
    ("rule", "count", "message"),
    [
        (FedAvg(), 0, "FedAvg needs at least 1 updates, got 0"),
        (Krum(faulty=1), 4, "Krum needs at least 5 updates, got 4"),
        (Krum(faulty=0, kept=6), 5, "Krum needs at least 6 updates, got 5"),
    ],
)
def test_too_few_updates_are_refused(rule, count, message):
    with pytest.raises(ValueError, match=message):
        rule.aggregate(np.zeros(2), updates([[0.0, 0.0]] * count))


def test_malformed_updates_are_named():
    with pytest.raises(ValueError, match=r"the update of device-1 must be .* finite"):
        aggregate(Median(), [[0.0], [np.nan]])
    with pytest.raises(ValueError, match=r"the update of device-0 must be \(3,\)"):
        Median().aggregate(np.zeros(3), updates([[0.0, 1.0]]))
    with pytest.raises(ValueError, match="sum > 0"):
        aggregate(FedAvg(), [[0.0], [1.0]], [0, 0])


def test_a_share_of_one_half_is_refused():
    with pytest.raises(ValueError, match=r"TrimmedMean\.share must be < 0.5"):
        TrimmedMean(share=0.5)

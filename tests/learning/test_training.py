import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.learning.loss import accuracy, cross_entropy, log_softmax
from qflsim.learning.training import LocalTraining, circuits_per_sample
from qflsim.quantum.optimizers import Adam


@given(samples=st.integers(1, 90), batch=st.integers(1, 40), epochs=st.integers(1, 4), seed=st.integers(0, 99))
def test_every_epoch_goes_once_through_all_samples(samples, batch, epochs, seed):
    training = LocalTraining(batch=batch, epochs=epochs)
    schedule = training.schedule(samples, np.random.default_rng(seed))
    assert schedule.shape == (training.steps(samples), batch)
    assert schedule.dtype == np.int64
    for epoch in np.split(schedule, epochs):
        assert sorted(epoch[epoch >= 0].tolist()) == list(range(samples))
        # only the last batch is padded, and only at its end
        assert (epoch.ravel()[samples:] == -1).all()


def test_epochs_are_shuffled_anew_and_follow_the_stream():
    training = LocalTraining(batch=32, epochs=2)
    first, second = np.split(training.schedule(32, np.random.default_rng(1)), 2)
    assert first.tolist() != second.tolist()
    again = training.schedule(32, np.random.default_rng(1))
    assert again.tobytes() == np.concatenate([first, second]).tobytes()


def test_circuits_of_one_step_of_the_standard_circuit():
    training = LocalTraining(batch=32, epochs=1)
    assert training.circuits(32, circuits_per_sample(72, 24)) == 7680 + 32
    assert circuits_per_sample(72, 24) == 241


@given(samples=st.integers(1, 90), batch=st.integers(1, 40), epochs=st.integers(1, 4))
def test_submissions_add_up_to_the_circuits(samples, batch, epochs):
    training = LocalTraining(batch=batch, epochs=epochs)
    submissions = training.submissions(samples, circuits_per_sample(3, 2))
    assert len(submissions) == training.steps(samples)
    assert sum(submissions) == training.circuits(samples, circuits_per_sample(3, 2))
    used = (training.schedule(samples, np.random.default_rng(0)) >= 0).sum(axis=1)
    assert submissions == (used * circuits_per_sample(3, 2)).tolist()


def test_circuits_are_those_that_pennylane_shifts():
    import pennylane as qml

    from qflsim.learning.vqc import VQC

    model = VQC(qubits=3, layers=1)
    parameters = np.linspace(0.1, 1.2, model.parameters)

    def qfunc():
        model.circuit(np.full(3, 0.3), parameters)
        return qml.expval(qml.PauliZ(0))

    script = qml.tape.make_qscript(qfunc)()
    script.trainable_params = list(range(6, 6 + model.parameters))
    shifted, _ = qml.gradients.param_shift(script)
    assert len(shifted) + 1 == circuits_per_sample(two_term=9, four_term=3)


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="at least one sample, got 0"):
        LocalTraining().schedule(0, np.random.default_rng(0))


@given(held=st.integers(1, 90), share=st.floats(0.01, 1), batch=st.integers(1, 40), seed=st.integers(0, 99))
def test_a_rounds_sample_is_drawn_once_and_costs_what_it_is(held, share, batch, seed):
    wanted = max(1, int(share * held))
    training = LocalTraining(batch=batch, epochs=2, samples=wanted)
    schedule = training.schedule(held, np.random.default_rng(seed))
    assert schedule.shape == (training.steps(held), batch)
    first, second = (sorted(epoch[epoch >= 0].tolist()) for epoch in np.split(schedule, 2))
    assert first == second and len(set(first)) == wanted == training.drawn(held)
    assert set(first) <= set(range(held))
    submissions = training.submissions(held, 7)
    assert submissions == ((schedule >= 0).sum(axis=1) * 7).tolist()
    assert sum(submissions) == training.circuits(held, 7) == 2 * wanted * 7


def test_samples_of_a_round_are_drawn_evenly():
    training, rng = LocalTraining(batch=3, epochs=1, samples=3), np.random.default_rng(0)
    counts = np.zeros(10)
    for _ in range(3000):
        counts[training.schedule(10, rng)[0]] += 1
    # each is drawn with probability 0.3: standard deviation 25 of 900
    assert np.abs(counts - 900).max() < 4 * np.sqrt(3000 * 0.3 * 0.7)


def test_drawing_all_samples_is_the_same_as_no_draw():
    one, other = (LocalTraining(samples=n).schedule(20, np.random.default_rng(1)) for n in (20, None))
    assert one.tobytes() == other.tobytes()


def test_more_samples_than_a_device_holds_are_refused():
    training = LocalTraining(samples=32)
    training.check_shares({"device-1-1": 40, "device-1-2": 32, "device-1-3": 0})
    LocalTraining().check_shares({"device-1-1": 1})
    with pytest.raises(ValueError, match=r"LocalTraining\.samples must be at most 31, for device-1-2 .* got 32; draw"):
        training.check_shares({"device-1-1": 40, "device-1-2": 31})


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"epochs": 0}, {"optimizer": Adam}, {"samples": 0}])
def test_wrong_training_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match=r"LocalTraining\."):
        LocalTraining(**wrong)


def test_defaults_of_adam():
    adam = Adam()
    assert (adam.rate, adam.beta1, adam.beta2, adam.epsilon) == (0.01, 0.9, 0.999, 1e-8)
    with pytest.raises(ValueError, match=r"Adam\.beta2 must be < 1"):
        Adam(beta2=1.0)


def test_loss_by_hand():
    outputs = np.array([[1.0, -1.0, -1.0, -1.0]])
    assert cross_entropy(outputs, np.array([0]), 4) == pytest.approx(np.log(1 + 3 * np.exp(-2)))
    assert cross_entropy(np.zeros((5, 4)), np.zeros(5, dtype=int), 4) == pytest.approx(np.log(4))
    # only the first `classes` qubits are read
    assert cross_entropy(np.array([[0.0, 0.0, 9.0]]), np.array([1]), 2) == pytest.approx(np.log(2))
    assert accuracy(np.array([[0.0, 0.1, 0.9], [0.3, 0.2, 0.9]]), np.array([1, 1]), 2) == 0.5


@given(
    rows=st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=5),
    shift=st.floats(-1000, 1000),
)
def test_log_softmax_is_a_distribution_and_blind_to_shifts(rows, shift):
    outputs = np.array(rows)
    logs = log_softmax(outputs)
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1.0)
    np.testing.assert_allclose(log_softmax(outputs + shift), logs, atol=1e-9)


def test_log_softmax_does_not_overflow():
    assert np.isfinite(log_softmax(np.array([[1e4, -1e4]]))).all()


def test_outputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="4 classes need as many expectations per sample, got 3"):
        accuracy(np.zeros((2, 3)), np.zeros(2, dtype=int), 4)
    with pytest.raises(ValueError, match="must be"):
        cross_entropy(np.zeros((2, 3)), np.zeros(3, dtype=int), 3)

"""Formats of models: their sizes, their errors, and what error feedback keeps."""

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from qflsim.learning.amplitudes import IdealisedQuantumCompression
from qflsim.learning.codec import Codec
from qflsim.learning.floats import Float16, Float32
from qflsim.learning.int8 import Int8
from qflsim.learning.topk import TopK
from qflsim.streams import Streams

finite = st.floats(-1e4, 1e4, allow_nan=False, width=64)
models = arrays(np.float64, st.integers(1, 80), elements=finite)
formats = st.sampled_from([Float32(), Float16(), Int8(), Int8(stochastic=True), TopK(share=0.3)])


def rng(seed=1):
    return np.random.default_rng(seed)


@given(models, formats)
def test_a_decoded_model_is_encoded_to_the_same_bytes_again(model, form):
    packed = form.encode(model, rng())
    assert form.encode(form.decode(packed), rng(2)) == packed or np.abs(model).max() < 1e-35


@given(models)
def test_sizes_follow_their_laws(model):
    count = len(model)
    assert len(Float32().encode(model, rng())) == 4 * count
    assert len(Float16().encode(model, rng())) == 2 * count
    assert len(Int8().encode(model, rng())) == count + 4
    for share in (0.01, 0.1, 0.5, 1.0):
        form = TopK(share=share)
        packed, _ = form.encode_update(model, np.zeros(count), np.zeros(count), rng())
        kept = max(1, int(np.ceil(round(share * count, 9))))
        assert form.kept(count) == kept and len(packed) == 4 + 6 * kept


def test_places_beyond_two_bytes_take_four():
    count = (1 << 16) + 1
    model = np.zeros(count)
    model[-1] = 1.0
    form = TopK(share=1e-5)
    packed, _ = form.encode_update(model, np.zeros(count), np.zeros(count), rng())
    assert len(packed) == 4 + 8
    np.testing.assert_array_equal(form.decode_update(packed, np.zeros(count)), model)


@given(models)
def test_half_precision_errs_by_the_share_2_to_the_minus_11(model):
    error = np.abs(Float16().decode(Float16().encode(model, rng())) - model)
    assert (error <= np.maximum(np.abs(model) * 2.0**-11, 2.0**-25)).all()


def test_half_precision_keeps_to_its_largest_number():
    assert Float16().decode(Float16().encode(np.array([1e9, -1e9]), rng())).tolist() == [65504.0, -65504.0]


@given(models, st.booleans())
def test_a_byte_errs_by_half_a_step_or_a_step(model, stochastic):
    assume(np.abs(model).max() > 1e-30)
    form = Int8(stochastic=stochastic)
    packed = form.encode(model, rng())
    step = float(np.frombuffer(packed, "<f4", count=1)[0])
    assert step == pytest.approx(np.abs(model).max() / 127, rel=1e-6)
    error = np.abs(form.decode(packed) - model)
    assert error.max() <= step * (1.0 if stochastic else 0.5) * (1 + 1e-9) + step * 1e-4 * stochastic


def test_rounding_at_random_is_right_on_average_and_rounding_to_the_nearest_is_not():
    model = np.array([127.0, 0.3, -0.8])
    draws = rng(3)
    means = {}
    for form in (Int8(), Int8(stochastic=True)):
        means[form] = np.mean([form.decode(form.encode(model, draws)) for _ in range(20000)], axis=0)
    np.testing.assert_allclose(means[Int8(stochastic=True)], model, atol=0.02)
    assert means[Int8()].tolist() == [127.0, 0.0, -1.0]


def test_models_of_zeros_and_of_next_to_nothing():
    for form in (Int8(), Int8(stochastic=True)):
        for model in (np.zeros(5), np.full(5, 1e-45), np.zeros(0)):
            np.testing.assert_allclose(form.decode(form.encode(model, rng())), model, atol=1e-37)


@given(arrays(np.float64, 40, elements=finite), arrays(np.float64, 40, elements=finite), st.floats(0.01, 1.0))
def test_the_largest_changes_are_sent_and_what_stays_adds_up(model, left, share):
    form, start = TopK(share=share), np.linspace(-1.0, 1.0, 40)
    packed, rest = form.encode_update(model, start, left, rng())
    sent = form.decode_update(packed, start) - start
    change = model - start + left
    np.testing.assert_allclose(sent + rest, change, atol=1e-9 + 1e-12 * np.abs(change).max())
    kept = form.kept(40)
    assert np.count_nonzero(np.abs(rest) > 1e-2) <= 40 - kept or share == 1.0
    assert (rest**2).sum() <= (1 - kept / 40) * (change**2).sum() + 1e-5 * (change**2).sum()
    assert np.sort(np.abs(change))[-kept:].sum() == pytest.approx(np.abs(sent).sum(), rel=1e-5, abs=1e-6)


def test_error_feedback_sends_everything_in_the_end_and_without_it_nothing_but_the_largest():
    start = np.zeros(10)
    goal = np.arange(1.0, 11.0)
    arrived = {}
    for memory in (True, False):
        codec, model = Codec(TopK(share=0.1, memory=memory)), start
        for round in range(1, 200):
            packed = codec.pack_update(("task-1", "device-1"), round, model + 0.1 * (goal - model), model)
            model = codec.unpack_update(("task-1", "device-1"), round, packed)
        arrived[memory] = model
    assert np.abs(arrived[True] - goal).max() < 2.0
    assert np.abs(arrived[True] - goal).max() > 0.0
    # each is pulled by a tenth of the way: with memory the small ones come through as well
    assert arrived[True][0] > 0.5


def test_changes_are_finer_than_models_of_the_same_bytes():
    start = np.linspace(-3.0, 3.0, 50)
    model = start + 0.01 * rng(5).standard_normal(50)
    errors = []
    for changes in (True, False):
        form = Int8(changes=changes)
        packed, _ = form.encode_update(model, start, np.zeros(50), rng())
        assert len(packed) == 54
        errors.append(np.abs(form.decode_update(packed, start) - model).max())
    assert errors[0] < 0.05 * errors[1]


def test_each_node_rounds_with_a_stream_of_its_own():
    model = rng(8).standard_normal(100)
    alone, among = Codec(Int8(stochastic=True), Streams(3)), Codec(Int8(stochastic=True), Streams(3))
    among.pack(model, "server-2")
    assert alone.pack(model, "server-1") == among.pack(model, "server-1")
    assert alone.pack(model, "server-1") != among.pack(model, "server-2")


def test_an_update_whose_start_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="start of the update of device-1 in round 4"):
        Codec(TopK()).unpack_update(("task-1", "device-1"), 4, b"\0\0\0\0")
    assert Codec().unpack_update(("task-1", "device-1"), 4, np.array([1.0], "<f4").tobytes()).tolist() == [1.0]


@settings(max_examples=20)
@given(st.integers(1, 5000))
def test_amplitudes_take_the_logarithm_and_say_what_they_grant(count):
    form = IdealisedQuantumCompression()
    assert 2 ** form.qubits(count) >= count > 2 ** (form.qubits(count) - 1) / (1 + (count == 1))
    assert "Holevo" in form.assumption and not Float32().assumption


def test_bad_shares_are_refused():
    with pytest.raises(ValueError, match=r"TopK\.share must be <= 1"):
        TopK(share=1.5)
    with pytest.raises(ValueError, match=r"TopK\.share must be > 0"):
        TopK(share=0.0)

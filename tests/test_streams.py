"""Streams depend on seed, replication and name, and on nothing else."""

import subprocess
import sys

import pytest

from qflsim.streams import Streams

CODE = "from qflsim.streams import Streams; print(Streams(7, 1)('place', 'device-3').random().hex())"


def test_creation_order_changes_nothing():
    first, second = Streams(7), Streams(7)
    second("other").random(100)
    assert first("place", "device-3").random() == second("place", "device-3").random()


def test_a_name_is_its_parts_not_their_concatenation():
    assert Streams(7)("a", "bc").random() != Streams(7)("ab", "c").random()


@pytest.mark.parametrize("other", [Streams(8), Streams(7, 1)])
def test_other_seed_or_replication_other_draws(other):
    assert Streams(7)("x").random() != other("x").random()


def test_asking_again_goes_on_and_fresh_starts_over():
    streams = Streams(7)
    first, second = streams("x").random(), streams("x").random()
    assert first != second
    assert streams.fresh("x").random() == first


def test_same_draw_in_another_process_whatever_the_hash_seed():
    draws = {
        subprocess.run([sys.executable, "-c", CODE], env={"PYTHONHASHSEED": salt, "PYTHONPATH": ":".join(sys.path)},
                       capture_output=True, text=True, check=True).stdout
        for salt in ("0", "1", "random")
    }  # fmt: skip
    assert draws == {Streams(7, 1)("place", "device-3").random().hex() + "\n"}


def test_negative_seed_is_refused():
    with pytest.raises(ValueError, match="must be >= 0, got -1"):
        Streams(-1)

from math import comb

import pytest

from qflsim.chain.sharding import any_shard_failure, shard_failure


@pytest.mark.parametrize(("nodes", "faulty", "size"), [(20, 6, 7), (30, 10, 10), (12, 12, 4), (12, 0, 4)])
def test_the_tail_is_that_of_counting(nodes, faulty, size):
    most = (size - 1) // 3
    bad = sum(comb(faulty, k) * comb(nodes - faulty, size - k) for k in range(most + 1, size + 1))
    assert shard_failure(nodes, faulty, size) == pytest.approx(bad / comb(nodes, size), abs=1e-12)


def test_all_shards_fail_no_more_often_than_the_sum_and_never_more_than_surely():
    assert any_shard_failure(30, 10, 10) == pytest.approx(min(1.0, 3 * shard_failure(30, 10, 10)))
    assert any_shard_failure(300, 200, 10) == 1.0
    assert shard_failure(30, 10, 10, tolerated=10) == 0.0


@pytest.mark.parametrize("wrong", [(10, 3, 11), (10, 11, 5), (10, 3, 0)])
def test_more_than_there_are_is_refused(wrong):
    with pytest.raises(ValueError, match="size must be in"):
        shard_failure(*wrong)

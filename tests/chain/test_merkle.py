import hashlib

import pytest
from hypothesis import given, strategies as st

from qflsim.chain.merkle import inclusion_proof, merkle_root, proves_inclusion

# The eight leaves and their roots, from the test suite of the Certificate Transparency reference code.
LEAVES = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_of_certificate_transparency(count):
    assert merkle_root(LEAVES[:count]).hex() == ROOTS[count - 1]


def test_root_of_nothing_is_the_hash_of_nothing():
    assert merkle_root([]) == hashlib.sha256(b"").digest()


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_every_item_has_a_proof_of_logarithmic_length(items, data):
    index = data.draw(st.integers(0, len(items) - 1))
    proof = inclusion_proof(items, index)
    assert len(proof) <= (len(items) - 1).bit_length()
    assert proves_inclusion(items[index], index, len(items), proof, merkle_root(items))


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=20, unique=True), st.data())
def test_a_proof_holds_for_no_other_item_and_no_other_place(items, data):
    index = data.draw(st.integers(0, len(items) - 1))
    other = data.draw(st.integers(0, len(items) - 1).filter(lambda i: i != index))
    proof, root = inclusion_proof(items, index), merkle_root(items)
    assert not proves_inclusion(items[other], index, len(items), proof, root)
    assert not proves_inclusion(items[index], other, len(items), proof, root)
    assert not proves_inclusion(items[index], index, len(items), proof[:-1], root)
    assert not proves_inclusion(items[index], index, len(items), (*proof, root), root)


def test_leaf_and_node_hashes_differ():
    inner = b"".join(hashlib.sha256(b"\x00" + x).digest() for x in (b"a", b"b"))
    assert merkle_root([inner]) != merkle_root([b"a", b"b"])


@pytest.mark.parametrize("index", [-1, 3])
def test_a_proof_for_a_missing_item_is_refused(index):
    with pytest.raises(IndexError, match=r"index must be in 0\.\.2"):
        inclusion_proof([b"a", b"b", b"c"], index)

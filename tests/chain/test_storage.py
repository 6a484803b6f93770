"""What the policies keep of a chain, in bytes that are those of its blocks."""

import math

import pytest
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.chain.copies import Copy, Held, NodeStore, StoredBlock
from qflsim.chain.ledger import Chain
from qflsim.chain.merkle import inclusion_proof, proof_length
from qflsim.chain.storage import StoragePolicy
from qflsim.chain.transactions import Update, digest_of
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.nodes.storedblocks import RECENT, StoredBlocks
from qflsim.units import byte, kB

DEVICES = ("device-1", "device-2", "device-3")
KEYS = Keyring(AssumedSignatures(32, 64), DEVICES, str.encode)
GENESIS = Chain("lmuc-server-1").size_byte


def chain_of(rounds, updates=3):
    """A chain with a block of so many updates in each round."""
    chain = Chain("lmuc-server-1")
    for number in range(1, rounds + 1):
        signed = [
            Update(
                sender=DEVICES[i % 3], task="t", round=number, time_s=float(number), digest=digest_of(b"x" * 40),
                samples=1, loss=0.5, parameters=b"x" * 40,
            ).signed(KEYS)
            for i in range(updates)
        ]  # fmt: skip
        block = chain.propose(signed, proposer="device-1", round=number, time_s=float(number))
        chain.append(block.certified(DEVICES, KEYS))
    return chain


def stored(policy, chain, node="device-1"):
    """The copy of ``node`` after every block of ``chain``."""
    store = NodeStore(node)
    copy = Copy(node, chain.name, chain.blocks[0].size_byte)
    store.add(copy)
    for block in chain.blocks[1:]:
        policy.store(StoredBlock.of(block, DEVICES), copy, store)
    return copy


def test_a_full_copy_is_the_bytes_of_the_chain():
    chain = chain_of(6)
    copy = stored(qfl.FullCopies(), chain)
    assert copy.size_byte == len(chain.encode()) == chain.size_byte
    assert (copy.blocks, copy.bodies) == (7, 6)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9))
def test_a_pruned_copy_is_all_headers_and_the_blocks_of_the_last_rounds(rounds, kept):
    chain = chain_of(rounds)
    copy = stored(qfl.Pruned(rounds=kept), chain)
    headers = sum(block.header_byte for block in chain.blocks[1:])
    rest = sum(block.body_byte + block.certificate_byte for block in chain.blocks[max(1, rounds - kept + 1) :])
    assert copy.size_byte == GENESIS + headers + rest
    assert (copy.blocks, copy.bodies) == (rounds + 1, min(rounds, kept))


def test_a_light_copy_is_headers_and_own_transactions_with_their_proofs():
    chain = chain_of(4)
    copy = stored(qfl.Light(), chain, "device-2")
    own = sum(16 + b.transactions[1].size_byte + 32 * len(inclusion_proof(b.leaves, 1)) for b in chain.blocks[1:])
    assert copy.size_byte == GENESIS + sum(b.header_byte for b in chain.blocks[1:]) + own
    assert stored(qfl.Light(), chain, "stranger").size_byte == copy.size_byte - own
    assert copy.bodies == 0


@given(st.integers(1, 200), st.data())
def test_the_length_of_a_proof_is_known_without_making_it(count, data):
    index = data.draw(st.integers(0, count - 1))
    assert proof_length(count, index) == len(inclusion_proof([bytes([i]) for i in range(count)], index))


def test_all_chunks_together_are_n_over_k_of_the_transactions_and_everybody_has_a_share():
    chain, policy = chain_of(12), qfl.ErasureCoded(k=2, m=1)
    copies = [stored(policy, chain, node) for node in DEVICES]
    for block in chain.blocks[1:]:
        held = [copy.of(block.header.height) for copy in copies]
        assert sorted(number for one in held for number in one.chunks) == [0, 1, 2]
        assert sum(one.body_byte for one in held) == 3 * math.ceil(block.body_byte / 2)
        assert {one.header_byte for one in held} == {block.header_byte + 3 * 32}
    assert len({copy.size_byte for copy in copies}) == 1  # a chunk each: whose is which takes turns
    first = [copies[0].of(height).chunks for height in range(1, 13)]
    assert set(first) == {(0,), (1,), (2,)}
    assert stored(policy, chain, "server-1").of(3).chunks == ()


def test_few_members_hold_several_chunks_and_decode_what_they_hold():
    policy, block = qfl.ErasureCoded(k=4, m=2), chain_of(1).blocks[1]
    view = StoredBlock.of(block, DEVICES)
    numbers = [policy.chunks(node, view) for node in DEVICES]
    assert [len(chunks) for chunks in numbers] == [2, 2, 2]
    chunks = policy.encode(block.body)
    had = {number: chunks[number] for node in numbers[1:] for number in node}
    assert policy.decode(had, view.body_byte) == block.body
    assert policy.decoding_cycles(range(4), view.body_byte) == 0.0 < policy.decoding_cycles(had, view.body_byte)
    assert policy.encoding_cycles((0, 1), view.body_byte) == 0.0 < policy.encoding_cycles((5,), view.body_byte)


def test_an_adaptive_node_keeps_the_newest_that_fit_over_all_its_chains():
    chain = chain_of(10)
    per_block = chain.blocks[1].size_byte
    room = GENESIS + sum(b.header_byte for b in chain.blocks[1:]) + 3 * per_block
    copy = stored(qfl.Adaptive(device_room=room * byte).of("device", chain.name), chain)
    assert copy.size_byte <= room and copy.bodies == 3
    assert [copy.of(height).whole for height in range(1, 11)] == [False] * 7 + [True] * 3
    whole = stored(qfl.Adaptive(device_room=room * byte).of("server", chain.name), chain)
    assert whole.size_byte == chain.size_byte


def test_room_is_shared_by_the_chains_of_a_node():
    chain, policy = chain_of(4), qfl.Adaptive(device_room=1 * kB).of("device", "lmuc-server-1")
    store = NodeStore("device-1")
    copies = [Copy("device-1", name, 100) for name in ("lmuc-server-1", "lmuc-server-2")]
    for copy in copies:
        store.add(copy)
    for block in chain.blocks[1:]:
        for copy in copies:
            policy.store(StoredBlock.of(block), copy, store)
    assert store.size_byte == sum(copy.size_byte for copy in copies)
    assert sum(copy.bodies for copy in copies) <= 1


def test_roles_and_chains_have_policies_of_their_own():
    policy = qfl.StoragePerChain(
        global_chain=qfl.Pruned(rounds=2), local_chain=qfl.StoragePerRole(device=qfl.Light(), server=qfl.Pruned())
    )
    assert policy.of("device", "global") == qfl.Pruned(rounds=2)
    assert policy.of("device", "lmuc-server-3") == qfl.Light()
    assert policy.of("server", "lmuc-server-3-task-2") == qfl.Pruned()
    assert policy.of("publisher", "shard-task-1") == qfl.FullCopies()
    off = qfl.OffChain(ledger=qfl.StoragePerRole(device=qfl.Light()))
    assert off.of("device", "global") == qfl.Light() and off.off_chain("global") is off
    assert policy.off_chain("global") is None


def test_holders_are_the_nearest_and_others_by_hash_evenly_and_stably():
    policy, servers = qfl.OffChain(replicas=2), [f"server-{i}" for i in range(1, 7)]
    seconds = []
    for number in range(600):
        first, second = policy.place(digest_of(str(number).encode()), "server-2", servers)
        assert first == "server-2"
        seconds.append(second)
        # a server that leaves moves only what it held
        left = [name for name in servers if name != "server-5"]
        again = policy.place(digest_of(str(number).encode()), "server-2", left)
        assert again == (first, second) or second == "server-5"
    counts = [seconds.count(name) for name in servers if name != "server-2"]
    assert min(counts) > 80 and max(counts) < 160


def test_entangled_records_keep_one_photon_and_say_what_they_grant():
    chain, policy = chain_of(6), qfl.IdealisedEntangledRecords(rounds=2)
    copy = stored(policy, chain)
    assert copy.qubits == 1 and copy.bodies == 2
    assert copy.size_byte == GENESIS + sum(block.size_byte for block in chain.blocks[5:])
    assert "photon" in policy.assumption and not qfl.FullCopies().assumption
    assert "photon" in qfl.StoragePerRole(device=policy).assumption


def test_a_copy_counts_what_is_put_replaced_and_dropped():
    copy = Copy("n", "c", 50)
    for height in (1, 2, 3):
        copy.put(StoredBlock(height=height, round=height, header_byte=10, body_byte=20, certificate_byte=5),
                 Held(header_byte=10, body_byte=20, certificate_byte=5, whole=True))  # fmt: skip
    assert (copy.size_byte, copy.bodies, copy.oldest()) == (155, 3, (1, 1))
    copy.strip(1)
    assert (copy.size_byte, copy.bodies, copy.oldest()) == (130, 2, (2, 2))
    twin = copy.clone()
    twin.strip(2)
    assert (copy.size_byte, twin.size_byte) == (130, 105)
    assert copy.lacks(4) == [] and Copy("n", "c", 50).lacks(4) == [1, 2, 3]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="must not be OffChain"):
        qfl.StoragePerRole(server=qfl.OffChain())
    with pytest.raises(ValueError, match="must be <= 1, the number of holders"):
        qfl.OffChain(replicas=2, holders=("server-1",))
    with pytest.raises(ValueError, match="must say what is stored of the chains"):
        qfl.OffChain(ledger=qfl.OffChain())
    with pytest.raises(ValueError, match="k \\+ m must be <= 256"):
        qfl.ErasureCoded(k=200, m=100)
    with pytest.raises(TypeError):
        StoragePolicy()


def test_a_copy_of_scattered_blocks_tells_what_it_lacks():
    copy = Copy("n", "c", 50)
    copy.put(StoredBlock(height=3, round=3, header_byte=10, body_byte=20, certificate_byte=5), Held(header_byte=10))
    assert (copy.blocks, copy.size_byte, copy.lacks(5)) == (2, 60, [1, 2, 4])
    assert copy.of(2) is None and copy.of(9) is None
    with pytest.raises(KeyError, match="nothing is held of block 2"):
        copy.replace(2, Held())


def test_members_who_hold_as_much_share_what_says_so():
    block = StoredBlock(height=1, round=1, header_byte=10, body_byte=20, certificate_byte=5)
    copies = [Copy(name, "c", 50) for name in DEVICES]
    for copy in copies:
        copy.put(block, Held(header_byte=10, body_byte=20))
    assert len({id(copy.of(1)) for copy in copies}) == 1


def test_old_blocks_are_stored_as_they_were():
    chain = chain_of(12)
    kept, first = StoredBlocks(chain), {}
    for block in chain.blocks[1:]:
        height = block.header.height
        first[height] = kept.add(block, DEVICES[: 1 + height % 3], 7 * height)
    assert len(kept._recent) == RECENT < 12
    assert all(kept[height] == first[height] for height in range(1, 13))
    assert 0 not in kept and 13 not in kept
    with pytest.raises(KeyError, match="nobody stored block 13"):
        kept[13]

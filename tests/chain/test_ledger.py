from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from qflsim.chain.audit import transaction_fault
from qflsim.chain.block import Block, Header, ModelMetadata, certificate_byte
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.kinds import KINDS, decode_transaction
from qflsim.chain.ledger import Chain, Fault, check_stored, genesis
from qflsim.chain.merkle import inclusion_proof, proves_inclusion
from qflsim.chain.standing import Membership, Reputation, Reward, Slash
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
    read_transaction,
)
from qflsim.chain.wire import Reader
from qflsim.crypto.elliptic import ECDSA_P256
from qflsim.crypto.falcon import Falcon512
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.crypto.signatures import MLDSA

NODES = ("a", "b", "c", "d", "e", "device-1", *(f"server-{i}" for i in range(11)))


def assumed(scheme):
    return Keyring(AssumedSignatures(scheme.public_key_byte, scheme.signature_byte), NODES, str.encode)


KEYRING = assumed(ECDSA_P256())
PARAMETERS = pack_parameters([0.5, -1.25, 3.0])
COMMON = {"sender": "device-1", "task": "digits", "round": 3, "time_s": 12.5}
MODEL = {"digest": digest_of(PARAMETERS), "samples": 40, "loss": 0.7}


def one_of_each():
    block = genesis("lmuc-1").certified(("d", "e"), KEYRING)
    header, certificate = block.header.encode(), block.certificate.encode()
    return (
        Task(**COMMON, model="VQC(4, 6)", samples=100, rounds=20, reward=1.5),
        Join(**COMMON, devices=5, samples=200),
        Shard(**COMMON, servers=("server-1", "server-2")),
        Selection(**COMMON, devices=("device-1", "device-2")),
        Membership(**COMMON, joined=("device-1",), left=("device-2", "device-3")),
        Reputation(**COMMON, nodes=("device-1",), scores=(0.75,)),
        Reward(**COMMON, payer="publisher", nodes=("device-1", "server-1"), amounts=(1.5, 0.25)),
        Slash(**COMMON, nodes=("device-2",), amounts=(3.0,), reason="forged update"),
        Update(**COMMON, **MODEL, parameters=PARAMETERS),
        IntermediateModel(**COMMON, **MODEL, devices=("device-1",), parameters=PARAMETERS),
        GlobalModel(**COMMON, **MODEL, servers=("server-1",), accuracy=float("nan")),
        Receipt(**COMMON, source="lmuc-1", header=header, certificate=certificate),
        CrossChainReceipt.of(_three_joins(), 1, **COMMON),
    )


def _three_joins():
    joins = [Join(**COMMON, devices=i, samples=200).signed(KEYRING) for i in range(3)]
    block = Chain("shard-other").propose(joins, proposer="a", round=2, time_s=3.0)
    return block.certified(("d", "e"), KEYRING)


def grow(blocks=3, keyring=KEYRING, signers=("a", "b", "c")):
    chain = Chain("shard-digits")
    for i in range(blocks):
        items = [tx.signed(keyring) for tx in one_of_each()[-i - 3 :][:3]]
        model = ModelMetadata(task="digits", digest="ab" * 32, loss=0.5, samples=40, contributors=3)
        block = chain.propose(items, proposer="a", round=1, time_s=float(i), model=model)
        chain.append(block.certified(signers, keyring))
    return chain


CHAIN = grow()
STORED = CHAIN.encode()
STARTS = [0]
for _block in CHAIN.blocks:
    STARTS.append(STARTS[-1] + _block.size_byte)


@pytest.mark.parametrize("transaction", one_of_each(), ids=lambda tx: tx.kind)
def test_a_transaction_weighs_what_its_bytes_weigh(transaction):
    signed = transaction.signed(assumed(MLDSA(level=65)))
    assert signed.size_byte == len(transaction.encode()) + 3309 + 1952 + len(signed.witness)
    assert signed.witness == getattr(transaction, "certificate", b"")
    fields = read_transaction(signed.payload)
    assert fields["kind"] == transaction.kind
    assert fields["sender"] == "device-1" and fields["time_s"] == 12.5


def test_kinds_are_distinct():
    kinds = [tx.kind for tx in one_of_each()]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("transaction", one_of_each(), ids=lambda tx: tx.kind)
def test_a_transaction_is_read_back_as_it_was_written(transaction):
    for written in (transaction, replace(transaction, fee=0.5)):
        signed = written.signed(KEYRING)
        back = decode_transaction(signed)
        assert type(back) is type(written) and back.encode() == signed.payload and back.witness == signed.witness
        assert back.fee == written.fee and back.kind in KINDS


def test_a_fee_is_part_of_what_is_signed_and_none_takes_no_bytes():
    free = Join(**COMMON, devices=5, samples=200)
    assert b"fee" not in free.encode()
    assert read_transaction(replace(free, fee=0.25).encode())["fee"] == 0.25


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Membership(**COMMON), "none twice, got joined = "),
        (lambda: Membership(**COMMON, joined=("a",), left=("a",)), "none twice"),
        (lambda: Reputation(**COMMON, nodes=("a",), scores=(1.5,)), r"scores must be finite numbers in 0..1, got 1.5"),
        (lambda: Reward(**COMMON, payer="p", nodes=("a", "b"), amounts=(1.0,)), "one entry for each of 2 nodes, got 1"),
        (lambda: Slash(**COMMON, nodes=("a",), amounts=(-1.0,), reason=""), r"0..inf, got -1.0"),
    ],
)
def test_what_a_chain_cannot_say_of_nodes_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"position": 0}, "its proof does not lead to the root in its header"),
        ({"height": 7}, "its header is not of the block that it names"),
        ({"source": "global"}, "its header is not of the block that it names"),
        ({"proof": bytes(64)}, "its proof does not lead to the root in its header"),
        ({"header": genesis("shard-other").header.encode(), "height": 0}, "its proof does not lead to the root"),
    ],
)
def test_a_receipt_with_a_proof_holds_for_one_transaction_of_one_block(changes, fault):
    receipt = replace(CrossChainReceipt.of(_three_joins(), 1, **COMMON), **changes)
    assert receipt.fault().startswith(fault) and bool(receipt.fault()) == bool(fault)
    whole = transaction_fault(receipt.signed(KEYRING), KEYRING)
    assert whole.startswith(fault) if "header" not in changes else whole
    if not fault:
        assert read_transaction(receipt.payload)["devices"] == 1
        assert len(receipt.proof) == 32 * 2


def test_a_receipt_is_of_a_certified_block_and_of_a_transaction_in_it():
    with pytest.raises(ValueError, match="no certificate"):
        CrossChainReceipt.of(replace(_three_joins(), certificate=None), 1, **COMMON)
    with pytest.raises(IndexError):
        CrossChainReceipt.of(_three_joins(), 3, **COMMON)


def test_a_model_on_the_chain_costs_four_bytes_a_parameter():
    full = Update(**COMMON, **MODEL, parameters=PARAMETERS).encode()
    by_digest = Update(**COMMON, **MODEL).encode()
    assert full.endswith(PARAMETERS)
    assert len(full) - len(by_digest) == 4 * 3 + len("12") - len("0")


def test_a_digest_that_is_not_the_models_is_refused():
    with pytest.raises(ValueError, match="digest must be that of the parameters, got 'ff'"):
        Update(**COMMON, digest="ff", samples=1, loss=0.1, parameters=PARAMETERS)


def test_a_diverged_loss_can_be_written_down():
    text = read_transaction(Update(**COMMON, digest="", samples=1, loss=float("inf")).encode())
    assert text["loss"] == "inf"


def test_bytes_that_are_no_transaction_are_refused():
    with pytest.raises(ValueError):
        read_transaction(b"\x00\x00\x00\x02[]")


def test_blocks_and_chains_survive_storing():
    reader = Reader(STORED)
    blocks = []
    while not reader.done:
        blocks.append(Block.decode(reader))
    assert [b.hash for b in blocks] == [b.hash for b in CHAIN.blocks]
    assert b"".join(b.encode() for b in blocks) == STORED
    assert blocks[2].transactions == CHAIN.blocks[2].transactions


def test_sizes_are_the_lengths_of_the_bytes():
    assert CHAIN.size_byte == len(STORED)
    for block in CHAIN.blocks:
        assert len(block.encode()) == block.size_byte == block.header_byte + block.body_byte + block.certificate_byte


@pytest.mark.parametrize("scheme", [ECDSA_P256(), MLDSA(level=44), Falcon512()], ids=lambda s: s.name)
def test_a_certificate_grows_by_one_signature_and_identity_per_signer(scheme):
    signers = [f"server-{i}" for i in range(11)]
    block = grow(1, assumed(scheme), signers).tip
    assert block.certificate_byte == certificate_byte(11, scheme) == 8 + 11 * (8 + scheme.signature_byte)
    assert len(block.certificate.encode()) == block.certificate_byte


def test_an_untouched_chain_has_no_fault():
    assert CHAIN.verify(KEYRING) is None
    assert check_stored(STORED, "shard-digits", KEYRING) is None


@settings(max_examples=400)
@given(place=st.integers(0, len(STORED) - 1), bit=st.integers(1, 255))
def test_any_changed_byte_is_found_in_its_block(place, bit):
    data = bytearray(STORED)
    data[place] ^= bit
    fault = check_stored(bytes(data), "shard-digits", KEYRING)
    height = next(i for i in range(len(CHAIN.blocks)) if place < STARTS[i + 1])
    assert fault is not None
    assert fault.height == height


def test_every_byte_of_the_chain_matters():
    for place in range(len(STORED)):
        data = bytearray(STORED)
        data[place] ^= 1 << (place % 8)
        fault = check_stored(bytes(data), "shard-digits", KEYRING)
        assert fault is not None and STARTS[fault.height] <= place < STARTS[fault.height + 1]


@pytest.mark.parametrize(("offset", "bit"), [(3, 1), (7, 64)], ids=["three signers to two", "64 bytes to none"])
def test_a_smaller_certificate_is_found_in_its_block(offset, bit):
    for height in (1, 2, 3):
        block = CHAIN.blocks[height]
        data = bytearray(STORED)
        data[STARTS[height] + block.header_byte + block.body_byte + offset] ^= bit
        assert check_stored(bytes(data), "shard-digits", KEYRING).height == height


@given(cut=st.integers(1, len(STORED) - 1))
def test_a_chain_cut_within_a_block_is_found(cut):
    fault = check_stored(STORED[:cut], "shard-digits", KEYRING)
    assert (fault is None) == (cut in STARTS)


def _tampered(index, **changes):
    chain = grow()
    chain.blocks[index] = replace(chain.blocks[index], **changes)
    return chain.verify(KEYRING)


def test_faults_say_where_and_why():
    second = CHAIN.blocks[2]
    other = replace(second.header, proposer="z")
    assert _tampered(2, header=other) == Fault(2, "its certificate is not for this header")
    assert _tampered(2, certificate=None) == Fault(2, "it has no certificate")
    assert _tampered(2, transactions=second.transactions[:-1]).reason == "it states 3 transactions"
    swapped = second.transactions[::-1]
    assert _tampered(2, transactions=swapped) == Fault(2, "its Merkle root is not that of its transactions")


def test_a_rewritten_block_breaks_the_link_of_the_next():
    chain = grow()
    forged = replace(chain.blocks[1], header=replace(chain.blocks[1].header, proposer="z"))
    chain.blocks[1] = forged.certified(("a", "b", "c"), KEYRING)
    assert chain.verify(KEYRING) == Fault(2, "its link is not the hash of the block before")


def test_a_block_that_does_not_continue_the_chain_is_refused():
    chain = grow()
    block = chain.propose([], proposer="a", round=2, time_s=9.0).certified("ab", KEYRING)
    chain.append(block)
    with pytest.raises(ValueError, match="must continue chain 'shard-digits' at height 5, but its height is 4"):
        chain.append(block)
    alien = Chain("global").propose([], proposer="a", round=2, time_s=9.0).certified("ab", KEYRING)
    with pytest.raises(ValueError, match="belongs to chain 'global'"):
        chain.append(alien)
    with pytest.raises(ValueError, match="signed twice"):
        chain.append(chain.propose([], proposer="a", round=2, time_s=9.0).certified("aa", KEYRING))
    unsigned = chain.propose([], proposer="a", round=2, time_s=9.0).certified("ab", KEYRING)
    with pytest.raises(ValueError, match="signatures have no bytes"):
        chain.append(replace(unsigned, certificate=replace(unsigned.certificate, signatures=(b"", b""))))
    with pytest.raises(ValueError, match="older than"):
        chain.append(chain.propose([], proposer="a", round=2, time_s=0.0).certified("ab", KEYRING))


def test_signatures_are_not_hashed():
    small, large = grow(1).tip, grow(1, signers=("d", "e")).tip
    assert small.hash == large.hash and small.certificate != large.certificate


def test_a_receipt_proves_a_block_of_another_chain():
    local = grow().blocks[1]
    receipt = Receipt(
        **COMMON, source="shard-digits", header=local.header.encode(), certificate=local.certificate.encode()
    )
    assert Header.decode(Reader(receipt.header)).hash == local.hash
    assert receipt.encode().endswith(receipt.header) and receipt.witness == receipt.certificate


def test_an_update_in_a_block_has_an_inclusion_proof():
    block = CHAIN.blocks[1]
    leaves = block.leaves
    proof = inclusion_proof(leaves, 1)
    assert proves_inclusion(leaves[1], 1, 3, proof, block.header.root)


def test_the_ledger_of_a_round_adds_up():
    """n updates of P parameters on chain take n (4 P + signature + key + rest) bytes, exactly."""
    keyring, parameters = assumed(MLDSA(level=44)), pack_parameters([0.0] * 1000)
    update = Update(**COMMON, digest=digest_of(parameters), samples=10, loss=0.1, parameters=parameters)
    rest = len(update.encode()) - 4000
    chain = Chain("lmuc-1")
    block = chain.propose([update.signed(keyring)] * 20, proposer="a", round=1, time_s=1.0)
    assert block.body_byte == 20 * (4 * 1000 + 2420 + 1312 + rest + 16)


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.2\^32 - 1, got -1"):
        ModelMetadata(contributors=-1).encode()

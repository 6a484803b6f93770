"""Signatures that are really made: published vectors, other libraries as oracles, tampering, lengths."""

import pytest
from hypothesis import given, settings, strategies as st

from qflsim.crypto.computed import ComputedECDSA, ComputedEd25519, package
from qflsim.crypto.elliptic import ECDSA_P256, Ed25519
from qflsim.crypto.falcon import Falcon512, Falcon1024
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.crypto.libraries import library_named
from qflsim.crypto.signatures import MLDSA, SignatureScheme
from qflsim.crypto.slhdsa import SLHDSA

CLASSICAL = [ECDSA_P256(), Ed25519()]
LATTICE = [MLDSA(level=44), MLDSA(level=65), MLDSA(level=87)]
FALCON = [Falcon512(), Falcon1024()]
HASH = [SLHDSA(variant=f"{bits}f") for bits in (128, 192, 256)]
SEED, OTHER, CONTENT = bytes(range(32)), bytes(range(1, 33)), b"an update of one device"
ALL = [*CLASSICAL, *LATTICE, *FALCON, *HASH]


def named(value):
    return getattr(value, "name", "")


def library_of(scheme):
    """The scheme's library; a test that needs an optional package is skipped without it."""
    if isinstance(scheme, SLHDSA):
        pytest.importorskip("pqcrypto")
    if isinstance(scheme, (Falcon512, Falcon1024)):
        pytest.importorskip("py_fn_dsa")
    return scheme.library()


MADE = {}


def made(scheme):
    """Library, public key and a signature of CONTENT, made once."""
    if scheme.name not in MADE:
        library = library_of(scheme)
        public_key, secret = library.keys(SEED)
        MADE[scheme.name] = library, public_key, secret, library.sign(secret, CONTENT)
    return MADE[scheme.name]


@pytest.mark.parametrize("scheme", [*ALL, SLHDSA(variant="128s")], ids=named)
def test_real_keys_and_signatures_have_the_lengths_of_the_table(scheme):
    library, public_key, _, signature = made(scheme)
    assert library.name == scheme.name
    assert (len(public_key), len(signature)) == (scheme.public_key_byte, scheme.signature_byte)
    assert library.fits(public_key, CONTENT, signature)


def test_secret_keys_have_the_lengths_of_the_table():
    pqcrypto_sign = pytest.importorskip("pqcrypto.sign")
    for bits in (128, 192, 256):
        for kind in "sf":
            module = getattr(pqcrypto_sign, f"slh_dsa_sha2_{bits}{kind}")
            figures = SLHDSA(variant=f"{bits}{kind}").figures
            sizes = (module.PUBLIC_KEY_SIZE, module.SECRET_KEY_SIZE, module.SIGNATURE_SIZE)
            assert sizes == (figures.public_key_byte, figures.secret_key_byte, figures.signature_byte)
    for level in (44, 65, 87):
        module, figures = getattr(pqcrypto_sign, f"ml_dsa_{level}"), MLDSA(level=level).figures
        sizes = (module.PUBLIC_KEY_SIZE, module.SECRET_KEY_SIZE, module.SIGNATURE_SIZE)
        assert sizes == (figures.public_key_byte, figures.secret_key_byte, figures.signature_byte)


@pytest.mark.parametrize("scheme", ALL, ids=named)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_changed_byte_of_key_content_or_signature_is_refused(scheme, data):
    library, *rest, signature = made(scheme)
    parts = [rest[0], CONTENT, signature]
    which = data.draw(st.integers(0, 2))
    changed = bytearray(parts[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    parts[which] = bytes(changed)
    assert not library.fits(*parts)


@pytest.mark.parametrize("scheme", [*CLASSICAL, *LATTICE, *FALCON], ids=named)
def test_every_byte_of_a_signature_matters(scheme):
    library, public_key, _, signature = made(scheme)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1 << (place % 8)
        assert not library.fits(public_key, CONTENT, bytes(changed)), place


@pytest.mark.parametrize("scheme", ALL, ids=named)
def test_another_key_a_cut_and_nothing_at_all_are_refused(scheme):
    library, public_key, _, signature = made(scheme)
    stranger, secret = library.keys(OTHER)
    assert stranger != public_key
    assert not library.fits(stranger, CONTENT, signature)
    assert not library.fits(public_key, CONTENT, library.sign(secret, CONTENT))
    for cut in (signature[:-1], signature + b"\0", b""):
        assert not library.fits(public_key, CONTENT, cut)
    assert not library.fits(public_key[:-1], CONTENT, signature)
    assert not library.fits(b"", CONTENT, signature)


@pytest.mark.parametrize("scheme", [*CLASSICAL, *LATTICE, *FALCON], ids=named)
def test_keys_follow_from_their_seed(scheme):
    library, public_key, *_ = made(scheme)
    assert library.keys(SEED)[0] == public_key


@pytest.mark.parametrize("scheme", [*CLASSICAL, *FALCON], ids=named)
def test_signatures_that_can_are_the_same_each_time(scheme):
    library, _, secret, signature = made(scheme)
    assert library.sign(secret, CONTENT) == signature != library.sign(secret, CONTENT + b"!")


@pytest.mark.parametrize("scheme", [*LATTICE, HASH[0]], ids=named)
def test_hedged_signatures_differ_and_hold_all_the_same(scheme):
    library, public_key, secret, signature = made(scheme)
    again = library.sign(secret, CONTENT)
    assert again != signature and library.fits(public_key, CONTENT, again)


def test_ecdsa_signs_as_rfc_6979_prints():
    """Appendix A.2.5, SHA-256, message "sample"."""
    library = ComputedECDSA()
    public_key, secret = library.keys(bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
    assert public_key.hex().upper() == "0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    assert library.sign(secret, b"sample").hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )


def test_ed25519_signs_as_rfc_8032_prints():
    """Section 7.1, test 2."""
    library = ComputedEd25519()
    public_key, secret = library.keys(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert public_key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert library.sign(secret, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize("scheme", LATTICE, ids=named)
def test_an_independent_mldsa_agrees_on_keys_and_signatures(scheme):
    oracle = getattr(pytest.importorskip("dilithium_py.ml_dsa"), f"ML_DSA_{scheme.level}")
    library, public_key, _, signature = made(scheme)
    assert oracle.key_derive(SEED)[0] == public_key
    assert len(oracle.key_derive(SEED)[1]) == scheme.figures.secret_key_byte
    assert oracle.verify(public_key, CONTENT, signature)
    assert not oracle.verify(public_key, CONTENT + b"!", signature)
    assert library.fits(public_key, CONTENT, oracle.sign(oracle.key_derive(SEED)[1], CONTENT))


@pytest.mark.parametrize("scheme", LATTICE, ids=named)
def test_another_library_agrees_on_mldsa(scheme):
    module = getattr(pytest.importorskip("pqcrypto.sign"), f"ml_dsa_{scheme.level}")
    library, public_key, _, signature = made(scheme)
    assert module.verify(public_key, CONTENT, signature) is None
    theirs, secret = module.keygen()
    assert library.fits(theirs, CONTENT, module.sign(secret, CONTENT))


@pytest.mark.parametrize("scheme", [*ALL, *(SLHDSA(variant=f"{bits}s") for bits in (192, 256))], ids=named)
def test_a_library_is_found_by_its_name(scheme):
    library = library_of(scheme)
    assert type(library_named(scheme.name)) is type(library) and library_named(scheme.name).name == scheme.name


def test_assumed_signatures_are_found_by_their_name():
    library = AssumedSignatures(33, 64)
    assert library_named(library.name) == library
    for name in ("assumed 33", "assumed x y", "toy", ""):
        with pytest.raises(ValueError, match="no library checks the signatures of"):
            library_named(name)


@given(content=st.binary(max_size=200), place=st.integers(0, 149), bit=st.integers(1, 255))
def test_assumed_signatures_hold_for_one_content_and_one_key(content, place, bit):
    library = AssumedSignatures(40, 150)
    public_key, secret = library.keys(SEED)
    signature = library.sign(secret, content)
    changed = bytearray(signature)
    changed[place] ^= bit
    assert (len(public_key), len(signature)) == (40, 150)
    assert library.fits(public_key, content, signature)
    assert not library.fits(public_key, content, bytes(changed))
    assert not library.fits(public_key, content + b"!", signature)
    assert not library.fits(library.keys(OTHER)[0], content, signature)


@pytest.mark.parametrize("library", [AssumedSignatures(33, 64), ComputedECDSA()], ids=["assumed", "computed"])
def test_a_keyring_signs_for_its_nodes_and_knows_strangers(library):
    ring = Keyring(library, ("a", "b"), lambda name: name.encode().ljust(32))
    signature = ring.sign("a", CONTENT)
    assert ring.fits("a", CONTENT, signature)
    assert not ring.fits("b", CONTENT, signature)
    assert not ring.fits("c", CONTENT, signature) and ring.public_key("c") == b""
    strange_key, strange = ring.sign_as_stranger("a", CONTENT)
    assert strange_key not in ring.public_keys.values() and library.fits(strange_key, CONTENT, strange)
    assert not ring.fits("a", CONTENT, strange)


def test_a_scheme_of_ones_own_without_a_library_says_so():
    class Toy(SignatureScheme):
        figures = MLDSA().figures

    with pytest.raises(ValueError, match=r"cannot be computed: its class has no library\(\)"):
        Toy().library()


def test_a_missing_package_is_named():
    with pytest.raises(ValueError, match=r"Falcon-512 cannot be computed here .* pip install 'qflsim\[pqc\]'"):
        package("no_such_package", "Falcon-512", "qflsim[pqc]")

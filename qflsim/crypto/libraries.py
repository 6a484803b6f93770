"""Finding the library of a stored ledger by its name."""

from qflsim.crypto.elliptic import ECDSA_P256, Ed25519
from qflsim.crypto.falcon import Falcon512, Falcon1024
from qflsim.crypto.keyring import AssumedSignatures, SignatureLibrary
from qflsim.crypto.signatures import MLDSA, SignatureScheme
from qflsim.crypto.slhdsa import SLHDSA

__all__ = ["library_named"]

_SCHEMES: tuple[SignatureScheme, ...] = (
    ECDSA_P256(), Ed25519(), *(MLDSA(level=level) for level in (44, 65, 87)), Falcon512(), Falcon1024(),
    *(SLHDSA(variant=f"{bits}{kind}") for bits in (128, 192, 256) for kind in "sf"),
)  # fmt: skip


def library_named(name: str) -> SignatureLibrary:
    """The library whose name is ``name``.

    Raises
    ------
    ValueError
        If there is none, or its package is not installed.
    """
    lengths = name.removeprefix("assumed ").split()
    if name.startswith("assumed ") and len(lengths) == 2 and all(length.isdecimal() for length in lengths):
        return AssumedSignatures(*map(int, lengths))
    for scheme in _SCHEMES:
        if scheme.name == name:
            return scheme.library()
    raise ValueError(f"no library checks the signatures of {name!r}; the scheme is not one of qflsim's own")

"""A key exchange that is really carried out, at both of its ends."""

from collections.abc import Callable

from qflsim.crypto.encapsulation import KEMLibrary
from qflsim.crypto.hkdf import combined
from qflsim.crypto.keyring import Keyring

__all__ = ["SecretExchange"]

_SECRET_BYTE = 32


class SecretExchange:
    """Public key there, ciphertext back, and a session key at both ends.

    The initiator signs its public key, the responder checks that before it encapsulates, and each end derives the
    session key from what it has: from the encapsulated secret, and from the QKD key where there is one.

    Parameters
    ----------
    library:
        What encapsulates.
    keyring:
        What signs public keys.
    seed:
        64 fresh bytes for an initiator and a responder, in that order.

    *Scope*: the QKD key is 32 bytes of that randomness, the same at both ends; what is sealed with a session key stays
    a count of bytes.
    """

    def __init__(self, library: KEMLibrary, keyring: Keyring, seed: Callable[[str, str], bytes]) -> None:
        self._library = library
        self._keyring = keyring
        self._seed = seed

    def agree(self, initiator: str, responder: str, *, secrets: int, with_qkd: bool) -> bytes:
        """The session key that both ends hold after so many encapsulated ``secrets``.

        Raises
        ------
        RuntimeError
            If the ends hold different ones, or the public key is not the initiator's: the library does not do what it
            says.
        """
        asking, answering = b"", b""
        for _ in range(secrets):
            mine, theirs = self._encapsulated(initiator, responder)
            asking, answering = asking + mine, answering + theirs
        qkd = self._seed(initiator, responder)[:_SECRET_BYTE] if with_qkd else b""
        info = f"{initiator} {responder}".encode()
        first, second = (combined(qkd, secret, _SECRET_BYTE * secrets, info) for secret in (asking, answering))
        if first != second:
            raise RuntimeError(f"{initiator} and {responder} do not hold the same session key")
        return first

    def _encapsulated(self, initiator: str, responder: str) -> tuple[bytes, bytes]:
        """One secret as the initiator and as the responder knows it."""
        public_key, secret_key = self._library.keys(self._seed(initiator, responder))
        content = b"kem " + public_key
        if not self._keyring.fits(initiator, content, self._keyring.sign(initiator, content)):
            raise RuntimeError(f"{responder} does not find the public key of {initiator} signed by it")
        ciphertext, theirs = self._library.encapsulate(public_key, self._seed(initiator, responder))
        return self._library.decapsulate(secret_key, ciphertext), theirs

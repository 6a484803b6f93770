"""Where session keys come from: quantum key distribution, key encapsulation, or both combined."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from qflsim.checks import Part, quantity
from qflsim.crypto.kem import KEM, MLKEM
from qflsim.crypto.processors import Operation
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.keyrates import QKD

__all__ = ["SESSION_KEY_BIT", "EitherKeys", "HybridKeys", "KEMKeys", "KeyNeed", "KeySource", "QKDKeys"]

SESSION_KEY_BIT = 256
"""Bits of one AES-256 key (NIST FIPS 197), and of the secret that one encapsulation gives."""

_STANDARD_QKD = FiniteKeyBB84()
_STANDARD_KEM = MLKEM()


class KeyNeed(NamedTuple):
    """What it takes to put one key of the wanted length at both ends of a link."""

    qkd_bit: float
    """Bits from the key store of the two ends, or relayed to them."""
    kem_bit: float
    """Bits of shared secret that key encapsulation gives."""
    request_byte: int
    """Bytes sent from the initiator to the responder."""
    reply_byte: int
    """Bytes sent back."""
    initiator: tuple[Operation, ...]
    """Operations at the end that asks."""
    responder: tuple[Operation, ...]
    """Operations at the other end."""


@dataclass(frozen=True, kw_only=True)
class KeySource(Part, ABC):
    """A way to get keys to both ends of a link.

    *Scope*: counts bits, bytes and operations; no key is made. Deriving keys from secrets (HKDF) costs a few
    hashes and is not counted.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What the key table calls this source, e.g. ``qkd``."""

    @abstractmethod
    def need(self, bits: float = SESSION_KEY_BIT) -> KeyNeed:
        """What a key of ``bits`` takes."""

    @property
    def qkd(self) -> QKD | None:
        """The QKD boxes that fill the key stores, None if this source has none."""
        return None

    @property
    def encapsulates(self) -> bool:
        """Whether some key takes key encapsulation."""
        fallback = self.fallback()
        return self.need().kem_bit > 0 or (fallback is not None and fallback.kem_bit > 0)

    @property
    def kem(self) -> KEM | None:
        """The key encapsulation mechanism, None if this source has none."""
        return None

    @property
    def patience(self) -> float:
        """Time [s] after which a key that QKD has not brought is got by `fallback`."""
        return math.inf

    def fallback(self, bits: float = SESSION_KEY_BIT) -> KeyNeed | None:
        """What a key of ``bits`` takes if QKD does not bring it; None if only QKD will do."""
        return None


@dataclass(frozen=True, kw_only=True)
class QKDKeys(KeySource):
    """Keys from quantum key distribution alone: the policy *QKD required*.

    Every key bit comes from a key store, which may run dry: then its users wait.

    Parameters
    ----------
    qkd:
        The QKD boxes of every link.
    """

    qkd: QKD = _STANDARD_QKD

    @property
    def name(self) -> str:
        """Qkd."""
        return "qkd"

    def need(self, bits: float = SESSION_KEY_BIT) -> KeyNeed:
        """``bits`` from the store, nothing on the wire: both ends only name the key."""
        _refuse(bits)
        return KeyNeed(bits, 0.0, 0, 0, (), ())


@dataclass(frozen=True, kw_only=True)
class KEMKeys(KeySource):
    """Keys from key encapsulation alone, the policy *PQC required*: computing and bytes instead of waiting.

    One exchange gives a 256-bit secret; a longer key takes several, so that its strength does not rest on one.

    Parameters
    ----------
    kem:
        The key encapsulation mechanism.
    """

    kem: KEM = _STANDARD_KEM

    @property
    def name(self) -> str:
        """Kem."""
        return "kem"

    def need(self, bits: float = SESSION_KEY_BIT) -> KeyNeed:
        """A public key one way and a ciphertext back, for each 256 bits."""
        _refuse(bits)
        return _exchange(self.kem, bits)


@dataclass(frozen=True, kw_only=True)
class HybridKeys(KeySource):
    """Keys from both sources, the policy *both required*, combined so that they are secret as long as either is.

    The QKD bits and the encapsulated secret are joined and put through HKDF [1]_ as concatenation combiners do [2]_
    (`qflsim.crypto.hkdf.combined`); the costs of both are paid.

    Parameters
    ----------
    qkd:
        The QKD boxes of every link.
    kem:
        The key encapsulation mechanism.

    References
    ----------
    .. [1] H. Krawczyk, P. Eronen, RFC 5869, "HMAC-based Extract-and-Expand Key Derivation Function" (2010).
    .. [2] ETSI TS 103 744 V1.1.1, "Quantum-safe Hybrid Key Exchanges" (2020).
    """

    qkd: QKD = _STANDARD_QKD
    kem: KEM = _STANDARD_KEM

    @property
    def name(self) -> str:
        """qkd+kem."""
        return "qkd+kem"

    def need(self, bits: float = SESSION_KEY_BIT) -> KeyNeed:
        """``bits`` from the store and an exchange for as many."""
        _refuse(bits)
        return _exchange(self.kem, bits)._replace(qkd_bit=bits)


@dataclass(frozen=True, kw_only=True)
class EitherKeys(KeySource):
    """Keys from QKD if they come in time, else from key encapsulation: the policy *either*.

    A dry store then costs patience and an exchange instead of a standstill; such a key is as secret as the
    encapsulation.

    Parameters
    ----------
    qkd:
        The QKD boxes of every link.
    kem:
        The key encapsulation mechanism.
    patience:
        Time [s] for which QKD is waited for; 100 ms, a few times what an encapsulation takes a microcontroller with
        its messages, is an *assumption*.
    """

    qkd: QKD = _STANDARD_QKD
    kem: KEM = _STANDARD_KEM
    patience: float = quantity(0.1, unit="s", at_least=0, advice="give it in seconds, e.g. 0.1 * s")

    @property
    def name(self) -> str:
        """Qkd; the key table calls those that fell back kem."""
        return "qkd"

    def need(self, bits: float = SESSION_KEY_BIT) -> KeyNeed:
        """``bits`` from the store."""
        _refuse(bits)
        return KeyNeed(bits, 0.0, 0, 0, (), ())

    def fallback(self, bits: float = SESSION_KEY_BIT) -> KeyNeed | None:
        """An exchange for ``bits``."""
        return _exchange(self.kem, bits)


def _exchange(kem: KEM, bits: float) -> KeyNeed:
    """As many encapsulations as give ``bits`` of secret."""
    count = math.ceil(bits / SESSION_KEY_BIT)
    return KeyNeed(
        qkd_bit=0.0,
        kem_bit=float(count * SESSION_KEY_BIT),
        request_byte=count * kem.public_key_byte,
        reply_byte=count * kem.ciphertext_byte,
        initiator=(kem.key_generation, kem.decapsulation) * count,
        responder=(kem.encapsulation,) * count,
    )


def _refuse(bits: float) -> None:
    if not 0.0 <= bits < math.inf:
        raise ValueError(f"bits must be >= 0 and finite, got {bits!r}; give e.g. 256")

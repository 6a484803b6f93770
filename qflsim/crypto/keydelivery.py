"""The interface at which applications get keys: ETSI GS QKD 014, and the identifiers under which keys are served once.

References
----------
.. [1] ETSI GS QKD 014 V1.1.1, "Protocol and data format of REST-based key delivery API" (2019).
.. [2] K. Davis, B. Peabody, P. Leach, RFC 9562, "Universally Unique IDentifiers (UUIDs)" (2024).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keystore import KeyRequest

__all__ = ["DeliveredKey", "KeyDelivery", "KeyShortage", "Limits", "Status", "key_name"]


def key_name(owner: str, number: int) -> str:
    """The identifier of a key: a UUID of version 8 [2]_ that follows from whose key it is and its number."""
    digest = hashlib.blake2b(f"{owner} {number}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


class KeyShortage(RuntimeError):  # noqa: N818 - the store's state, not a mistake
    """The store cannot give so many keys now (status 503 of the interface)."""


class Status(NamedTuple):
    """What a key management entity says of the keys for one other application, with the names of [1]_."""

    source_KME_ID: str  # noqa: N815
    target_KME_ID: str  # noqa: N815
    master_SAE_ID: str  # noqa: N815
    slave_SAE_ID: str  # noqa: N815
    key_size: int
    stored_key_count: int
    max_key_count: int
    max_key_per_request: int
    max_key_size: int
    min_key_size: int
    max_SAE_ID_count: int  # noqa: N815


class DeliveredKey(NamedTuple):
    """One key: its identifier, its size [bit], and its bytes where they are really made."""

    key_ID: str  # noqa: N815
    size: int
    key: bytes | None


@dataclass(frozen=True)
class Limits:
    """What one request may ask for; the numbers are the example of [1]_.

    Parameters
    ----------
    key_size:
        Size of a key if none is named [bit].
    min_key_size, max_key_size:
        Smallest and largest size [bit]; a size is a multiple of 8.
    max_key_per_request:
        Keys per request.
    """

    key_size: int = 256
    min_key_size: int = 64
    max_key_size: int = 1024
    max_key_per_request: int = 128


class _Awaiting(NamedTuple):
    """A key that one end has and the other has not yet asked for."""

    number: int
    size: int
    served_s: float


class KeyDelivery:
    """Both ends of one key manager as applications see them: one gets keys, the other the same ones by their ids.

    Keys leave the store when the first application (the *master*) gets them; the second one (the *slave*) collects
    each by the identifier that the master sends it, once. An identifier is a UUID that follows from the two ends and
    the number of the key, so that the same run names the same keys.

    Parameters
    ----------
    manager:
        The store.
    master, slave:
        Names of the two ends; applications and key management entities go by the same name.
    secrets:
        What the bytes of all keys follow from, at the master and at the slave: each end's copy of the stream of key
        that the link makes. Equal copies give equal keys. None, the default: no bytes are made, only counted.
    limits:
        What one request may ask for.
    pickup_s:
        Time [s] after which a key that the slave has not collected is destroyed; infinite by default, for [1]_ leaves
        it open.

    Notes
    -----
    *Scope*: one master and one slave per pair: no multicast (``max_SAE_ID_count`` is 0), no extensions, no HTTP.

    *Validation*: status fields and limits of [1]_; each identifier opens one key once.
    """

    def __init__(
        self,
        manager: KeyManager,
        master: str,
        slave: str,
        *,
        secrets: tuple[bytes, bytes] | None = None,
        limits: Limits = Limits(),
        pickup_s: float = math.inf,
    ) -> None:
        self.manager = manager
        self.limits = limits
        self._ends = (master, slave)
        self._owner = f"{master} {slave}"
        self._secrets = secrets
        self._pickup_s = pickup_s
        self._made = 0
        self._awaiting: dict[str, _Awaiting] = {}
        self.uncollected_bit = 0.0

    def status(self, now: float) -> Status:
        """What is there for these two applications at ``now`` [s]."""
        size, store = self.limits.key_size, self.manager.store
        master, slave = self._ends
        return Status(
            source_KME_ID=master,
            target_KME_ID=slave,
            master_SAE_ID=master,
            slave_SAE_ID=slave,
            key_size=size,
            stored_key_count=max(0, int((self.manager.level(now) - store.minimum) // size)),
            max_key_count=int(store.room // size),
            max_key_per_request=self.limits.max_key_per_request,
            max_key_size=self.limits.max_key_size,
            min_key_size=self.limits.min_key_size,
            max_SAE_ID_count=0,
        )

    def get_key(self, now: float, number: int = 1, size: int | None = None) -> list[DeliveredKey]:
        """``number`` keys of ``size`` [bit] for the master, at once or not at all.

        Raises
        ------
        ValueError
            If number or size is out of the limits.
        KeyShortage
            If the store cannot give them at ``now`` [s], or earlier requests wait.
        """
        size = self._checked(number, size)
        request = self.manager.request(now, float(number * size))
        if request.state != "served":
            self.manager.withdraw(now, request)
            held = self.status(now).stored_key_count
            raise KeyShortage(
                f"{number} keys of {size} bit are not there at {now:g} s: the store can give {held} of "
                f"{self.limits.key_size} bit, and {self.manager.waiting} requests wait; ask again later"
            )
        return self.hand_out(now, request, size)

    def hand_out(self, now: float, request: KeyRequest, size: int | None = None) -> list[DeliveredKey]:
        """The keys, of ``size`` [bit] each, of a request that has waited its turn in the queue and is served."""
        size = self.limits.key_size if size is None else size
        number = round(request.bits / size)
        if not number or number * size != request.bits:
            raise ValueError(f"size must divide the request's {request.bits:g} bits, got {size!r}; ask for whole keys")
        self.manager.hand_out(now, request)
        return [self._new(now, size) for _ in range(number)]

    def get_key_with_ids(self, now: float, key_ids: Sequence[str]) -> list[DeliveredKey]:
        """The keys that the master got under ``key_ids``, for the slave; each can be collected once.

        Raises
        ------
        ValueError
            If an identifier is unknown or used, or its key was destroyed; then none of the keys is given away.
        """
        self.expire(now)
        if len(set(key_ids)) < len(key_ids):
            raise ValueError(f"key_ids must differ from each other, got {list(key_ids)!r}; name each key once")
        for key_id in key_ids:
            if key_id not in self._awaiting:
                raise ValueError(f"key_ID {key_id!r} is unknown, used or expired; an identifier opens one key, once")
        found = [(key_id, self._awaiting.pop(key_id)) for key_id in key_ids]
        return [DeliveredKey(key_id, key.size, self._bytes(1, key.number, key.size)) for key_id, key in found]

    def expire(self, now: float) -> None:
        """Destroy the keys that the slave has not collected in time."""
        for key_id, key in list(self._awaiting.items()):
            if key.served_s + self._pickup_s > now:
                return
            self.uncollected_bit += key.size
            del self._awaiting[key_id]

    @property
    def awaiting(self) -> int:
        """Keys that the slave has not collected yet."""
        return len(self._awaiting)

    def _new(self, now: float, size: int) -> DeliveredKey:
        number = self._made
        self._made += 1
        key_id = key_name(self._owner, number)
        self._awaiting[key_id] = _Awaiting(number, size, now)
        return DeliveredKey(key_id, size, self._bytes(0, number, size))

    def _bytes(self, end: int, number: int, size: int) -> bytes | None:
        """The key itself, as the master (0) or the slave (1) works it out from its copy of the stream."""
        if self._secrets is None:
            return None
        return hashlib.shake_256(self._secrets[end] + number.to_bytes(8, "big")).digest(size // 8)

    def _checked(self, number: int, size: int | None) -> int:
        limits = self.limits
        size = limits.key_size if size is None else size
        if not 1 <= number <= limits.max_key_per_request:
            raise ValueError(f"number must be 1 to {limits.max_key_per_request} keys, got {number!r}; ask in parts")
        if size % 8 or not limits.min_key_size <= size <= limits.max_key_size:
            raise ValueError(
                f"size must be a multiple of 8 from {limits.min_key_size} to {limits.max_key_size} bit, got {size!r}; "
                f"give e.g. {limits.key_size}"
            )
        return size

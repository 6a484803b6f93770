"""Forged updates: what a device hands in is not what it signed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from qflsim.chain.transactions import SignedTransaction, Transaction, Update, digest_of, pack_parameters
from qflsim.checks import quantity
from qflsim.crypto.keyring import Keyring
from qflsim.security.threat import Threat

__all__ = ["ForgedUpdates"]


@dataclass(frozen=True, kw_only=True)
class ForgedUpdates(Threat):
    """Somebody hands in updates in the name of devices whose signing keys he does not have.

    In place of the device's model he states its negative. His update is either signed with a key of his own, or is the
    device's, changed after it was signed. Every member of the committee, the device's own validator included, finds
    that out when it verifies the update, and does without.

    Parameters
    ----------
    devices:
        The devices, by name.
    share:
        In place of names, the share of all devices, drawn at random.
    altered:
        Whether the device's own update is changed after it was signed; otherwise the forger signs with his own key.
    first_round:
        The round in which it begins.

    *Scope*: the forger acts at the device, so that all receive the same. What the device's validator votes is its own.

    *Validation*: no forged update gets into a block, whether signatures are computed or assumed.
    """

    devices: tuple[str, ...] = ()
    share: float = quantity(0.0, at_least=0, at_most=1, advice="give a share, e.g. 0.2")
    altered: bool = quantity(False, advice="give True or False")
    first_round: int = quantity(1, at_least=1, advice="give a whole number, e.g. 1")

    def check(self) -> None:
        """Refuse a threat to nobody, and two ways of saying to whom."""
        if bool(self.devices) == bool(self.share):
            raise ValueError(
                f"ForgedUpdates must have either devices or a share > 0, got devices = {self.devices!r} and share = "
                f"{self.share!r}; give one of them, e.g. share=0.2"
            )

    def targets(self, roles: Mapping[str, str], rng: np.random.Generator) -> list[str]:
        """The devices named, or as many as the share of them, rounded up."""
        known = sorted(node for node, role in roles.items() if role == "device")
        for device in self.devices:
            if device not in known:
                raise ValueError(
                    f"ForgedUpdates.devices names {device!r}, which is no device; they are {known[0]} to {known[-1]}"
                )
        if self.devices:
            return list(self.devices)
        drawn = rng.permutation(len(known))[: int(np.ceil(self.share * len(known)))]
        return [known[i] for i in sorted(drawn)]

    def forge(
        self, transaction: Transaction, signed: SignedTransaction, keyring: Keyring, rng: np.random.Generator
    ) -> SignedTransaction:
        """The negative of the model under the old signature, or under a signature of the forger's."""
        if not isinstance(transaction, Update) or transaction.round < self.first_round:
            return signed
        parameters = _negative(transaction.parameters)
        payload = replace(transaction, parameters=parameters, digest=digest_of(parameters)).encode()
        if self.altered:
            return replace(signed, payload=payload)
        return SignedTransaction(payload, *keyring.sign_as_stranger(f"forger of {transaction.sender}", payload))


def _negative(packed: bytes) -> bytes:
    """The negative of a model in single precision; of one another format its complement; none of one off the chain."""
    if len(packed) % 4:
        return bytes(byte ^ 0xFF for byte in packed)
    return pack_parameters(-np.frombuffer(packed, dtype="<f4")) if packed else b""

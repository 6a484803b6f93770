"""The keys of one world: what nodes sign with, and what carries their key exchanges out, computed or assumed."""

from collections.abc import Iterable

from qflsim.checks import ScenarioError
from qflsim.crypto.exchange import SecretExchange
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.scenario import Scenario
from qflsim.streams import Streams

__all__ = ["keyring", "secret_exchange"]


def keyring(scenario: Scenario, nodes: Iterable[str], streams: Streams) -> Keyring:
    """Signing keys for all nodes, each from a stream of its own.

    Raises
    ------
    ValueError
        If signatures are to be computed and nothing computes the scheme's.
    """
    scheme = scenario.signatures
    assumed = AssumedSignatures(scheme.public_key_byte, scheme.signature_byte)
    library = scheme.library() if scenario.computed_cryptography else assumed
    return Keyring(library, nodes, lambda node: streams.fresh("signing-key", node).bytes(32))


def secret_exchange(scenario: Scenario, keys: Keyring, streams: Streams) -> SecretExchange | None:
    """What carries key encapsulation out; ``None`` if it is only counted or there is none.

    Raises
    ------
    ScenarioError
        If the scenario's key source does not say what encapsulates.
    ValueError
        If nothing computes that.
    """
    source = scenario.keys
    if not scenario.computed_cryptography or not source.encapsulates:
        return None
    if source.kem is None:
        raise ScenarioError(
            f"{type(source).__name__} encapsulates keys and names no kem that could be computed; give it a property "
            "kem, or use computed_cryptography=False"
        )
    return SecretExchange(source.kem.library(), keys, lambda one, other: streams("secrets", one, other).bytes(64))

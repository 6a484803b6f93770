"""One row of a table: what a published scheme weighs and what its operations take."""

from dataclasses import dataclass

from qflsim.crypto.processors import Operation, measured

__all__ = ["KEMFigures", "SignatureFigures", "operations"]


@dataclass(frozen=True, slots=True)
class SignatureFigures:
    """One signature scheme at one parameter set.

    Parameters
    ----------
    name:
        Its name in tables and figures.
    category:
        Security category of NIST, 1 to 5; 0 for a scheme that Shor's algorithm breaks.
    public_key_byte, secret_key_byte, signature_byte:
        Encoded sizes.
    key_generation, signing, verifying:
        What a key pair, a signature and its check take, on average.
    """

    name: str
    category: int
    public_key_byte: int
    secret_key_byte: int
    signature_byte: int
    key_generation: Operation
    signing: Operation
    verifying: Operation


@dataclass(frozen=True, slots=True)
class KEMFigures:
    """One key encapsulation mechanism at one parameter set; the secret shared has 32 bytes.

    Parameters
    ----------
    name, category, public_key_byte, secret_key_byte:
        As in `SignatureFigures`.
    ciphertext_byte:
        Encoded size of what the responder sends back.
    key_generation, encapsulation, decapsulation:
        What the initiator's key pair, the responder's answer and the initiator's opening of it take.
    """

    name: str
    category: int
    public_key_byte: int
    secret_key_byte: int
    ciphertext_byte: int
    key_generation: Operation
    encapsulation: Operation
    decapsulation: Operation


def operations(
    *, kilocycles: tuple[float, float, float], microseconds: tuple[float, float, float]
) -> tuple[Operation, Operation, Operation]:
    """The three operations of a row, from its kilocycles on the Cortex-M4 and its microseconds on the x86-64 core."""
    first, second, third = (
        measured(cortex_m4=1e3 * cycles, x86_us=time)
        for cycles, time in zip(kilocycles, microseconds, strict=True)
    )  # fmt: skip
    return first, second, third

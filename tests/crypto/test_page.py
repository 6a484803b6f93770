"""The page on cryptography shows the tables of today."""

from pathlib import Path

from qflsim.crypto.elliptic import ECDH, ECDSA_P256, Ed25519
from qflsim.crypto.falcon import Falcon512, Falcon1024
from qflsim.crypto.kem import MLKEM
from qflsim.crypto.processors import CortexM4, X86Core
from qflsim.crypto.signatures import MLDSA
from qflsim.crypto.slhdsa import SLHDSA

PAGE = Path(__file__).parents[2] / "docs" / "background" / "cryptography.md"
SIGNATURES = [
    ECDSA_P256(), Ed25519(), *(MLDSA(level=level) for level in (44, 65, 87)), Falcon512(), Falcon1024(),
    *(SLHDSA(variant=f"{bits}{kind}") for bits in (128, 192, 256) for kind in "sf"),
]  # fmt: skip
KEMS = [*(MLKEM(level=level) for level in (512, 768, 1024)), ECDH(), ECDH(curve="P-256")]


def short(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def table(named, what, operations, rows):
    """A markdown table: sizes, then milliseconds and millijoules of a device, then microseconds of a server."""
    device = [f"device: {name} [ms / mJ]" for name in operations]
    server = [f"server: {name} [µs]" for name in operations]
    lines = [[named, "category", "public key [B]", "secret key [B]", f"{what} [B]", *device, *server]]
    lines.append(["---"] * len(lines[0]))
    for figures, size, costs in rows:
        times = [(CortexM4().cost([cost]), X86Core().cost([cost])) for cost in costs]
        lines.append([
            figures.name, str(figures.category or "-"), f"{figures.public_key_byte:,}", f"{figures.secret_key_byte:,}",
            f"{size:,}", *(f"{short(1e3 * on.time_s)} / {short(1e3 * on.energy_j)}" for on, _ in times),
            *(short(1e6 * at.time_s) for _, at in times),
        ])  # fmt: skip
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tables():
    signatures = [scheme.figures for scheme in SIGNATURES]
    kems = [kem.figures for kem in KEMS]
    yield table(
        "Scheme", "signature", ("keys", "sign", "verify"),
        [(f, f.signature_byte, (f.key_generation, f.signing, f.verifying)) for f in signatures],
    )  # fmt: skip
    yield table(
        "KEM", "ciphertext", ("keys", "encapsulate", "decapsulate"),
        [(f, f.ciphertext_byte, (f.key_generation, f.encapsulation, f.decapsulation)) for f in kems],
    )  # fmt: skip


def test_the_page_shows_the_tables_of_today():
    page = PAGE.read_text(encoding="utf-8")
    for expected in tables():
        assert expected in page, f"write this table into the page again:\n{expected}"

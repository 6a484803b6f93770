"""Where the four MNIST files are found, checked, and fetched from if there is a network."""

import gzip
import hashlib
import http.client
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FILES", "IdxFile", "read_idx_file"]

FOLDER_VARIABLE = "QFLSIM_DATA"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class IdxFile:
    """One file of MNIST: its name without ``.gz``, and size and SHA-256 of it compressed and plain."""

    name: str
    packed_size: int
    packed_digest: str
    plain_size: int
    plain_digest: str


FILES = {
    "train_images": IdxFile(
        "train-images-idx3-ubyte",
        9912422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        47040016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train_labels": IdxFile(
        "train-labels-idx1-ubyte",
        28881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        60008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test_images": IdxFile(
        "t10k-images-idx3-ubyte",
        1648877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        7840016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "test_labels": IdxFile(
        "t10k-labels-idx1-ubyte",
        4542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        10008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def read_idx_file(file: IdxFile, folder: str | None) -> bytes:
    """The plain content of an MNIST file, from the first place that has it.

    Looked for in ``folder`` if one is given and nowhere else; otherwise in the folder that the environment variable
    ``QFLSIM_DATA`` names, in its subfolder ``mnist``, and in the cache folder; fetched into the cache at last.

    Raises
    ------
    FileNotFoundError
        If it is nowhere and no mirror answers; the message says which files to put where.
    ValueError
        If the file is there but its size or SHA-256 is wrong.
    """
    places = [Path(folder).expanduser()] if folder else _places()
    for place in places:
        for path in (place / f"{file.name}.gz", place / file.name):
            if path.is_file():
                return _checked(path, file, path.read_bytes())
    if folder:
        raise FileNotFoundError(_where_to_put(file, places, "MNIST.folder names a folder without it"))
    return _fetch(file, places)


def _places() -> list[Path]:
    named = os.environ.get(FOLDER_VARIABLE)
    places = [Path(named).expanduser(), Path(named).expanduser() / "mnist"] if named else []
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return [*places, Path(cache) / "qflsim" / "mnist"]


def _checked(path: Path, file: IdxFile, content: bytes) -> bytes:
    """The plain content, or a ValueError that names what is wrong with it."""
    packed = path.suffix == ".gz"
    size, digest = (file.packed_size, file.packed_digest) if packed else (file.plain_size, file.plain_digest)
    advice = "delete it and fetch it again"
    if len(content) != size:
        raise ValueError(f"{path} must have {size} bytes, found {len(content)}; {advice}")
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ValueError(f"{path} must have the SHA-256 {digest}, found {found}; {advice}")
    return gzip.decompress(content) if packed else content


def _fetch(file: IdxFile, places: list[Path]) -> bytes:
    """Download into the last place; written aside first, so that a broken download leaves no file behind."""
    path = places[-1] / f"{file.name}.gz"
    failures = []
    for mirror in MIRRORS:
        try:
            packed = _download(f"{mirror}{file.name}.gz", file.packed_size)
            plain = _checked(path, file, packed)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            failures.append(f"{mirror}: {failure}")
            continue
        _write_aside(path, packed)
        return plain
    raise FileNotFoundError(_where_to_put(file, places, f"no mirror gave it ({'; '.join(failures)})"))


def _download(url: str, size: int) -> bytes:
    import urllib.request

    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
        return bytes(answer.read(size + 1))  # one byte more than expected is enough to know that it is wrong


def _write_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(aside).replace(path)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise


def _where_to_put(file: IdxFile, places: list[Path], reason: str) -> str:
    files = "\n".join(
        f"  {each.name}.gz  {each.packed_size} bytes  sha256 {each.packed_digest}" for each in FILES.values()
    )
    folders = ", ".join(str(place) for place in places)
    return (
        f"{file.name}.gz is not in {folders}: {reason}. Put the four MNIST files there, "
        f"or name their folder in MNIST(folder=...) or in the environment variable {FOLDER_VARIABLE}:\n{files}"
    )

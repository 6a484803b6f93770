"""Files that are never there by halves: written beside their place, and moved there once they are whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .checks import ScenarioError

__all__ = ["written_whole"]


@contextmanager
def written_whole(path: Path, advice: str = "give another file with --out") -> Iterator[Path]:
    """Write to the file that this gives; it takes the place of ``path`` at the end, and is gone if anything fails.

    What is no ordinary file, such as ``/dev/stdout``, is written to as it is.

    Raises
    ------
    ScenarioError
        If nothing can be written there, with the advice; what stood there before is untouched then.
    """
    try:
        if path.exists():
            path.open("ab").close()  # a folder, or a file that is not to be changed, is refused by its name
        ordinary = path.is_file() or not path.exists()
        place = path.resolve()  # a link stays, and what it leads to is replaced
        new = place.with_name(f".{place.name}.new") if ordinary else path
        try:
            yield new
            if ordinary:
                new.replace(place)
        finally:
            if ordinary:
                with suppress(OSError):
                    new.unlink(missing_ok=True)
    except OSError as error:
        raise ScenarioError(f"cannot write {path}: {error.strerror or error}; {advice}") from None

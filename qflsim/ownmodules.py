"""Which modules are the user's own: what is not Python's, qflsim's or installed."""

import sys
import sysconfig
from functools import cache
from pathlib import Path

__all__ = ["is_installed", "is_own"]

_INSTALLED = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib", "platstdlib")}


def is_own(name: str) -> bool:
    """Whether a module of this name is not Python's or qflsim's."""
    return name.partition(".")[0] not in {"qflsim", *sys.stdlib_module_names}


@cache
def is_installed(file: Path) -> bool:
    """Whether a file belongs to a package that was installed, which counts by its version."""
    places = {"site-packages", "dist-packages"}
    return bool(places & set(file.parts)) or any(str(file).startswith(f"{place}/") for place in _INSTALLED)

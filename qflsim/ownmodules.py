"""Which modules are the user's own: what is not Python's, qflsim's or installed."""

import sys
import sysconfig
from functools import cache
from pathlib import Path

__all__ = ["is_foreign", "is_installed", "is_own"]

_INSTALLED = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib", "platstdlib")}


def is_own(name: str) -> bool:
    """Whether a module of this name is the user's; what runs is, even if its file is that of a notebook's server."""
    if name == "__main__":
        return True
    modules = [sys.modules.get(name), sys.modules.get(name.partition(".")[0])]
    files = [file for module in modules if isinstance(file := getattr(module, "__file__", None), str)]
    return not is_foreign(name) and not any(is_installed(Path(file)) for file in files)


def is_foreign(name: str) -> bool:
    """Whether a module of this name is Python's or qflsim's."""
    return name.partition(".")[0] in {"qflsim", *sys.stdlib_module_names}


@cache
def is_installed(file: Path) -> bool:
    """Whether a file belongs to a package that was installed, which counts by its version."""
    places = {"site-packages", "dist-packages"}
    return bool(places & set(file.parts)) or any(str(file).startswith(f"{place}/") for place in _INSTALLED)

"""Where the scenarios of a sweep come from: values, scenario files, variants in them, folders of files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from qflsim.checks import ScenarioError
from qflsim.loading import load_scenarios
from qflsim.scenario import Scenario

from .points import Base

__all__ = ["scenarios_of"]


def scenarios_of(base: Base | str | Path | Sequence[str | Path]) -> Base:
    """One scenario, or several by name.

    A file stands for its scenario, or for its variants if it has some. Several files, or the files of a folder, go by
    their names, variants behind them: ``agreements/PBFT``.

    Raises
    ------
    ScenarioError
        If a file is none or there are none.
    """
    if isinstance(base, (Scenario, Mapping)):
        return base
    if isinstance(base, (str, Path)) and not Path(base).is_dir():
        return load_scenarios(base)
    if not isinstance(base, (str, Path, Sequence)):
        raise ScenarioError(f"a sweep must be over a scenario, several by name, or files, got {base!r}")
    for item in [] if isinstance(base, (str, Path)) else base:
        if not isinstance(item, (str, Path)):
            raise ScenarioError(
                f"scenarios of a sweep go by names, e.g. {{'ring': one, 'star': another}}, got {item!r:.60}"
            )
    files = [file for path in ([base] if isinstance(base, (str, Path)) else base) for file in _files(Path(path))]
    named: dict[str, Scenario] = {}
    for file in files:
        there = load_scenarios(file)
        if isinstance(there, Scenario):
            found = {file.stem: there}
        else:
            found = {f"{file.stem}/{name}": variant for name, variant in there.items()}
        twice = named.keys() & found.keys()
        if twice:
            raise ScenarioError(f"two files are called {file.stem}; give each a name of its own")
        named |= found
    return named


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("[!_]*.py"))
    if not files:
        raise ScenarioError(f"{path} holds no scenario files; give a folder such as scenarios")
    return files

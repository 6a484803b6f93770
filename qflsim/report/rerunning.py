"""How to make a run again: from its settings, with the file of parts of one's own, or from the run it goes on from."""

import shlex
from html import escape
from pathlib import Path
from typing import Any

from qflsim.runs import LEDGER
from qflsim.summary import RunTables

from .page import paragraphs, table

__all__ = ["rerun"]


def rerun(run: RunTables) -> str:
    """How to make the run again, on what, and how to check that it is the same."""
    about = run.about
    told, code = _resumed(about) if about.get("resumed") else _afresh(about, run.folder.as_posix())
    same = f"The same scenario with seed {about.get('scenario', {}).get('seed')} gives the same bytes in every table, "
    return (
        f"{paragraphs(f'{same}with the same versions. {told}')}"
        f"{f'<pre><code>{escape(code)}</code></pre>' if code else ''}{paragraphs(_further(run.folder))}"
        f"<details><summary>Versions</summary>{_versions(about)}</details>"
    )


def _further(run: Path) -> str:
    """What else the run can be asked; without its ledger it cannot be audited."""
    folder = shlex.quote(run.as_posix())
    audit = f"`python -m qflsim audit {folder}` checks that chains and tables are as they were written"
    if not (run / LEDGER).exists():
        audit = "its chains were not kept (a sweep keeps them with `--keep ledger`), so that they cannot be audited"
    timeline = f"`python -m qflsim timeline {folder}` shows who did what when"
    return f"{timeline}; {audit}."


def _resumed(about: dict[str, Any]) -> tuple[str, str]:
    """Sentences and command of a run that goes on from another one, which a fresh run would not make again."""
    resumed = about["resumed"]
    words = ["python", "-m", "qflsim", "resume", str(resumed.get("run", "RUN"))]
    words += ["--from-round", str(resumed.get("round", "ROUND"))]
    words += [word for file in _files(about)[:1] for word in ("--scenario", file)]
    words += [word for change in resumed.get("changed", ()) for word in ("--set", str(change))]
    named = "" if "run" in resumed else "RUN is that run; what was changed with `--set` belongs behind it. "
    return f"This run goes on from a round of another one. {named}It is made again so:", shlex.join(words)


def _afresh(about: dict[str, Any], folder: str) -> tuple[str, str]:
    """Sentences and program of a run from its first round on."""
    own, files = about.get("own", {}), _files(about)
    parts = ", ".join(f"`{part}`" for part in own)
    if not all(own.values()):
        return f"Run again the program that made it, for some of its parts are defined there: {parts}.", ""
    if not files:
        told = "`run.json` holds every setting; from it the run is made again so:"
    else:
        told = (
            f"`python -m qflsim {shlex.quote(files[0])}` runs what that file holds now. Exactly this run is made again "
            f"by the following, with every setting from `run.json` and the code of {parts} from the file, in the "
            "folder in which it is:"
        )
    return told, _program(folder, int(about.get("replication") or 0), files)


def _program(folder: str, replication: int, files: list[str]) -> str:
    """Python that makes a run again from its folder."""
    loading = ["from qflsim.loading import load_module"] if files else []
    naming = ["from qflsim.terminal import known_names"] if files else []
    names = " | ".join(f"known_names(load_module({file!r}))" for file in files)
    lines = [
        "import qflsim as qfl",
        *loading,
        "from qflsim.resuming import scenario_of",
        "from qflsim.tables import read_run",
        *naming,
        "",
        f"about = read_run({folder!r})",
        *([f"own = {names}"] if files else []),
        f"qfl.run(scenario_of(about{', own' if files else ''}), replication={replication})",
    ]
    return "\n".join(lines)


def _files(about: dict[str, Any]) -> list[str]:
    """Files that define parts of one's own."""
    return sorted({file for file in about.get("own", {}).values() if file})


def _versions(about: dict[str, Any]) -> str:
    known = about.get("versions", {})
    return table(("package", "version"), [(name.replace("_", "-"), str(number)) for name, number in known.items()])

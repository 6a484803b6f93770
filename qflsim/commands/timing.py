"""``python -m qflsim timeline RUN``: the run as a file that opens in Perfetto."""

import argparse
import sys

from .damage import changes_told
from .options import count, new_parser, run_folder

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "timeline",
        "Write timeline.json of a finished run: who did what when. Open it at https://ui.perfetto.dev, where "
        "it stays on your machine.",
    )
    run_folder(made)
    made.add_argument("--out", metavar="FILE", help="the file to write (default: timeline.json in the run's folder)")
    made.add_argument(
        "--most", metavar="N", type=count(1), default=10_000, help="rows of each table to show (default 10000)"
    )
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Write it, and say what was left out."""
    from qflsim.timeline import write_timeline

    with changes_told(options.run):
        made = write_timeline(options.run, into=options.out, most=options.most)
    for sentence in made.left_out:
        sys.stderr.write(f"qflsim: note: {sentence}; --most shows more\n")
    sys.stdout.write(f"{made.file}: {made.events:,} events; open it at https://ui.perfetto.dev\n")
    return 0

"""``python -m qflsim``: the command line, answering ``--help`` before anything heavy is imported."""

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line; Ctrl-C counts from the first import on."""
    try:
        from qflsim.cli import main as command

        return command()
    except KeyboardInterrupt:
        sys.stderr.write("\nqflsim: interrupted before the run began; nothing was written\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())

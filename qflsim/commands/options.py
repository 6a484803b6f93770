"""What the parsers of several commands have in common."""

import argparse

__all__ = ["count", "new_parser", "run_folder"]


def new_parser(word: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """The parser of ``python -m qflsim WORD``."""
    return argparse.ArgumentParser(
        prog=f"python -m qflsim {word}".rstrip(),
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter if epilog else argparse.HelpFormatter,
    )


def run_folder(parser: argparse.ArgumentParser, name: str = "run") -> None:
    """The folder of a run, as the parser's next argument."""
    parser.add_argument(name, metavar="RUN", help="folder of the run, e.g. results/6g_dense/seed7")


class count:  # noqa: N801 (argparse shows the name of the type in its message)
    """A whole number >= minimum, for argparse."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def __call__(self, text: str) -> int:
        """The number that a text stands for."""
        try:
            value = int(text)
        except ValueError:
            value = self.minimum - 1
        if value < self.minimum:
            raise argparse.ArgumentTypeError(f"must be a whole number >= {self.minimum}, got {text!r}")
        return value

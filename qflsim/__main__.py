"""``python -m qflsim``: the command line, answering ``--help`` before anything heavy is imported."""

import sys

from qflsim.cli import main

if __name__ == "__main__":
    sys.exit(main())

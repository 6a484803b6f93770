"""Makes the paper's figures 3 and 4, what they leave out, and the table of claims: ``python scenarios/case_study``."""

import sys

from analysis.command import main

if __name__ == "__main__":
    sys.exit(main())

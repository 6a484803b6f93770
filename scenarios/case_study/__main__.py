"""Do the paper's claims about topologies and methods hold on MNIST?

Makes its figures 3 and 4, what they leave out, and the table of claims: ``python -m qflsim scenarios/case_study``.
"""

import sys

from analysis.command import main

if __name__ == "__main__":
    sys.exit(main())

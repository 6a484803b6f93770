"""``python -m qflsim validate``: every published comparison the project knows, beside what it computes.

Each area has a module with functions that yield `Comparison` rows. A row holds or fails by its own stated tolerance;
a declared miss is shown with its reason and does not fail the command, and is never hidden.
"""

from .comparison import Comparison, validate

__all__ = ["Comparison", "validate"]

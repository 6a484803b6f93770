"""Classical work beside the circuits: floating-point operations of the optimizer and of averaging.

Counted from the formulas, at one operation per processor cycle (an *assumption*: a scalar core).
"""

__all__ = ["adam_cycles", "averaging_cycles"]

_ADAM_OPERATIONS = 15  # m: 3, v: 4, two bias corrections: 2, root, sum, quotient, product, difference: 5, and a load


def adam_cycles(parameters: int, steps: int) -> float:
    """Cycles of ``steps`` steps of Adam on ``parameters`` parameters.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980, algorithm 1.
    """
    return float(_ADAM_OPERATIONS * parameters * steps)


def averaging_cycles(parameters: int, models: int) -> float:
    """Cycles of a weighted mean of ``models`` models: a product and a sum for every parameter of each."""
    return float(2 * parameters * models)

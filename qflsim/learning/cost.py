"""Classical work beside the circuits: floating-point operations of the optimizer and of averaging.

Counted from the formulas, at one operation per processor cycle (an *assumption*: a scalar core).
"""

__all__ = ["averaging_cycles", "optimizer_cycles"]


def optimizer_cycles(operations: int, parameters: int, steps: int) -> float:
    """Cycles of ``steps`` steps on ``parameters`` parameters, each ``operations`` operations (`Optimizer`)."""
    return float(operations * parameters * steps)


def averaging_cycles(parameters: int, models: int) -> float:
    """Cycles of a weighted mean of ``models`` models: a product and a sum for every parameter of each."""
    return float(2 * parameters * models)

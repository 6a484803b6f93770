"""How good a model is: accuracy and cross-entropy of its outputs."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["accuracy", "cross_entropy", "log_softmax", "standard_error"]

Floats = NDArray[np.float64]


def log_softmax(outputs: Floats) -> Floats:
    """Logarithms of the class probabilities: o_c - log(sum over k of exp o_k), for each row of (samples, classes)."""
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float64)


def cross_entropy(expectations: Floats, labels: NDArray[np.int64], classes: int) -> float:
    """Mean surprise [nat] of the labels under the softmax of the expectations.

    -(1/N) sum over i of log softmax(e_i1 ... e_iC)[y_i], with the first ``classes`` expectations of each sample as
    logits. Expectations lie in [-1, 1], so that it is at least log(1 + (C - 1) exp(-2)), e.g. 0.341 for 4 classes.

    Parameters
    ----------
    expectations:
        <Z_q> of each qubit, shape (samples, qubits).
    labels:
        Shape (samples,).
    classes:
        Number of classes C.

    References
    ----------
    .. [1] C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer (2006), section 4.3.4.
    """
    logs = log_softmax(_logits(expectations, labels, classes))
    return float(-logs[np.arange(len(labels)), labels].mean())


def accuracy(expectations: Floats, labels: NDArray[np.int64], classes: int) -> float:
    """Share of the samples whose largest of the first ``classes`` expectations is that of their label."""
    return float((_logits(expectations, labels, classes).argmax(axis=1) == labels).mean())


def standard_error(expectations: Floats, shots: int) -> Floats:
    """Standard error of <Z> estimated from ``shots``: sqrt((1 - <Z>^2) / shots), and at least 1 / shots near +-1."""
    return np.asarray(np.sqrt(np.maximum(1.0 - expectations**2, 1.0 / shots) / shots))


def _logits(expectations: Floats, labels: NDArray[np.int64], classes: int) -> Floats:
    if expectations.ndim != 2 or len(expectations) != len(labels) or not len(labels):
        shapes = f"{expectations.shape} and {labels.shape}"
        raise ValueError(f"expectations and labels must be (samples, qubits) and (samples,), got {shapes}")
    if expectations.shape[1] < classes:
        raise ValueError(f"{classes} classes need as many expectations per sample, got {expectations.shape[1]}")
    return expectations[:, :classes]

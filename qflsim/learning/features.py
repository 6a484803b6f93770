"""From pixels to angles: principal components, fitted on the training samples alone."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["principal_angles"]

_CHUNK = 4096  # rows turned into floats at a time, so that 60,000 images need no 376 MB copy


def principal_angles(
    train: NDArray[np.generic], test: NDArray[np.generic], features: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leading principal components of the samples, scaled to angles between -pi/2 and pi/2.

    With mean mu and unit eigenvectors v_1, v_2, ... (largest variance first) of the training samples' covariance,
    z_k = v_k . (x - mu) and angle_k = (pi/2) z_k / max over the training samples of abs(z_k). Test samples are
    mapped by the same mu, v and maximum, and cut off at +-pi/2. On [-pi/2, pi/2] the encoding RX(a) RY(a) is
    one-to-one, because <Y> = -sin a; beyond it different samples would become the same state.

    Parameters
    ----------
    train, test:
        Raw samples, shapes (samples, dimensions).
    features:
        Number of components kept.

    Returns
    -------
    The angles [rad] of both parts, shapes (samples, features).

    Raises
    ------
    ValueError
        If more components are asked for than the training samples have.

    Notes
    -----
    *Scope*: the projection is fitted centrally on all training samples, as if published with the task; devices do
    not negotiate it and its traffic is not counted.

    *Validation*: on MNIST, softmax regression on four such components reaches the known classical ceilings
    (0.9967 for 0 against 1, 0.875 for 3 against 5, 0.927 for 0 to 3) to 0.005: a linear model does not see the scale.

    References
    ----------
    .. [1] I. T. Jolliffe, *Principal Component Analysis*, 2nd edition, Springer (2002), chapter 1.
    .. [2] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking quantum machine
       learning models", arXiv:2403.07059: PCA features as the inputs of angle-encoded circuits.
    """
    mean, covariance = _moments(train)
    values, vectors = np.linalg.eigh(covariance)
    rank = int(np.sum(values > values[-1] * len(values) * np.finfo(float).eps))
    if not 1 <= features <= rank:
        raise ValueError(f"features must be between 1 and {rank}, the rank of the training samples, got {features}")
    leading = vectors[:, ::-1][:, :features]
    # An eigenvector's sign is arbitrary; the largest entry is made positive so that every machine agrees.
    peaks = np.abs(leading).argmax(axis=0)
    leading = leading * np.sign(leading[peaks, np.arange(features)])
    train_z, test_z = _project(train, mean, leading), _project(test, mean, leading)
    scale = np.abs(train_z).max(axis=0)
    return math.pi / 2 * train_z / scale, math.pi / 2 * np.clip(test_z / scale, -1.0, 1.0)


def _moments(samples: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (dimensions,) and covariance (dimensions, dimensions) of the samples."""
    count, dimensions = samples.shape
    total, products = np.zeros(dimensions), np.zeros((dimensions, dimensions))
    for start in range(0, count, _CHUNK):
        rows = samples[start : start + _CHUNK].astype(np.float64)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    mean = total / count
    return mean, products / count - np.outer(mean, mean)


def _project(
    samples: NDArray[np.generic], mean: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    chunks = range(0, len(samples), _CHUNK)
    return np.concatenate([(samples[i : i + _CHUNK].astype(np.float64) - mean) @ directions for i in chunks])

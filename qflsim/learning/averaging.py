"""What averaging over a graph does to models, and how far apart it leaves them."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["contraction", "disagreement", "global_mean", "metropolis", "mix"]

Floats = NDArray[np.float64]


def metropolis(adjacency: NDArray[np.bool_]) -> Floats:
    """Metropolis weights of an undirected graph: W_ij = 1/(1 + max(d_i, d_j)) on its edges, the rest on the diagonal.

    Parameters
    ----------
    adjacency:
        Symmetric, shape (n, n); the diagonal is ignored.
    """
    edges = adjacency & ~np.eye(len(adjacency), dtype=bool)
    degree = edges.sum(axis=1)
    weights = np.where(edges, 1.0 / (1.0 + np.maximum.outer(degree, degree)), 0.0)
    np.fill_diagonal(weights, 1.0 - weights.sum(axis=1))
    return np.asarray(weights)


def contraction(matrix: Floats) -> float:
    """Factor by which one round shrinks the servers' disagreement at worst: the spectral norm of W - 11^T/n.

    For symmetric W it is max(abs(lambda_2), abs(lambda_n)).
    """
    return float(np.linalg.norm(matrix - 1.0 / len(matrix), ord=2))


def mix(matrix: Floats, models: Floats, samples: Floats) -> Floats:
    """Models after one step of averaging in which each server counts as much as the samples behind its model.

    x_i = sum over j of W_ij n_j x_j / sum over j of W_ij n_j: numerator and denominator are mixed alike, as in
    push-sum. With W = 11^T/n this is FedAvg over all devices of all servers; with equal n_j it is x <- W x, whose mean
    over the servers is preserved. A server that hears of no samples at all keeps its model.

    Parameters
    ----------
    matrix:
        Doubly stochastic weights, shape (servers, servers).
    models:
        One model per server, shape (servers, parameters).
    samples:
        Samples behind each server's model in this round, shape (servers,).

    Raises
    ------
    ValueError
        If the matrix is not doubly stochastic, the shapes do not fit, or a sample count is negative.

    References
    ----------
    .. [1] D. Kempe, A. Dobra, J. Gehrke, "Gossip-based computation of aggregate information", FOCS 2003.
    """
    _check_doubly_stochastic(matrix)
    if models.ndim != 2 or len(models) != len(matrix) or samples.shape != (len(matrix),) or samples.min() < 0:
        shapes = f"{matrix.shape}, {models.shape} and {samples.shape}"
        raise ValueError(f"matrix, models and samples (all >= 0) must have one row per server, got shapes {shapes}")
    mixed = models.copy()
    for i, row in enumerate(matrix):
        weights = row * samples
        if weights.sum() > 0:
            # Deviations from the server's own model are averaged, so that equal models stay equal to the bit.
            mixed[i] += ((weights / weights.sum())[:, None] * (models - models[i])).sum(axis=0)
    return mixed


def global_mean(models: Floats, masses: Floats) -> Floats:
    """The mean of models after some steps of `mix`, each weighted by the samples that were mixed into it.

    With masses m = W ... W n it is sum over i of m_i x_i / sum over i of m_i. Columns of W sum to 1, so this is the
    sample-weighted mean of the models before mixing, whatever the graph: mixing never moves it.

    Parameters
    ----------
    models:
        What `mix` returned, shape (servers, parameters).
    masses:
        The samples given to `mix`, themselves mixed as often: W @ samples after one step. Shape (servers,).
    """
    return np.asarray(models[0] + ((masses / masses.sum())[:, None] * (models - models[0])).sum(axis=0))


def disagreement(models: Floats) -> float:
    """How far apart models are: the root mean square of their distances from their mean, in the unit of parameters.

    sqrt(1/n sum over i of abs(x_i - mean)^2), which papers call consensus distance [1]_. A step of mixing of equal
    samples multiplies it by `contraction` at most, and by exactly that where models differ along the slowest
    eigenvector of W alone.

    Parameters
    ----------
    models:
        One model per row, shape (models, parameters).

    Notes
    -----
    *Scope*: the mean counts every model alike, whatever the samples behind it.

    *Validation*: models at +1 and -1 disagree by 1; without training, k steps of a ring, a star graph or a complete
    graph leave exactly lambda_2^k of the disagreement of their slowest eigenvector.

    References
    ----------
    .. [1] L. Kong, T. Lin, A. Koloskova, M. Jaggi, S. U. Stich, "Consensus control for decentralized deep learning",
       ICML 2021, arXiv:2102.04828.
    """
    offsets = models - models[0]  # exact zeros where models are equal
    return float(np.sqrt(np.square(offsets - offsets.mean(axis=0)).sum(axis=1).mean()))


def _check_doubly_stochastic(matrix: Floats) -> None:
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or matrix.min() < 0 or not np.allclose([matrix.sum(axis=0), matrix.sum(axis=1)], 1.0):
        raise ValueError(
            f"a mixing matrix must be square with entries >= 0 and rows and columns that sum to 1, got {matrix!r}; "
            "metropolis(adjacency) makes one of any undirected graph"
        )

"""What the features of an image allow at all: accuracies of classical classifiers that see the whole training set.

Softmax regression and 15 nearest neighbours of scikit-learn on the very features that models are given. A model that
is better than both on the same features would have to be explained.
"""

import pandas as pd

import qflsim as qfl
from qflsim.streams import Streams

__all__ = ["ceilings"]

NEIGHBOURS = 15


def ceilings(datasets: dict[str, qfl.Dataset], seed: int) -> pd.DataFrame:
    """Test accuracy of each classifier on each data set, as the first replication of a seed sees it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    rows = []
    for study, dataset in datasets.items():
        data = dataset.load(Streams(seed)("data"))
        for name, classifier in (
            ("softmax regression", LogisticRegression(max_iter=2000)),
            (f"{NEIGHBOURS} nearest neighbours", KNeighborsClassifier(NEIGHBOURS)),
        ):
            fitted = classifier.fit(data.train_x, data.train_y)
            rows.append([study, name, data.train_x.shape[1], len(data.train_y), fitted.score(data.test_x, data.test_y)])
    return pd.DataFrame(rows, columns=["study", "classifier", "features", "training_samples", "accuracy"])

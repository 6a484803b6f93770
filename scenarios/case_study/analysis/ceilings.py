"""What models are held against: accuracies of classical classifiers that see the whole training set.

Softmax regression and 15 nearest neighbours of scikit-learn on the very features that models are given. A model that
is better than both on the same features would have to be explained. They are no bounds: what is best on a feature set
nobody knows.
"""

import pandas as pd

import qflsim as qfl
from qflsim.streams import Streams

__all__ = ["ceilings"]

NEIGHBOURS = 15


def ceilings(datasets: dict[tuple[str, str], qfl.Dataset], seed: int) -> pd.DataFrame:
    """Test accuracy of each classifier on each study's data sets, as the first replication of a seed sees them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    rows = []
    for (study, sight), dataset in datasets.items():
        data = dataset.load(Streams(seed)("data"))
        for name, classifier in (
            ("softmax regression", LogisticRegression(max_iter=300)),
            (f"{NEIGHBOURS} nearest neighbours", KNeighborsClassifier(NEIGHBOURS)),
        ):
            fitted = classifier.fit(data.train_x, data.train_y)
            rows.append([study, sight, name, len(data.train_y), fitted.score(data.test_x, data.test_y)])
    return pd.DataFrame(rows, columns=["study", "features", "classifier", "training_samples", "accuracy"])

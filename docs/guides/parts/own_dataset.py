"""Hospitals that may not share their tables: does a circuit of four qubits tell malignant from benign cells?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn.datasets

import qflsim as qfl
from qflsim.units import m

CELLS = Path(sklearn.datasets.__file__).parent / "data" / "breast_cancer.csv"  # or Path(__file__).parent / "mine.csv"


@dataclass(frozen=True, kw_only=True)
class Table(qfl.Dataset):
    """Rows of a CSV file: one line of titles, then numbers, and the class as a whole number in the last column."""

    file: str = str(CELLS)
    classes: tuple[str, ...] = ("malignant", "benign")
    components: int = qfl.quantity(4, at_least=1, advice="write as many as the model has qubits, e.g. 4")
    test_share: float = qfl.quantity(0.25, above=0, below=1, advice="write e.g. 0.25")

    def load(self, rng):
        rows = np.loadtxt(self.file, delimiter=",", skiprows=1)
        rows = rows[rng.permutation(len(rows))]
        test = int(self.test_share * len(rows))
        angles = qfl.StandardisedAngles(components=self.components)
        x, y = angles.extract(rows[test:, :-1], rows[:test, :-1], white=1.0), rows[:, -1]
        return qfl.Data(train_x=x[0], train_y=y[test:], test_x=x[1], test_y=y[:test], classes=self.classes)


scenario = qfl.Scenario(
    name="own_dataset", rounds=6, topology=qfl.DenseCell(servers=3, devices_per_server=3, radius=100 * m),
    model=qfl.VQC(qubits=4, layers=2), data=Table(split=qfl.Dirichlet(alpha=0.5)), aer_samples=0,
    training=qfl.LocalTraining(optimizer=qfl.Adam(rate=0.05), epochs=2),
)  # fmt: skip

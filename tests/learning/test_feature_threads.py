"""Features of images are the same numbers on machines of any number of cores."""

import numpy as np
from threadpoolctl import threadpool_limits

from qflsim.learning import features


def test_the_bits_do_not_depend_on_how_many_threads_there_are(monkeypatch):
    images = np.random.default_rng(5).integers(0, 256, (3000, 784), dtype=np.uint8)
    found = []
    for threads in (1, 2):
        monkeypatch.setattr(features, "_FITTED", {})
        with threadpool_limits(threads):
            found.append(features.principal_angles(images, images[:100], 4))
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))

import dataclasses
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from qflsim.learning.datasets import Data, Dataset, draw_subset
from qflsim.learning.digits import Digits
from qflsim.learning.features import Pixels, PrincipalAngles, StandardisedAngles, principal_angles
from qflsim.learning.idx import parse_idx
from qflsim.learning.mnist import MNIST
from qflsim.learning.mnist_files import FILES, read_idx_file

REAL = os.environ.get("QFLSIM_DATA")
needs_mnist = pytest.mark.skipif(
    not REAL or not any(Path(REAL).rglob("train-images-idx3-ubyte*")),
    reason="set QFLSIM_DATA to a folder with the four MNIST files",
)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_digits_counts_shapes_and_range():
    data = Digits().load(rng())
    assert data.train_x.shape == (576, 4)
    assert data.test_x.shape == (144, 4)
    assert data.classes == ("0", "1", "2", "3")
    # load_digits holds 178, 182, 177 and 183 of the digits 0 to 3; a fifth of each is held out
    assert np.bincount(data.test_y).tolist() == [36, 36, 35, 37]
    assert np.bincount(data.train_y).tolist() == [142, 146, 142, 146]
    for x in (data.train_x, data.test_x):
        assert np.abs(x).max() <= np.pi / 2 + 1e-12
    np.testing.assert_allclose(np.abs(data.train_x).max(axis=0), np.pi / 2)
    np.testing.assert_allclose(data.train_x.mean(axis=0), 0.0, atol=1e-12)


def test_digits_are_a_function_of_the_stream():
    first, again, other = Digits().load(rng(3)), Digits().load(rng(3)), Digits().load(rng(4))
    for field in ("train_x", "train_y", "test_x", "test_y"):
        assert getattr(first, field).tobytes() == getattr(again, field).tobytes()
    assert first.test_x.tobytes() != other.test_x.tobytes()


def test_digits_labels_follow_the_order_of_the_classes():
    data = Digits(classes=(7, 1)).load(rng())
    # there are 179 sevens and 182 ones
    assert np.bincount(np.concatenate([data.train_y, data.test_y])).tolist() == [179, 182]
    assert data.classes == ("7", "1")


def test_data_is_read_only_and_checked():
    data = Digits(classes=(0, 1)).load(rng())
    with pytest.raises(ValueError, match="read-only"):
        data.train_x[0, 0] = 1.0
    x, y = np.zeros((3, 2)), np.zeros(3, dtype=int)
    good = {"train_x": x, "train_y": y, "test_x": x, "test_y": y, "classes": ("a", "b")}
    assert Data(**good).features == 2
    with pytest.raises(ValueError, match=r"train_y must hold labels 0 to 1, got 0 to 2"):
        Data(**{**good, "train_y": np.array([0, 1, 2])})
    with pytest.raises(ValueError, match=r"Data\.test_x must be finite"):
        Data(**{**good, "test_x": np.full((3, 2), np.nan)})
    with pytest.raises(ValueError, match="same number of features"):
        Data(**{**good, "test_x": np.zeros((3, 1))})
    with pytest.raises(ValueError, match="do not fit"):
        Data(**{**good, "train_y": np.zeros(2, dtype=int)})


@pytest.mark.parametrize("part", [Digits, MNIST])
@pytest.mark.parametrize("classes", [(0,), (1, 1), (0, 10), ()])
def test_wrong_classes_are_refused_when_written(part, classes):
    with pytest.raises(ValueError, match=rf"{part.__name__}\.classes must"):
        part(classes=classes)


def test_a_dataset_of_ones_own():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Halves(Dataset):
        def load(self, rng):
            x = rng.uniform(-1, 1, (40, 2))
            y = (x[:, 0] > 0).astype(int)
            return Data(train_x=x[:30], train_y=y[:30], test_x=x[30:], test_y=y[30:], classes=("-", "+"))

    assert Halves().load(rng()).train_x.shape == (30, 2)


def test_principal_angles_equal_the_singular_value_decomposition():
    x = rng().normal(size=(50, 6)) @ np.diag([5, 4, 3, 2, 1, 0.5])
    angles, _ = principal_angles(x, x[:5], 3)
    _, _, vectors = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    scores = (x - x.mean(axis=0)) @ vectors[:3].T
    angles, scores = angles / np.linalg.norm(angles, axis=0), scores / np.linalg.norm(scores, axis=0)
    np.testing.assert_allclose(np.abs((angles * scores).sum(axis=0)), 1.0, atol=1e-12)


def test_standardised_angles_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    x = rng().normal(size=(80, 6)) @ rng(1).normal(size=(6, 6)) * [1, 10, 100, 1, 1, 1] + 5
    x[:, 3] = 7.1  # a pixel that never changes
    train, test = StandardisedAngles(components=3).extract(x[:60], x[60:], 1.0)
    scaler = StandardScaler().fit(x[:60])
    pca = PCA(3).fit(scaler.transform(x[:60]))
    ours, theirs = train, pca.transform(scaler.transform(x[:60]))
    largest = np.abs(theirs).max(axis=0)
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours, signs * np.pi / 2 * theirs / largest, atol=1e-9)
    other = signs * np.pi / 2 * np.clip(pca.transform(scaler.transform(x[60:])) / largest, -1, 1)
    np.testing.assert_allclose(test, other, atol=1e-9)


def test_a_number_of_features_means_principal_angles():
    one, other = (Digits(features=f).load(rng()) for f in (3, PrincipalAngles(components=3)))
    assert one.train_x.tobytes() == other.train_x.tobytes()
    assert Digits(features=StandardisedAngles(components=3)).load(rng()).train_x.tobytes() != one.train_x.tobytes()


def test_pixels_are_the_images_in_grey():
    from sklearn.datasets import load_digits

    data = Digits(classes=tuple(range(10)), features=Pixels()).load(rng())
    assert data.train_x.shape[1] == data.features == 64
    assert len(data.train_y) + len(data.test_y) == 1797
    assert data.train_x.dtype == data.test_x.dtype == np.float32
    assert (data.train_x.min(), data.train_x.max()) == (0.0, 1.0)
    images = {image.tobytes() for image in (load_digits().data / 16).astype(np.float32)}
    assert all(image.tobytes() in images for image in data.test_x)
    # the same samples are held out whatever is seen of them
    assert data.test_y.tobytes() == Digits(classes=tuple(range(10))).load(rng()).test_y.tobytes()


@pytest.mark.parametrize("wrong", [0, 65, Pixels, "pixels", 2.5])
def test_wrong_features_are_refused(wrong):
    with pytest.raises((TypeError, ValueError), match=r"Digits\.features must be"):
        Digits(features=wrong)


def test_principal_angles_never_look_at_the_test_samples():
    x = rng().normal(size=(60, 5))
    train, one = principal_angles(x[:40], x[40:50], 2)
    again, other = principal_angles(x[:40], 100 * x[50:], 2)
    assert train.tobytes() == again.tobytes()
    assert np.abs(other).max() == np.pi / 2
    assert np.abs(one).max() <= np.pi / 2


def test_more_components_than_rank_are_refused():
    flat = np.outer(np.arange(5.0), np.ones(4))
    with pytest.raises(ValueError, match="between 1 and 1"):
        principal_angles(flat, flat, 2)


def test_subsets_keep_every_class_and_refuse_too_many():
    labels = np.repeat([0, 1], 50)
    kept = draw_subset("MNIST.samples", labels, 20, rng())
    assert len(set(kept.tolist())) == 20
    assert (np.diff(kept) > 0).all()
    with pytest.raises(ValueError, match=r"MNIST\.samples must be at most 100, got 101"):
        draw_subset("MNIST.samples", labels, 101, rng())
    with pytest.raises(ValueError, match="without a sample"):
        draw_subset("MNIST.samples", np.array([0] * 99 + [1]), 2, rng())


def idx(shape, values):
    return bytes((0, 0, 8, len(shape))) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(values)


def test_idx_by_hand():
    array = parse_idx(idx((2, 1, 3), range(6)), name="images", dimensions=3)
    assert array.tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx((2, 1, 3), range(5)), "images must have 22 bytes .* found 21"),
        (idx((2, 1, 3), range(7)), "images must have 22 bytes .* found 23"),
        (idx((6,), range(6)), "not an IDX file"),
        (b"\x00\x00\x0d\x03" + bytes(18), "starts with 0x00000d03, expected 0x00000803"),
        (b"", "not an IDX file"),
        (bytes((0, 0, 8, 3)), "not an IDX file"),
    ],
)
def test_idx_is_strict(content, message):
    with pytest.raises(ValueError, match=message):
        parse_idx(content, name="images", dimensions=3)


def test_missing_files_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError) as refusal:
        MNIST(folder=str(tmp_path)).load(rng())
    message = str(refusal.value)
    assert str(tmp_path) in message
    for file in FILES.values():
        assert file.name in message
        assert file.packed_digest in message


def test_damaged_files_are_named(tmp_path):
    file = FILES["test_labels"]
    path = tmp_path / f"{file.name}.gz"
    path.write_bytes(bytes(100))
    with pytest.raises(ValueError, match="must have 4542 bytes, found 100") as refusal:
        read_idx_file(file, str(tmp_path))
    assert str(path) in str(refusal.value)
    path.write_bytes(bytes(file.packed_size))
    with pytest.raises(ValueError, match=f"SHA-256 {file.packed_digest}, found"):
        read_idx_file(file, str(tmp_path))


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.delenv("QFLSIM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "qflsim" / "mnist"


def test_without_a_network_the_message_says_what_to_do(offline, monkeypatch):
    asked = []

    def unreachable(url, timeout):
        asked.append(url)
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(FileNotFoundError, match="no mirror gave it") as refusal:
        read_idx_file(FILES["test_labels"], None)
    assert len(asked) == 2
    assert str(offline) in str(refusal.value)
    assert not offline.exists()


def test_a_wrong_download_is_not_kept(offline, monkeypatch):
    class Answer:
        def __enter__(self):
            return self

        def __exit__(self, *failure):
            return None

        def read(self, size):
            return b"a login page"

    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: Answer())
    with pytest.raises(FileNotFoundError, match="must have 4542 bytes, found 12"):
        read_idx_file(FILES["test_labels"], None)
    assert not offline.exists()


@needs_mnist
def test_a_download_is_checked_and_kept(offline, monkeypatch):
    file = FILES["test_labels"]
    packed = next(Path(REAL).rglob(f"{file.name}.gz")).read_bytes()
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: gzip.io.BytesIO(packed))
    plain = read_idx_file(file, None)
    assert [path.name for path in offline.iterdir()] == [f"{file.name}.gz"]
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(offline.parent.parent))
    monkeypatch.setattr("urllib.request.urlopen", None)
    assert read_idx_file(file, None) == plain


@needs_mnist
def test_plain_and_packed_files_are_the_same(tmp_path):
    file = FILES["test_labels"]
    packed = read_idx_file(file, str(next(Path(REAL).rglob(f"{file.name}*")).parent))
    (tmp_path / file.name).write_bytes(packed)
    assert read_idx_file(file, str(tmp_path)) == packed


@needs_mnist
@pytest.mark.parametrize(
    ("classes", "train", "test", "ceiling"),
    [((0, 1), 12665, 2115, 0.9967), ((3, 5), 11552, 1902, 0.875), ((0, 1, 2, 3), 24754, 4157, 0.927)],
)
def test_mnist_counts_and_classical_ceilings(classes, train, test, ceiling):
    from sklearn.linear_model import LogisticRegression

    data = MNIST(classes=classes).load(rng())
    assert (len(data.train_y), len(data.test_y)) == (train, test)
    softmax = LogisticRegression(C=1e4, max_iter=1000).fit(data.train_x, data.train_y)
    assert softmax.score(data.test_x, data.test_y) == pytest.approx(ceiling, abs=0.005)


@needs_mnist
def test_ceiling_of_standardised_angles():
    from sklearn.linear_model import LogisticRegression

    data = MNIST(classes=(3, 5), features=StandardisedAngles()).load(rng())
    softmax = LogisticRegression(C=1e4, max_iter=1000).fit(data.train_x, data.train_y)
    assert softmax.score(data.test_x, data.test_y) == pytest.approx(0.787, abs=0.003)


@needs_mnist
def test_ten_classes_in_pixels():
    data = MNIST(classes=tuple(range(10)), features=Pixels(), samples=500, test_samples=200).load(rng())
    assert data.train_x.shape == (500, 784) and data.test_x.shape == (200, 784)
    assert (data.train_x.dtype, data.train_x.min(), data.train_x.max()) == (np.float32, 0.0, 1.0)
    assert set(data.train_y.tolist()) == set(range(10))
    # mean grey value of MNIST: 0.1307
    assert data.train_x.mean() == pytest.approx(0.1307, abs=0.01)


@needs_mnist
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-7], "must have 4542 bytes, found 4535; delete it and fetch it again"),
        (lambda content: content + b"x", "must have 4542 bytes, found 4543; delete"),
        (lambda content: b"\x00" + content[1:], "must have the SHA-256 .* found .*; delete"),
        (lambda content: content[:4000] + b"?" + content[4001:], "must have the SHA-256 .* found .*; delete"),
    ],
)
def test_damaged_mnist_is_told_in_a_sentence(tmp_path, change, message):
    for file in FILES.values():
        (tmp_path / f"{file.name}.gz").symlink_to(next(Path(REAL).rglob(f"{file.name}.gz")).resolve())
    broken = tmp_path / f"{FILES['test_labels'].name}.gz"
    content = broken.read_bytes()
    broken.unlink()
    broken.write_bytes(change(content))
    with pytest.raises(ValueError, match=message) as refusal:
        MNIST(folder=str(tmp_path), samples=100, test_samples=100).load(rng())
    assert str(refusal.value).startswith(str(broken)) and "\n" not in str(refusal.value)


@needs_mnist
def test_mnist_subsets_follow_the_stream():
    part = MNIST(classes=(0, 1), samples=300, test_samples=100)
    first, again, other = part.load(rng(1)), part.load(rng(1)), part.load(rng(2))
    assert first.train_x.shape == (300, 4)
    assert first.test_x.shape == (100, 4)
    assert first.train_x.tobytes() == again.train_x.tobytes()
    assert first.train_x.tobytes() != other.train_x.tobytes()

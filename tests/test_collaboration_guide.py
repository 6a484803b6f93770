"""What the guide to learning together or alone shows works as it stands there."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import qflsim as qfl

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "collaboration.md"
(CODE,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def variants():
    names = {}
    exec(CODE, names)
    return names["variants"]


def test_all_variants_train_the_same_devices(variants):
    devices = {variant.topology.devices for variant in variants.values()}
    assert len(variants) == 7 and len(devices) == 1
    assert not variants["alone"].collaboration.exchanges


def test_forms_of_collaboration_are_compared(variants, tmp_path):
    """Three servers in place of nine, one round of one epoch, one layer."""
    star = replace(
        variants["star"], rounds=1, topology=replace(variants["star"].topology, servers=3),
        training=replace(variants["star"].training, epochs=1), model=qfl.VQC(layers=1),
    )  # fmt: skip
    short = {"star": star, "central": replace(star, topology=star.topology.central()), "alone": qfl.Isolated.of(star)}
    made = qfl.compare(short, out=tmp_path, figures=False)
    together, central, alone = made.rows
    assert alone.sent_bit == alone.messages == 0 < central.sent_bit < together.sent_bit
    assert alone.energy_j < central.energy_j < together.energy_j  # none, one and three servers at work
    assert central.loss == pytest.approx(together.loss, abs=1e-5)

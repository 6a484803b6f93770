"""The public face: every name resolves, and importing qflsim is cheap."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import qflsim


def test_every_public_name_resolves_to_what_its_home_module_exports():
    for name, home in qflsim._HOME_OF.items():
        module = importlib.import_module(f"qflsim.{home}")
        assert getattr(qflsim, name) is getattr(module, name)
        assert name in module.__all__, f"{home}.{name}"
    assert set(qflsim._HOME_OF) <= set(dir(qflsim))


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(qflsim.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == qflsim._HOME_OF


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Scenari'"):
        _ = qflsim.Scenari


@pytest.mark.parametrize("module", ["qflsim", "qflsim.__main__", "qflsim.cli", "qflsim.scenario"])
def test_imports_that_must_be_light_load_nothing_heavy(module):
    code = (
        f"import sys, {module}; "
        "heavy = {'pennylane', 'qiskit', 'numba', 'pandas', 'matplotlib', 'sklearn', 'scipy'} & set(sys.modules); "
        "sys.exit(f'{heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(Path(qflsim.__file__).parent.parent)})  # fmt: skip
    assert done.returncode == 0, done.stderr

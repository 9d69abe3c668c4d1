"""OpenMP's waiting threads sleep after a moment, whichever way the package is entered."""

import ast
import os
import re
import subprocess
import sys

import pytest

from project import ROOT

POOL = """
from mammo.files.workers import pool

if __name__ == "__main__":
    with pool(1) as processes:
        processes.submit(exec, "import sklearn").result()
"""
COMMAND = """
import sys
from mammo.cli import main

sys.argv = ["mammo", "parameters"]
main()
import sklearn
"""
WAYS_IN = {"import": "import mammo, torch, sklearn", "command": COMMAND, "worker": POOL}


def spin_counts(program: str, **setting: str) -> set[int]:
    """Return how often threads look again before they sleep, as each loaded OpenMP read it."""
    own = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, "OMP_DISPLAY_ENV": "verbose", **setting},
        capture_output=True,
        text=True,
        check=True,
    )
    return {int(count) for count in re.findall(r"GOMP_SPINCOUNT = '(\d+)'", outcome.stderr)}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is another OpenMP")
@pytest.mark.parametrize("way", WAYS_IN)
def test_waiting_threads_sleep_after_a_moment(way):
    assert spin_counts(WAYS_IN[way]) == {1000}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is another OpenMP")
def test_an_own_setting_is_kept():
    program = "import mammo, sklearn"
    assert min(spin_counts(program, OMP_WAIT_POLICY="ACTIVE")) > 1_000_000
    assert spin_counts(program, OMP_WAIT_POLICY="PASSIVE") == {0}
    assert spin_counts(program, GOMP_SPINCOUNT="7") == {7}


def test_these_tests_wait_asleep_too():
    loaded = list(sys.modules)
    assert os.environ["OMP_WAIT_POLICY"]
    assert "torch" not in loaded or loaded.index("mammo") < loaded.index("torch")


@pytest.mark.parametrize(
    "notebook", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem
)
def test_a_notebook_imports_the_package_first(notebook):
    tree = ast.parse(notebook.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    first = min(imports, key=lambda node: node.lineno)
    assert isinstance(first, ast.ImportFrom) and first.module.startswith("mammo.")

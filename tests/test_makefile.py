import re
import shutil
import subprocess

import pytest

from project import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is absent: install it")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("target", [[], ["help"]])
def test_make_alone_lists_the_targets_with_a_line_each(target):
    outcome = make(*target)
    assert outcome.returncode == 0, outcome.stderr
    listed = dict(re.findall(r"^  make ([\w-]+)\s+(\S.*)$", outcome.stdout, re.M))
    assert {
        "book",
        "test",
        "test-all",
        "lint",
        "lab",
        "bench",
        "pdf",
        "gpu-check",
        "fuzz",
        "clean",
    } <= set(listed)
    assert "PARAMS" in outcome.stdout and "MAMMO_DATA" in outcome.stdout


def test_every_listed_target_exists():
    listed = re.findall(r"^  make ([\w-]+)", make("help").stdout, re.M)
    for target in listed:
        planned = make("-n", target)
        assert planned.returncode == 0, planned.stderr


def test_an_old_python_is_refused_with_the_remedy(tmp_path):
    outcome = make("book", "PYTHON=false", f"VENV={tmp_path / 'venv'}")
    assert outcome.returncode != 0
    assert "name another: make PYTHON=" in outcome.stdout
    assert not (tmp_path / "venv").exists()


def test_making_the_book_is_the_command_without_options_unless_a_file_is_named():
    assert make("-n", "book").stdout.rstrip().endswith("/mammo book")
    planned = make("-n", "book", "PARAMS=params/ci.yaml").stdout.rstrip()
    assert planned.endswith("/mammo book --params params/ci.yaml")
    planned = make("-n", "book", "OFFLINE=1").stdout.rstrip()
    assert planned.endswith("/mammo book --offline")

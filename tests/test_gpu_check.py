"""`make gpu-check` without a GPU: its way through all families, on the CPU."""

import os
import re
import subprocess
import sys

import pytest
import torch

from project import ROOT

MODELS = ("alexnet", "end2end_vgg16", "frcnn_cad")


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "gpu_check.py", *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_every_family_is_compared_and_timed():
    outcome = check("--device", "cpu", "--tiny", "--seconds", "0.01", "--models", *MODELS)
    assert outcome.returncode == 0, outcome.stderr
    for model in MODELS:
        assert re.search(rf"^{model} +float32 +0.0e\+00 +0.0e\+00$", outcome.stdout, re.M)
        assert re.search(rf"^{model} +score [\d.]+ \(batch \d+\), train ", outcome.stdout, re.M)
    assert re.search(r"params/paper.yaml at these speeds: [\d.]+ hours", outcome.stdout)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_said_to_be_checked():
    outcome = check()
    assert outcome.returncode == 2 and not outcome.stdout
    assert outcome.stderr == (
        "gpu_check: torch finds no CUDA device here, so nothing was checked\n"
    )

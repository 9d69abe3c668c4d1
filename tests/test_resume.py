"""Killing a run at any moment and starting it again ends in the same numbers."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

import project
from mammo.study import Study, results

pytestmark = pytest.mark.long
MOMENTS = {
    "phantoms": "phantoms/*.partial/.set-*/*/*",
    "image store": "images/*.partial/images.jsonl",
    "features": "features/*.partial/done.npy",
    "training": "checkpoint/*.partial",
}
"""What is to be seen among the artifacts when the run is killed, in the order of the steps."""


@contextmanager
def started(where: project.Project, workers: int) -> Iterator[subprocess.Popen]:
    """Start a run; at the end nothing of it is left, whatever its workers still do."""
    command = [project.BIN / "mammo", "prepare", "--params", "params/tiny.yaml"]
    run = subprocess.Popen(
        [*command, "-p", "workers", str(workers)],
        cwd=where.root,
        env=where.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield run
    finally:
        for kill, target in ((os.kill, run.pid), (os.killpg, run.pid)):
            try:
                kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue
        run.wait()


def kill_when_there_is(run: subprocess.Popen, pattern: str, artifacts: Path) -> None:
    """Kill the run, and not the workers that it started, as soon as a path appears."""
    until = time.monotonic() + 300
    while not any(artifacts.glob(pattern)):
        assert run.poll() is None, f"the run ended before there was {pattern}"
        assert time.monotonic() < until, f"there never was {pattern}"
        time.sleep(0.002)
    run.kill()
    assert run.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def resumed(tmp_path_factory) -> project.Project:
    """A study that was killed at each of the moments, and then completed."""
    made = project.copy(tmp_path_factory.mktemp("resumed"))
    with started(made, workers=2) as orphaning:
        kill_when_there_is(orphaning, MOMENTS["phantoms"], made.artifacts)
        for moment in ("image store", "features", "training"):
            with started(made, workers=1) as run:
                kill_when_there_is(run, MOMENTS[moment], made.artifacts)
        outcome = made.mammo("prepare", "--params", "params/tiny.yaml")
    assert outcome.returncode == 0, outcome.stderr
    return made


def test_a_killed_run_ends_in_the_same_numbers(resumed, study):
    again = Study(resumed.parameters("params/tiny.yaml"))
    for training in ("ddsm", "mixed"):
        pd.testing.assert_frame_equal(
            results.predictions(again, "alexnet", training),
            results.predictions(study, "alexnet", training),
            check_exact=True,
        )
    pd.testing.assert_frame_equal(
        results.comparison(again), results.comparison(study), check_exact=True
    )


def test_a_killed_run_leaves_nothing_behind(resumed, prepared):
    def names(of: project.Project) -> set[tuple[str, str]]:
        """Stages, and what is in the folders of their results."""
        places = [path.relative_to(of.artifacts) for path in of.artifacts.glob("*/*/*")]
        return {(place.parts[0], place.parts[2]) for place in places}

    assert ("phantoms", "set") in names(resumed)
    assert names(resumed) <= names(prepared)
    assert not list(resumed.artifacts.rglob("*.partial"))

"""Full disks, read-only folders, killed processes, two runs at once, clocks that go backwards.

Whatever happens, no half-written result is used, and the next run ends as if nothing had happened.
"""

import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import torch

import project
import small_store
from file_size import files_up_to
from mammo.errors import MammoError
from mammo.files import artifacts
from mammo.files.artifacts import Artifacts
from mammo.images import store_building
from mammo.images.store import IMAGES, ImageStore
from mammo.training import checkpoint

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return small_store.write_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def undisturbed(
    manifest: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """All bytes of the store that every run must end in."""
    return small_store.content(small_store.build(manifest, tmp_path_factory.mktemp("whole")))


def is_one_sentence(text: str) -> bool:
    return "\n" not in text and "; " in text and not text.startswith("Traceback")


def run(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program that can import what is in this folder."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


BUILD = """
    import sys
    from pathlib import Path

    import pandas as pd

    import small_store
    from mammo.images import read_image

    if __name__ == "__main__":
        manifest = pd.read_json(sys.argv[1], dtype=False)
        read_image(manifest["path"][0])
        print("ready", flush=True)
        print(small_store.build(manifest, Path(sys.argv[2]), int(sys.argv[3])))
"""
"""Builds a store: manifest, artifacts, number of workers."""


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def mount(*arguments: str | Path) -> None:
    """Mount a file system, or skip the test where that is not permitted."""
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting file systems is not permitted")


def fill(disk: Path, *, free: int) -> Path:
    """Fill a disk but for so many bytes."""
    facts = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(facts.f_bavail * facts.f_frsize - free))
    return filler


def test_disk_that_fills_at_any_moment(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], small_disk: Path
) -> None:
    refusals = []
    for free in range(0, 80_000, 4096):
        artifacts = small_disk / f"artifacts{free}"
        filler = fill(small_disk, free=free)
        try:
            small_store.build(manifest, artifacts)
        except MammoError as error:
            refusals.append(str(error))
            assert not small_store.finished(artifacts)
        filler.unlink()
        folder = small_store.build(manifest, artifacts)
        assert small_store.content(folder) == undisturbed
        assert not list(artifacts.rglob("*.tmp"))
        shutil.rmtree(artifacts)
    assert all(is_one_sentence(told) and "no space left on device" in told for told in refusals)
    assert any("images.npy, which needs 38,912 bytes" in told for told in refusals)
    assert len({told.split(":")[0].rpartition("/")[2] for told in refusals}) >= 3


def test_full_disk_is_no_fault_of_the_images(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], small_disk: Path
) -> None:
    """Worker processes that cannot write must not be taken for killed by what they read."""
    filler = fill(small_disk, free=11 * 4096)  # For images.npy; no more than a page.
    with pytest.raises(MammoError, match="no space left on device") as raised:
        small_store.build(manifest, small_disk / "artifacts", workers=2)
    assert is_one_sentence(str(raised.value))
    filler.unlink()
    folder = small_store.build(manifest, small_disk / "artifacts", workers=2)
    assert small_store.content(folder) == undisturbed


@pytest.mark.parametrize("largest", [0, 100, 10_000, 39_000])
def test_files_that_may_not_grow(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], tmp_path: Path, largest: int
) -> None:
    with files_up_to(largest), pytest.raises(MammoError, match="file too large") as raised:
        small_store.build(manifest, tmp_path)
    assert is_one_sentence(str(raised.value))
    assert small_store.content(small_store.build(manifest, tmp_path)) == undisturbed


def test_epoch_that_does_not_fit_leaves_the_last_one(tmp_path: Path) -> None:
    model = torch.nn.Linear(100, 100)
    optimizer = torch.optim.AdamW(model.parameters())
    checkpoint.save_epoch(tmp_path, model, optimizer, model.state_dict(), [{"epoch": 0}])
    with files_up_to(20_000), pytest.raises(MammoError, match="file too large") as raised:
        checkpoint.save_epoch(tmp_path, model, optimizer, model.state_dict(), [{"epoch": 1}])
    assert is_one_sentence(str(raised.value))
    assert len(list(tmp_path.iterdir())) == 1
    assert checkpoint.resume(tmp_path, model, optimizer)[0] == [{"epoch": 0}]


# A folder that cannot be written to


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Refuse every change below a folder, to the superuser as well."""
    if os.geteuid() == 0:
        mount("--bind", folder, folder)
        try:
            mount("-o", "remount,bind,ro", folder)
            yield
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def test_what_is_finished_is_used_where_nothing_can_be_written(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    folder = small_store.build(manifest, tmp_path)
    for lock in tmp_path.rglob("*.lock"):
        lock.unlink()
    with read_only(tmp_path):
        assert small_store.build(manifest, tmp_path) == folder
        assert len(ImageStore(folder)) == 17
        with pytest.raises(MammoError) as raised:
            Artifacts(tmp_path).build("other", {}, lambda _: None)
    assert is_one_sentence(str(raised.value))
    assert str(tmp_path / "other") in str(raised.value)
    assert small_store.content(folder) == undisturbed
    Artifacts(tmp_path).build("other", {}, lambda _: None)


def test_command_says_in_one_sentence_where_it_cannot_write(tmp_path: Path) -> None:
    made = project.copy(tmp_path)
    (made.root / "taken").write_text("a file")
    outcome = made.mammo("prepare", "--params", "params/tiny.yaml", "-p", "artifacts", "taken")
    assert outcome.returncode == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"mammo: {made.root / 'taken'}")
    assert "not a directory" in line


# Killed processes


@pytest.mark.long
def test_run_that_is_killed_at_each_step(manifest: pd.DataFrame, tmp_path: Path) -> None:
    """A run ends, without another word, at its n-th access to the artifacts, for every n."""
    program = """
        import os, sys
        from pathlib import Path

        import cv2
        import pandas as pd
        from tqdm.auto import tqdm

        import small_store
        from mammo.images import store_building

        manifest, root = pd.read_json(sys.argv[1], dtype=False).iloc[:6], Path(sys.argv[2])
        store_building._BATCH = 3
        os.fsync = lambda handle: None  # No power is cut here.

        def build(artifacts, steps=sys.maxsize):
            child = os.fork()
            if child == 0:
                sys.addaudithook(killer(str(artifacts), steps))
                small_store.build(manifest, artifacts)
                os._exit(0)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        def killer(artifacts, steps):
            left = steps

            def hook(event, arguments):
                nonlocal left
                if event.startswith(("open", "os.", "shutil.")):
                    left -= any(str(word).startswith(artifacts) for word in arguments[:2])
                    if left < 0:
                        os._exit(9)

            return hook

        def results(artifacts):
            return [small_store.content(folder) for folder in small_store.finished(artifacts)]

        # This process imports everything once for all runs, and starts no thread: it forks.
        cv2.setNumThreads(1)
        tqdm.monitor_interval = 0
        small_store.build(manifest, root / "undisturbed")
        expected = results(root / "undisturbed")
        steps = 0
        while (status := build(artifacts := root / str(steps), steps)) == 9:
            assert results(artifacts) in ([], expected), steps
            assert build(artifacts) == 0
            assert results(artifacts) == expected, steps
            assert not [*artifacts.rglob("*.partial"), *artifacts.rglob("*.tmp")]
            steps += 1
        print(status, steps)
    """
    manifest.to_json(tmp_path / "manifest.json")
    child = run(program, tmp_path / "manifest.json", tmp_path)
    printed, complaints = child.communicate(timeout=300)
    assert child.returncode == 0, complaints
    status, steps = map(int, printed.split())
    assert status == 0
    assert steps > 20


@pytest.mark.long
def test_run_that_is_killed_at_random_times(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    manifest.to_json(tmp_path / "manifest.json")
    moments = random.Random(0)
    for workers, longest in ((1, 0.2), (1, 0.4), (2, 2.0), (2, 4.0)):
        child = run(BUILD, tmp_path / "manifest.json", tmp_path / "artifacts", workers)
        child.stdout.readline()
        time.sleep(moments.uniform(0, longest))
        child.kill()
        child.communicate()
        for folder in small_store.finished(tmp_path / "artifacts"):
            assert small_store.content(folder) == undisturbed
    folder = small_store.build(manifest, tmp_path / "artifacts")
    assert small_store.content(folder) == undisturbed
    assert not list((tmp_path / "artifacts").rglob("*.partial"))


# Two runs at once


def test_two_runs_at_once_make_one_store(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    manifest.to_json(tmp_path / "manifest.json")
    runs = [run(BUILD, tmp_path / "manifest.json", tmp_path / "artifacts", 1) for _ in range(3)]
    printed = [child.communicate(timeout=100)[0] for child in runs]
    assert [child.returncode for child in runs] == [0, 0, 0]
    assert len(set(printed)) == 1
    (folder,) = small_store.finished(tmp_path / "artifacts")
    assert small_store.content(folder) == undisturbed


def test_who_waits_for_another_run_is_told(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path

        from mammo.files import disk
        from mammo.files.artifacts import Artifacts

        def make(folder):
            print("begun", flush=True)
            time.sleep(1)

        disk._PATIENCE_S = 0.1
        Artifacts(Path(sys.argv[1])).build("slow", {}, make)
    """
    first = run(program, tmp_path)
    assert first.stdout.readline() == "begun\n"
    second = run(program, tmp_path)
    printed, told = second.communicate(timeout=100)
    assert (printed, second.returncode) == ("", 0)
    assert told.startswith(f"mammo: waiting for another run to finish {tmp_path / 'slow'}")
    assert first.wait(timeout=100) == 0


# Clocks that go backwards


class Backwards(datetime):
    """A clock on which every look is a day before the last."""

    looks = 0

    @classmethod
    def now(cls, tz=None) -> datetime:
        cls.looks += 1
        return datetime(2020, 1, 1, tzinfo=UTC) - timedelta(days=cls.looks)


def test_clock_that_goes_backwards_during_a_run(
    manifest: pd.DataFrame,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(artifacts, "datetime", Backwards)
    monkeypatch.setattr(time, "time", lambda: Backwards.now().timestamp())
    prepare, prepared = store_building._prepare, []

    def prepare_and_stop(source, settings):
        if len(prepared) == 17:
            raise KeyboardInterrupt
        prepared.append(source.image_id)
        return prepare(source, settings)

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(store_building, "_prepare", prepare_and_stop)
        small_store.build(manifest, tmp_path)
    folder = small_store.build(manifest, tmp_path)
    assert small_store.content(folder) == undisturbed
    assert artifacts.read_record(folder)["seconds"] >= 0


@pytest.mark.parametrize("moment", [-(2**31), 0, 2**33])
def test_files_of_any_time(
    manifest: pd.DataFrame, undisturbed: dict[str, bytes], tmp_path: Path, moment: int
) -> None:
    """What was made by another clock, before or after ours, is neither made again nor refused."""
    folder = small_store.build(manifest, tmp_path)
    for path in (*tmp_path.rglob("*"), tmp_path):
        os.utime(path, (moment, moment))
    assert small_store.build(manifest, tmp_path) == folder
    assert {path.stat().st_mtime for path in folder.iterdir()} == {moment}
    (folder / "record.json").unlink()
    folder.rename(folder.with_suffix(".partial"))
    assert small_store.content(small_store.build(manifest, tmp_path)) == undisturbed
    assert (folder / IMAGES).stat().st_mtime == moment


# What the command line says


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_output_that_cannot_be_written_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run(
            [project.BIN / "mammo", "parameters"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("mammo: output: no space left on device; make room")
    assert len(outcome.stderr.splitlines()) == 1


def test_reader_of_the_output_may_leave() -> None:
    command = subprocess.Popen(
        [project.BIN / "mammo", "parameters"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command.stdout.close()
    assert command.stderr.read() == b""
    assert command.wait() == 1

"""Files are whole or absent, and what the operating system refuses is told in one sentence."""

import errno
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from file_size import files_up_to
from mammo.errors import MammoError
from mammo.files import disk


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    disk.write_text(path, "old")
    with files_up_to(1000), pytest.raises(MammoError) as raised:
        disk.write_bytes(path, bytes(2000))
    assert str(raised.value).startswith(f"{path}: file too large; raise the largest size")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]
    disk.write_bytes(path, bytes(2000))
    assert path.read_bytes() == bytes(2000)


def test_interrupted_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    disk.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), disk.atomic_write(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_folder_is_whole_or_absent(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), disk.atomic_folder(tmp_path / "a" / "set") as half:
        (half / "1").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path / "a") == []
    with disk.atomic_folder(tmp_path / "a" / "set") as slow:
        (slow / "1").write_text("late")
        with disk.atomic_folder(tmp_path / "a" / "set") as quick:
            (quick / "1").write_text("first")
    assert names(tmp_path / "a") == ["set"]
    assert (tmp_path / "a" / "set" / "1").read_text() == "first"


def test_content_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("fsync"), fsync(file)))
    monkeypatch.setattr(Path, "replace", lambda *p: (events.append("replace"), replace(*p)))
    disk.write_text(tmp_path / "a.txt", "text")
    assert events == ["fsync", "replace"]


def test_what_a_killed_process_left_goes_and_what_another_writes_stays(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kept = [f"a[1].csv.{os.getppid()}.tmp", "a[1].csv.old.tmp", f"a1.csv.{gone.pid}.tmp"]
    for name in (*kept, f"a[1].csv.{gone.pid}.tmp"):
        (tmp_path / name).write_text("half")
    disk.write_text(tmp_path / "a[1].csv", "whole")
    assert names(tmp_path) == sorted(["a[1].csv", *kept])


FILE_NAMES = st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(os.fsdecode)


@settings(max_examples=30)
@given(st.lists(FILE_NAMES, min_size=1))
def test_tables_keep_any_file_name(tmp_path_factory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "names.csv"
    disk.write_csv(path, pd.DataFrame({"path": texts, "row": range(len(texts))}))
    found = pd.read_csv(
        path, dtype={"path": str}, keep_default_na=False, encoding_errors="surrogateescape"
    )
    assert found["path"].tolist() == texts
    assert found["row"].tolist() == list(range(len(texts)))


def test_array_is_numpys_own_and_has_no_holes(tmp_path: Path) -> None:
    disk.create_array(tmp_path / "ours.npy", (50, 40, 30), "<u2")
    np.save(tmp_path / "theirs.npy", np.zeros((50, 40, 30), "<u2"))
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()
    facts = (tmp_path / "ours.npy").stat()
    assert facts.st_blocks * 512 >= facts.st_size


def refuse(*_: object) -> None:
    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


@pytest.mark.parametrize("is_there", [True, False])
def test_array_is_filled_where_space_cannot_be_reserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    disk.create_array(tmp_path / "reserved.npy", (1000, 40, 30), "<u2")
    if is_there:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    else:
        monkeypatch.delattr(os, "posix_fallocate")
    disk.create_array(tmp_path / "filled.npy", (1000, 40, 30), "<u2")
    assert (tmp_path / "filled.npy").read_bytes() == (tmp_path / "reserved.npy").read_bytes()
    with files_up_to(2_000_000), pytest.raises(MammoError, match="2,400,000"):
        disk.create_array(tmp_path / "large.npy", (1000, 40, 30), "<u2")
    assert "large.npy" not in names(tmp_path)


def test_array_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    with files_up_to(10_000), pytest.raises(MammoError) as raised:
        disk.create_array(tmp_path / "images.npy", (100, 32, 32), "<u2")
    assert "images.npy, which needs 204,800 bytes: file too large; " in str(raised.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EROFS, "name a place"),
        (errno.EACCES, "give yourself the right"),
        (errno.ENOENT, "correct that"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(tmp_path: Path, code: int, remedy: str) -> None:
    refused = OSError(code, os.strerror(code))
    with pytest.raises(MammoError) as raised, disk.naming_errors(tmp_path):
        raise refused
    told = str(raised.value)
    assert told.startswith(f"{tmp_path}: ")
    assert f"{os.strerror(code)[1:]}; {remedy}" in told
    assert "\n" not in told


def test_a_sentence_names_the_file_and_fits_a_screen() -> None:
    path = "/x/line\nend\x1b[31m\udcff.png"
    with pytest.raises(MammoError) as raised, disk.naming_errors(Path("/elsewhere")):
        raise OSError(errno.EIO, "Input/output error", path)
    assert str(raised.value).startswith("/x/line\\nend\\x1b[31m\\udcff.png: input/output error; ")


@pytest.mark.parametrize(
    "error",
    [
        OSError(f"with tag (7FE0,0010): [Errno {errno.ENOSPC}] No space\nTraceback: ...\n"),
        SafetensorError(f"Error while serializing: I/O error: No space (os error {errno.ENOSPC})"),
    ],
)
def test_what_a_library_wraps_is_the_same_sentence(error: Exception) -> None:
    plain = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert disk.sentence(error, "a.dcm") == disk.sentence(plain, "a.dcm")


def test_an_error_of_many_lines_is_one_sentence() -> None:
    told = disk.sentence(OSError("no such codec\nTraceback"), "a.dcm")
    assert told == "a.dcm: no such codec; correct that and run again"


def test_a_killed_worker_is_one_sentence(tmp_path: Path) -> None:
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    killed = pytest.raises(MammoError, match="killed")
    with killed, disk.naming_errors(tmp_path), pool:
        pool.submit(os._exit, 1).result()


def test_files_below_a_folder_settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    files = [tmp_path / name for name in ("a", "deep/b", "deep/er/c")]
    for file in files:
        file.write_text(file.name)
    settled = set()
    monkeypatch.setattr(os, "fsync", lambda handle: settled.add(os.fstat(handle).st_ino))
    disk.sync_folder(tmp_path)
    assert settled == {file.stat().st_ino for file in files}

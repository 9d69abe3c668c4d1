import hashlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mammo.files.artifacts import Artifacts, digest, folder_fingerprint, read_record


def test_digest_ignores_key_order_and_tells_values_apart():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest({"a": 1}) != digest({"a": "1"})
    text = '{"a":0.5,"b":null,"path":"x"}'
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert digest({"b": None, "a": 0.5, "path": Path("x")}) == expected


def test_fingerprint_sees_new_and_changed_files(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    before = folder_fingerprint(tmp_path)
    assert folder_fingerprint(tmp_path) == before
    (tmp_path / "b.txt").write_text("two")
    with_two = folder_fingerprint(tmp_path)
    assert with_two != before
    (tmp_path / "a.txt").write_text("longer")
    assert folder_fingerprint(tmp_path) != with_two


def test_fingerprint_of_a_file_and_of_nothing(tmp_path):
    assert folder_fingerprint(tmp_path / "absent") == folder_fingerprint(tmp_path / "none")
    path = tmp_path / "archive.zip"
    path.write_text("one")
    before = folder_fingerprint(path)
    assert folder_fingerprint(path) == before
    path.write_text("longer")
    assert before != folder_fingerprint(path) != folder_fingerprint(tmp_path / "absent")


def test_fingerprint_follows_links_and_ends(tmp_path):
    data, other = tmp_path / "data", tmp_path / "other"
    for folder in (data, other):
        folder.mkdir()
    (other / "a.txt").write_text("one")
    bare = folder_fingerprint(data)
    (data / "loop").symlink_to(data)
    (data / "there").symlink_to(other)
    (other / "back").symlink_to(data)
    (data / "itself").symlink_to("itself")
    (data / "broken").symlink_to("nowhere")
    os.mkfifo(data / "pipe")
    with_links = folder_fingerprint(data)
    assert bare != with_links == folder_fingerprint(data)
    (other / "a.txt").write_text("longer")
    changed = folder_fingerprint(data)
    assert changed != with_links
    (data / "nowhere").write_text("no longer broken")
    assert folder_fingerprint(data) != changed


def test_fingerprint_of_any_name_and_depth(tmp_path, monkeypatch):
    before = folder_fingerprint(tmp_path)
    for name in ("line\nend", "no\udcffutf8", "\x1b[31m", "\u2028", "é", "e\u0301"):
        (tmp_path / name).write_text(name, errors="surrogateescape")
        after = folder_fingerprint(tmp_path)
        assert after != before
        before = after
    monkeypatch.chdir(tmp_path)
    # Deeper than Python's stack, then longer than the paths that the system takes.
    for name in (*1100 * ["d"], *10 * [200 * "d"]):
        Path(name).mkdir()
        os.chdir(name)
    assert folder_fingerprint(tmp_path) != before
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Lay down the superuser's right to read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_fingerprint_sees_that_a_file_became_readable():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir()
        for path in (folder / "a.txt", folder / "closed" / "b.txt"):
            path.write_text("text")
        found = {}
        for modes in ((0o000, 0o755), (0o644, 0o000), (0o644, 0o644), (0o644, 0o755)):
            (folder / "a.txt").chmod(modes[0])
            (folder / "closed").chmod(modes[1])
            with unprivileged():
                found[modes] = folder_fingerprint(folder)
                assert folder_fingerprint(folder) == found[modes]
        assert len(set(found.values())) == 4


def write_value(folder):
    (folder / "value.txt").write_text("42")
    return {"value": 42}


def test_a_result_is_made_once_and_recorded(tmp_path):
    artifacts = Artifacts(tmp_path)
    calls = []

    def make(folder):
        calls.append(folder)
        return write_value(folder)

    first = artifacts.build("stage", {"x": 1}, make)
    second = artifacts.build("stage", {"x": 1}, make)
    other = artifacts.build("stage", {"x": 2}, make)
    assert first == second != other
    assert len(calls) == 2
    record = read_record(first)
    assert record["facts"] == {"value": 42}
    assert record["inputs"] == {"x": 1}
    assert record["versions"]["python"]


def test_an_interrupted_result_is_never_used_and_is_resumed(tmp_path):
    artifacts = Artifacts(tmp_path)

    def interrupted(folder):
        (folder / "half.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifacts.build("stage", {}, interrupted)
    seen = []
    folder = artifacts.build("stage", {}, lambda f: seen.extend(p.name for p in f.iterdir()))
    assert seen == ["half.txt"]
    assert (folder / "record.json").is_file()


def test_a_folder_without_a_record_is_replaced(tmp_path):
    artifacts = Artifacts(tmp_path)
    folder = artifacts.build("stage", {}, write_value)
    (folder / "record.json").unlink()
    (folder / "value.txt").write_text("damaged")
    again = artifacts.build("stage", {}, write_value)
    assert again == folder
    assert (again / "value.txt").read_text() == "42"


def test_two_runs_at_once_make_one_result(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from mammo.files.artifacts import Artifacts

        def make(folder):
            with open(Path(sys.argv[1]) / "calls.txt", "a") as calls:
                calls.write("call\\n")
            time.sleep(0.5)
            (folder / "value.txt").write_text("42")

        print(Artifacts(Path(sys.argv[1])).build("stage", {}, make))
        """
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    folders = {run.communicate()[0].strip() for run in runs}
    assert len(folders) == 1
    assert (tmp_path / "calls.txt").read_text() == "call\n"
    assert json.loads((tmp_path / "stage").glob("*/record.json").__next__().read_text())

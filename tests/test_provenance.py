from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from mammo.provenance import (
    Artifacts,
    canonical_json,
    code_digest,
    digest,
    folder_fingerprint,
    read_record,
)


def test_digest_ignores_key_order_and_tells_values_apart():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert canonical_json({"b": None, "a": 0.5}) == '{"a":0.5,"b":null}'


def test_code_digest_tells_modules_apart_and_covers_packages():
    assert code_digest(("errors",)) != code_digest(("provenance",))
    assert code_digest(("datasets",)) == code_digest(("datasets",))


def test_fingerprint_sees_new_and_changed_files(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    before = folder_fingerprint(tmp_path)
    assert folder_fingerprint(tmp_path) == before
    (tmp_path / "b.txt").write_text("two")
    with_two = folder_fingerprint(tmp_path)
    assert with_two != before
    (tmp_path / "a.txt").write_text("longer")
    assert folder_fingerprint(tmp_path) != with_two


def write_value(folder):
    (folder / "value.txt").write_text("42")
    return {"value": 42}


def test_a_result_is_made_once_and_recorded(tmp_path):
    artifacts = Artifacts(tmp_path)
    calls = []

    def make(folder):
        calls.append(folder)
        return write_value(folder)

    first = artifacts.build("stage", {"x": 1}, ["errors"], make)
    second = artifacts.build("stage", {"x": 1}, ["errors"], make)
    other = artifacts.build("stage", {"x": 2}, ["errors"], make)
    assert first == second != other
    assert len(calls) == 2
    record = read_record(first)
    assert record["facts"] == {"value": 42}
    assert record["inputs"] == {"x": 1}
    assert record["versions"]["numpy"]


def test_an_interrupted_result_is_never_used_and_is_resumed(tmp_path):
    artifacts = Artifacts(tmp_path)

    def interrupted(folder):
        (folder / "half.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifacts.build("stage", {}, [], interrupted)
    seen = []
    folder = artifacts.build("stage", {}, [], lambda f: seen.extend(p.name for p in f.iterdir()))
    assert seen == ["half.txt"]
    assert (folder / "record.json").is_file()


def test_a_folder_without_a_record_is_replaced(tmp_path):
    artifacts = Artifacts(tmp_path)
    folder = artifacts.build("stage", {}, [], write_value)
    (folder / "record.json").unlink()
    (folder / "value.txt").write_text("damaged")
    again = artifacts.build("stage", {}, [], write_value)
    assert again == folder
    assert (again / "value.txt").read_text() == "42"


def test_two_runs_at_once_make_one_result(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from mammo.provenance import Artifacts

        def make(folder):
            with open(Path(sys.argv[1]) / "calls.txt", "a") as calls:
                calls.write("call\\n")
            time.sleep(0.5)
            (folder / "value.txt").write_text("42")

        print(Artifacts(Path(sys.argv[1])).build("stage", {}, [], make))
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

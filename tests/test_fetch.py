import dataclasses
import functools
import hashlib
import http.server
import tarfile
import threading
from pathlib import Path

import pytest

import native
from mammo.datasets import fetch as fetching
from mammo.datasets import mias
from mammo.datasets.fetch import (
    DOWNLOADS,
    EVIDENCE,
    RELEASED,
    contents_sha256,
    fetch,
    fetch_evidence,
    how_to_get,
)
from mammo.errors import DatasetError, ParameterError
from mammo.files.download import download

CONTENT = bytes(range(256)) * 40


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT at any path; ``ranges`` and ``cut`` are set per test."""

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.split("=")[1].rstrip("-")) if wanted and self.server.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : self.server.cut])

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Server) as instance:
        instance.ranges, instance.cut, instance.asked = True, None, []
        instance.url = f"http://127.0.0.1:{instance.server_port}/file"
        thread = threading.Thread(target=functools.partial(instance.serve_forever, 0.01))
        thread.start()
        yield instance
        instance.shutdown()
        thread.join()


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_resumes_or_restarts(server, tmp_path, ranges):
    server.ranges, server.cut, target = ranges, 6000, tmp_path / "file"
    with pytest.raises(DatasetError, match="6000"):
        download(server.url, target, max_bytes=20_000)
    assert [path.name for path in tmp_path.iterdir()] == ["file.part"]
    server.cut = None
    download(server.url, target, max_bytes=20_000)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=6000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    (tmp_path / "file.part").write_bytes(b"x" * 20_000)
    download(server.url, tmp_path / "file", max_bytes=20_000)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.asked == ["bytes=20000-", None]


def test_a_file_address_works_with_or_without_a_part(tmp_path):
    source = tmp_path / "a file"
    source.write_bytes(CONTENT)
    (tmp_path / "file.part").write_bytes(b"left over")
    download(source.as_uri(), tmp_path / "file", max_bytes=20_000)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_download_is_bounded(server, tmp_path):
    with pytest.raises(DatasetError, match="5000"):
        download(server.url, tmp_path / "file", max_bytes=5000)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("ftp://host/file", ParameterError, "begins with"),
        ("http://127.0.0.1:1/file", DatasetError, "by hand"),
        ("file:///absent/file", DatasetError, "by hand"),
    ],
)
def test_a_bad_address_is_named(tmp_path, url, error, message):
    with pytest.raises(error, match=message) as caught:
        download(url, tmp_path / "file", max_bytes=5000)
    assert url in str(caught.value)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A small mini-MIAS archive elsewhere, and its checksum in place of the real one's."""
    folder = tmp_path / "elsewhere" / "files"
    native.write_pgm(folder / "mdb001.pgm")
    native.write_pgm(folder / "mdb002.pgm")
    native.write_info(folder, ["mdb001 G CIRC M 535 425 197", "mdb002 D NORM"])
    packed = folder.parent / "all-mias.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder, arcname=".")
    digest = contents_sha256(folder, DOWNLOADS["mias"].contents)
    small = dataclasses.replace(DOWNLOADS["mias"], sha256=digest)
    monkeypatch.setitem(DOWNLOADS, "mias", small)
    return packed


def test_fetch_makes_a_set_that_is_found_and_read(archive, tmp_path):
    data_root = tmp_path / "data"
    folder = fetch("mias", data_root, archive.as_uri())
    assert mias.find(data_root) == folder == data_root / "mias"
    assert mias.load(folder)["label"].tolist() == [1, 0]
    archive.unlink()
    assert fetch("mias", data_root, archive.as_uri()) == folder, "nothing is fetched twice"


def test_fetch_takes_an_archive_that_is_there(archive, tmp_path):
    archive.rename(tmp_path / "all-mias.tar.gz")
    assert fetch("mias", tmp_path, "file:///absent") == tmp_path / "mias"


def test_wrong_contents_are_refused_and_not_left_as_a_set(archive, tmp_path, monkeypatch):
    wrong = dataclasses.replace(DOWNLOADS["mias"], sha256="0" * 64)
    monkeypatch.setitem(DOWNLOADS, "mias", wrong)
    data_root = tmp_path / "data"
    with pytest.raises(DatasetError, match="000000000000"):
        fetch("mias", data_root, archive.as_uri())
    assert [path.name for path in data_root.iterdir()] == ["all-mias.tar.gz"]


def test_a_changed_folder_is_noticed(archive, tmp_path):
    folder = fetch("mias", tmp_path, archive.as_uri())
    native.write_pgm(folder / "mdb003.pgm")
    with pytest.raises(DatasetError, match="checksum"):
        fetch("mias", tmp_path, archive.as_uri())


@pytest.mark.parametrize("name", ["cbis_ddsm", "cmmd", "inbreast", "institution"])
def test_other_sets_say_how_to_get_them(tmp_path, name):
    with pytest.raises(DatasetError, match=r"Licence: .*Page: "):
        fetch(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cbis_ddsm", "cmmd"])
def test_sets_of_the_cancer_imaging_archive_need_its_tool_and_their_tables(tmp_path, name):
    text = how_to_get(name, tmp_path)
    assert "NBIA Data Retriever" in text and ".tcia" in text
    assert ("case description" if name == "cbis_ddsm" else "clinical table") in text
    assert str(tmp_path / name.replace("_", "-")) in text


def test_an_unknown_set_names_the_known_ones(tmp_path):
    with pytest.raises(ParameterError, match=r"'ddsm'.*'cmmd'"):
        fetching.fetch("ddsm", tmp_path)


@pytest.fixture
def released(tmp_path, monkeypatch):
    """Two small files elsewhere, and their checksums in place of the released ones'."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    wanted = RELEASED["frcnn-cad-predictions"]
    for file in wanted.sha256:
        (folder / file).write_text(f"what stands in {file}")
    sums = {
        file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in wanted.sha256
    }
    small = dataclasses.replace(wanted, sha256=sums)
    monkeypatch.setitem(RELEASED, "frcnn-cad-predictions", small)
    return folder


def test_released_files_are_fetched_once(released, tmp_path):
    root = tmp_path / "data"
    folder = fetch("frcnn-cad-predictions", root, released.as_uri() + "/")
    assert folder == root / "frcnn_cad"
    assert {path.name for path in folder.iterdir()} == {path.name for path in released.iterdir()}
    assert fetch("frcnn-cad-predictions", root, "file:///absent") == folder
    assert [path.name for path in root.iterdir()] == ["frcnn_cad"]


def test_an_interrupted_fetch_of_files_takes_up_what_has_come(released, tmp_path):
    root, names = tmp_path / "data", list(RELEASED["frcnn-cad-predictions"].sha256)
    (released / names[1]).rename(tmp_path / "later")
    with pytest.raises(DatasetError, match=r"https://github\.com"):
        fetch("frcnn-cad-predictions", root, released.as_uri())
    assert not (root / "frcnn_cad").exists()
    (tmp_path / "later").rename(released / names[1])
    (released / names[0]).unlink()
    folder = fetch("frcnn-cad-predictions", root, released.as_uri())
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_released_files_of_another_checksum_are_refused_and_thrown_away(released, tmp_path):
    root, name = tmp_path / "data", next(iter(RELEASED["frcnn-cad-predictions"].sha256))
    (released / name).write_text("another")
    with pytest.raises(DatasetError, match=name):
        fetch("frcnn-cad-predictions", root, released.as_uri())
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_text("another")])
def test_a_changed_folder_of_released_files_is_noticed(released, tmp_path, change):
    folder = fetch("frcnn-cad-predictions", tmp_path, released.as_uri())
    change(next(folder.iterdir()))
    with pytest.raises(DatasetError, match="frcnn_cad"):
        fetch("frcnn-cad-predictions", tmp_path, released.as_uri())


def test_how_to_get_released_files_without_a_net(tmp_path):
    text = how_to_get("frcnn-cad-predictions", tmp_path)
    assert "mammo fetch frcnn-cad-predictions" in text and "state no licence" in text
    assert str(tmp_path / "frcnn_cad") in text and "inbreast_predictions.tsv" in text


def test_real_released_files_have_the_checksums(real_data, tmp_path):
    folder = fetch("frcnn-cad-predictions", tmp_path, (real_data / "frcnn_cad").as_uri())
    assert len(list(folder.iterdir())) == 2


def test_real_archive_has_the_checksum(real_data, tmp_path):
    folder = fetch("mias", tmp_path, (real_data / "all-mias.tar.gz").as_uri())
    assert len(mias.load(folder)) == 322


@pytest.fixture
def evidence(tmp_path, monkeypatch):
    """A folder laid out like a data root with small files, whose checksums count."""
    root = tmp_path / "elsewhere"
    for name in EVIDENCE:
        folder = root / RELEASED[name].folder
        folder.mkdir(parents=True)
        sums = {}
        for file in RELEASED[name].sha256:
            (folder / file).write_text(f"what stands in {file}")
            sums[file] = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        monkeypatch.setitem(RELEASED, name, dataclasses.replace(RELEASED[name], sha256=sums))
    return root


def test_evidence_is_fetched_from_a_folder_like_a_data_root(evidence, tmp_path):
    root = tmp_path / "data"
    folders = fetch_evidence(root, url=evidence.as_uri() + "/")
    assert folders == [root / "nyu_reader_study", root / "frcnn_cad"]
    assert (root / "nyu_reader_study" / "results.pkl").is_file()
    assert fetch_evidence(root, url="file:///absent") == folders, "nothing is fetched twice"


def test_evidence_comes_with_mias_where_that_is_asked_for(evidence, archive, tmp_path):
    folders = fetch_evidence(tmp_path / "data", ["mias"], evidence.as_uri())
    assert folders[-1] == tmp_path / "data" / "mias"
    with pytest.raises(DatasetError, match="inbreast"):
        fetch_evidence(tmp_path / "data", ["inbreast"], evidence.as_uri())


def test_a_second_address_is_tried_where_the_first_has_nothing(evidence, tmp_path, monkeypatch):
    wanted = RELEASED["reader-study"]
    there = (evidence / wanted.folder).as_uri()
    several = dataclasses.replace(wanted, urls=("file:///absent", there))
    monkeypatch.setitem(RELEASED, "reader-study", several)
    assert fetch("reader-study", tmp_path / "data").is_dir()


def test_nothing_is_left_of_a_fetch_that_had_no_answer(evidence, tmp_path):
    with pytest.raises(DatasetError, match=r"file:///absent/nyu_reader_study/results\.pkl"):
        fetch_evidence(tmp_path / "data", url="file:///absent")
    assert list((tmp_path / "data").iterdir()) == []


def test_real_evidence_has_the_checksums(real_data, tmp_path):
    folders = fetch_evidence(tmp_path, url=real_data.as_uri())
    assert [len(list(folder.iterdir())) for folder in folders] == [1, 2]

import io
import json
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest

import native
from mammo.datasets import manifest, mias
from mammo.datasets.mias import read_findings
from mammo.errors import DatasetError, ParameterError

INFO = [
    "mdb001 G CIRC B 535 425 197",
    "mdb002 D NORM",
    "mdb003 F CALC M *NOTE 3*",
    "mdb004 F MISC B 233 994 29",
    "mdb004 F SPIC M 313 540 27",
]


@pytest.fixture
def folder(tmp_path):
    """mini-MIAS with four images of two cases."""
    root = tmp_path / "mias"
    for number in range(1, 5):
        native.write_pgm(root / f"mdb{number:03d}.pgm")
    native.write_info(root, INFO)
    return root


def pack(folder, archive):
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=".")
    return archive


def test_mini_mias_folder_gives_the_manifest(folder, tmp_path):
    assert mias.find(tmp_path) == folder
    frame = mias.load(folder).set_index("image_id")
    assert frame["label"].to_dict() == {"mdb001": 0, "mdb002": 0, "mdb003": 1, "mdb004": 1}
    assert frame["patient_id"].tolist() == ["case_001", "case_001", "case_002", "case_002"]
    assert frame["laterality"].isna().all() and set(frame["view"]) == {"MLO"}
    assert frame["pathology"].tolist() == ["BENIGN", "NORMAL", "MALIGNANT", "BENIGN|MALIGNANT"]
    assert frame.loc["mdb004", "lesion_type"] == "MISC|SPIC"
    assert frame.loc["mdb001", ["density", "rows", "bits_stored"]].tolist() == ["G", 8, 8]
    assert frame["pixel_spacing_mm"].unique() == [0.2]


def test_boxes_count_rows_from_the_top(folder):
    boxes = mias.load(folder).set_index("image_id")["boxes"].map(json.loads)
    (box,) = boxes["mdb001"]
    assert (box["row_min"] + box["row_max"] - 1) / 2 == 1024 - 425
    assert (box["col_min"] + box["col_max"] - 1) / 2 == 535
    assert box["row_max"] - box["row_min"] == 2 * 197 + 1
    assert boxes["mdb002"] == boxes["mdb003"] == []
    assert [box["row_min"] for box in boxes["mdb004"]] == [1, 457]


def test_normal_images_may_be_left_out(folder):
    frame = mias.load(folder, label_rule="abnormal_only").set_index("image_id")
    assert frame["excluded"].dropna().index.tolist() == ["mdb002"]
    with pytest.raises(ParameterError, match="'strict'"):
        mias.load(folder, label_rule="strict")


def test_version_1_21_names_carry_the_side(tmp_path):
    for name in ("mdb001lm", "mdb002rx", "mdb003ls", "mdb004rl"):
        native.write_pgm(tmp_path / "mias" / f"{name}.pgm")
    with pytest.raises(DatasetError, match=r"Info\.txt.*mini-MIAS"):
        mias.load(tmp_path / "mias")
    native.write_info(tmp_path, INFO)
    frame = mias.load(tmp_path / "mias")
    assert frame["image_id"].tolist() == ["mdb001", "mdb002", "mdb003", "mdb004"]
    assert frame["laterality"].tolist() == ["L", "R", "L", "R"]
    assert frame["pixel_spacing_mm"].unique() == [0.05]
    assert frame["boxes"].unique() == ["[]"], "the coordinates are mini-MIAS's"


def test_archive_is_unpacked_once_into_the_cache(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    data_root = tmp_path / "data"
    data_root.mkdir()
    archive = pack(folder, data_root / "all-mias.tar.gz")
    assert mias.find(data_root) == archive
    first = mias.load(archive)
    assert first["path"].str.startswith(str(tmp_path / "home")).all()
    times = [Path(path).stat().st_mtime_ns for path in first["path"]]
    again = mias.load(archive)
    assert first.equals(again) and len(first) == 4
    assert times == [Path(path).stat().st_mtime_ns for path in again["path"]]
    assert mias.find(data_root) == archive, "the data root is as it was"


def test_archive_inside_the_folder_and_a_cache_elsewhere(folder, tmp_path):
    inside = tmp_path / "data" / "mias"
    inside.mkdir(parents=True)
    pack(folder, inside / "all-mias.tar.gz")
    assert mias.find(tmp_path / "data") == inside
    frame = mias.load(inside, cache=tmp_path / "cache")
    assert len(frame) == 4
    assert all(path.startswith(str(tmp_path / "cache" / "mias-")) for path in frame["path"])
    assert [path.name for path in inside.iterdir()] == ["all-mias.tar.gz"]


def add(tar, name, content=b"x", **changes):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for attribute, value in changes.items():
        setattr(member, attribute, value)
    tar.addfile(member, io.BytesIO(content))


def test_archive_cannot_write_elsewhere(folder, tmp_path):
    archive = tmp_path / "evil" / "all-mias.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        for file in folder.iterdir():
            tar.add(file, arcname=f"../../{file.name}")
        add(tar, "/mdb009.pgm")
        add(tar, "link.pgm", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    cache = tmp_path / "deep" / "cache"
    before = {*tmp_path.iterdir(), tmp_path / "deep"}
    mias.load(archive, cache=cache)
    assert set(tmp_path.iterdir()) == before
    (made,) = cache.iterdir()
    unpacked = {file.name for file in made.iterdir()}
    assert unpacked == {file.name for file in folder.iterdir()} | {"mdb009.pgm"}


@pytest.mark.parametrize("fault", ["truncated", "not tar", "too large", "twice"])
def test_a_bad_archive_leaves_nothing_behind(folder, tmp_path, monkeypatch, fault):
    archive = pack(folder, tmp_path / "evil.tar.gz")
    messages = {
        "truncated": "is damaged",
        "not tar": "is damaged",
        "too large": "holds more than",
        "twice": "holds mdb001.pgm twice",
    }
    if fault == "truncated":
        archive.write_bytes(archive.read_bytes()[:-60])
    elif fault == "not tar":
        archive.write_bytes(b"<html>not found</html>")
    elif fault == "too large":
        monkeypatch.setitem(mias.ARCHIVE_BOUNDS, "max_bytes", 100)
    else:
        with tarfile.open(archive, "w:gz") as tar:
            add(tar, "mdb001.pgm")
            add(tar, "more/mdb001.pgm")
    with pytest.raises(DatasetError, match=re.escape(messages[fault])):
        mias.load(archive, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_images_and_rows_without_each_other_are_excluded(folder):
    (folder / "mdb001.pgm").unlink()
    native.write_pgm(folder / "mdb009.pgm")
    excluded = mias.load(folder).set_index("image_id")["excluded"].dropna().to_dict()
    assert excluded == {"mdb001": "image file not found", "mdb009": "no row in Info.txt"}


def test_a_damaged_image_costs_its_row_only(folder):
    (folder / "mdb001.pgm").write_bytes(b"P5\n")
    excluded = mias.load(folder).set_index("image_id")["excluded"].dropna()
    assert excluded.index.tolist() == ["mdb001"]
    assert excluded["mdb001"].startswith("the image header is damaged: ")


@pytest.mark.parametrize(
    "line", ["mdb001 G CIRC X 1 2 3", "mdb001 G NORM B", "mdb001 G CIRC", "mdb1 G NORM"]
)
def test_an_odd_row_names_its_line(tmp_path, line):
    info = native.write_info(tmp_path, [INFO[0], line])
    with pytest.raises(DatasetError, match=re.escape(f"{info}, line 6: '{line}'")):
        read_findings(info)


def test_missing_and_mixed_files_are_named(folder, tmp_path):
    with pytest.raises(DatasetError, match="absent"):
        mias.load(tmp_path / "absent")
    native.write_pgm(folder / "mdb001lm.pgm")
    with pytest.raises(DatasetError, match="same image"):
        mias.load(folder)
    empty = tmp_path / "data" / "mias"
    empty.mkdir(parents=True)
    assert mias.find(tmp_path / "data") == empty
    with pytest.raises(DatasetError, match=r"mdbNNN\.pgm"):
        mias.load(empty)
    (tmp_path / "x.zip").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"x\.zip"):
        mias.load(tmp_path / "x.zip")


@pytest.fixture(scope="session")
def real_mias(real_data, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return mias.load(real_data / "all-mias.tar.gz", cache=cache)


def test_real_set_counts_as_published(real_mias):
    counts = manifest.summary(real_mias).loc["mias"]
    assert counts[["cases", "images", "excluded", "malignant"]].tolist() == [161, 322, 0, 52]
    assert round(counts["malignant_percent"], 1) == 16.1
    assert (counts["source"], set(real_mias["rows"])) == ("real", {1024})
    pathologies = real_mias.set_index("image_id")["pathology"]
    several = pathologies[pathologies.str.contains("|", regex=False)]
    assert " ".join(several.index.str[3:]) == "005 132 144 223 226 239 249"
    assert pathologies["mdb144"] == "BENIGN|MALIGNANT"
    assert (pathologies == "NORMAL").sum() == 207


def test_real_lesions_stand_out_when_rows_count_from_the_top(real_mias):
    def contrast(path, box, flip):
        pixels = np.frombuffer(path.read_bytes()[-(2**20) :], np.uint8).reshape(1024, 1024)
        rows, cols = np.mgrid[:1024, :1024]
        row = (box["row_min"] + box["row_max"] - 1) / 2
        row = 1024 - row if flip else row
        radius = (box["col_max"] - box["col_min"]) / 2
        distance = np.hypot(rows - row, cols - (box["col_min"] + box["col_max"] - 1) / 2)
        ring = (distance > radius) & (distance < 1.5 * radius)
        return pixels[distance < radius].mean() - pixels[ring].mean()

    better = []
    chosen = real_mias[real_mias["lesion_type"].isin(["CIRC", "SPIC"])].head(20)
    for path, boxes in zip(chosen["path"].map(Path), chosen["boxes"], strict=True):
        for box in json.loads(boxes)[:1]:
            better.append(contrast(path, box, False) > contrast(path, box, True))
    assert np.mean(better) > 0.8

import hashlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from mammo import images
from mammo.datasets import DATASETS, phantom
from mammo.errors import DatasetError, ParameterError

SCALES = {"cbis_ddsm": 0.006, "inbreast": 0.06, "mias": 0.03, "institution": 0.012}


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("synthetic")
    for dataset, scale in SCALES.items():
        phantom.write(dataset, root / dataset, seed=2, scale=scale, pixel_mm=0.8, workers=1)
    return root


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.mark.parametrize("dataset", SCALES)
def test_the_set_is_read_by_the_loader_of_the_real_one(sets: Path, dataset: str):
    found = DATASETS[dataset].find(sets)
    table = DATASETS[dataset].load(found, source="synthetic")
    assert (sets / dataset) in (found, *found.parents)
    assert set(table["source"]) == {"synthetic"}
    kept = table[table["excluded"].isna()]
    assert set(kept["label"]) == {0, 1}
    assert kept["path"].map(lambda path: Path(path).is_file()).all()
    assert table["image_id"].is_unique
    assert len(kept) / len(table) > 0.8


@pytest.mark.parametrize("dataset", SCALES)
def test_images_are_dark_outside_and_lie_at_their_side(sets: Path, dataset: str):
    table = DATASETS[dataset].load(sets / dataset, source="synthetic")
    for row in table.head(6).itertuples():
        pixels = images.read_image(row.path).pixels
        assert pixels.min() < 0.02
        assert 0.35 < np.percentile(pixels[pixels > 0.1], 90) <= 1
        if isinstance(row.laterality, str):
            width = pixels.shape[1] // 4
            middle = slice(pixels.shape[0] // 3, 2 * pixels.shape[0] // 3)
            left, right = pixels[middle, :width].mean(), pixels[middle, -width:].mean()
            assert (left > right) == (row.laterality == "L")


@pytest.mark.parametrize("dataset", SCALES)
def test_the_set_says_that_it_is_synthetic(sets: Path, dataset: str):
    assert "SYNTHETIC" in (sets / dataset / phantom.MARKER).read_text()
    files = [*(sets / dataset).rglob("*.dcm")]
    assert files or dataset == "mias"
    for path in files:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert header.ImageComments.startswith("SYNTHETIC PHANTOM")
        assert "Synthetic" in header.Manufacturer


def test_masks_of_cbis_ddsm_have_the_size_of_their_image(sets: Path):
    files = [*(sets / "cbis_ddsm").rglob("1-2.dcm")]
    assert files
    for path in files:
        mask = pydicom.dcmread(path)
        name = str(mask.PatientID).rsplit("_", 1)[0]
        (image,) = (sets / "cbis_ddsm" / "CBIS-DDSM" / name).rglob("1-1.dcm")
        assert mask.pixel_array.shape == pydicom.dcmread(image).pixel_array.shape
        assert set(np.unique(mask.pixel_array)) == {0, 255}


def test_folders_of_cbis_ddsm_end_in_the_last_digits_of_their_identifiers(sets: Path):
    files = [*(sets / "cbis_ddsm").rglob("*.dcm")]
    assert files
    for path in files:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert path.parent.name.endswith(header.SeriesInstanceUID[-5:])
        assert path.parent.parent.name.endswith(header.StudyInstanceUID[-5:])


@pytest.mark.long
def test_files_do_not_depend_on_the_number_of_workers(sets: Path, tmp_path: Path):
    phantom.write("mias", tmp_path / "mias", seed=2, scale=SCALES["mias"], pixel_mm=0.8, workers=2)
    assert digests(tmp_path / "mias") == digests(sets / "mias")


def test_another_seed_gives_other_images(sets: Path, tmp_path: Path):
    phantom.write(
        "institution", tmp_path / "other", seed=3, scale=SCALES["institution"], pixel_mm=0.8
    )
    ours = {name: d for name, d in digests(sets / "institution").items() if name.endswith("dcm")}
    assert not set(ours.values()) & set(digests(tmp_path / "other").values())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"dataset": "ddsm"}, "dataset is 'ddsm'"),
        ({"seed": -1}, "seed is -1"),
        ({"scale": 0}, "scale is 0"),
        ({"pixel_mm": 5.0}, "pixel_mm is 5.0"),
        ({"workers": 0}, "workers is 0"),
    ],
)
def test_a_wrong_parameter_is_named(tmp_path: Path, change: dict, named: str):
    right = {"dataset": "mias", "seed": 1, "scale": 0.03, "pixel_mm": 0.4, "workers": 1}
    chosen = right | change
    with pytest.raises(ParameterError, match=named):
        phantom.write(chosen.pop("dataset"), tmp_path / "set", **chosen)
    assert not any(tmp_path.iterdir())


def test_an_occupied_folder_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="exists already"):
        phantom.write("mias", tmp_path, seed=1, scale=0.03, pixel_mm=0.4)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("mammo.datasets.phantom.write_mias.write_tables", fail)
    with pytest.raises(OSError, match="disk full"):
        phantom.write("mias", tmp_path / "set", seed=1, scale=0.02, pixel_mm=0.4)
    assert not any(tmp_path.iterdir())

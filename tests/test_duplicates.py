import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import drawn
import native
from intakes import write_mammogram, write_raster
from mammo.datasets.institution import duplicates
from mammo.datasets.institution.survey import survey_folder
from mammo.files import containers


def files_of(folder: Path) -> pd.DataFrame:
    return survey_folder(folder).files


def firsts(first: pd.Series, files: pd.DataFrame) -> dict[str, str]:
    """Return, by their names, the files that repeat another, and which one."""
    names = files["place"].map(lambda place: place.name)
    return {names[file]: names[other] for file, other in first.items() if file != other}


def test_the_first_of_an_instance_counts(tmp_path):
    for name, instance in (("a", "1.1"), ("b", "1.2"), ("c", "1.1"), ("d", "1.1")):
        write_mammogram(tmp_path / name, 1, SOPInstanceUID=instance)
    files = files_of(tmp_path).iloc[::-1]
    assert firsts(duplicates.same_instance(files), files) == {"a": "d", "c": "d"}


def test_different_images_of_one_instance_are_no_copies(tmp_path):
    for number, name in enumerate("abcd"):
        write_mammogram(tmp_path / name, number // 2, SOPInstanceUID="1.1")
    write_mammogram(tmp_path / "e", 0, SOPInstanceUID="")
    files = files_of(tmp_path)
    assert firsts(duplicates.same_instance(files), files) == {"b": "a", "d": "c"}


@pytest.mark.parametrize("syntax", drawn.LOSSLESS)
def test_one_image_in_two_encodings_is_a_copy(tmp_path, syntax):
    for seed in (0, 1):
        ds = drawn.dataset(drawn.breast(seed=seed), SOPInstanceUID="1.1", **drawn.WINDOW)
        drawn.write(tmp_path / f"{seed}a", ds)
        drawn.write(tmp_path / f"{seed}b", ds, syntax)
    files = files_of(tmp_path)
    assert firsts(duplicates.same_instance(files), files) == {"0b": "0a", "1b": "1a"}


def test_what_cannot_be_decoded_is_no_copy(tmp_path):
    ds = drawn.dataset(drawn.breast(), SOPInstanceUID="1.1")
    drawn.write(tmp_path / "a", ds)
    whole = drawn.write(tmp_path / "b", ds, drawn.LOSSLESS[0])
    whole.write_bytes(whole.read_bytes()[:-2000])
    files = files_of(tmp_path)
    assert firsts(duplicates.same_instance(files), files) == {}


def test_nothing_repeats_where_nothing_is():
    empty = pd.DataFrame({"instance": [], "pixels_at": [], "bytes": [], "place": []}, dtype=object)
    empty = empty.assign(format=None, rows=None, columns=None, transfer_syntax=None)
    assert duplicates.same_instance(empty).empty and duplicates.same_pixels(empty).empty


def test_pixels_are_compared_without_their_headers(tmp_path):
    write_mammogram(tmp_path / "a", 1)
    write_mammogram(tmp_path / "b", 2)
    write_mammogram(tmp_path / "c", 1, SOPInstanceUID="1.9", PatientID="another, and longer")
    files = files_of(tmp_path)
    assert firsts(duplicates.same_pixels(files), files) == {"c": "a"}
    assert firsts(duplicates.same_instance(files), files) == {}


def test_the_whole_of_the_pixels_is_compared(tmp_path):
    pixels = np.zeros((400, 400), np.uint16)
    for number, name in enumerate("abcd"):
        pixels[0, 0] = number // 2  # outside of the sample from the middle
        native.write_dicom(tmp_path / name, pixels, SOPInstanceUID=f"1.{number}")
    files = files_of(tmp_path)
    assert firsts(duplicates.same_pixels(files), files) == {"b": "a", "d": "c"}


def test_equal_bytes_of_another_shape_are_another_image(tmp_path):
    for number, shape in enumerate(((8, 6), (6, 8))):
        pixels = np.zeros(shape, np.uint16)
        native.write_dicom(tmp_path / f"{number}", pixels, SOPInstanceUID=f"1.{number}")
    files = files_of(tmp_path)
    assert firsts(duplicates.same_pixels(files), files) == {}


def test_rasters_are_copies_if_the_files_are_equal(tmp_path):
    for name, number in (("a.png", 1), ("b.pgm", 1), ("c.pgm", 2)):
        write_raster(tmp_path / name, number)
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "c.pgm", "e.pgm")
    files = files_of(tmp_path)
    assert firsts(duplicates.same_pixels(files), files) == {"b.pgm": "a.png", "e.pgm": "c.pgm"}


def test_only_what_may_be_equal_is_read(tmp_path, monkeypatch):
    for number in range(4):
        write_raster(tmp_path / f"{number}.pgm", number)
    (tmp_path / "3.pgm").write_bytes((tmp_path / "3.pgm").read_bytes() + b"\0")
    files = files_of(tmp_path)
    read = []
    opening = containers.open_binary
    monkeypatch.setattr(
        containers, "open_binary", lambda path: read.append(path.name) or opening(path)
    )
    duplicates.same_pixels(files)
    assert read == ["0.pgm", "1.pgm", "2.pgm"]  # once: their samples differ


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_file_that_has_gone_is_no_copy(tmp_path, name):
    for each in "ab":
        write_raster(tmp_path / each, 1)
    files = files_of(tmp_path)
    (tmp_path / name).unlink()
    assert firsts(duplicates.same_pixels(files), files) == {}

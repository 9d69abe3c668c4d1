import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakes import write_directory, write_mammogram
from mammo.datasets.institution import survey
from mammo.datasets.institution.survey import survey_folder
from mammo.images import dicom_header


def test_files_that_are_named_and_absent_are_counted(tmp_path):
    write_mammogram(tmp_path / "CD" / "IM" / "A1")
    write_mammogram(tmp_path / "A2", 1)
    write_directory(tmp_path / "CD", "IM/A1", "IM/A2", "A2", "A3")
    found = survey_folder(tmp_path)
    assert found.missing == [3]
    assert len(found.files) == 2  # the DICOMDIR is no image


def test_copies_of_discs_have_small_letters(tmp_path):
    write_mammogram(tmp_path / "im" / "a1")
    write_directory(tmp_path, "IM/A1").rename(tmp_path / "dicomdir")
    found = survey_folder(tmp_path)
    assert found.missing == [0] and len(found.files) == 1


def test_a_disc_in_an_archive(tmp_path):
    write_mammogram(tmp_path / "A1")
    directory = write_directory(tmp_path, "A1", "A2")
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        for file in (directory, tmp_path / "A1"):
            archive.write(file, file.name)
            file.unlink()
    assert survey_folder(tmp_path).missing == [1]


@pytest.mark.parametrize(
    "content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM\x02\0\0\0UL\x04"]
)
def test_a_damaged_directory_is_known_as_such(tmp_path, content):
    (tmp_path / "DICOMDIR").write_bytes(content)
    write_mammogram(tmp_path / "A1")
    found = survey_folder(tmp_path)
    assert len(found.files) == 1 and found.missing == [None]


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")  # as written here
def test_names_that_lead_elsewhere_are_absent(tmp_path):
    write_mammogram(tmp_path / "outside")
    directory = write_directory(tmp_path / "CD", "../outside", "/etc/passwd")
    assert survey.count_missing(directory, {survey.comparable(tmp_path / "outside")}) == 2


def test_a_directory_without_bounds_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_header, "MAX_HEADER_BYTES", 2_000)
    directory = write_directory(tmp_path, *(f"IM/A{number}" for number in range(100)))
    assert survey.count_missing(directory, ()) is None


@given(place=st.integers(132, 500), value=st.integers(0, 255), end=st.integers(0, 600))
def test_any_damage_is_a_number_or_none(tmp_path_factory, place, value, end):
    directory = write_directory(tmp_path_factory.mktemp("CD"), "A1", "A2")
    content = bytearray(directory.read_bytes())
    content[place % len(content)] = value
    directory.write_bytes(content[: max(end, 140)])
    assert survey.count_missing(directory, ()) in (0, 1, 2, None)

"""An institution's folder as a data set: found, read into a manifest, its places known again."""

from __future__ import annotations

import pytest

import native
from mammo import pseudonyms
from mammo.datasets import institution, manifest
from mammo.errors import DatasetError
from mammo.pseudonyms import pseudonym

NAMES = ("JANE DOE.dcm", "b", "c.dcm")
TABLE = (
    "image,patient_id,label\nJANE DOE.dcm,DOE^JANE,malignant\nb,ROE^ANN,benign\nc.dcm,ROE^ANN,\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three images of two patients; one has no label, one no suffix."""
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(tmp_path / "key"))
    return native.write_institution(tmp_path, TABLE, NAMES)


def test_folder_and_table_give_the_manifest(folder, tmp_path):
    assert institution.find(tmp_path) == folder
    frame = institution.load(folder).set_index("path")
    assert [frame.loc[str(folder / name), "label"] for name in NAMES[:2]] == [1, 0]
    assert frame.loc[str(folder / NAMES[2]), "excluded"]
    assert set(frame["laterality"]) == {"L"} and set(frame["view"]) == {"CC"}
    key = pseudonyms.local_key()
    assert frame.loc[str(folder / NAMES[0]), "patient_id"] == pseudonym(key, "patient", "DOE^JANE")


def test_what_is_kept_on_disk_names_nobody_and_the_places_are_found_again(folder):
    frame = institution.load(folder)
    kept = manifest.concealed(frame)
    for name in ("DOE", "ROE", "JANE", str(folder)):
        assert name not in kept.to_csv()
    places = institution.places(folder, "real")
    assert manifest.revealed(kept, places).equals(frame)
    (folder / NAMES[0]).unlink()
    with pytest.raises(DatasetError, match="is no longer there"):
        manifest.revealed(kept, institution.places(folder, "real"))


def test_a_folder_without_a_table_is_named(folder):
    (folder / "labels.csv").unlink()
    with pytest.raises(DatasetError, match="3 images and no table of labels"):
        institution.load(folder)

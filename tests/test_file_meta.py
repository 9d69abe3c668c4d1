"""The file meta information beside the data set: they have to say the same (DICOM PS3.10 7.1)."""

from pathlib import Path

import pydicom
import pytest
from pydicom import uid

import drawn
from intakes import take, the_finding
from mammo.datasets.institution.inspection import inspect
from mammo.errors import UnreadableImageError
from mammo.images import read_image
from mammo.images.elements import title

GREY = drawn.breast(60, 45)
FOR_PRESENTATION = uid.DigitalMammographyXRayImageStorageForPresentation
OTHER_KINDS = (
    uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.DigitalXRayImageStorageForProcessing,
    uid.BreastTomosynthesisImageStorage,
    uid.BreastProjectionXRayImageStorageForPresentation,
    uid.CTImageStorage,
    uid.EnhancedCTImageStorage,
    uid.MRImageStorage,
    uid.UltrasoundImageStorage,
    uid.NuclearMedicineImageStorage,
    uid.PositronEmissionTomographyImageStorage,
)
SAME_KIND = (
    uid.SecondaryCaptureImageStorage,
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation,
    uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
)


def write(path: Path, **elements: str | None) -> Path:
    """Write a mammogram; elements of the file meta information stand beside the data set's."""
    drawn.write(path, drawn.dataset(GREY, **drawn.WINDOW))
    ds = pydicom.dcmread(path)
    for keyword, value in elements.items():
        setattr(ds.file_meta if keyword.startswith("Media") else ds, keyword, value)
    ds.save_as(path)
    return path


@pytest.mark.parametrize("keyword", ["SOPClassUID", "MediaStorageSOPClassUID"])
@pytest.mark.parametrize("other", OTHER_KINDS, ids=lambda one: one.keyword)
def test_another_kind_of_image_in_either_place_is_refused(keyword, other, tmp_path):
    file = write(tmp_path / "a", **{keyword: other})
    excluded = str(inspect(file)["excluded"])
    with pytest.raises(UnreadableImageError) as raised:
        read_image(file)
    for name in ("SOPClassUID", "MediaStorageSOPClassUID"):
        assert title(name) in str(raised.value)
    if keyword == "MediaStorageSOPClassUID":  # else what the data set says stands first
        assert excluded in str(raised.value) and "export it again" in excluded


@pytest.mark.parametrize("other", OTHER_KINDS, ids=lambda one: one.keyword)
def test_another_kind_of_image_in_both_places_is_told_by_its_kind(other, tmp_path):
    file = write(tmp_path / "a", SOPClassUID=other, MediaStorageSOPClassUID=other, Modality="")
    excluded = str(inspect(file)["excluded"])
    assert excluded.startswith(("tomosynthesis", "a raw image", "modality"))
    with pytest.raises(UnreadableImageError):
        read_image(file)


@pytest.mark.parametrize("keyword", ["SOPClassUID", "MediaStorageSOPClassUID"])
@pytest.mark.parametrize("other", SAME_KIND, ids=lambda one: one.keyword)
def test_another_class_of_the_same_kind_is_read_and_told(keyword, other, tmp_path):
    file = write(tmp_path / "a.dcm", **{keyword: other})
    assert read_image(file).pixels.shape == GREY.shape
    found = the_finding(
        take(tmp_path, "image,label", "a,malignant"), title("MediaStorageSOPClassUID")
    )
    assert found.text.startswith(f"1 image whose {title('SOPClassUID')} is another")
    assert (found.severity, bool(found.remedy)) == ("warning", True)


@pytest.mark.parametrize("named", ["1.2.3.4", "1.2.3.5"])
def test_another_instance_is_told_and_the_data_sets_is_taken(named, tmp_path):
    write(tmp_path / "a.dcm", SOPInstanceUID="1.2.3.4", MediaStorageSOPInstanceUID="1.2.3.5")
    taken = take(tmp_path, "image,label", f"{named},malignant")
    assert len(taken.used) == (named == "1.2.3.4")
    if named == "1.2.3.4":
        found = the_finding(taken, title("MediaStorageSOPInstanceUID"))
        assert found.severity == "note" and "1.2.3" not in found.text


@pytest.mark.parametrize("place", ["SOP{}UID", "MediaStorageSOP{}UID"])
@pytest.mark.parametrize("what", ["Class", "Instance"])
def test_what_only_one_of_the_two_says_contradicts_nothing(place, what, tmp_path):
    file = write(tmp_path / "a", **{place.format(what): ""})
    row = inspect(file)
    assert (row["excluded"], row["has_other_class"], row["has_other_instance"]) == (
        None,
        False,
        False,
    )
    assert read_image(file).pixels.shape == GREY.shape

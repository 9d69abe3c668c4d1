import pytest

import native
from mammo.datasets.check import check_dataset
from mammo.errors import ParameterError


@pytest.fixture
def inbreast(tmp_path):
    """A small part of INbreast: one image in each class, one of BI-RADS 3, one missing."""
    rows = [
        (side, "CC", "201001", f"2267862{number}", "2", birads)
        for number, (side, birads) in enumerate(zip("RLRL", "1453", strict=True))
    ]
    root = tmp_path / "INbreast"
    native.write_inbreast_table(root, rows)
    for side, view, _, number, _, _ in rows[:2] + rows[3:]:
        native.write_inbreast_image(root / "AllDICOMs", number, "0123456789abcdef", side, view)
    return root


def found(report, severity):
    return [finding.text for finding in report.findings if finding.severity == severity]


def test_an_incomplete_set_is_usable_with_warnings(inbreast, tmp_path):
    report = check_dataset("inbreast", data_root=tmp_path)
    assert (report.place, report.status) == (inbreast, 1)
    assert found(report, "warning") == [
        "1 excluded: image file not found (22678622)",
        "3 images are there, of 410 in the release",
    ]
    assert found(report, "note")[0].startswith("1 excluded: BI-RADS 3 (")
    assert "1 malignant and 1 benign images can be used" in found(report, "ok")
    text = str(report)
    assert "-> complete the download, or correct the file names" in text
    assert "Licence: own terms" in text and "1. ask the Breast Research Group" in text
    assert text.endswith("inbreast is usable, but see the warnings.")
    assert report.counts.loc["images used"].tolist() == ["2", "387", "387"]
    assert report.counts.loc["malignant"].tolist() == ["1 (50.0%)", "100 (25.8%)", "(26%)"]


def test_a_whole_set_has_status_0(tmp_path):
    native.write_png(tmp_path / "a.png")
    native.write_png(tmp_path / "b.png", bits=8)
    (tmp_path / "labels.csv").write_text("image,patient_id,label\na.png,1,0\nb.png,2,1\n")
    report = check_dataset("institution", tmp_path)
    assert report.status == 0
    assert str(report).endswith("institution is usable.")
    assert "2 images do not say which breast they show" in str(report)


def test_one_class_alone_is_an_error(tmp_path):
    native.write_png(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("image,patient_id,label\na.png,1,0\n")
    report = check_dataset("institution", tmp_path)
    assert report.status == 2
    assert "both classes are needed" in str(report)
    assert report.counts["found"].tolist() == ["1", "1", "1", "0 (0.0%)", "1 (100.0%)"]


def test_an_absent_set_says_what_happens_and_how_to_get_it(tmp_path):
    report = check_dataset("mias", data_root=tmp_path)
    assert (report.place, report.status, report.counts) == (None, 2, None)
    assert "a study takes a synthetic set instead" in str(report)
    assert "run: mammo fetch mias" in str(report)
    assert str(tmp_path) in str(report) and "DATA_ROOT" not in str(report)


def test_a_broken_set_is_told_from_an_absent_one(tmp_path):
    (tmp_path / "mias").mkdir()
    report = check_dataset("mias", data_root=tmp_path)
    assert (report.place, report.status) == (tmp_path / "mias", 2)
    assert "holds no image mdbNNN.pgm" in str(report)


def test_a_path_that_is_no_folder_is_named(tmp_path):
    for name in ("cbis_ddsm", "inbreast", "mias", "institution"):
        report = check_dataset(name, tmp_path / "absent")
        assert report.status == 2
        assert f"{tmp_path / 'absent'} does not exist" in str(report)


def test_a_synthetic_set_is_called_so_and_not_compared(inbreast):
    (inbreast / "SYNTHETIC.txt").write_text("made")
    text = str(check_dataset("inbreast", inbreast))
    assert "the images are SYNTHETIC phantoms" in text
    assert "in the release" not in text


def test_faults_of_files_are_grouped_by_reason(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.dcm").write_bytes(bytes(128) + f"DICM{number}".encode())
    native.write_png(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text(
        "image,patient_id,label\na.png,1,0\n" + "".join(f"{n},1,1\n" for n in range(5))
    )
    (warning,) = found(check_dataset("institution", tmp_path), "warning")
    assert warning.startswith("5 excluded: the DICOM header is damaged (")
    assert ".dcm" not in warning and warning.endswith(", ...)")


def test_an_unknown_set_names_the_known_ones():
    with pytest.raises(ParameterError, match=r"'ddsm'.*cbis"):
        check_dataset("ddsm")


def test_real_cbis_tables_are_counted_without_images(real_data):
    report = check_dataset("cbis_ddsm", data_root=real_data)
    assert report.status == 2
    assert report.counts["in tables"].tolist() == report.counts["released"].tolist()
    assert "31 patients have images on both sides of the official split" in str(report)


def test_real_inbreast_table_is_counted_without_images(real_data):
    report = check_dataset("inbreast", data_root=real_data)
    assert report.counts["in tables"].tolist()[1:] == report.counts["released"].tolist()[1:]
    assert any(text.startswith("23 excluded: BI-RADS 3") for text in found(report, "note"))

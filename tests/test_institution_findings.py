import tarfile

import pytest

import hospital
from hospital import labels as tables
from intakes import said_by as said
from intakes import take, write_directory, write_mammogram, write_raster
from intakes import the_finding as the
from mammo.datasets.institution.findings import findings_of
from mammo.datasets.institution.intake import read_intake

IMAGES = "image,patient_id,label"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


@pytest.fixture
def folder(tmp_path):
    """Two patients with a left and a right image each."""
    for number in range(4):
        side = "LR"[number % 2]
        elements = {"PatientID": f"P{number // 2}", "StudyInstanceUID": f"1.5.{number // 2}"}
        write_mammogram(tmp_path / f"{number}", number, ImageLaterality=side, **elements)
    return tmp_path


def test_a_plain_set_is_without_complaints(folder):
    taken = take(folder, IMAGES, "0,a,1", "1,a,0", "2,b,0", "3,b,0")
    assert said(taken, "error") == said(taken, "warning") == said(taken, "note") == []
    assert said(taken, "ok") == [
        "1 malignant and 3 benign images can be used",
        "the table has one row per image",
        "label: taken for malignant '1' (1), for benign '0' (3)",
        "devices: HOLOGIC, Inc. (4)",
        "presentation: FOR PRESENTATION (4)",
        "encodings, all decodable here: Explicit VR Little Endian (4)",
        "photometric: MONOCHROME2 (4)",
        "bits stored: 16 (4)",
        "views: L CC (2), R CC (2)",
    ]


def test_the_worst_comes_first(made):
    order = [finding.severity for finding in findings_of(read_intake(made.folder))]
    assert order == sorted(order, key=("error", "warning", "note", "ok").index)
    assert {"warning", "note", "ok"} == set(order)


@pytest.mark.parametrize("labels", ["1", "0"])
def test_one_class_alone_is_an_error(folder, labels):
    word = {"1": "malignant", "0": "benign"}[labels]
    taken = take(folder, IMAGES, *(f"{number},p{number},{word}" for number in range(4)))
    assert said(taken, "error") == [
        f"{4 * int(labels)} malignant and {4 - 4 * int(labels)} benign images can be used"
    ]


def test_without_a_table_there_is_an_error(folder):
    found = the(take(folder), "there is no table of labels")
    assert (found.severity, found.remedy) == (
        "error",
        "name it with --labels; see mammo check --help",
    )


def test_an_empty_folder_has_findings(tmp_path):
    assert said(take(tmp_path), "ok") == []
    taken = take(tmp_path, IMAGES, "a,p,1", "b,q,0")
    assert len(said(taken, "error")) == 2


def test_a_table_of_other_images_says_how_they_are_named(folder):
    found = the(take(folder, IMAGES, "a,p,1", "b,q,0"), "no row of the table belongs to an image")
    assert found.severity == "error" and "SOP Instance UID" in found.remedy


def test_rows_without_image_name_their_lines(folder):
    taken = take(folder, IMAGES, "0,a,1", "1,a,0", "gone,b,0")
    assert the(taken, "1 row of the table without an image: line 4").severity == "warning"
    taken = take(folder, IMAGES, "0,a,1", "1,a,0", *(f"gone{n},b,0" for n in range(9)))
    the(taken, "9 rows of the table without an image: lines 4, 5, 6, 7, 8, 9, ...")


def test_images_without_row_are_counted(folder):
    taken = take(folder, IMAGES, "0,a,1", "1,a,0")
    found = the(taken, "2 files left out: no row in the table of labels")
    assert (found.severity, found.remedy[:22]) == ("warning", "add the images to the ")
    the(taken, "1 patient without any label")


def test_labels_that_differ_within_a_breast_are_told_and_used(folder):
    write_mammogram(folder / "4", 4, PatientID="P0", StudyInstanceUID="1.5.0", ViewPosition="MLO")
    taken = take(folder, IMAGES, "0,a,1", "4,a,0", "2,b,0")
    found = the(taken, "1 breast with malignant and benign images in one study")
    assert found.severity == "warning" and len(taken.used) == 3


def test_a_spoilt_table_of_a_hospital_has_one_such_breast(made, tmp_path):
    rows = tables.contradict(tables.of_images(made.images))
    table = tables.write_csv(rows, tmp_path / "labels.csv")
    found = the(
        read_intake(made.folder, table.path), "1 breast with malignant and benign images in"
    )
    assert found.severity == "warning"


def test_rows_that_differ_by_level(folder):
    taken = take(folder, IMAGES, "0,a,1", "0,a,0", "1,a,1", "2,b,0")
    assert the(taken, "1 image labelled in several ways by the table; left out").remedy
    taken = take(folder, "study_id,label", "1.5.0,1", "1.5.0,0", "1.5.1,0")
    the(taken, "1 study labelled in several ways by the table; malignant where any of its rows is")
    assert len(taken.used) == 4


def test_patients_that_the_table_parts(folder):
    taken = take(folder, IMAGES, "0,a,1", "1,b,0", "2,c,0", "3,c,0")
    found = the(taken, "1 patient by the headers, but several by the table")
    assert found.severity == "warning" and "too narrow" in found.remedy


def test_sides_and_views_that_contradict_each_other(folder):
    write_mammogram(folder / "4_R_MLO", 4, PatientID="P9")
    taken = take(folder, "image,patient_id,laterality,view,label", "0,a,R,MLO,1", "1,a,R,CC,0",
                 "4_R_MLO,c,L,CC,0")  # fmt: skip
    assert the(taken, "1 image with another side in the table than in the h").severity == "warning"
    view = the(taken, "1 image with another view in the table than in the header")
    assert (view.severity, view.remedy) == ("note", "the table's word is taken")
    assert the(taken, "1 image with another side in the file's name than st").severity == "warning"


def test_images_that_each_have_a_patient_of_their_own_are_told(folder):
    write_mammogram(folder / "4_R_MLO", 4, PatientID="P9")
    note = "every image has a Patient ID of its own"
    taken = take(folder, IMAGES, "0,a,1", "1,b,0", "4_R_MLO,c,0")
    assert the(taken, note).severity == "note" and "too narrow" in the(taken, note).remedy
    assert note not in said(take(folder, IMAGES, "0,a,1", "1,b,0", "4_R_MLO,b,0"), "note")


def test_unknown_sides_and_devices(tmp_path):
    for number in range(3):
        write_raster(tmp_path / f"{number}.pgm", number)
    taken = take(tmp_path, IMAGES, "0,a,1", "1,b,0", "2,b,0")
    assert said(taken, "note") == [
        "3 images from a device that is not named",
        "other formats: PGM (3)",
        "3 images without a side; the content decides how to turn them",
    ]
    assert "views: side not stated view not stated (3)" in said(taken, "ok")


def test_content_that_models_never_saw(folder):
    write_mammogram(folder / "4", 4, BreastImplantPresent="YES", BurnedInAnnotation="YES")
    write_mammogram(folder / "5", 5, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    write_mammogram(folder / "6", 6, ImageType=["DERIVED", "PRIMARY", "", "GENERATED_2D"])
    taken = take(folder, IMAGES, *(f"{number},,{number % 2}" for number in range(7)))
    assert said(taken, "warning") == [
        "1 image of breasts with implants",
        "1 image with burned-in text",
    ]
    assert "1 image stored as secondary captures" in said(taken, "note")
    assert "1 image synthesised from tomosynthesis" in said(taken, "note")


def test_what_could_not_be_read_is_counted_by_reason(folder):
    for name in ("a.zip", "b.zip"):
        (folder / name).write_bytes(b"PK\x03\x04 cut off")
    write_directory(folder, "0", "9", "8")
    write_directory(folder / "CD")
    (folder / "CD" / "DICOMDIR").write_bytes(b"nothing")
    taken = take(folder, IMAGES, "0,a,1", "1,b,0")
    assert the(taken, "2 folders or archives could not be read: damaged").severity == "warning"
    assert the(taken, "2 files that a DICOMDIR names cannot be found").severity == "warning"
    assert the(taken, "1 DICOMDIR could not be read").severity == "note"


def test_a_study_stands_for_a_patient_who_is_not_named(folder):
    """As in VinDr-Mammo: neither table nor header names a patient."""
    for number in range(4, 8):
        study = {"StudyInstanceUID": f"1.6.{number // 2}", "PatientID": ""}
        write_mammogram(folder / f"{number}", number, **study)
    taken = take(folder, "image,label", *(f"{number},{number % 2}" for number in range(4, 8)))
    assert the(taken, "4 images without a patient: each study counts as one").severity == "note"
    assert taken.used["patient_id"].nunique() == 2
    assert len(taken.used) == 4


def test_columns_that_are_not_used_are_listed(folder):
    taken = take(folder, "image,Fallnr,label,remark", "0,a,1,", "1,a,0,x", "2,b,0,", "3,b,0,")
    the(taken, "columns not used: 'Fallnr' (is it patient_id? --column patient_id Fallnr), 'rem")


def test_synthetic_images_are_called_so(folder):
    (folder / "SYNTHETIC.txt").write_text("made")
    taken = take(folder, IMAGES, "0,a,1", "1,b,0")
    assert "the images are SYNTHETIC phantoms, not patients" in said(taken, "note")


def test_equal_reasons_are_one_finding(folder):
    for name in ("4", "5"):
        write_mammogram(folder / name, 0)
    taken = take(folder, IMAGES, "0,a,1", "1,b,0", "2,c,0", "3,c,0")
    found = the(taken, "2 files left out: a copy of another image (same SOP instance)")
    assert found.severity == "warning"


@pytest.mark.parametrize("write", [tables.of_images, tables.of_breasts, tables.of_studies])
def test_nothing_that_identifies_is_said(made, tmp_path, write):
    table = tables.write_csv(write(made.images), tmp_path / "labels.csv")
    taken = read_intake(made.folder, table.path)
    told = "\n".join(f"{finding.text} {finding.remedy}" for finding in findings_of(taken))
    assert hospital.planted_in(told.encode(), made.planted) == []


@pytest.mark.parametrize(
    ("element", "value", "words"),
    [
        (
            "QualityControlImage",
            "YES",
            "1 image marked as quality control by Quality Control Image (0028",
        ),
        (
            "BodyPartExamined",
            "CHEST",
            "1 image of another part than the breast by Body Part Examined (0",
        ),
    ],
)
def test_what_may_show_no_breast_is_told(folder, element, value, words):
    write_mammogram(folder / "0", 0, PatientID="P0", **{element: value})
    taken = take(folder, IMAGES, "0,a,1", "1,a,0", "2,b,0", "3,b,0")
    found = the(taken, words)
    assert found.severity == "warning" and found.remedy and value not in found.text


def test_names_that_match_in_no_row_are_shown_by_how_they_are_made_up(folder):
    taken = take(folder, "patient_id,label", "SITE-01,1", "SITE-02,0")
    found = the(taken, "no row of the table belongs to an image")
    assert found.severity == "error"
    assert "The table's first is like 'AAAA-99', the first image's are like 'A9', '9.9.9'" in (
        found.remedy
    )


def test_an_archive_that_is_not_read_is_to_be_unpacked(folder):
    with tarfile.open(folder / "more.tar.gz", "w:gz") as archive:
        archive.add(folder / "0")
    found = the(
        take(folder, IMAGES, "0,a,1", "1,a,0", "2,b,0", "3,b,0"), "an archive that is not read"
    )
    assert found.severity == "warning" and found.remedy == "unpack these, if they hold images"


@pytest.mark.parametrize("other", ["p0", "P 0", " P0\u00a0", "P00"])
def test_patients_that_differ_in_their_spelling_alone_are_told(folder, other):
    write_mammogram(folder / "4", 4, PatientID=other, StudyInstanceUID="1.5.9")
    taken = take(folder, "image,label", "0,malignant", "1,0", "2,0", "3,0", "4,0")
    alike = [text for text in said(taken, "warning") if "differ only in capitals" in text]
    assert len(alike) == (other not in ("P 0",))
    assert taken.used["patient_id"].nunique() == 3


def test_an_examination_that_several_patients_share_is_one_of_each(folder):
    for number in range(4):
        write_mammogram(
            folder / f"{number}", number, PatientID=f"P{number // 2}", StudyInstanceUID="1.5"
        )
    taken = take(folder, "image,label", "0,malignant", "1,0", "2,0", "3,0")
    found = the(taken, "2 patients share a Study Instance UID with others")
    assert found.severity == "warning" and "study_id" in found.remedy
    assert taken.used.groupby("patient_id")["study_id"].nunique().tolist() == [1, 1]
    assert taken.used["study_id"].nunique() == 2

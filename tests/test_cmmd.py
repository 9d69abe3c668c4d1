import csv
import uuid
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import native
from mammo.datasets import cmmd, manifest
from mammo.datasets.card import Counts
from mammo.datasets.check import check_dataset
from mammo.datasets.check_report import counts_table
from mammo.datasets.cmmd_cases import find_table
from mammo.errors import DatasetError, ParameterError
from mammo.files.artifacts import Artifacts
from mammo.images import read_image
from mammo.paper.published import dataset_title
from mammo.parameters import Parameters
from mammo.study.locations import Locations

HEADER = ("ID1", "LeftRight", "Age", "number", "abnormality", "classification", "subtype")
ROWS = [
    ("D1-0001", "R", 44, 2, "calcification", "Benign", None),
    ("D1-0087", "L", 59, 2, "mass", "Benign", None),
    ("D1-0087", "R", 59, 2, "both", "Malignant", None),
    ("D2-0032", "L", 49, 2, "mass", "Malignant", "Luminal B"),
]
IMAGED = {"D1-0001": "R", "D1-0087": "LR", "D2-0032": "LR"}
VIEWS = {"CC": "399162004", "MLO": "399368009"}
DIRECTIONS = {"LCC": "A\\R", "LMLO": "A\\FR", "RCC": "P\\L", "RMLO": "P\\FL"}
MANIFEST = "manifest-1616439774456"
NO_RESULT = "no biopsy result: the breast has no row in CMMD_clinicaldata_revision"


def write_image(path: Path, patient: str, side: str, view: str, **elements: object) -> Path:
    """Write an image with the elements of CMMD's headers: dates moved, no view position."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = VIEWS[view], "SCT"
    code.CodeMeaning, code.ViewModifierCodeSequence = view, Sequence()
    standard = {
        "SOPClassUID": native.MAMMOGRAPHY,
        "SOPInstanceUID": f"1.3.6.1.4.1.14519.5.2.1.1239.1759.{uuid.uuid4().int}"[:64],
        "PatientID": patient,
        "ImageLaterality": side,
        "ViewCodeSequence": Sequence([code]),
        "PatientOrientation": DIRECTIONS[side + view].split("\\"),
        "PresentationIntentType": "FOR PRESENTATION",
        "StudyDate": "20100718",
        "AcquisitionDate": "20100718",
        "LongitudinalTemporalInformationModified": "MODIFIED",
        "Manufacturer": "",
        "ImagerPixelSpacing": [0.094090909, 0.094090909],
        "WindowCenter": 128,
        "WindowWidth": 256,
        "VOILUTFunction": "SIGMOID",
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
    }
    pixels = np.zeros((24, 20), np.uint8)
    pixels[4:20, :10] = np.arange(10, dtype=np.uint8) * 20 + 40
    return native.write_dicom(path, pixels, **standard | elements)


def descriptive(root: Path, patient: str, number: int) -> Path:
    series = root / "CMMD" / patient / "07-18-2010-NA-NA-79377" / "1.000000-NA-70244"
    return series / f"1-{number}.dcm"


def classic(root: Path, patient: str, number: int) -> Path:
    return root / "CMMD" / patient / "1.3.6.1.1" / "1.3.6.1.2" / f"00000{number}.dcm"


def flat(root: Path, patient: str, number: int) -> Path:
    return root / f"{uuid.uuid5(uuid.NAMESPACE_OID, f'{patient} {number}')}.dcm"


def write_workbook(folder: Path, rows=ROWS, name: str = "CMMD_clinicaldata_revision") -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    folder.mkdir(parents=True, exist_ok=True)
    book.save(folder / f"{name}.xlsx")
    return folder / f"{name}.xlsx"


def write_csv(folder: Path, rows=ROWS, name: str = "CMMD_clinicaldata_revision") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return folder / f"{name}.csv"


def write_release(root: Path, place=descriptive, imaged=IMAGED) -> Path:
    """Write CC and MLO of each side of each patient, in the order of the release."""
    for patient, sides in imaged.items():
        views = [(side, view) for side in sides for view in VIEWS]
        for number, (side, view) in enumerate(views, start=1):
            write_image(place(root, patient, number), patient, side, view)
    return root


@pytest.fixture
def release(tmp_path):
    """A small part of the release, as the NBIA Data Retriever and a browser leave it."""
    write_workbook(tmp_path / "cmmd")
    write_release(tmp_path / "cmmd" / MANIFEST)
    return tmp_path / "cmmd"


LAYOUTS = {
    "descriptive names": (f"cmmd/{MANIFEST}", descriptive, write_workbook, "cmmd"),
    "classic names": ("CMMD-download", classic, write_csv, "CMMD-download"),
    "manifest in the data root": (MANIFEST, descriptive, write_workbook, MANIFEST),
    "table beside the collection": ("", descriptive, write_csv, "CMMD"),
    "files by UUID": ("cmmd", flat, write_workbook, "cmmd"),
}


@pytest.mark.parametrize(("root", "place", "write_table", "found"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_manifest(tmp_path, root, place, write_table, found):
    write_release(tmp_path / root, place)
    write_table(tmp_path / root)
    assert cmmd.find(tmp_path) == tmp_path / found
    frame = cmmd.load(tmp_path / found).set_index("image_id")
    labels = {"D1-0001_R": 0, "D1-0087_L": 0, "D1-0087_R": 1, "D2-0032_L": 1}
    views = [f"{breast}_{view}" for breast in labels for view in VIEWS]
    used = manifest.used(frame)
    assert set(used.index) == set(views)
    assert used["label"].to_dict() == {image: labels[image.rsplit("_", 1)[0]] for image in views}
    other = frame.drop(index=views)
    assert set(other.index) == {"D2-0032_R_CC", "D2-0032_R_MLO"}
    assert all(reason.startswith(NO_RESULT) for reason in other["excluded"])
    assert frame["path"].map(Path).map(Path.is_file).all()


def test_facts_of_the_table_and_of_the_header(release):
    frame = cmmd.load(release).set_index("image_id")
    one = frame.loc["D1-0087_R_MLO"]
    assert (one["dataset"], one["source"], one["study_id"]) == ("cmmd", "real", "D1-0087_20100718")
    assert (one["patient_id"], one["laterality"], one["view"]) == ("D1-0087", "R", "MLO")
    assert (one["pathology"], one["lesion_type"]) == ("MALIGNANT", "mass|calcification")
    assert (one["bits_stored"], one["rows"], one["columns"]) == (8, 24, 20)
    assert one["photometric_interpretation"] == "MONOCHROME2"
    assert one["pixel_spacing_mm"] == pytest.approx(0.0941, abs=1e-4)
    assert one["manufacturer"] is None
    assert frame["acquisition_year"].isna().all(), "the dates are moved"


def test_the_images_are_read_as_mammograms(release):
    frame = manifest.used(cmmd.load(release))
    image = read_image(frame["path"].iloc[0])
    assert (image.laterality, image.view) == (frame["laterality"].iloc[0], frame["view"].iloc[0])
    assert image.pixels.shape == (24, 20)
    assert image.pixels.max() > image.pixels.min()


def test_examinations_of_other_dates_are_other_studies(release):
    file = next(release.rglob("*/D1-0001/**/1-1.dcm"))
    write_image(file, "D1-0001", "R", "CC", StudyDate="20110718")
    frame = cmmd.load(release)
    of_patient = frame[frame["patient_id"] == "D1-0001"]
    assert set(of_patient["study_id"]) == {"D1-0001_20110718", "D1-0001_20100718"}


def test_a_breast_is_malignant_if_any_of_its_rows_is(release):
    second = ("D1-0001", "R", 44, 2, "mass", "Malignant", None)
    third = ("D1-0001", "r", 44, 2, "calcification", "benign", None)
    write_workbook(release, [*ROWS, second, third])
    frame = cmmd.load(release).set_index("patient_id").loc["D1-0001"]
    assert frame["label"].tolist() == [1, 1]
    assert set(frame["pathology"]) == {"BENIGN|MALIGNANT"}
    assert set(frame["lesion_type"]) == {"calcification|mass"}


def test_stated_images_that_are_not_there_have_a_row(release):
    write_workbook(release, [*ROWS, ("D1-0099", "L", 50, 2, "mass", "Malignant", None)])
    next(release.rglob("*/D1-0001/**/1-2.dcm")).unlink()
    frame = cmmd.load(release).set_index("image_id")
    absent = frame[frame["path"].isna()]
    assert absent["excluded"].to_dict() == {
        "D1-0001_R_absent_2": "image file not found: 1 of 2 of the breast's images are there",
        "D1-0099_L_absent_1": "image file not found: 0 of 2 of the breast's images are there",
        "D1-0099_L_absent_2": "image file not found: 0 of 2 of the breast's images are there",
    }
    assert absent["label"].tolist() == [0, 1, 1]
    assert frame.loc["D1-0001_R_CC", "excluded"] is None


def test_more_images_than_stated_leave_the_side_in_doubt(release):
    write_image(descriptive(release / MANIFEST, "D1-0001", 3), "D1-0001", "R", "CC")
    frame = cmmd.load(release).set_index("image_id")
    reason = "more images of the breast than the table states: 3 of 2"
    assert frame[frame["excluded"] == reason].index.tolist() == [
        "D1-0001_R_CC",
        "D1-0001_R_MLO",
        "D1-0001_R_CC_2",
    ]


def test_one_image_of_two_patients_is_not_used(tmp_path):
    rows = [
        ("D1-0808", "R", 45, 2, "mass", "Benign", None),
        ("D1-1292", "R", 45, 2, "mass", "Malignant", None),
        ("D2-0284", "L", 38, 2, "both", "Malignant", "Luminal A"),
    ]
    write_workbook(tmp_path, rows)
    imaged = {"D1-0808": "R", "D1-1292": "R", "D2-0284": "LR"}
    frame = cmmd.load(write_release(tmp_path, imaged=imaged)).set_index("image_id")
    reasons = frame["excluded"].dropna()
    shared = "the same pixels as an image of another patient: "
    assert reasons["D1-0808_R_CC"] == f"{shared}D1-1292_R_CC"
    assert reasons["D1-1292_R_CC"] == f"{shared}D1-0808_R_CC"
    assert reasons["D2-0284_R_MLO"] == f"{shared}D1-0202_R_MLO"
    assert set(manifest.used(frame).index) == {"D1-0808_R_MLO", "D1-1292_R_MLO"}


def test_the_folder_tells_the_patient_where_the_header_does_not(release):
    file = next(release.rglob("*/D1-0001/**/1-1.dcm"))
    write_image(file, "", "R", "CC", StudyDate="")
    row = cmmd.load(release).set_index("image_id").loc["D1-0001_R_CC"]
    assert (row["label"], row["study_id"]) == (0, "D1-0001")


DOUBTS = {
    "another patient": ({"PatientID": "D1-0087"}, "the patient differs between header and folder"),
    "no side": ({"ImageLaterality": ""}, "the header does not say whose breast it shows, or which"),
    "raw": ({"PresentationIntentType": "FOR PROCESSING"}, "a raw image FOR PROCESSING"),
}


@pytest.mark.parametrize(("elements", "reason"), DOUBTS.values(), ids=DOUBTS)
def test_a_doubtful_header_costs_its_image_only(release, elements, reason):
    file = next(release.rglob("*/D1-0001/**/1-1.dcm"))
    write_image(file, "D1-0001", "R", "CC", **elements)
    frame = cmmd.load(release)
    (found,) = frame.loc[frame["path"] == str(file), "excluded"]
    assert found.startswith(reason)
    assert len(manifest.used(frame)) == 7


def test_an_unreadable_file_costs_its_image_only(release):
    file = next(release.rglob("*/D1-0001/**/1-1.dcm"))
    file.write_bytes(b"not DICOM")
    frame = cmmd.load(release)
    row = frame[frame["path"] == str(file)].iloc[0]
    assert row["image_id"] == file.relative_to(release).as_posix()
    assert row["excluded"]
    assert len(manifest.used(frame)) == 7


def test_a_second_copy_of_an_image_is_refused(release):
    file = next(release.rglob("*.dcm"))
    (release / "copy.dcm").write_bytes(file.read_bytes())
    with pytest.raises(DatasetError, match="same image"):
        cmmd.load(release)


def test_another_collection_beside_it_is_no_part_of_it(tmp_path):
    other = tmp_path / "manifest-1" / "CBIS-DDSM" / "Calc-Training_P_1_LEFT_CC"
    write_image(other / "1-1.dcm", "Calc-Training_P_1_LEFT_CC", "L", "CC")
    assert cmmd.find(tmp_path) is None
    write_workbook(tmp_path / "manifest-1")
    write_release(tmp_path / "manifest-1")
    assert cmmd.find(tmp_path) == tmp_path / "manifest-1"
    assert set(cmmd.load(tmp_path / "manifest-1")["patient_id"]) == set(IMAGED)


def test_the_label_rule_is_a_parameter(release):
    frame = cmmd.load(release, positive=("benign",), negative=("malignant",))
    assert frame.set_index("image_id").loc["D1-0001_R_CC", "label"] == 1
    with pytest.raises(ParameterError, match="'benign'"):
        cmmd.load(release, positive=("benign",))


def test_a_classification_outside_the_rule_names_file_line_and_value(release):
    table = write_workbook(release, [*ROWS, ("D1-0002", "L", 40, 2, "mass", "Normal", None)])
    with pytest.raises(DatasetError, match=rf"{table.name}, line 6: label 'normal'"):
        cmmd.load(release)


FAULTS = {
    "no patient": (("", "L", 40, 2, "mass", "Benign", None), "name no breast"),
    "no side": (("D1-0002", "B", 40, 2, "mass", "Benign", None), "LeftRight 'B' name no breast"),
    "no number": (("D1-0002", "L", 40, "two", "mass", "Benign", None), "'two' is no number of"),
}


@pytest.mark.parametrize(("row", "message"), FAULTS.values(), ids=FAULTS)
def test_a_row_that_says_nothing_is_named(release, row, message):
    write_csv(release, [*ROWS, row])
    (release / "CMMD_clinicaldata_revision.xlsx").unlink()
    with pytest.raises(DatasetError, match=rf"revision\.csv, line 6: .*{message}"):
        cmmd.load(release)


def test_the_revision_and_the_workbook_come_first(tmp_path):
    first = write_workbook(tmp_path, name="CMMD_clinicaldata")
    assert find_table([first], tmp_path) == first
    saved = write_csv(tmp_path)
    assert find_table([first, saved], tmp_path) == saved
    revision = write_workbook(tmp_path)
    deeper = write_workbook(tmp_path / "old")
    assert find_table([deeper, first, saved, revision], tmp_path) == revision


def test_missing_parts_are_named(tmp_path):
    root = tmp_path / "data" / "cmmd"
    root.mkdir(parents=True)
    assert cmmd.find(tmp_path / "data") == root
    with pytest.raises(DatasetError, match=r"CMMD_clinicaldata_revision\.xlsx"):
        cmmd.load(root)
    table = write_csv(root)
    assert cmmd.find(tmp_path / "data") is None, "the table alone is not the set"
    with pytest.raises(DatasetError, match="no CMMD image"):
        cmmd.load(root)
    table.write_text("ID1,classification\nD1-0001,Benign\n")
    with pytest.raises(DatasetError, match=r"\['leftright', 'number', 'abn"):
        cmmd.tables(root)


def test_the_table_alone_describes_the_set(release):
    frame = cmmd.tables(release)
    assert len(frame) == 8
    assert frame["study_id"].nunique() == 3
    assert frame["label"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert frame["excluded"].str.startswith("image file not found").all()


def test_a_marked_folder_is_synthetic(release):
    (release / "SYNTHETIC.txt").write_text("")
    assert set(cmmd.load(release)["source"]) == {"synthetic"}


def test_the_card_says_whose_numbers_these_are():
    card = cmmd.CARD
    assert card.published == Counts(), "the paper prints nothing of CMMD"
    assert "not the paper's" in card.use
    assert card.released.malignant + card.released.benign == card.released.images
    stated, unknown, twins = 2 * 1872, 1458, 2 * len(cmmd.SAME_PIXELS)
    assert card.released.images_total == stated + unknown
    assert card.released.images == stated - twins + 2, "D2-0284's right breast has no row"


def test_counts_stand_beside_those_of_the_release(release):
    table = counts_table(cmmd.load(release), cmmd.CARD, "found")
    assert table.loc["images used"].tolist() == ["8", "3,736", "-"]


def test_it_takes_the_place_of_an_absent_institution_under_its_own_name(release, tmp_path):
    places = Locations(Parameters(data_root=str(tmp_path)), Artifacts(tmp_path / "artifacts"))
    assert places.in_place_of("institution") == "cmmd"
    assert places.in_place_of("mias") == "mias"
    assert (places.of("cmmd").path, places.of("cmmd").source) == (release, "real")
    assert dataset_title("cmmd") == "CMMD (in place of UKy)"
    (tmp_path / "institution").mkdir()
    assert places.in_place_of("institution") == "institution"


def test_a_check_says_what_is_there_and_what_the_table_leaves_out(release):
    report = check_dataset("cmmd", release)
    (note,) = [found for found in report.findings if "no biopsy result" in found.text]
    assert note.severity == "note" and note.text.startswith("2 excluded")
    assert "10 images are there, of 5202 in the release" in str(report)

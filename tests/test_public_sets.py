"""Public sets in an institution's place, as they are downloaded: their tables' headers are real.

Sources of the headers: RSNA/AI-Challenge-Data's wiki; physionet.org/content/vindr-mammo/1.0.0;
Emory-HITI/EMBED_Open_Data; TCIA's pages of CMMD and CDD-CESM; INbreast's release. What stands below
them is made up.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

import drawn
from intakes import said_by, the_finding, write_mammogram
from mammo.datasets import institution, manifest
from mammo.datasets.institution.intake import read_intake
from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError
from mammo.hospital import preflight

Rows = Sequence[str]
N_PATIENTS = 6
VIEWS = [(side, view) for side in "LR" for view in ("CC", "MLO")]


def exams() -> Iterator[tuple[int, int, str, str, bool]]:
    """Yield number, patient, side, view and whether it is malignant, of each image."""
    for patient in range(N_PATIENTS):
        for place, (side, view) in enumerate(VIEWS):
            yield 4 * patient + place, patient, side, view, patient % 2 == 0 and side == "L"


def write_csv(path: Path, header: str, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def rsna(root: Path) -> tuple[Path, Path]:
    rows = []
    for number, patient, side, view, malignant in exams():
        write_mammogram(
            root / "train_images" / f"{10006 + patient}" / f"{462822612 + number}.dcm", number,
            PatientID=f"{10006 + patient}", ImageLaterality=side, ViewPosition=view,
            PresentationIntentType=None, Manufacturer=None, StudyInstanceUID=None,
        )  # fmt: skip
        cancer = int(malignant)
        rows.append(
            f"2,{10006 + patient},{462822612 + number},{side},{view},61.0,{cancer},{cancer},"
            f"{cancer},{'' if malignant else 1},0,B,29,False"
        )
    return root / "train_images", write_csv(
        root / "train.csv",
        "site_id,patient_id,image_id,laterality,view,age,cancer,biopsy,invasive,BIRADS,implant,"
        "density,machine_id,difficult_negative_case",
        rows,
    )


def rsna_as_png(root: Path) -> tuple[Path, Path]:
    """As notebooks on Kaggle export it: one folder of PNG, named by patient and image."""
    _, table = rsna(root)
    folder = root / "png"
    folder.mkdir()
    for number, patient, *_ in exams():
        image = Image.new("L", (6, 8), number)
        image.save(folder / f"{10006 + patient}_{462822612 + number}.png")
    return folder, table


def vindr(root: Path) -> tuple[Path, Path]:
    rows = []
    for number, patient, side, view, malignant in exams():
        study, image = f"{patient:032x}", f"{0xABC0 + number:032x}"
        write_mammogram(
            root / "images" / study / f"{image}.dicom", number, PatientID=None,
            ImageLaterality=side, ViewPosition=view, StudyInstanceUID=None,
        )  # fmt: skip
        birads = 5 if malignant else 1 + patient % 3
        rows.append(
            f"{study},{number:032x},{image},{side},{view},3518,2800,BI-RADS {birads},"
            f"DENSITY {'ABCD'[patient % 4]},{'training' if patient else 'test'}"
        )
    return root / "images", write_csv(
        root / "breast-level_annotations.csv",
        "study_id,series_id,image_id,laterality,view_position,height,width,breast_birads,"
        "breast_density,split",
        rows,
    )


EMBED = (
    ",empi_anon,acc_anon,study_date_anon,desc,numfind,tissueden,asses,side,massshape,massmargin,"
    "massdens,calcfind,calcdistri,bside,technique,path1,path_severity,GENDER_DESC,"
    "ETHNIC_GROUP_DESC,age_at_study,total_L_find,total_R_find"
)


def embed(root: Path) -> tuple[Path, Path]:
    """A finding a row: none on the benign sides, two on a malignant one, no side without any."""
    for number, patient, side, view, _ in exams():
        study = f"1.2.847.{patient}"
        write_mammogram(
            root / "images" / "cohort_1" / f"{10000 + patient}" / study / f"{study}.{number}.dcm",
            number, PatientID=f"{10000 + patient}", AccessionNumber=f"{7700 + patient}",
            StudyInstanceUID=study, ImageLaterality=side, ViewPosition=view,
        )  # fmt: skip
    rows = []
    for patient in range(N_PATIENTS):
        exam = f"{10000 + patient},{7700 + patient},2014-05-06,MG Diagnostic"
        end = "Female,Non-Hispanic,57.3,1,0"
        if patient % 2 == 0:
            rows.append(f"{len(rows)},{exam},1,2,S,L,O,S,+,,,L,BX,ID,0.0,{end}")
            rows.append(f"{len(rows)},{exam},2,2,B,L,,,,,,,,,,{end}")
            rows.append(f"{len(rows)},{exam},3,2,N,R,,,,,,,,,,{end}")
        else:
            rows.append(f"{len(rows)},{exam},1,2,N,,,,,,,,,,,{end}")
    table = write_csv(root / "tables" / "EMBED_OpenData_clinical.csv", EMBED, rows)
    return root / "images", table


def write_workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def cmmd(root: Path) -> tuple[Path, Path]:
    """One patient with a benign and a malignant breast (D1-0087's case), others with one row."""
    rows = [["ID1", "LeftRight", "Age", "number", "abnormality", "classification", "subtype"]]
    for number, patient, side, view, malignant in exams():
        name = f"D1-{87 + patient:04d}"
        study = root / "CMMD" / name / "07-18-2010-NA-NA-79377" / "1.000000-NA-70244"
        write_mammogram(
            study / f"1-{number % 4 + 1}.dcm", number, PatientID=name, ImageLaterality=side,
            ViewPosition=view, StudyInstanceUID=f"1.3.6.{patient}",
        )  # fmt: skip
        if view == "CC" and (side == "L" or patient == 0):
            words = "Malignant" if malignant else "Benign"
            rows.append([name, side, 59, 2, "mass", words, "Luminal B" if malignant else None])
    table = write_workbook(root / "CMMD_clinicaldata_revision.xlsx", Sheet1=rows)
    return root / "CMMD", table


def cdd_cesm(root: Path) -> tuple[Path, Path]:
    """A workbook of several sheets; its rows name low-energy and subtracted images."""
    header = ["Image_name", "Patient_ID", "Side", "Type", "Age", "Breast density (ACR)", "BIRADS",
              "Findings", "View", "Tags", "Machine",
              "Pathology Classification/ Follow up"]  # fmt: skip
    rows: list[list[object]] = [header]
    folder = root / "Low energy images of CDD-CESM"
    folder.mkdir(parents=True)
    for number, patient, side, view, malignant in exams():
        words = "Malignant" if malignant else ("Normal", "Benign")[patient % 2]
        for kind in ("DM", "CM"):
            name = f"P{patient + 1}_{side}_{kind}_{view}"
            rows.append([
                f"{name} " if number == 3 else name, patient + 1, side,
                "DM" if kind == "DM" else "CESM", 52, "C" if kind == "DM" else "_",
                "4$2" if malignant else 1, "Mass", view, None, 1, words,
            ])  # fmt: skip
        pixels = Image.new("L", (60, 80), 0)
        pixels.paste(40 + 4 * number, (0, 10, 40, 70))
        pixels.save(folder / f"P{patient + 1}_{side}_DM_{view}.jpg", quality=95)
    mass = [["Image_name", "Mass shape"], ["P1_L_DM_CC", "Irregular"]]
    table = write_workbook(
        root / "Radiology-manual-annotations.xlsx", all=rows, mass_description=mass
    )
    return folder, Path(f"{table}[all]")


SETS: dict[str, tuple[Callable[[Path], tuple[Path, Path]], tuple[int, int]]] = {
    "RSNA": (rsna, (6, 18)),
    "RSNA as PNG": (rsna_as_png, (6, 18)),
    "VinDr-Mammo": (vindr, (6, 12)),  # BI-RADS 3 is neither class
    "EMBED": (embed, (6, 18)),
    "CMMD": (cmmd, (6, 8)),  # other breasts have no biopsy
    "CDD-CESM": (cdd_cesm, (6, 18)),
}


@pytest.mark.parametrize("name", SETS)
def test_a_public_set_is_taken_as_it_is_downloaded(tmp_path, monkeypatch, name):
    # These images are too small to show a breast; what is tried of images has its own tests.
    monkeypatch.setattr(preflight, "tried", lambda intake: (intake, ()))
    write, expected = SETS[name]
    folder, table = write(tmp_path)
    found = preflight.of_folder(folder, table, {})
    counts = found.report.counts["usable"]
    assert (counts["malignant images"], counts["benign images"]) == expected
    assert counts["patients"] == N_PATIENTS - (name == "VinDr-Mammo")
    assert found.report.status < 2


@pytest.mark.parametrize("name", SETS)
def test_what_check_calls_usable_is_loaded(tmp_path, name):
    folder, table = SETS[name][0](tmp_path)
    rows = manifest.used(institution.load(folder, table=str(table)))
    assert (rows["label"].sum(), (rows["label"] == 0).sum()) == SETS[name][1]
    assert rows["patient_id"].notna().all()


def test_each_image_of_rsna_has_its_own_label_and_facts(tmp_path):
    folder, table = rsna(tmp_path)
    taken = read_intake(folder, table)
    assert not taken.notes and len(taken.absent) == 0
    assert said_by(taken, "ok")[2].startswith("label: taken for malignant '1' (6), for benign '0'")
    unused = the_finding(taken, "columns not used").text
    assert unused.count("'") == 12 and "difficult_negative_case" in unused


def test_studies_of_vindr_stand_for_patients_and_that_is_said(tmp_path):
    taken = read_intake(*vindr(tmp_path))
    the_finding(taken, "18 images without a patient: each study counts as one")
    assert the_finding(taken, "labels are BI-RADS").severity == "note"
    assert set(taken.used["density"]) == set("abcd")


def test_findings_of_embed_are_put_together_by_breast(tmp_path):
    taken = read_intake(*embed(tmp_path))
    assert taken.labels.level == "breast"
    malignant = taken.used[taken.used["label"] == 1]
    assert set(malignant["laterality"]) == {"L"} and malignant["patient"].nunique() == 3
    the_finding(taken, "benign rows without a side label both breasts: 3")


def test_the_severity_of_embed_is_no_label_as_it_stands(tmp_path):
    folder, table = embed(tmp_path)
    columns = {"label": "path_severity"}
    with pytest.raises(DatasetError, match=r"'path_severity' counts otherwise.*0 is invasive"):
        read_intake(folder, table, LabelLayout(columns=columns))
    said = {"positive": ["0", "1"], "negative": ["4", "5"], "excluded": ["2", "3", "6"]}
    taken = read_intake(folder, table, LabelLayout(columns=columns, **said))
    assert taken.used["label"].eq(1).all() and len(taken.used) == 6


def test_several_findings_an_image_of_embed_name_the_option_that_there_is(tmp_path):
    folder, table = rsna(tmp_path)
    with table.open("a") as file:
        file.write("2,10006,462822612,L,CC,61.0,0,0,0,1,0,B,29,False\n")
    assert "choose --per breast" in the_finding(read_intake(folder, table), "more than once").text
    taken = read_intake(folder, table, LabelLayout(level="breast"))
    assert taken.used["label"].sum() == 6 and len(taken.used) == 24


def test_the_other_breast_of_a_patient_of_cmmd_has_its_own_label(tmp_path):
    """https://github.com/nyukat/mammography_metarepository/issues/33"""
    taken = read_intake(*cmmd(tmp_path))
    first = taken.used[taken.used["patient"] == "D1-0087"]
    assert first.groupby("laterality")["label"].max().to_dict() == {"L": 1, "R": 0}


def test_a_workbook_of_several_sheets_names_what_to_add(tmp_path):
    folder, table = cdd_cesm(tmp_path)
    bare = Path(str(table).removesuffix("[all]"))
    with pytest.raises(DatasetError, match=r"as 'Radiology-manual-annotations.xlsx\[all\]'"):
        read_intake(folder, bare)
    taken = read_intake(folder, table)
    the_finding(taken, "24 rows of the table without an image")
    assert set(taken.used["density"]) == {"c"}


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("quality", [60, 95])
def test_breasts_of_cdd_cesm_are_prepared_as_they_are_shipped(tmp_path, mode, quality):
    """JPEGs of 8 bits, in grey or with three channels of it, on air that is black but for noise."""
    folder, table = cdd_cesm(tmp_path)
    for number, patient, side, view, _ in exams():
        grey = drawn.breast(240, 130, number) >> 4
        grey = grey if side == "L" else grey[:, ::-1]
        image = Image.fromarray(grey.astype("uint8")).convert(mode)
        image.save(folder / f"P{patient + 1}_{side}_DM_{view}.jpg", quality=quality)
    found = preflight.of_folder(folder, table, {})
    usable = found.report.counts["usable"]
    assert (usable["malignant images"], usable["benign images"]) == SETS["CDD-CESM"][1]
    assert found.report.status == 1  # of rows that speak of subtracted images


def test_names_of_inbreast_begin_with_those_of_its_table(tmp_path):
    """Its table has 'removed' for every patient; the file's name holds more than the table's."""
    rows = []
    for number, patient, side, view, malignant in exams():
        name = f"{20586908 + number}_6c613a14b80a85{patient:02x}_MG_{side}_{view}_ANON.dcm"
        write_mammogram(
            tmp_path / "AllDICOMs" / name, number, PatientID=None,
            StudyInstanceUID=f"1.2.{patient}", ImageLaterality=side,
        )  # fmt: skip
        birads = "4a" if malignant else 2
        rows.append(
            f"removed;removed;{side};{view};201001;{20586908 + number};{1 + patient % 4};{birads}"
        )
    table = write_csv(
        tmp_path / "INbreast.csv",
        "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads",
        rows,
    )
    taken = read_intake(tmp_path / "AllDICOMs", table)
    assert len(taken.used) == 24 and taken.used["label"].sum() == 6
    assert taken.used["patient_id"].nunique() == N_PATIENTS
    the_finding(taken, "24 rows of the table name images otherwise than they are written")


def test_the_readme_has_the_command_of_each_set():
    readme = Path(__file__).parents[1] / "README.md"
    commands = re.findall(r"`mammo check institution ([^`]+)`", readme.read_text(encoding="utf-8"))
    told = " ".join(commands)
    for folder, table in (
        ("train_images", "train.csv"),
        ("images", "breast-level_annotations.csv"),
        ("images", "EMBED_OpenData_clinical.csv"),
        ("CMMD", "CMMD_clinicaldata_revision.xlsx"),
        ("'Low energy images of CDD-CESM'", "'Radiology-manual-annotations.xlsx[all]'"),
    ):
        assert f"{folder} --labels" in told and table in told

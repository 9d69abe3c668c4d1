"""What a hospital is told of its data before a model sees them."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

import drawn
import hospital
from intakes import take, write_mammogram, write_raster
from mammo.datasets import institution, manifest
from mammo.datasets.institution.intake import Intake
from mammo.errors import DatasetError
from mammo.evaluation.planning import expected_half_width, hanley_mcneil_standard_error
from mammo.files import pseudonyms
from mammo.hospital import preflight, trial
from mammo.hospital.preflight import ASSUMED_AUROC, ASSUMED_INTERNAL, Preflight


@pytest.fixture(autouse=True)
def _own_key(tmp_path, monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(tmp_path / "key"))


@pytest.fixture
def folder(tmp_path):
    """Eight images of four patients."""
    root = tmp_path / "images"
    for number in range(8):
        write_mammogram(root / f"{number}", number, PatientID=f"P{number // 2}")
    return root


LABELS = [f"{number},{number % 4 == 0:d}" for number in range(8)]
"""One of the two images of the first and of the third patient is malignant."""


def checked(folder, *lines: str) -> Preflight:
    return preflight.preflight(take(folder, *lines))


def test_a_set_with_both_classes_is_usable(folder):
    found = checked(folder, "image,label", *LABELS)
    assert found.report.status == 1  # since images of one breast have both labels
    assert found.exclusions.empty
    text = str(found.report)
    assert text.startswith(f"your data: {folder.resolve()}")
    assert "2 malignant and 6 benign images can be used" in text
    assert text.endswith("your data is usable, but see the warnings.")


def test_what_is_expected_counts_images_and_patients(folder):
    expected = checked(folder, "image,label", *LABELS).expected
    assert expected.by_image == expected_half_width(ASSUMED_AUROC, 2, 6)
    assert expected.by_patient == expected_half_width(ASSUMED_AUROC, 2, 2)
    assert expected.by_image < expected.by_patient
    assert expected.detectable > ASSUMED_AUROC - 0.5  # two patients with cancer show nothing


def test_more_cases_tell_more(tmp_path):
    def words(patients: int) -> tuple[Preflight, str]:
        root = tmp_path / f"{patients}"
        for number in range(patients):
            write_mammogram(root / f"{number}", number)
        lines = [f"{number},{number % 2}" for number in range(patients)]
        found = checked(root, "image,label", *lines)
        return found, found.report.findings[-1].text

    few, said_of_few = words(8)
    more, said_of_more = words(120)
    assert more.expected.by_patient < few.expected.by_patient
    # By the definition of power: 80% at two-sided 5%.
    internal = hanley_mcneil_standard_error(ASSUMED_AUROC, *ASSUMED_INTERNAL)
    drop = more.expected.detectable
    external = hanley_mcneil_standard_error(ASSUMED_AUROC - drop, 60, 60)
    assert drop == pytest.approx((1.959964 + 0.841621) * np.hypot(internal, external), rel=1e-5)
    assert "not even a drop to guessing would be detected" in said_of_few
    assert (few.expected.malignant_patients, more.expected.malignant_patients) == (4, 60)
    assert few.expected.for_area == more.expected.for_area > 60  # patients are alike
    assert (
        f"It takes {more.expected.for_area:.0f} patients with cancer to show an auROC of at least "
        f"0.7, and {more.expected.for_drop:,.0f} to exclude a drop of 0.05; there are 60 (all"
    ) in said_of_more
    assert "an internal set that is assumed to have 400 malignant and 400 benign" in said_of_more
    assert f"±{more.expected.by_image:.2f} if every image told for itself" in said_of_more
    assert f"that one test detects is {drop:.2f}" in said_of_more
    assert more.report.status == 0 and str(more.report).endswith("your data is usable.")


def images(malignant: int, benign: int, beside: int = 0) -> pd.DataFrame:
    """Two images a patient; of those with a malignant one, so many a benign one beside it."""
    rows = [(f"m{patient}", label) for patient in range(malignant) for label in (1, 1)]
    rows += [(f"m{patient}", 0) for patient in range(malignant) for _ in range(beside)]
    rows += [(f"b{patient}", 0) for patient in range(benign) for _ in range(2)]
    return pd.DataFrame(rows, columns=["patient_id", "label"])


def test_other_breasts_of_patients_with_cancer_count_as_benign_images():
    """With 98 patients with cancer and 29 without, most benign images are of other breasts."""
    without, beside = (preflight.precision_to_expect(images(98, 29, n)) for n in (0, 2))
    assert beside.for_area < 0.75 * without.for_area
    assert beside.detectable < without.detectable


def test_a_drop_starts_from_the_internal_set_that_there_is():
    used, internal = images(300, 300), images(34, 44)
    assumed, known = (preflight.precision_to_expect(used, one) for one in (None, internal))
    assert assumed.detectable < known.detectable
    assert np.isfinite(assumed.for_drop) and np.isinf(known.for_drop)
    assert assumed.for_area == known.for_area
    text = preflight.expectation(known).text
    assert "and more than can be had to exclude a drop of 0.05" in text
    assert "drops are from the internal set's 68 malignant and 88 benign images" in text


@pytest.mark.parametrize(("malignant", "is_warned"), [(9, True), (10, False)])
def test_fewer_than_ten_patients_of_a_class_settle_nothing(tmp_path, malignant, is_warned):
    """Two images a patient: eighteen malignant images of nine patients are not enough."""
    patients, root = malignant + 12, tmp_path / "images"
    for number in range(2 * patients):
        write_mammogram(root / f"{number}", number, PatientID=f"P{number // 2}")
    lines = [f"{number},{number < 2 * malignant:d}" for number in range(2 * patients)]
    report = checked(root, "image,label", *lines).report
    text = f"patients with a malignant image: {malignant}; fewer than 10 settle nothing"
    assert (text in str(report)) == is_warned
    assert ("your data is usable, but see the warnings" in str(report)) >= is_warned


@pytest.mark.parametrize("labels", ["malignant", "benign"])
def test_one_class_alone_is_not_usable(folder, labels):
    found = checked(folder, "image,label", *(f"{number},{labels}" for number in range(8)))
    assert (found.report.status, found.expected) == (2, None)
    assert "both classes are needed" in str(found.report)


def test_patients_of_one_kind_alone_expect_nothing(folder):
    lines = [f"{number},{number % 2}" for number in range(8)]
    assert checked(folder, "image,label", *lines).expected is None


def test_without_labels_it_is_not_usable(folder):
    found = checked(folder)
    assert (found.report.status, found.expected, len(found.exclusions)) == (2, None, 8)


def test_exclusions_are_a_table_that_no_spreadsheet_computes(folder):
    write_raster(folder / "=cmd.pgm", 1)
    found = checked(folder, "image,label", *LABELS, "=HYPERLINK(1),0")
    rows = list(csv.DictReader(io.StringIO(preflight.exclusions_csv(found))))
    assert [row["line"] for row in rows] == ["", "10"]
    assert rows[0]["image"] and rows[0]["format"] == "PGM"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    spoilt = Preflight(found.report, pd.DataFrame({"reason": ["=1+1"]}), None)
    assert preflight.exclusions_csv(spoilt) == "reason\r\n'=1+1\r\n"


def draw(folder, numbers=range(8), **elements: object) -> None:
    """Write mammograms that can be prepared, two a patient."""
    for number in numbers:
        named = {"SOPInstanceUID": f"1.2.{number}", "PatientID": f"P{number // 2}"}
        stored = drawn.breast(seed=number)
        drawn.write(folder / f"{number}", drawn.dataset(stored, **{**named, **elements}))


def test_a_folder_is_checked_with_words_for_its_table(tmp_path):
    folder = tmp_path / "drawn"
    draw(folder)
    (tmp_path / "t.csv").write_text("image,outcome\n" + "\n".join(LABELS).replace("1", "bad"))
    layout = {"columns": {"label": "outcome"}, "positive": ("bad",)}
    with pytest.raises(DatasetError, match="label"):
        preflight.of_folder(folder, tmp_path / "t.csv", {"columns": {"label": "outcome"}})
    found = preflight.of_folder(folder, tmp_path / "t.csv", layout)
    assert found.report.counts.loc["malignant images", "usable"] == 2


def test_pseudonyms_are_traced_to_files_by_who_holds_the_key(folder, tmp_path, monkeypatch):
    name = take(folder).files["image_id"].iloc[3]
    assert preflight.locate(folder, [name, "0" * 16]) == {
        name: folder.resolve() / "3",
        "0" * 16: None,
    }
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(tmp_path / "another key"))
    assert preflight.locate(folder, [name]) == {name: None}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


def test_a_hospital_is_told_everything_and_nobody_is_named(made, capfd):
    found = preflight.of_folder(made.folder, None, {})
    text = str(found.report)
    for words in (
        "15 malignant and 37 benign images can be used",  # one is damaged where it is compressed
        "GE MEDICAL SYSTEMS Senographe Essential",
        "JPEG Lossless (23)",
        "MONOCHROME1 (14)",
        "2 images of breasts with implants",
        "1 image with burned-in text",
        "2 files left out: a raw image FOR PROCESSING",
        "1 row of the table without an image: line ",
    ):
        assert words in text
    told = text + preflight.exclusions_csv(found) + "".join(capfd.readouterr())
    assert hospital.planted_in(told.encode(), made.planted) == []
    assert found.report.status == 1


def found_in(folder, *lines: str) -> str:
    """Return the report on a folder whose table has these lines."""
    folder.mkdir(exist_ok=True)
    (folder / "labels.csv").write_text("\n".join(["image,label", *lines]) + "\n")
    return str(preflight.of_folder(folder, None, {}).report)


INVERTED = {"PhotometricInterpretation": "MONOCHROME1"}


def test_what_shows_no_breast_is_refused_before_a_model_is_run(tmp_path):
    draw(tmp_path / "a", **INVERTED)
    said = found_in(tmp_path / "a", *LABELS)
    assert "0 malignant and 0 benign images can be used" in said
    assert "8 files left out: its air is white: its grey values are inverted" in said
    assert "-> look at some of them; where they are damaged, copy them again" in said
    assert said.endswith("your data is not usable.")


def test_of_many_images_some_of_each_kind_are_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "MOST_PIXELS", 4 * 240 * 180)
    draw(tmp_path / "a", range(6), Manufacturer="A")
    draw(tmp_path / "a", range(6, 8), Manufacturer="B", **INVERTED)
    said = found_in(tmp_path / "a", *LABELS)
    assert "2 files left out: its air is white" in said
    assert "2 of the 4 images that were tried cannot be prepared, and 4 were not tried" in said
    assert said.endswith("your data is usable, but see the warnings.")


def test_where_all_that_is_tried_is_lost_nothing_is_usable(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "MOST_PIXELS", 2 * 240 * 180)
    draw(tmp_path / "a", **INVERTED)
    assert found_in(tmp_path / "a", *LABELS).endswith("your data is not usable.")


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"PatientID": "ANONYMOUS"}, "all images have one Patient ID: no interval by patient"),
        (
            {"SOPInstanceUID": "1.2.3"},
            "8 images share an SOP Instance UID and show different pixels: an anonymiser has over",
        ),
    ],
)
def test_identifiers_that_were_made_alike_are_told(tmp_path, elements, words):
    draw(tmp_path / "a", **elements)
    said = found_in(tmp_path / "a", *LABELS)
    assert words in said
    assert "2 malignant and 6 benign images can be used" in said
    assert said.endswith("your data is usable, but see the warnings.")


def untried(intake: Intake) -> tuple[Intake, tuple[()]]:
    """Stand for the trial of images where tables are what is tested and no breast is drawn."""
    return intake, ()


ODD_TABLES: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
    "plain": (("image,label", *LABELS), {}),
    "images by a part of their name": (("image,label", *(f"x_{row}" for row in LABELS)), {}),
    "patients": (("patient_id,label", "p0,1", "P01.0,0", "P2,0", "P3,1"), {}),
    "one class": (("image,label", *(f"{n},benign" for n in range(8))), {}),
    "no name in common": (("image,label", *(f"z{n},{n % 2}" for n in range(8))), {}),
    "nothing but neither class": (("image,birads", *(f"{n},3" for n in range(8))), {}),
    "lesions": (("image,label", *LABELS, "0,0", "1,1"), {}),
    "lesions by patient": (("image,patient_id,label", *(f"{n},P{n // 2},{n % 4 == 0:d}" for n in
                            range(8)), "0,P0,0"), {"level": "patient"}),
    "without a patient": (("image,patient_id,label", *(f"{n},removed,{n % 4 == 0:d}" for n in
                           range(8))), {}),
    "unknown words": (("image,label", *(f"{n},word{n}" for n in range(8))), {}),
    "unknown sides": (("image,side,label", *(f"{n},up,{n % 2}" for n in range(8))), {}),
    "a column that counts otherwise": (("image,benign", *LABELS), {"columns": {"label": "benign"}}),
    "no label": (("image,remark", *LABELS), {}),
    "a turned scale": (("image,label", *LABELS), {"positive": ["0"], "negative": ["1"]}),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "layout"), ODD_TABLES.values(), ids=ODD_TABLES)
def test_check_and_validate_judge_a_table_alike(folder, monkeypatch, lines, layout):
    """What one calls usable the other loads with both classes; what one refuses so does it."""
    monkeypatch.setattr(preflight, "tried", untried)
    table = folder.parent / "table.csv"
    table.write_text("\n".join(lines) + "\n")
    named = {"columns": {}, "positive": (), "negative": (), "excluded": (), "level": None} | layout
    try:
        is_usable = preflight.of_folder(folder, table, named).report.status < 2
    except DatasetError as error:
        with pytest.raises(DatasetError) as again:
            institution.load(folder, table=str(table), **named)
        assert str(again.value) == str(error)
        return
    used = manifest.used(institution.load(folder, table=str(table), **named))
    assert is_usable == (used["label"].nunique() == 2)
    assert used["patient_id"].notna().all()

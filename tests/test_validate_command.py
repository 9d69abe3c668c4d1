"""`mammo validate` as a hospital runs it, on images and on scores, and what it says of faults."""

import re
import sys
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest
import yaml

import hospital
import project
from mammo import cli
from mammo.cli import own_data
from mammo.errors import MammoError
from mammo.files import pseudonyms
from mammo.hospital.preflight import Preflight
from mammo.hospital.validation import of_images as validation
from mammo.study import Study

DATE = re.compile(r"\d{4}-\d\d-\d\d")
TABLES = {
    "scores.csv", "estimates.csv", "comparisons.csv", "operating_points.csv", "calibration.csv",
    "subgroups.csv", "operating_points_rechosen.csv", "exclusions.csv", "thousand_women.csv",
    "unverified_labels.csv",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A project in which a hospital's images, its labels and a vendor's scores of them lie."""

    project: project.Project
    clinic: hospital.Hospital
    scores: Path
    labels: Path

    def images(self, output: str, *more: str) -> CompletedProcess[str]:
        return self.project.mammo(
            "validate", self.clinic.folder, "--labels", self.clinic.labels.path,
            "--models", "alexnet", "--params", "params/tiny.yaml", "--output", output, *more,
        )  # fmt: skip

    def vendor(self, output: str, *more: str) -> CompletedProcess[str]:
        return self.project.mammo(
            "validate", "--scores", self.scores, "--labels", self.labels, "--output", output, *more
        )

    def files(self, output: str) -> dict[str, str]:
        folder = self.project.root / output
        return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def place(prepared: project.Project, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    clinic = hospital.write(folder / "clinic", patients=12, size=(96, 72), draw=hospital.sketches)
    labels = hospital.labels.of_breasts(clinic.images)
    scores = labels[["patient_id", "laterality"]].assign(
        score=[(7 * number % 10 + 4 * label) / 20 for number, label in enumerate(labels["label"])]
    )
    scores.to_csv(folder / "vendor.csv", index=False, sep=";")
    environment = {
        **prepared.environment,
        pseudonyms.KEY_FILE_VARIABLE: str(folder / "key"),
    }
    return Place(
        replace(prepared, environment=environment),
        clinic,
        folder / "vendor.csv",
        hospital.labels.write_csv(labels, folder / "breasts.csv").path,
    )


@pytest.fixture(scope="module")
def of_images(place: Place) -> CompletedProcess[str]:
    return place.images("of_images")


@pytest.fixture(scope="module")
def of_scores(place: Place) -> CompletedProcess[str]:
    return place.vendor("of_scores", "--stated", "0.93", "--at", "threshold=0.5")


class Addresses(HTMLParser):
    """Everything that a page would fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.found += [named[name] or "" for name in ("src", "href", "srcset") if name in named]
        self.found += [tag] if tag in ("script", "link", "iframe", "object", "base") else []
        self.found += [name for name in named if name.startswith("on")]


def check_report(html: str) -> None:
    assert html.startswith("<!DOCTYPE html>") and html.rstrip().endswith("</html>")
    outside = [a for a in Addresses(html).found if not a.startswith(("#", "data:image/"))]
    assert outside == []
    assert "url(" not in html and "@import" not in html


def test_images_become_a_report_and_tables(place, of_images):
    assert of_images.returncode == 0, of_images.stderr
    files = place.files("of_images")
    assert files.keys() == TABLES | {"report.html"}
    check_report(files["report.html"])
    assert "your data is usable, but see the warnings." in of_images.stdout
    assert "AlexNet has an auROC of " in of_images.stdout
    assert of_images.stdout.rstrip().endswith("report.html")
    assert "Traceback" not in of_images.stderr and "Warning" not in of_images.stderr


def test_the_screen_the_page_and_the_tables_say_one_thing(place, of_images):
    files = place.files("of_images")
    table = pd.read_csv(place.project.root / "of_images" / "estimates.csv")
    row = table[(table["split"] == "test") & (table["statistic"] == "auROC")].iloc[0]
    said = f"an auROC of {row['value']:.2f} (95% interval {row['lower']:.2f} to {row['upper']:.2f})"
    assert said in of_images.stdout
    assert said in files["report.html"]
    scored = pd.read_csv(place.project.root / "of_images" / "scores.csv")
    assert (scored["split"] == "test").sum() == row["n_images"]


def test_a_second_run_computes_nothing_and_says_the_same(place, of_images):
    again = place.images("again")
    assert again.returncode == 0, again.stderr
    for step in ("prepare images", "features", "measure images", "training"):
        assert step not in again.stderr
    first, second = place.files("of_images"), place.files("again")
    assert {name: DATE.sub("", text) for name, text in first.items()} == {
        name: DATE.sub("", text) for name, text in second.items()
    }


def test_without_thumbnails_no_picture_of_a_patient_is_in_the_report(place, of_images):
    bare = place.images("bare", "--no-thumbnails")
    assert bare.returncode == 0, bare.stderr
    with_, without = (place.files(name)["report.html"] for name in ("of_images", "bare"))
    assert "data:image/png" in with_
    assert "data:image/png" not in without and "mammo locate" not in without


def test_an_image_of_the_report_is_found_again_where_the_images_are(place, of_images):
    name = re.search(r"([0-9a-f]{16}): (left|right)", place.files("of_images")["report.html"])[1]
    found = place.project.mammo("locate", place.clinic.folder, name)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(f"{name} {place.clinic.folder}")


def test_scores_become_a_report_and_tables(place, of_scores):
    assert of_scores.returncode == 0, of_scores.stderr
    files = place.files("of_scores")
    absent = {"comparisons.csv", "exclusions.csv", "operating_points_rechosen.csv"}
    assert files.keys() == TABLES - absent | {"report.html"}
    check_report(files["report.html"])
    assert "Its maker states 0.93, " in of_scores.stdout
    assert "breasts" in files["report.html"]
    again = place.vendor("scores_again", "--stated", "0.93", "--at", "threshold=0.5")
    assert again.returncode == 0
    second = place.files("scores_again")
    assert {n: DATE.sub("", t) for n, t in files.items()} == {
        n: DATE.sub("", t) for n, t in second.items()
    }


def test_what_is_fixed_beforehand_is_decided_on_screen_and_first_page(place):
    made = place.vendor(
        "decided", "--product", "MammoPro", "--acceptable", "0.6", "--no-worse-than", "0.1",
        "--stated", "0.93", "--prevalence", "6/1000", "--threshold", "0.5",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "auROC of at least 0.6, by breast: 0." in made.stdout
    assert "; by examination 0." in made.stdout
    assert "at most 0.1 below the 0.93 that its maker states" in made.stdout
    files = place.files("decided")
    assert "at the stated prevalence: 6 with cancer" in files["report.html"]
    assert "MammoPro" in files["report.html"]
    table = pd.read_csv(place.project.root / "decided" / "thousand_women.csv")
    assert table["among"].tolist() == ["at the stated prevalence", "in this study"]
    assert table["threshold"].eq(0.5).all() and table["by_breast"].all()


def test_a_case_of_the_report_is_found_again_in_both_tables(place, of_scores):
    scored = pd.read_csv(place.project.root / "of_scores" / "scores.csv")
    tables = ("--scores", place.scores, "--labels", place.labels)
    found = place.project.mammo("locate", *tables, scored["image_id"].iloc[3])
    assert found.returncode == 0, found.stderr
    assert f"{place.labels}, line 5; {place.scores}, line 5" in found.stdout
    assert place.project.mammo("locate", *tables, "0" * 16).returncode == 1


@pytest.fixture
def fault(place, monkeypatch, capsys, tmp_path):
    """Run the command line in this process; return its status and its one line of complaint."""
    monkeypatch.chdir(tmp_path)
    for name, value in place.project.environment.items():
        monkeypatch.setenv(name, value)
    places = {
        "CLINIC": place.clinic.folder, "LABELS": place.clinic.labels.path, "SCORES": place.scores,
        "BREASTS": place.labels, "TINY": place.project.root / "params" / "tiny.yaml",
    }  # fmt: skip

    def run(line: str) -> tuple[int, str]:
        words = [str(places.get(word, word)) for word in line.split()]
        monkeypatch.setattr(sys, "argv", ["mammo", "validate", *words])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return stopped.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("absent --labels LABELS --models alexnet", "absent does not exist: give the folder that"),
        ("CLINIC --labels no.csv --params TINY", "no.csv does not exist: give a table as CSV or"),
        (
            "CLINIC --labels LABELS --models alexnett",
            "--models: there is no model 'alexnett'",
        ),
        ("CLINIC --labels LABELS --at best --params TINY", "operating point 'best': give youden"),
        ("CLINIC --stated 0.9", "--stated and --missing belong to --scores"),
        ("--scores SCORES", "scores alone say nothing: name the table of labels with --labels"),
        ("--scores SCORES --labels BREASTS --models alexnet", "scores come with theirs"),
        ("--scores no.csv --labels BREASTS", "no.csv does not exist: give a table"),
        ("--scores SCORES --labels BREASTS --output /dev/null", "/dev/null cannot be made"),
        ("--scores SCORES --labels BREASTS --column view Ansicht", "no column 'Ansicht'"),
        (
            "--scores SCORES --labels BREASTS --prevalence 6",
            "'prevalence' is '6': input should be less than 1",
        ),
    ],
)
def test_a_fault_is_one_sentence(fault, line, sentence):
    status, complaint = fault(line)
    said = complaint.rpartition("mammo: ")[2]  # a bar of progress may stand before it
    assert status == 1
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "models"),
    [
        ("--models resnet50 end2end_vgg16 FOLDER", "resnet50,end2end_vgg16"),
        ("FOLDER --models resnet50 vgg16 alexnet --output x", "resnet50,vgg16,alexnet"),
        ("FOLDER --models resnet50,vgg16", "resnet50,vgg16"),
        ("--models resnet50 FOLDER", "resnet50"),
        ("--models FOLDER FOLDER", "FOLDER"),
        ("FOLDER", None),
    ],
)
def test_several_models_may_be_named_in_a_row(words, models):
    context = own_data.validate.make_context("validate", words.split())
    assert (context.params["folder"], context.params["models"]) == (Path("FOLDER"), models)


def test_a_file_of_parameters_may_say_how_the_labels_are_read(place, fault, monkeypatch, tmp_path):
    seen = []

    def note(study: Study, checked: Preflight, *_: object) -> None:
        seen.extend([study.parameters, checked.report])
        raise MammoError("seen")

    monkeypatch.setattr(validation, "evidence", note)
    table = pd.read_csv(place.clinic.labels.path, dtype=str)
    renamed = tmp_path / "renamed.csv"
    table.rename(columns={"patient_id": "MRN"}).to_csv(renamed, index=False)
    own = {"institution_columns": {"patient_id": "MRN"}, "institution_labels": str(renamed)}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(project.TINY | own))
    status, complaint = fault("CLINIC --params own.yaml")
    assert (status, complaint) == (1, "mammo: seen\n")
    parameters, report = seen
    assert parameters.institution_columns == {"patient_id": "MRN"}
    assert parameters.institution_labels == str(renamed)
    assert report.status < 2


def test_a_folder_and_scores_at_once_are_refused(fault):
    for line in ("CLINIC --scores SCORES --labels LABELS", ""):
        status, complaint = fault(line)
        assert status == 2
        assert "name either a FOLDER of images or a file of --scores" in complaint


def test_labels_of_one_class_are_refused_before_anything_is_computed(place, fault, tmp_path):
    for name, table in (("images.csv", place.clinic.labels.path), ("breasts.csv", place.labels)):
        pd.read_csv(table, dtype=str).assign(label=0).drop(columns="pathology").to_csv(
            tmp_path / name, index=False
        )
    status, complaint = fault("CLINIC --labels images.csv --params TINY")
    assert (status, complaint.count("cannot be validated on: see the errors above")) == (1, 1)
    status, complaint = fault("--scores SCORES --labels breasts.csv")
    assert status == 1
    assert "hold 0 malignant and 24 benign: both classes are needed" in complaint
    assert not (tmp_path / "report").exists()

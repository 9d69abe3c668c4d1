"""Nothing that identifies a patient leaves the hospital's folder, whatever is run on it.

Recognisable values stand in every text element, file name and column of labels; then every byte
that came to be is searched for them: artifacts and their records, notebooks, tables, figures, the
report, and what was printed.
"""

import base64
import csv
import hashlib
import re
import shutil
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

import hospital
import project
from mammo.files import pseudonyms

TINY = ("--params", "params/tiny.yaml")
CHAPTERS = ("datasets", "your_data")


@dataclass(frozen=True)
class Site:
    """A hospital and a project: what stands in the one must not come to be in the other."""

    project: project.Project
    clinic: hospital.Hospital
    vendor: Path
    key: Path
    before: dict[Path, int]

    def run(self, name: str, *arguments: str | Path) -> None:
        """Run a command, and keep what it prints in a file of the project."""
        outcome = self.project.mammo(*arguments)
        assert outcome.returncode in (0, 1), outcome.stderr  # 1 is a check with warnings
        assert "Traceback" not in outcome.stderr
        (self.project.root / f"{name}.log").write_text(outcome.stdout + outcome.stderr)

    def came_to_be(self, folder: Path) -> Path:
        """Copy everything that is new in the project or has changed, with its place."""
        for file, written in files(self.project.root).items():
            if self.before.get(file) != written:
                target = folder / file.relative_to(self.project.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        return folder


def files(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def site(prepared: project.Project, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    clinic = hospital.write(folder / "clinic", patients=12, size=(96, 72), draw=hospital.sketches)
    vendor = folder / "vendor.csv"
    scores = pd.read_csv(clinic.labels.path, dtype=str)[["image", "patient_id", "comment"]]
    scores.assign(score=[number % 7 / 7 for number in range(len(scores))]).to_csv(vendor)
    (folder / "project").mkdir()
    made = project.copy(folder / "project")
    unfinished = shutil.ignore_patterns("*.partial", "*.lock")  # of other tests at the same time
    shutil.copytree(prepared.artifacts, made.artifacts, ignore=unfinished)
    key = folder / "secret" / "key"
    environment = {**made.environment, pseudonyms.KEY_FILE_VARIABLE: str(key)}
    made = replace(made, environment=environment)
    return Site(made, clinic, vendor, key, files(made.root))


@pytest.fixture(scope="module")
def traces(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the commands of a hospital leave behind."""
    own = (site.clinic.folder, "--labels", site.clinic.labels.path)
    site.run("check", "check", "institution", *own, "--exclusions", "exclusions.csv")
    site.run("validate", "validate", *own, "--models", "alexnet", *TINY)
    site.run(
        "scores", "validate", "--scores", site.vendor, *own[1:], "--output", "of_scores", *TINY
    )
    site.run(
        "adapt", "adapt", *own, "--model", "alexnet", *TINY, "--output", "adapted",
        "-p", "adapt_runs", "1", "-p", "adapt_fractions", "[0, 0.5]",
    )  # fmt: skip
    return site.came_to_be(tmp_path_factory.mktemp("traces"))


def test_what_is_searched_is_there(traces):
    names = {path.relative_to(traces).as_posix() for path in traces.rglob("*")}
    assert {"check.log", "validate.log", "adapt.log", "exclusions.csv"} <= names
    assert {"report/report.html", "report/scores.csv", "of_scores/report.html"} <= names
    for kind in ("manifest", "images", "shift", "predictions"):
        assert any(name.startswith(f"artifacts/{kind}") for name in names), kind
    assert any(name.endswith("record.json") for name in names)


def test_nothing_that_was_planted_is_in_anything_that_came_to_be(site, traces):
    assert hospital.find_planted(traces, site.clinic.planted) == []


def test_the_same_search_finds_what_is_in_the_folder(site):
    """Nearly all: some values stand in what is cut off."""
    lines = hospital.find_planted(site.clinic.folder, site.clinic.planted)
    found = {line.rpartition(": ")[2] for line in lines}
    assert len(site.clinic.planted) > 1000
    assert len(found & site.clinic.planted.keys()) > 0.95 * len(site.clinic.planted)
    kinds = ("PatientName", "PatientBirthDate", "StudyInstanceUID", "file name of", "remark on")
    for kind in kinds:
        assert any(where.startswith(kind) for where in found), kind


def pdf_stream(value: str) -> bytes:
    return b"%PDF stream\n" + zlib.compress(f"(Patient {value})".encode())


@pytest.mark.parametrize(
    "leak",
    [
        lambda value: f"image,{value},0.5\n".encode(),
        lambda value: b'{"cells": "' + base64.b64encode(f"<b>{value}</b>".encode()) + b'"}',
        pdf_stream,
        lambda value: hashlib.sha256(value.encode()).hexdigest()[:16].encode(),
        lambda value: value.encode("utf-16"),
    ],
    ids=["a table", "a picture in a notebook", "a figure", "a hash without key", "UTF-16"],
)
@pytest.mark.parametrize("kind", ["PatientName", "PatientBirthDate", "StudyInstanceUID"])
def test_the_same_search_finds_one_value_in_one_artifact(site, tmp_path, kind, leak):
    where, value = next(item for item in site.clinic.planted.items() if item[0].startswith(kind))
    (tmp_path / "artifact").write_bytes(b"much else\n" + leak(value))
    assert any(where in line for line in hospital.find_planted(tmp_path, site.clinic.planted))


def test_names_are_keyed_and_the_key_stays_where_it_is(site, traces):
    secret = site.key.read_text().strip()
    assert re.fullmatch("[0-9a-f]{64}", secret)
    raw = bytes.fromhex(secret)
    forms = {
        *(text.encode() for text in (secret, secret.upper(), secret[:16])),
        raw,
        base64.b64encode(raw)[:20],
    }
    for path in traces.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [form for form in forms if form in content], path
            assert secret[:16] not in path.name
    assert oct(site.key.stat().st_mode & 0o777) == "0o600"


def test_no_place_below_the_folder_is_told(site, traces):
    """The folder itself is the user's own choice, and may stand in a list of parameters."""
    folder = str(site.clinic.folder).encode()
    allowed = rb"(?:/labels\.csv)?(?![/\w])"
    written = [path for path in traces.rglob("*") if path.is_file()]
    assert written
    for path in written:
        content = path.read_bytes()
        below = re.findall(re.escape(folder) + rb"[^\s\"']{0,40}", content)
        assert all(re.fullmatch(re.escape(folder) + allowed + rb".*", b) for b in below), path


def test_text_from_tags_and_labels_acts_neither_in_page_nor_in_spreadsheet(traces):
    for path in traces.rglob("*.html"):
        assert "<script" not in path.read_text().lower(), path
    tables = [*traces.glob("*.csv"), *traces.glob("report/*.csv"), *traces.glob("of_scores/*.csv")]
    assert len(tables) > 10
    for path in [*tables, *traces.glob("adapted/*.csv")]:  # artifacts are for programs to read
        with path.open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@")) or "<" in cell], path


@pytest.mark.book
@pytest.mark.long
def test_notebooks_name_nobody_either(site, traces, tmp_path):
    own = {
        "institution_folder": site.clinic.folder,
        "institution_labels": site.clinic.labels.path,
        "adapt_runs": "1",
        "adapt_fractions": "[0, 0.5]",
    }
    for chapter in CHAPTERS:
        named = [word for item in own.items() for word in ("-p", *item)]
        site.run(chapter, "run", chapter, *TINY, *named)
    found = site.came_to_be(tmp_path / "notebooks")
    assert len([*found.rglob("*.ipynb")]) >= len(CHAPTERS)
    assert hospital.find_planted(found, site.clinic.planted) == []

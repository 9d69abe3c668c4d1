"""`mammo evaluate` as a user calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from made_scores import made_scores
from mammo import cli
from mammo.errors import MammoError
from mammo.report import evaluation
from mammo.report.evaluation import Options


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scores") / "scores.csv"
    made_scores().to_csv(path, index=False)
    return path


def run(capsys, monkeypatch, *arguments: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["mammo", "evaluate", *map(str, arguments)])
    status = 0
    try:
        cli.main()
    except SystemExit as stopped:
        status = stopped.code
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_tables_are_printed_and_everything_is_written(capsys, monkeypatch, file, tmp_path):
    folder = tmp_path / "made" / "here"
    status, printed, complaint = run(
        capsys, monkeypatch, file, "--output", folder, "--replicates", 200
    )
    assert (status, complaint) == (0, "")
    lines = printed.splitlines()
    assert lines[0].split()[-5:] == ["auROC", "interval", "images", "patients", "malignant"]
    assert sum(" internal " in line for line in lines) == 2
    assert sum(" home north " in line or " home south " in line for line in lines) == 4
    assert "95%, score interval (Newcombe's method 5) by patient; beside" in printed
    assert "percentile bootstrap of patients, 200 replicates" in printed
    assert "Drops: unpaired, " in printed
    assert {path.name for path in folder.iterdir()} == {
        "estimates.csv",
        "comparisons.csv",
        "operating_points.csv",
        "calibration.csv",
        "subgroups.csv",
        "forest.svg",
        "roc.svg",
        "reliability.svg",
    }
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path)
        assert len(table) > 0 and "patient_id" not in table
    for path in folder.glob("*.svg"):
        assert path.read_text().startswith("<?xml") and "</svg>" in path.read_text()
    text = "".join(path.read_text() for path in folder.iterdir())
    assert "home-0" not in text


def test_it_needs_neither_torch_nor_a_data_set(file, tmp_path):
    code = (
        "import sys; from mammo.cli import main; main();"
        "heavy = {'torch', 'pydicom', 'sklearn', 'seaborn', 'lightning', 'IPython'};"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "evaluate", file, "--replicates", "100"]
    outcome = subprocess.run(
        [*command, "--output", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "heavy: []" in outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_breasts_are_scored_by_a_rule_that_is_named(file):
    with pytest.raises(MammoError, match="--per breast needs a rule"):
        evaluation.evaluate(file, Options(per="breast"))
    made = evaluation.evaluate(file, Options(per="breast", rule="max", replicates=100))
    assert made.aurocs["n_images"].tolist() == [120, 120, 100, 100, 80, 80]
    by_patient = evaluation.evaluate(file, Options(per="patient", rule="mean", replicates=100))
    assert by_patient.aurocs["n_images"].tolist() == [60, 60, 50, 50, 40, 40]


def test_options_reach_the_results(file):
    options = Options(replicates=150, confidence=0.9, seed=4, unit="image", margin=0.2)
    made = evaluation.evaluate(file, options)
    first = made.aurocs.iloc[0]
    assert first[["n_bootstrap", "confidence", "seed", "unit"]].tolist() == [150, 0.9, 4, "image"]
    assert set(made.drops["margin"]) == {0.2}
    assert [rule.name for rule in made.criteria] == ["sensitivity 0.9", "specificity 0.9", "Youden"]
    other = evaluation.evaluate(file, Options(criteria=("threshold=0.3",), subgroups=("model",)))
    assert [rule.name for rule in other.criteria] == ["threshold 0.3"]
    assert other.divide_by == ("model",)


def test_a_file_without_an_internal_set_says_how_to_see_the_drops(file):
    table = made_scores().drop(columns="split")
    table.to_csv(file.parent / "plain.csv", index=False)
    plain = evaluation.evaluate(file.parent / "plain.csv", Options(replicates=100))
    assert "(--internal) to see the drops" in evaluation.summary(plain)
    named = evaluation.evaluate(file.parent / "plain.csv", Options(replicates=100, internal="home"))
    assert "p, Holm" in evaluation.summary(named)


def test_text_that_a_spreadsheet_would_compute_is_quoted(tmp_path):
    table = made_scores(models=("=HYPERLINK(1)",))
    table["site"] = "@SUM(A1)"
    table.to_csv(tmp_path / "scores.csv", index=False)
    made = evaluation.evaluate(
        tmp_path / "scores.csv", Options(replicates=100, subgroups=("site",))
    )
    for path in evaluation.write(made, tmp_path / "out"):
        if path.suffix == ".csv":
            cells = pd.read_csv(path, dtype=str, keep_default_na=False).to_numpy().ravel()
            assert not [cell for cell in cells if cell.startswith(("=", "@"))]
            assert "'=HYPERLINK(1)" in cells


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["absent.csv"], 1, "absent.csv does not exist"),
        (["FILE", "--internal", "nowhere"], 1, "no row of the internal data set 'nowhere'"),
        (["FILE", "--at", "best"], 1, "operating point 'best': give youden"),
        (["FILE", "--subgroup", "age"], 1, "no column 'age' to divide by"),
        (["FILE", "--margin", "-1", "--output", "FOLDER"], 1, "margin is -1"),
        (["FILE", "--output", "FILE"], 1, "cannot be made"),
        (["FILE", "--per", "woman"], 2, "'woman' is not one of"),
        ([], 2, "Missing argument 'SCORES'"),
    ],
)
def test_what_is_wrong_ends_in_one_sentence(
    capsys, monkeypatch, file, tmp_path, arguments, status, words
):
    places = {"FILE": str(file), "FOLDER": str(tmp_path / "out")}
    given = [places.get(argument, argument) for argument in arguments]
    if "--subgroup" in given:
        given += ["--output", places["FOLDER"]]
    found, _, complaint = run(
        capsys, monkeypatch, *given, *(["--replicates", 100] if given else [])
    )
    assert found == status
    assert words in complaint and "Traceback" not in complaint


def test_a_set_of_one_class_is_noted_once_and_costs_no_other(capsys, monkeypatch, tmp_path):
    table = made_scores()
    table[(table["dataset"] != "south") | (table["y_true"] == 0)].to_csv(
        tmp_path / "scores.csv", index=False
    )
    status, printed, noted = run(
        capsys, monkeypatch, tmp_path / "scores.csv", "--replicates", 100, "--output", tmp_path
    )
    assert status == 0
    assert "nan" not in printed.split() and "+nan" not in printed
    assert noted.count("note: auROC is undefined: all 132 images are of one class (label 0)") == 1
    assert "UserWarning" not in noted
    found = pd.read_csv(tmp_path / "estimates.csv").set_index("dataset")
    assert found.loc["south", "value"].isna().any()
    assert found.loc["home", "value"].notna().all()

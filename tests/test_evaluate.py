"""`mammo evaluate` as a user calls it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_scores import made_scores
from mammo import cli
from mammo.errors import MammoError
from mammo.evaluation import auroc, readers_against_model
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
    titles = ["auROC", "interval", "images", "patients", "malignant", "verdict"]
    assert lines[0].split()[-6:] == titles
    assert sum(" internal " in line for line in lines[:8]) == 2
    assert sum(" home north " in line or " home south " in line for line in lines) == 4
    assert "95%, score interval (Newcombe's method 5) by patient; beside" in printed
    assert "percentile bootstrap of patients, 200 replicates" in printed
    assert "at another site" in printed
    assert {path.name for path in folder.iterdir()} == {
        "estimates.csv",
        "comparisons.csv",
        "operating_points.csv",
        "calibration.csv",
        "subgroups.csv",
        "subgroup_tests.csv",
        "next_site.csv",
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


def test_sides_are_read_whatever_they_are_called(file, tmp_path):
    """Four spellings of two sides are no four breasts."""
    table = made_scores()
    words = {"L": ["L", "l", "Left", "links"], "R": ["R", "RIGHT", "rechts", "dx"]}
    table["laterality"] = [
        words[side][number % 4] for number, side in enumerate(table["laterality"])
    ]
    table["view"] = table["view"].str.lower()
    table.to_csv(tmp_path / "scores.csv", index=False)
    options = Options(per="breast", rule="max", replicates=100)
    found, expected = (evaluation.evaluate(one, options) for one in (tmp_path / "scores.csv", file))
    assert found.aurocs["n_images"].tolist() == [120, 120, 100, 100, 80, 80]
    assert found.aurocs["auroc"].tolist() == expected.aurocs["auroc"].tolist()
    assert set(found.subgroups["level"]) == set(expected.subgroups["level"])
    table.drop(columns="laterality").assign(view=table["laterality"].str[0] + "CC").to_csv(
        tmp_path / "views.csv", index=False
    )
    table.assign(laterality="up").to_csv(tmp_path / "up.csv", index=False)
    with pytest.raises(MammoError, match=r"laterality 'up' .*not known; write L, R or both"):
        evaluation.evaluate(tmp_path / "up.csv", options)


@pytest.mark.parametrize("side", ["both", "B", "", "bilateral"])
def test_a_score_of_both_breasts_is_of_no_breast(tmp_path, side):
    table = made_scores()
    table["laterality"] = table["laterality"].where(table.index > 3, side)
    table.to_csv(tmp_path / "s.csv", index=False)
    with pytest.raises(MammoError, match="both sides"):
        evaluation.evaluate(tmp_path / "s.csv", Options(per="breast", rule="max"))


def test_a_view_that_names_the_side_tells_the_breast(file, tmp_path):
    table = made_scores()
    view = table["laterality"] + table["view"]
    table.drop(columns="laterality").assign(view=view).to_csv(tmp_path / "s.csv", index=False)
    made = evaluation.evaluate(tmp_path / "s.csv", Options(per="breast", rule="max"))
    assert len(made.scored) == 600


HEADERS = {
    "capitals": {"dataset": "Dataset", "y_true": "Y_True", "laterality": "LATERALITY"},
    "blanks": {"patient_id": "Patient ID", "image_id": "image id", "y_score": "y score"},
    "usual names": {"patient_id": "MRN", "image_id": "File Name", "y_score": "Probability",
                    "y_true": "Label", "laterality": "Side", "model": "Algorithm"},
}  # fmt: skip


@pytest.mark.parametrize("names", HEADERS.values(), ids=HEADERS)
def test_columns_may_have_their_usual_names(file, tmp_path, names):
    made_scores().rename(columns=names).to_csv(tmp_path / "scores.csv", index=False)
    options = Options(per="breast", rule="max", replicates=100)
    found, expected = (evaluation.evaluate(one, options) for one in (tmp_path / "scores.csv", file))
    pd.testing.assert_frame_equal(found.aurocs, expected.aurocs)


def test_our_names_come_before_usual_ones(file, tmp_path):
    made_scores().assign(risk=0.5, Side="?").to_csv(tmp_path / "scores.csv", index=False)
    made = evaluation.evaluate(tmp_path / "scores.csv", Options(replicates=100))
    assert made.scored["y_score"].nunique() > 2 and {"risk", "Side"} <= {*made.scored}


DIALECTS = {
    "decimal commas": {"sep": ";", "decimal": ","},
    "decimal commas in quotes": {"decimal": ",", "quoting": 1},
    "tabs": {"sep": "\t"},
    "UTF-16": {"encoding": "utf-16"},
    "Windows": {"sep": ";", "decimal": ",", "encoding": "cp1252", "lineterminator": "\r\n"},
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_dialects_say_the_same(file, tmp_path, dialect):
    made_scores().to_csv(tmp_path / "scores.csv", index=False, **dialect)
    found = evaluation.evaluate(tmp_path / "scores.csv", Options()).scored
    pd.testing.assert_frame_equal(found, evaluation.evaluate(file, Options()).scored)


@pytest.mark.parametrize("mark", [",", "."])
def test_thousands_are_read_where_they_are_clear_and_refused_where_not(file, tmp_path, mark):
    table = made_scores()
    table["y_score"] = (table["y_score"].rank() * 3).round().astype(int)
    plain = tmp_path / "plain.csv"
    table.to_csv(plain, index=False)
    expected = evaluation.evaluate(plain, Options(replicates=100)).aurocs["auroc"]
    as_text = table["y_score"].map("{:,}".format).str.replace(",", mark)
    table.assign(y_score=as_text).to_csv(tmp_path / "doubtful.csv", index=False)
    with pytest.raises(MammoError, match="thousands"):
        evaluation.evaluate(tmp_path / "doubtful.csv", Options())
    as_text += "." if mark == "," else ","
    table.assign(y_score=as_text + "5").to_csv(tmp_path / "clear.csv", index=False)
    found = evaluation.evaluate(tmp_path / "clear.csv", Options(replicates=100)).aurocs["auroc"]
    assert found.tolist() == expected.tolist()


def test_ten_thousand_subgroups_are_refused_before_anything_is_computed(tmp_path):
    table = pd.concat([made_scores()] * 20, ignore_index=True)
    table = table.assign(image_id=table.index.astype(str), manufacturer=table.index.astype(str))
    table.to_csv(tmp_path / "scores.csv", index=False)
    with pytest.raises(MammoError, match=r"column 'image_id' has .* levels, 30 at most"):
        evaluation.evaluate(tmp_path / "scores.csv", Options(subgroups=("image_id",)))
    made = evaluation.evaluate(tmp_path / "scores.csv", Options(replicates=100))
    with pytest.warns(UserWarning, match="by manufacturer"):
        assert "manufacturer" not in set(made.subgroups["subgroup"])
    for name in ("dataset", "model"):
        table.assign(**{name: table.index.astype(str)}).to_csv(tmp_path / "s.csv", index=False)
        with pytest.raises(MammoError, match=f"200 at most are compared.*--column {name} THEIRS"):
            evaluation.evaluate(tmp_path / "s.csv", Options())


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
    assert "(--internal)" in evaluation.summary(plain)
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


def few_and_reversed(sign: int = 1, few: int | None = None) -> pd.DataFrame:
    """200 images of 50 patients at home and away; away, all but a few images are benign."""
    generator = np.random.default_rng(0)
    rows = []
    for dataset in ("home", "away"):
        for image in range(200):
            malignant = int(generator.random() < 0.3)
            if few is not None and dataset == "away":
                malignant = int(image < 4 * few and image % 4 < 2)
            logit = sign * (
                generator.normal() + (9 if few and dataset == "away" else 1.5) * malignant - 1
            )
            rows.append([dataset, "m", f"{dataset}{image // 4}", image, malignant, logit])
    names = ["dataset", "model", "patient_id", "image_id", "y_true", "y_score"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(("few", "is_enough"), [(9, False), (10, True)])
def test_patients_not_images_settle_something(tmp_path, few, is_enough):
    """Nine patients with eighteen malignant images, perfectly ranked, settle nothing."""
    few_and_reversed(few=few).to_csv(tmp_path / "scores.csv", index=False)
    options = Options(internal="home", replicates=200)
    made = evaluation.evaluate(tmp_path / "scores.csv", options)
    text = evaluation.summary(made)
    assert ("too few patients" in text) != is_enough
    note = f"note: away: {few} patients with an image of the rarer class, and fewer than 10 settle"
    assert (note in text) != is_enough
    row = made.drops.iloc[0]
    assert (row["verdict"] == "too few") != is_enough
    assert row["non_inferior"] == is_enough
    assert "Nothing is concluded where fewer than 10 patients" in text


def test_scores_that_point_the_wrong_way_are_noted(tmp_path):
    few_and_reversed(sign=-1).to_csv(tmp_path / "scores.csv", index=False)
    made = evaluation.evaluate(tmp_path / "scores.csv", Options(replicates=200))
    text = evaluation.summary(made)
    assert text.count("the order is the wrong way round") == 2
    assert "check how labels are coded and which way scores point" in text
    assert "below guessing" in text


def test_missing_scores_are_bounded_whatever_they_were(tmp_path):
    table = made_scores().astype({"y_score": object})
    table.loc[table["image_id"].isin(["north-000-L-CC", "north-001-R-MLO"]), "y_score"] = ""
    table.to_csv(tmp_path / "scores.csv", index=False)
    made = evaluation.evaluate(tmp_path / "scores.csv", Options(replicates=100, missing=0))
    found = made.worst_cases
    assert found["n_missing"].tolist() == [2, 2] and set(found["dataset"]) == {"north"}
    text = evaluation.summary(made)
    row = found.iloc[0]
    assert f"the auROC would be {row['lowest']:.3f} to {row['highest']:.3f}" in text
    assert "missing_scores" in made.tables


@pytest.fixture(scope="module")
def with_readers(tmp_path_factory) -> Path:
    """Scores of two models, and of three readers of the same images."""
    table = made_scores()
    generator = np.random.default_rng(5)
    for number in (1, 2, 3):
        noise = pd.Series(generator.normal(size=table["image_id"].nunique()))
        noise.index = table["image_id"].unique()
        table[f"Reader{number}"] = (table["y_true"] + table["image_id"].map(noise)).round(2)
    path = tmp_path_factory.mktemp("readers") / "scores.csv"
    table.to_csv(path, index=False)
    return path


def test_readers_are_compared_with_every_model(capsys, monkeypatch, with_readers, tmp_path):
    options = ["--readers", "Reader*", "--replicates", 100, "--output", tmp_path]
    status, printed, complaint = run(capsys, monkeypatch, with_readers, *options)
    assert (status, complaint) == (0, "")
    assert "readers less model" in printed and "patients with cancer" in printed
    assert "for other readers and other patients, the model as it is" in printed
    found = pd.read_csv(tmp_path / "readers.csv")
    assert len(found) == 6 and set(found["n_readers"]) == {3}
    scored = pd.read_csv(with_readers)
    rows = scored[(scored["model"] == "second") & (scored["dataset"] == "north")]
    readers = rows[["Reader1", "Reader2", "Reader3"]]
    expected = readers_against_model(rows["y_true"], readers, rows["y_score"], rows["patient_id"])
    row = found[(found["model"] == "second") & (found["dataset"] == "north")].iloc[0]
    assert row["difference"] == pytest.approx(expected.difference)
    assert row["p_value"] == pytest.approx(expected.p_value)
    assert row["model_auroc"] == pytest.approx(expected.model)
    assert row["p_holm"] >= row["p_value"]


def test_readers_score_breasts_by_the_rule_of_the_models(with_readers):
    options = Options(per="breast", rule="max", readers=["Reader1"], replicates=100)
    made = evaluation.evaluate(with_readers, options)
    scored = pd.read_csv(with_readers)
    rows = scored[(scored["model"] == "first") & (scored["dataset"] == "south")]
    breasts = rows.groupby(["patient_id", "laterality"])[["y_true", "Reader1"]].max()
    row = made.against_readers.set_index(["model", "dataset"]).loc[("first", "south")]
    assert row["mean_reader"] == pytest.approx(auroc(breasts["y_true"], breasts["Reader1"]))
    assert "for other patients, the model as it is" in evaluation.summary(made)


@pytest.mark.parametrize(
    ("pattern", "cell", "words"),
    [
        (
            "Radiologist*",
            "0.5",
            "no column of readers 'Radiologist*'; the columns are density, Reader1",
        ),
        ("y_score", "0.5", "no column of readers 'y_score'"),
        ("Reader2", "", "line 2: Reader2 is ''; every reader must have scored every row"),
        ("Reader2", "high", "line 2: Reader2 is 'high', expected a finite number"),
    ],
)
def test_readers_who_cannot_be_compared_are_named(with_readers, tmp_path, pattern, cell, words):
    table = pd.read_csv(with_readers, dtype=str)
    table.loc[0, "Reader2"] = cell
    table.to_csv(tmp_path / "scores.csv", index=False)
    with pytest.raises(MammoError, match=re.escape(words)):
        evaluation.evaluate(tmp_path / "scores.csv", Options(readers=[pattern]))


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


def test_a_gain_is_called_a_gain_beside_a_drop(file, tmp_path):
    """The sets' parts are exchanged: models do better outside than at home."""
    table = made_scores()
    table["split"] = table["dataset"].map({"home": "test", "north": "test", "south": "validation"})
    table.to_csv(tmp_path / "scores.csv", index=False)
    made = evaluation.evaluate(tmp_path / "scores.csv", Options(replicates=100))
    assert (made.drops.loc[made.drops["second_dataset"] == "home", "difference"] < 0).all()
    said = re.findall(r"south +home +(gain )?0\.\d{3} ", evaluation.summary(made))
    assert said == ["gain ", "gain "]

"""Anybody's scores joined with a hospital's labels, in the forms in which both come."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError, MammoError, ParameterError
from mammo.evaluation import auroc, readers_against_model
from mammo.files import pseudonyms
from mammo.hospital.validation import of_scores
from mammo.hospital.validation.auroc_section import aurocs
from mammo.hospital.validation.evidence import OWN, Evidence
from mammo.hospital.validation.vendor_scores import NAMELESS
from mammo.parameters import sources
from mammo.report.page.blocks import Table

HEX = r"[0-9a-f]{16}"


@pytest.fixture(autouse=True)
def key(tmp_path_factory, monkeypatch) -> Path:
    file = tmp_path_factory.mktemp("key") / "key"
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(file))
    return file


def cases(patients: int = 12) -> pd.DataFrame:
    """A row an image of named women: label, and a score that follows it with noise."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "image": f"{patient:02d}/{side}_{view}.dcm",
            "patient_id": f"Muster{patient:02d}",
            "accession": f"A{patient:02d}",
            "laterality": side,
            "view": view,
            "label": int(patient % 3 == 0 and side == "L"),
        }
        for patient in range(patients)
        for side in "LR"
        for view in ("CC", "MLO")
    ]
    table = pd.DataFrame(rows)
    noise = generator.normal(size=len(table))
    return table.assign(score=np.round(1 / (1 + np.exp(-1.5 * table["label"] - noise)), 4))


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., Evidence]:
    """Write both tables and return the evidence; functions of tables may write them otherwise."""

    def evidence(
        scores: pd.DataFrame,
        labels: pd.DataFrame,
        layout: LabelLayout | None = None,
        write: Callable[[pd.DataFrame, Path], object] = lambda t, p: t.to_csv(p, index=False),
        **parameters: object,
    ) -> Evidence:
        for table, name in ((scores, "scores"), (labels, "labels")):
            write(table, tmp_path / name)
        return of_scores.evidence(
            tmp_path / "scores",
            tmp_path / "labels",
            layout or LabelLayout(),
            sources.validate({"n_bootstrap": 100, **parameters}),
        )

    return evidence


def by_image(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return table[["image", "score"]], table.drop(columns="score")


def scored(evidence: Evidence) -> pd.DataFrame:
    return evidence.evaluation.scored


def notes(evidence: Evidence) -> dict[str, list[str]]:
    by_severity: dict[str, list[str]] = {}
    for finding in evidence.findings:
        by_severity.setdefault(finding.severity, []).append(finding.text)
    return by_severity


def test_scores_of_images_get_their_labels_whatever_their_order(found):
    table = cases()
    evidence = found(table[["image", "score"]].sample(frac=1, random_state=1), by_image(table)[1])
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    assert scored(evidence)["y_score"].tolist() == table["score"].tolist()
    assert evidence.own.loc[NAMELESS, "auroc"] == pytest.approx(
        auroc(table["label"], table["score"])
    )
    assert (evidence.models, evidence.dataset, evidence.scored_unit) == ([NAMELESS], OWN, "image")
    assert scored(evidence)["patient_id"].nunique() == 12
    assert notes(evidence) == {
        "ok": [
            "the table of labels has one row per image",
            "label: taken for malignant '1' (8), for benign '0' (40)",
        ]
    }


def test_only_keyed_pseudonyms_are_left(found, key):
    table = cases()
    text = scored(found(*by_image(table))).to_csv()
    for name in ("image", "patient_id", "accession"):
        assert not any(str(value) in text for value in table[name])
    assert scored(found(*by_image(table)))["image_id"].str.fullmatch(HEX).all()
    first = scored(found(*by_image(table)))["patient_id"]
    key.unlink()
    second = scored(found(*by_image(table)))["patient_id"]
    assert set(first).isdisjoint(second)


@pytest.mark.parametrize(
    ("names", "unit"),
    [
        (["patient_id", "laterality"], "breast"),
        (["accession", "laterality"], "breast"),
        (["patient_id", "accession", "laterality"], "breast"),
        (["accession"], "study"),
        (["patient_id"], "patient"),
    ],
)
def test_scores_of_breasts_studies_and_patients_are_joined_by_what_names_them(found, names, unit):
    table = cases().groupby(names, as_index=False)[["label", "score"]].max()
    evidence = found(table[[*names, "score"]], table[[*names, "label"]])
    assert evidence.scored_unit == unit
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    assert scored(evidence)["y_score"].tolist() == table["score"].tolist()
    assert scored(evidence)["patient_id"].nunique() == 12
    assert evidence.own["n_images"].iloc[0] == len(table)


@pytest.mark.parametrize("columns", [["image"], ["laterality", "view"]])
def test_scored_images_carry_the_label_of_their_breast(found, columns):
    table = cases()
    labels = table.groupby(["patient_id", "laterality"], as_index=False)["label"].max()
    names = list(dict.fromkeys(["patient_id", "laterality", *columns]))
    evidence = found(table[[*names, "score"]], labels)
    joined = scored(evidence).sort_values("y_score")
    assert joined["y_true"].tolist() == table.sort_values("score")["label"].tolist()
    assert joined["image_id"].nunique() == len(table)
    assert evidence.scored_unit == "image" and evidence.screened["by_breast"].all()


@pytest.mark.parametrize("rule", ["max", "mean"])
@pytest.mark.parametrize("columns", [["image"], ["laterality", "view"]])
def test_images_of_a_labelled_patient_are_judged_together(found, tmp_path, columns, rule):
    """Her label says nothing of her other breast, whose scores are low for good reason."""
    table = cases()
    labels = table.groupby("patient_id", as_index=False)["label"].max()
    evidence = found(table[["patient_id", *columns, "score"]], labels, rule=rule)
    assert evidence.scored_unit == "patient" and len(scored(evidence)) == len(labels)
    wanted = table.groupby("patient_id")["score"].agg(rule)
    assert sorted(scored(evidence)["y_score"]) == pytest.approx(sorted(wanted))
    assert not evidence.screened["by_breast"].any()
    assert any("several images of each patient are scored" in one.text for one in evidence.notes)
    name = scored(evidence)["image_id"].iloc[0]
    places = tmp_path / "scores", tmp_path / "labels"
    (line,) = of_scores.located(*places, LabelLayout(), [name]).values()
    assert "labels, line " in line and "scores, line " in line


@pytest.mark.parametrize("title", ["ai_score", "CAD score", "Malignancy probability"])
def test_usual_titles_of_scores_are_known(found, title):
    scores, labels = by_image(cases())
    assert len(scored(found(scores.rename(columns={"score": title}), labels))) == len(labels)


def test_labels_of_studies_take_what_both_tables_have(found):
    """The labels name a study's accession and patient, the scores the patient alone."""
    table = cases().groupby(["patient_id", "accession"], as_index=False)[["label", "score"]].max()
    evidence = found(table[["patient_id", "score"]], table[["patient_id", "accession", "label"]])
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    twice = pd.concat([table, table.iloc[:1].assign(accession="later", label=0)])
    labels = twice[["patient_id", "accession", "label"]]
    with pytest.raises(DatasetError, match=r"no accession.* lines 2 and 14"):
        found(table[["patient_id", "score"]], labels)


def test_studies_with_one_number_in_several_patients_stay_apart(found):
    table = cases().groupby("patient_id", as_index=False)[["label", "score"]].max()
    table = table.assign(study_id="1")
    evidence = found(table[["patient_id", "study_id", "score"]], table.drop(columns="score"))
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    assert scored(evidence)["patient_id"].nunique() == 12
    with pytest.raises(DatasetError, match="name no patient_id"):
        found(table[["study_id", "score"]].iloc[:1], table.drop(columns="score"))


STRANGERS = {
    "a prefix": lambda name: f"PAT{name}",
    "another number": lambda name: f"{90000 + int(name[-2:])}",
    "dates": lambda name: f"2024-01-{int(name[-2:]) + 1:02d}",
    "hashes": lambda name: f"{hash(name) & 0xFFFFFF:06x}-",
}


@pytest.mark.parametrize("missing", [None, 0.0], ids=["", "missing 0"])
@pytest.mark.parametrize("spell", STRANGERS.values(), ids=STRANGERS)
def test_tables_without_a_name_in_common_are_refused_whatever_is_asked(found, spell, missing):
    table = cases().groupby("patient_id", as_index=False)[["label", "score"]].max()
    scores = table[["patient_id", "score"]]
    with pytest.raises(DatasetError, match=r"none can .*'Aaaaaa99'"):
        found(
            scores.assign(patient_id=scores["patient_id"].map(spell)),
            table[["patient_id", "label"]],
            missing=missing,
        )
    few = scores["patient_id"].where(scores.index < 3, scores["patient_id"].map(spell))
    with pytest.raises(DatasetError, match="only 3 can be found") as raised:
        found(scores.assign(patient_id=few), table[["patient_id", "label"]], missing=missing)
    assert "--missing" not in str(raised.value) and "Muster" not in str(raised.value)


SPELT_OTHERWISE = {
    "zeros lost": lambda number: (f"{number:05d}", f"{number}"),
    "zeros gained": lambda number: (f"{number}", f"{number:05d}"),
    "zeros lost of some": lambda number: (f"{7 * number:02d}", f"{7 * number}"),
    "floats": lambda number: (f"{1001 + number}", f"{1001 + number}.0"),
    "capitals": lambda number: (f"P{number}", f"p{number}"),
    "accents": lambda number: (f"M\xfcller{number}", f"Mu\u0308ller{number}"),
    "blanks": lambda number: (f"P {number}", f" P\xa0{number} "),
    "marks of Excel": lambda number: (f"{number:04d}", f"'{number:04d}"),
    "signs": lambda number: (f"P-{number}", f"P_{number}"),
}


@pytest.mark.parametrize("spell", SPELT_OTHERWISE.values(), ids=SPELT_OTHERWISE)
@pytest.mark.parametrize("name", ["patient_id", "accession", "image"])
def test_names_that_are_spelt_otherwise_meet_row_by_row(found, name, spell):
    table = cases(60).groupby("patient_id", as_index=False)[["label", "score"]].max()
    ours, theirs = zip(*map(spell, range(60)), strict=True)
    labels = table[["patient_id", "label"]].assign(**{name: ours})
    evidence = found(table[["score"]].assign(**{name: theirs}), labels)
    assert scored(evidence)["y_score"].tolist() == table["score"].tolist()
    n_other = sum(a != b.strip(" ") for a, b in zip(ours, theirs, strict=True))
    assert any(f"{n_other} name" in note for note in notes(evidence)["note"])


def test_a_missing_score_is_not_made_up_where_names_are_spelt_otherwise(found):
    table = cases().groupby("patient_id", as_index=False)[["label", "score"]].max()
    names = table["patient_id"].where(table.index > 3, "X" + table["patient_id"])
    with pytest.raises(DatasetError, match="4 rows of scores have no label") as raised:
        found(table[["score"]].assign(patient_id=names), table[["patient_id", "label"]])
    assert "--missing 0" not in str(raised.value)


def test_a_breast_that_is_scored_twice_is_named_where_images_are_labelled(found):
    table = cases()
    vendors = table.groupby(["patient_id", "laterality"], as_index=False)[["score"]].max()
    again = pd.concat([vendors, vendors.iloc[:1]])
    with pytest.raises(DatasetError, match="line 26: the same patient_id"):
        found(again, table.drop(columns="score"))


def test_names_that_a_looser_look_would_mix_up_are_missing_scores(found):
    labels = pd.DataFrame({"patient_id": ["12", "012", "0012", "5", "6"], "label": [1, 0, 0, 1, 0]})
    scores = pd.DataFrame({"patient_id": ["12", "5", "6"], "score": [0.9, 0.8, 0.1]})
    with pytest.raises(DatasetError, match=r"2 of 5 .*line 3 "):
        found(scores, labels)
    assert scored(found(scores, labels, missing=0))["y_score"].tolist() == [0.9, 0, 0, 0.8, 0.1]


def test_a_file_name_of_many_images_is_of_none(found):
    scores, labels = by_image(cases())
    bare = scores["image"].str.rpartition("/")[2]  # L_CC.dcm of every patient
    with pytest.raises(DatasetError, match="line 6: the same image"):
        found(scores.assign(image=bare), labels)


@pytest.mark.parametrize("names", [("patient_id", "laterality"), ("accession", "laterality"),
                                   ("patient_id",), ("accession",)])  # fmt: skip
@pytest.mark.parametrize("columns", ["image laterality", "laterality", "image"])
def test_scores_by_breast_or_patient_take_the_labels_of_their_images_together(
    found, names, columns
):
    """A vendor scores breasts or women, and the hospital has labelled images."""
    table = cases()
    vendors = table.groupby(list(names), as_index=False)[["score"]].max()
    labels = table[["patient_id", "accession", *columns.split(), "label"]].drop_duplicates()
    if set(names) - set(labels) or (columns == "image" and "laterality" in names):
        with pytest.raises(DatasetError, match="the scores name no"):
            found(vendors, labels)
        return
    evidence = found(vendors, labels)
    expected = table.groupby(list(names))["label"].max()
    assert scored(evidence)["y_true"].tolist() == expected.tolist()
    assert evidence.scored_unit == ("breast" if "laterality" in names else "study")
    told = notes(evidence).get("note", [])
    is_told = any("malignant if any of its labels is" in note for note in told)
    assert is_told == ("image" in columns or "laterality" not in names)


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: name.rpartition("/")[2],
        lambda name: Path(name).stem,
        lambda name: f"export\\{name}",
    ],
    ids=["file name", "stem", "another folder"],
)
def test_names_of_images_may_lack_folder_and_suffix_where_that_is_clear(found, spell):
    table = cases()
    table = table.assign(image=[f"all/{number}.dcm" for number in range(len(table))])
    scores, labels = by_image(table)
    strangers = pd.DataFrame({"image": ["s.dcm", "t.dcm"], "score": [0.5, 0.5]})
    respelt = pd.concat([scores.assign(image=scores["image"].map(spell)), strangers])
    evidence = found(respelt, labels)
    assert scored(evidence)["y_score"].tolist() == table["score"].tolist()
    assert notes(evidence)["warning"] == ["2 rows of scores without a label, and left out"]


def german(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252", lineterminator="\r\n")


def excel(table: pd.DataFrame, path: Path) -> None:
    with path.open("wb") as file:
        table.to_excel(file, index=False, engine="openpyxl")


@pytest.mark.parametrize("write", [german, excel])
def test_tables_come_as_a_spreadsheet_writes_them(found, write):
    table = cases()
    scores = table[["image", "score"]].set_axis(["Dateiname", "Risiko für Krebs"], axis=1)
    labels = pd.DataFrame(
        {
            "Bild": table["image"],
            "Patientennummer": [f"Müßig{number // 4}" for number in range(len(table))],
            "Diagnose": table["label"].map({0: "gutartig", 1: "bösartig"}),
        }
    )
    layout = LabelLayout(columns={"y_score": "Risiko für Krebs"})
    evidence = found(scores, labels, layout, write)
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    assert scored(evidence)["y_score"].tolist() == table["score"].tolist()


def test_a_name_of_the_report_is_traced_to_the_lines_of_both_tables(found, tmp_path):
    table = cases()
    scores, labels = by_image(table.sample(frac=1, random_state=1))
    evidence = found(scores.iloc[::-1], labels)
    own = scored(evidence)
    worst = own.loc[own["y_score"].idxmax(), "image_id"]
    places = of_scores.located(
        tmp_path / "scores", tmp_path / "labels", LabelLayout(), [worst, "0" * 16]
    )
    line = labels["image"].tolist().index(scores.loc[scores["score"].idxmax(), "image"])
    in_labels, in_scores = line + 2, len(scores) - line + 1
    assert places == {
        worst: f"{tmp_path / 'labels'}, line {in_labels}; {tmp_path / 'scores'}, line {in_scores}",
        "0" * 16: None,
    }


def test_lines_of_the_tables_are_not_published(found):
    assert not {"line", "of_labels"} & set(scored(found(*by_image(cases()))))


def test_examinations_are_named_where_every_label_has_one(found):
    table = cases()
    visits = table.assign(accession=[f"{place % 2}" for place in range(len(table))])
    own = scored(found(*by_image(visits)))
    assert own["study_id"].nunique() == 24  # a number of a visit is one of a patient
    assert own["study_id"].str.fullmatch(HEX).all()
    assert "study_id" not in scored(found(*by_image(table.drop(columns="accession"))))


def test_breasts_are_scored_and_images_with_sides_labelled(found):
    table = cases()
    scores = table.groupby(["patient_id", "laterality"], as_index=False)["score"].max()
    labels = table[["image", "patient_id", "laterality", "label"]]
    evidence = found(scores, labels)
    assert evidence.scored_unit == "breast"
    assert len(scored(evidence)) == 24
    assert scored(evidence)["y_true"].sum() == 4


def test_a_named_column_may_be_in_either_table_or_in_both(found):
    table = cases()
    scores = table[["image", "score"]].set_axis(["Nr", "Wert"], axis=1)
    labels = table[["image", "patient_id", "label"]].set_axis(["image", "MRN ", "Ca"], axis=1)
    columns = {"image": "nr", "y_score": "Wert", "label": "Ca"}
    evidence = found(scores, labels, LabelLayout(columns=columns))
    assert scored(evidence)["y_true"].tolist() == table["label"].tolist()
    for wrong in ("Wret", "Patient"):
        with pytest.raises(DatasetError, match=f"scores and .*labels have no column '{wrong}'"):
            found(scores, labels, LabelLayout(columns={**columns, "view": wrong}))


def test_a_column_of_models_parts_their_scores(found):
    table = cases()
    scores = pd.concat(
        [table[["image", "score"]].assign(algorithm="A"),
         table[["image"]].assign(score=0.5, algorithm="B")]
    )  # fmt: skip
    evidence = found(scores, by_image(table)[1])
    assert evidence.models == ["A", "B"]
    assert evidence.own.loc["B", "auroc"] == 0.5
    assert len(evidence.pairs) == 1
    with pytest.raises(ParameterError, match=r"2 models \(A, B\)"):
        found(scores, by_image(table)[1], stated=0.9)


def with_readers(table: pd.DataFrame, n: int = 3) -> pd.DataFrame:
    """Scores of a vendor, and of readers of the same images."""
    generator = np.random.default_rng(4)
    readers = [
        table[["image"]].assign(
            score=(table["label"] + generator.normal(size=len(table))).round(2),
            algorithm=f"Reader {number}",
        )
        for number in range(1, n + 1)
    ]
    return pd.concat([table[["image", "score"]].assign(algorithm="vendor"), *readers])


def test_readers_among_the_scores_are_compared_with_the_models(found):
    table = cases(36)
    evidence = found(with_readers(table), by_image(table)[1], readers=["Reader *"])
    assert evidence.models == ["vendor"]
    row = evidence.evaluation.against_readers.iloc[0]
    assert row["n_readers"] == 3 and row["n_positive_clusters"] == 12
    scores = with_readers(table).pivot(index="image", columns="algorithm", values="score")
    labels = table.set_index("image").loc[scores.index]
    wanted = readers_against_model(
        labels["label"],
        scores[["Reader 1", "Reader 2", "Reader 3"]],
        scores["vendor"],
        labels["patient_id"].to_numpy(),
    )
    assert row["difference"] == pytest.approx(wanted.difference)
    assert row["p_value"] == pytest.approx(wanted.p_value)
    assert row["verdict"] in ("shown", "open")
    blocks = [block for block in aurocs(evidence) if isinstance(block, Table)]
    assert "Readers against models on the same cases" in [block.caption for block in blocks]


@pytest.mark.parametrize(
    ("readers", "lost", "message"),
    [
        (["Radiologist"], 0, "no reader 'Radiologist' among the scores, which are of vendor"),
        (["*"], 0, "are readers: a model is needed, too"),
        (["Reader *"], 1, "the reader Reader 3 has not scored everything"),
    ],
)
def test_readers_that_cannot_be_compared_are_named(found, readers, lost, message):
    table = cases()
    scores = with_readers(table)
    scores = scores.iloc[: len(scores) - lost]
    with pytest.raises(MammoError, match=message):
        found(scores, by_image(table)[1], readers=readers, missing=0.0)


def test_a_score_that_is_missing_is_a_fault_or_counts_as_told(found):
    scores, labels = by_image(cases())
    scores = scores.astype({"score": object})
    scores.loc[3, "score"] = "n/a"
    for some in (scores, scores.drop(index=3)):
        with pytest.raises(DatasetError, match=r"1 of 48 .*line 5 "):
            found(some, labels)
        evidence = found(some, labels, missing=0.0)
        assert scored(evidence)["y_score"].iloc[3] == 0
        assert notes(evidence)["warning"] == ["1 score missing, taken as 0 as you asked"]
    assert "warning" not in notes(found(*by_image(cases()), missing=0.0))


def test_a_score_that_one_model_lacks_is_missing_for_it_alone(found):
    table = cases()
    scores = pd.concat([table.assign(model="A"), table.iloc[1:].assign(model="B")])
    columns = ["image", "score", "model"]
    with pytest.raises(DatasetError, match="1 of 96 labelled rows"):
        found(scores[columns], by_image(table)[1])
    evidence = found(scores[columns], by_image(table)[1], missing=0.25)
    filled = scored(evidence).groupby("model")["y_score"].first()
    assert filled.to_dict() == {"A": table["score"].iloc[0], "B": 0.25}


def test_scores_without_a_label_are_counted_and_left_out(found):
    scores, labels = by_image(cases())
    labels.loc[0, "label"] = None
    stranger = pd.DataFrame({"image": ["stranger.dcm", "", ""], "score": [0.5, 0.6, 0.7]})
    evidence = found(pd.concat([scores, stranger]), labels.astype({"label": "Int64"}).iloc[:40])
    assert len(scored(evidence)) == 39
    said = notes(evidence)
    assert said["warning"] == ["12 rows of scores without a label, and left out"]
    assert said["note"] == ["1 row of labels of neither class, and left out"]


def test_labels_that_contradict_each_other_are_counted(found):
    scores, labels = by_image(cases())
    evidence = found(scores, pd.concat([labels, labels.iloc[:1].assign(label=0)]))
    assert "1 image labelled in two ways by the table" in notes(evidence)["warning"]
    assert len(scored(evidence)) == 47


def test_a_row_for_both_breasts_labels_two(found):
    table = cases().groupby(["patient_id", "laterality"], as_index=False)[["label", "score"]].max()
    labels = pd.concat(
        [table.drop(columns="score").iloc[2:],
         pd.DataFrame({"patient_id": ["Muster00"], "laterality": ["both"], "label": [1]})]
    )  # fmt: skip
    evidence = found(table[["patient_id", "laterality", "score"]], labels)
    assert len(scored(evidence)) == 24
    assert scored(evidence)["y_true"].sum() == table["label"].iloc[2:].sum() + 2


@pytest.mark.parametrize("again", [[0, 0], [0, 1]], ids=["the same line", "of one breast"])
def test_what_is_scored_twice_is_refused(found, again):
    table = cases()
    if again == [0, 0]:
        scores = pd.concat([table, table.iloc[:1]])[["image", "score"]]
        with pytest.raises(DatasetError, match="line 50: the same image"):
            found(scores, by_image(table)[1])
        return
    labels = table.groupby(["patient_id", "laterality"], as_index=False)["label"].max()
    scores = table[["patient_id", "laterality", "score"]]
    with pytest.raises(DatasetError, match="line 3: the same patient_id"):
        found(scores, labels)


def test_without_patients_images_are_refused_and_studies_stand_for_them(found):
    table = cases()
    with pytest.raises(ParameterError, match="add a column patient_id"):
        found(table[["image", "score"]], table[["image", "label"]])
    told_by_scores = found(table[["image", "patient_id", "score"]], table[["image", "label"]])
    assert scored(told_by_scores)["patient_id"].nunique() == 12
    by_study = found(table[["image", "score"]], table[["image", "accession", "label"]])
    assert scored(by_study)["patient_id"].nunique() == 12
    assert "48 rows without a patient: each study counts as one" in notes(by_study)["note"][0]


def test_scores_on_any_scale_have_an_auroc_and_no_calibration(found):
    table = cases()
    as_is, scaled = (
        found(*by_image(table.assign(score=table["score"] * factor - shift)))
        for factor, shift in ((1, 0), (100, 30))
    )
    assert scaled.own["auroc"].iloc[0] == as_is.own["auroc"].iloc[0]
    assert len(as_is.evaluation.calibration)
    assert scaled.evaluation.calibration.empty
    assert scaled.evaluation.reliability[0].empty


def test_a_threshold_that_is_given_is_applied_without_an_internal_set(found):
    table = cases()
    evidence = found(*by_image(table), operating_points=("threshold=0.5", "youden"))
    points = evidence.evaluation.operating_points
    assert points["criterion"].tolist() == ["threshold 0.5"]
    called = table["score"] >= 0.5
    assert points["sensitivity"].iloc[0] == called[table["label"] == 1].mean()
    assert points["specificity"].iloc[0] == (~called[table["label"] == 0]).mean()
    assert set(evidence.rechosen["criterion"]) == {"Youden"}
    assert found(*by_image(table), operating_points=("threshold=0.5",)).rechosen.empty


def test_what_a_maker_states_is_kept_with_who_says_so(found):
    claimed = found(*by_image(cases()), stated=0.93).weights[NAMELESS].claimed
    assert (claimed.auroc, claimed.by) == (0.93, "its maker states")
    assert found(*by_image(cases())).weights[NAMELESS].claimed is None


def test_views_beyond_the_usual_are_named_other_and_a_name_in_their_place_is_lost(found):
    table = cases()
    table.loc[0, "view"], table.loc[1, "view"] = "MUSTER00", None
    assert set(scored(found(*by_image(table)))["view"].dropna()) == {"CC", "MLO", "other"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s, t: (s.assign(score="high"), t),
            "lines 2, 3, 4, 5, 6 and 43 more: y_score is 'high', expected a finite",
        ),
        (lambda s, t: (s.assign(score="inf"), t), "y_score is 'inf', expected a finite number"),
        (lambda s, t: (s.assign(score="1_0"), t), "y_score is '1_0'"),
        (lambda s, t: (s.rename(columns={"score": "s"}), t), "no column of scores; .*'image, s'"),
        (lambda s, t: (s.assign(risk=1), t), "'score' and 'risk' may each be y_score"),
        (
            lambda s, t: (s.assign(model=""), t),
            "6 and 43 more: the score is of no model",
        ),
        (lambda s, t: (s.assign(model=s["image"]), t), "of models holds 48 names, 30 at most"),
        (lambda s, t: (s.iloc[:0], t), "holds no row of scores"),
        (lambda s, t: (s.drop(columns="image"), t), "the scores name no image, and the labels are"),
        (lambda s, t: (s, t.assign(label=0)), "hold 0 malignant and 48 benign: both classes"),
        (lambda s, t: (s, t.drop(columns="label")), "labels has no column label or pathology"),
        (lambda s, t: (s.assign(laterality="up"), t), r"lines 2, 3.*laterality 'up' \(48\)"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(found, change, message):
    with pytest.raises(DatasetError, match=message) as raised:
        found(*change(*by_image(cases())))
    assert "\n" not in str(raised.value)


def test_scores_that_name_no_breast_do_not_fit_labels_by_breast(found):
    table = cases().groupby(["patient_id", "laterality"], as_index=False)[["label", "score"]].max()
    labels = table.drop(columns="score")
    with pytest.raises(DatasetError, match="the scores name no laterality"):
        found(table[["patient_id", "score"]], labels)
    with pytest.raises(DatasetError, match="the scores name no patient_id"):
        found(table[["laterality", "score"]], labels)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"stated": 93}, "'stated' is 93"),
        ({"missing": float("nan")}, "'missing' is nan"),
        ({"operating_points": ("sensitivity=9",)}, "operating point 'sensitivity=9'"),
    ],
)
def test_terms_that_are_none_are_refused(found, terms, message):
    with pytest.raises(MammoError, match=message):
        found(*by_image(cases()), **terms)


@settings(deadline=None, max_examples=40)
@given(rows=st.permutations(range(24)), kept=st.integers(1, 24), strangers=st.integers(0, 5))
def test_every_score_is_labelled_rightly_or_counted(rows, kept, strangers):
    """Whatever the order, and whatever is absent on either side."""
    from mammo.datasets.institution.labels import Labels
    from mammo.hospital.validation.labelled_scores import join

    truth = {f"i{row}": row % 2 for row in range(24)}
    given_scores = [f"i{row}" for row in rows[:kept]] + [f"x{n}" for n in range(strangers)]
    scores = pd.DataFrame({"image": given_scores, "line": range(2, 2 + len(given_scores))})
    empty = ("patient_id", "study_id", "accession", "laterality", "view")
    scores = scores.assign(model="m", y_score=scores["line"] / 100, **dict.fromkeys(empty))
    labels = pd.DataFrame({"image": list(truth), "label": list(truth.values())})
    labels = labels.assign(
        line=range(2, 26), patient_id="p", **dict.fromkeys((*empty[1:], "density", "birads"))
    )
    labels = Labels("image", labels, pd.DataFrame(), ())
    if kept < 12 and strangers > kept:
        with pytest.raises(DatasetError, match=f"only {kept} can be found in the 24 labelled rows"):
            join(scores, labels, -1.0)
        return
    joined = join(scores, labels, -1.0)
    assert joined.n_unlabelled == strangers
    assert joined.n_missing == 24 - kept
    assert joined.table["y_true"].tolist() == list(truth.values())
    expected = dict(zip(scores["image"], scores["y_score"], strict=True))
    assert joined.table["y_score"].tolist() == [expected.get(name, -1.0) for name in truth]
    assert re.fullmatch(HEX, joined.table["image_id"].iloc[0])

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mammo.datasets.institution.labels import COLUMNS, LabelLayout, Labels, read_labels
from mammo.datasets.institution.labels import words as label_words
from mammo.datasets.institution.labels.columns import ALIASES
from mammo.errors import DatasetError, MammoError, ParameterError


@pytest.fixture
def read(tmp_path):
    """Read a table that is written as lines, with the options of a layout."""

    def call(*lines: str, encoding: str = "utf-8", **layout: object) -> Labels:
        path = tmp_path / "labels.csv"
        path.write_text("\n".join(lines), encoding=encoding)
        return read_labels(path, LabelLayout(**layout))

    return call


def labels_of(labels: Labels) -> list[int | None]:
    return [None if pd.isna(label) else int(label) for label in labels.rows["label"]]


def test_a_row_an_image(read):
    found = read(
        "File Name;Patient ID;Exam;Laterality;View;Pathology;BI-RADS;Breast Density;Age",
        r".\a\1.dcm;p1;e1;Left;mlo;MALIGNANT;4a;b;91",
        "a/2.dcm;p1;e1;R;CC;benign_without_callback;2;c;91",
        "a/3.dcm;;;;;;3;;",
    )
    assert found.level == "image"
    assert found.rows.dtypes.astype(str).to_dict() == COLUMNS
    assert found.rows.to_dict("records")[:2] == [
        {
            **{"line": 2, "image": "a/1.dcm", "patient_id": "p1", "study_id": "e1"},
            **{"accession": None, "laterality": "L", "view": "MLO", "label": 1, "no_label": None},
            **{"pathology": "malignant", "birads": "4a", "density": "b", "age": 90},
        },
        {
            **{"line": 3, "image": "a/2.dcm", "patient_id": "p1", "study_id": "e1"},
            **{"accession": None, "laterality": "R", "view": "CC", "label": 0, "no_label": None},
            **{"pathology": "benign without callback", "birads": "2", "density": "c", "age": 90},
        },
    ]
    last = found.rows.iloc[2]
    assert (last["no_label"], last["birads"], last["patient_id"]) == (
        "pathology is empty",
        "3",
        None,
    )
    assert pd.isna(last["label"]) and pd.isna(last["age"])
    assert found.contradictions.empty
    assert found.notes == (
        "columns taken: image from 'File Name', study_id from 'Exam', density from "
        "'Breast Density'",
    )


@pytest.mark.parametrize(
    ("header", "row", "level"),
    [
        ("file,side,patient,study,label", "a,L,p,s,0", "image"),
        ("file,side,patient,study,label", ",L,p,s,0", "breast"),
        ("side,accession,label", "right,77,0", "breast"),
        ("side,patient,study,label", ",p,s,0", "study"),
        ("StudyInstanceUID,label", "1.2.3,0", "study"),
        ("MRN,label", "77,0", "patient"),
    ],
)
def test_the_columns_that_hold_something_tell_the_level(read, header, row, level):
    assert read(header, row).level == level


def test_the_level_may_be_given_if_the_table_has_it(read):
    table = "file,patient,label", "a,p,1", "b,p,0"
    assert labels_of(read(*table)) == [1, 0]
    assert labels_of(read(*table, level="patient")) == [1, 1]
    with pytest.raises(DatasetError, match="does not say which breast each row is about"):
        read(*table, level="breast")
    with pytest.raises(ParameterError, match="level is 'case'; it must be one of"):
        read(*table, level="case")


@pytest.mark.parametrize("level", ["study", "patient"])
def test_a_label_of_a_study_is_said_to_hold_for_both_breasts(read, level):
    found = read("patient,study,side,label", "p,s,L,1", "q,t,R,0", level=level)
    assert found.rows["laterality"].tolist() == [None, None]
    assert any(f"a label holds for a whole {level}" in note for note in found.notes)


CLASS_WORDS = [
    *[("malignant", word, 1) for word in ("1", "1.0", "TRUE", "Yes", "Cancer", "dcis")],
    *[("malignant", word, 0) for word in ("0", "0.00", "false", "NO", "n")],
    *[("pathology", word, 1) for word in ("MALIGNANT", "Invasive  ductal-carcinoma", "bösartig")],
    *[
        ("pathology", word, 0)
        for word in ("Benign", "BENIGN_WITHOUT_CALLBACK", "gutartig", "bénin")
    ],
    *[("bi-rads", word, 1) for word in ("4", "4.0", "4A", "BI-RADS 4c", "birads_5", "Category 6")],
    *[("bi-rads", word, 0) for word in ("1", "2.0", "BIRADS: 2", "ACR 1")],
    *[("label", "BI-RADS 1", 0), ("label", "BI-RADS 5", 1)],
]


@pytest.mark.parametrize(("column", "word", "label"), CLASS_WORDS)
def test_words_are_classes(read, column, word, label):
    other = {"bi-rads": "4", "malignant": "0"}.get(column, "normal")
    assert labels_of(read(f"image,{column}", f"a,{word}", f"b,{other}"))[0] == label


def test_a_label_may_have_a_decimal_comma(read):
    assert labels_of(read("image;label", "a;1,0", "b;0,0")) == [1, 0]


@pytest.mark.parametrize(
    ("column", "word", "reason"),
    [
        ("bi-rads", "3", "BI-RADS 3 is neither class"),
        ("bi-rads", "0", "BI-RADS 0 is neither class"),
        ("bi-rads", "", "birads is empty"),
        ("label", "n/a", "label is empty"),
        ("label", "Indeterminate", "'indeterminate' is neither class"),
    ],
)
def test_no_label_has_a_reason(read, column, word, reason):
    found = read(f"image,{column}", f"a,{word}", "b,BI-RADS 4")
    assert labels_of(found) == [None, 1]
    assert found.rows["no_label"].tolist() == [reason, None]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("image,label", "a,1", "b,2"), "the label column holds 1, 2, which may be BI-RADS"),
        (("image,label", "a,1", "b,1"), "the label column holds 1, which may be BI-RADS"),
        (("image,label", "a,0", "b,1", "c,4a"), "the label column holds 0, 1, 4a, which may be"),
        (("image,diagnosis", "a,1", "b,benign"), "the pathology column holds 1, which may be"),
        (("image,assessment", "a,0", "b,1"), "the birads column holds 0, 1, which may be BI-RADS"),
        (("image,label,pathology", "a,1,benign", "b,0,cancer"), "contradict each other in every"),
        (("image,label", "a,0", "b,LCIS"), r"line 3: label 'LCIS' is not known.*--positive WORD"),
        (("image,label", "a,0", "b,-"), "line 3: label '-' is not known"),
        (("image,birads", "a,5", "b,7"), "line 3: birads '7' is not known"),
        (("image,label", "a,", "b,"), "has a column of labels, but no row holds one"),
    ],
)
def test_what_might_turn_a_label_round_is_refused(read, lines, words):
    with pytest.raises(DatasetError, match=words):
        read(*lines)


def test_all_unknown_words_are_told_at_once_with_their_numbers(read):
    rows = [f"{n},{word}" for n, word in enumerate(["LCIS", "0", "ADH", "LCIS", "1", "?"])]
    with pytest.raises(DatasetError) as raised:
        read("image,label", *rows)
    told = "lines 2, 4, 5, 7: label 'LCIS' (2), 'ADH' (1), '?' (1) is not known"
    assert told in str(raised.value)
    many = [f"{n},word{n % 20}" for n in range(40)]
    with pytest.raises(DatasetError, match=r"lines 2, 3, 4, 5, 6 and 35 more.* and 8 others is"):
        read("image,label", *many)


@pytest.mark.parametrize(
    ("title", "values"),
    [("path_severity", "01"), ("Path Severity", "014"), ("path_severity", ["0.0", "1.0"]),
     ("benign", "01"), ("Benign", ["True", "False"]), ("normal", ["yes", "no"]),
     ("difficult_negative_case", ["True", "False"]), ("gutartig", ["ja", "nein"]),
     ("is_benign", "01"), ("benign flag", "01"), ("isNormal", "01"), ("No finding", "01"),
     ("cancer_free", "01"), ("ohne Befund", ["ja", "nein"]), ("not_malignant", "01"),
     ("is control", "01"), ("free of cancer", "01"), ("biopsy_negative", "01"),
     ("sano", "01"), ("unauffällig", ["ja", "nein"]), ("goedaardig", "01"), ("bénin", "01")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["label", "pathology"])
def test_a_column_that_counts_otherwise_is_refused_by_name(read, name, title, values):
    table = f"image,{title}", *(f"{n},{value}" for n, value in enumerate(values))
    with pytest.raises(DatasetError, match=f"the column '{title}' counts otherwise than a label"):
        read(*table, columns={name: title})


@pytest.mark.parametrize(
    "title", ["benign_malignant", "malignant vs benign", "abnormal", "Benign0/Malignant1", "case"]
)
def test_a_column_that_names_what_is_malignant_is_taken(read, title):
    assert labels_of(read(f"image,{title}", "a,1", "b,0", columns={"label": title})) == [1, 0]


def test_a_column_that_counts_otherwise_is_taken_once_its_values_are_said(read):
    found = read(
        *("image,path_severity", "a,0.0", "b,1.0", "c,2", "d,4", "e,"),
        columns={"label": "path_severity"},
        positive=["0", "1"],
        negative=["4", "5"],
        excluded=["2"],
    )
    assert labels_of(found) == [1, 1, None, 0, None]
    assert found.meaning == "label: taken for malignant '0' (1), '1' (1), for benign '4' (1)"
    assert labels_of(read("image,benign", "a,malignant", "b,benign", columns={"label": "benign"}))


@pytest.mark.parametrize(
    ("lines", "meaning"),
    [
        (("image,label", "a,1", "b,0"), "label: taken for malignant '1' (1), for benign '0' (1)"),
        (
            ("image,birads", "a,4A", "b,BI-RADS 4", "c,2", "d,3"),
            "birads: taken for malignant BI-RADS 4a (1), BI-RADS 4 (1), for benign BI-RADS 2 (1)",
        ),
        (
            ("image,pathology", "a,Malignant", "b,MALIGNANT", "c,benign"),
            "pathology: taken for malignant 'malignant' (2), for benign 'benign' (1)",
        ),
        (("image,label", "a,0", "b,"), "label: taken for malignant nothing, for benign '0' (1)"),
    ],
)
def test_what_was_taken_for_which_class_is_always_said(read, lines, meaning):
    assert read(*lines).meaning == meaning


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("image,Fallnr,label", "a,7,1", "'Fallnr' (is it patient_id? --column patient_id Fallnr)"),
        ("image,Patient Nr.,label", "a,7,1", "patient_id? --column patient_id 'Patient Nr.')"),
        ("image,Körperseite,label", "a,li,1", "'Körperseite' (is it laterality?"),
        ("image,Aufnahme,label", "a,mlo,1", "'Aufnahme' (is it view?"),
        ("image,birads_final,label", "a,4,1", "columns not used: 'birads_final' (is it birads?"),
        ("image,remark,label", "a,none,1", "columns not used: 'remark'"),
        ("image,study_date_anon,label", "a,2014-01-02,1", "not used: 'study_date_anon'"),
        ("image,series_id,label", "a,7,1", "columns not used: 'series_id'"),
        ("image,path1,label", "a,ID,1", "columns not used: 'path1'"),
    ],
)
def test_columns_that_are_not_used_are_listed_with_a_guess(read, header, row, words):
    second = row.replace("a,", "b,").replace(",1", ",0").replace("li", "re").replace("mlo", "cc")
    (told,) = [note for note in read(header, row, second).notes if "not used" in note]
    assert words in told and told.count("?") == words.count("?")


def test_a_column_of_labels_under_another_name_is_guessed_by_what_it_holds(read):
    with pytest.raises(DatasetError, match=r"THEIRS.; perhaps --column label Resultat"):
        read("image,Resultat", "a,gutartig", "b,bösartig")
    with pytest.raises(DatasetError, match=r"THEIRS.; perhaps --column patient_id Fallnr"):
        read("Fallnr,label", "a,0", "b,1")


def test_a_column_of_a_few_values_names_no_image(read):
    """EMBED's path1 is what the pathologist found."""
    rows = [f"{n},ID,{n % 2}" for n in range(4)]
    (told,) = [note for note in read("MRN,path1,label", *rows).notes if "not used" in note]
    assert told == "columns not used: 'path1'"


@pytest.mark.parametrize("word", ["removed", "Anonymous", "ANON", "unknown", "nan", "redacted"])
def test_what_stands_for_a_name_that_was_taken_out_is_no_name(read, word):
    """INbreast's table has 'removed' in the place of every patient."""
    found = read("image,patient_id,label", f"a,{word},1", f"b,{word},0")
    assert found.rows["patient_id"].tolist() == [None, None]


def test_letters_are_birads_in_the_column_that_is_known_for_them(read):
    rows = [f"{letter},{letter}" for letter in "ANBPSMK"]
    found = read("image,asses", *rows)
    assert found.rows["birads"].tolist() == list("0123456")
    assert labels_of(found) == [None, 0, 0, None, 1, 1, 1]
    with pytest.raises(DatasetError, match="birads 'S' is not known"):
        read("image,assessment", "a,S", "b,N")


def test_given_words_come_first(read):
    table = "image,label", "a,1", "b,2", "c,9"
    words = {"positive": ["2"], "negative": ["1"], "excluded": ["9"]}
    found = read(*table, **words)
    assert labels_of(found) == [0, 1, None]
    assert found.rows["no_label"].tolist() == [None, None, "'9' is neither class"]
    assert any("only the given words are classes" in note for note in found.notes)
    with pytest.raises(ParameterError, match="'2' is in both positive and negative"):
        read(*table, positive=["2"], negative=["2.0"])


def test_a_scale_that_is_half_turned_round_is_refused(read):
    with pytest.raises(DatasetError, match="line 3: label '1' is not known; known are 0: say"):
        read("image,label", "a,0", "b,1", positive=["0"])


def test_given_words_extend_the_built_in_ones(read):
    table = "image,diagnosis", "a,LCIS", "b,normal", "c,cancer"
    assert labels_of(read(*table, positive=["lcis"], excluded=["Normal"])) == [1, None, 1]
    birads = "image,birads", "a,3", "b,4a", "c,4b", "d,2"
    assert labels_of(read(*birads, positive=["3"], negative=["4A"])) == [1, 0, 1, 0]


def test_a_label_decides_and_the_rest_are_facts(read):
    found = read("image,label,pathology,birads", "a,1,cancer,2", "b,0,benign,5", "c,0,cancer,1")
    assert labels_of(found) == [1, 0, 0]
    assert found.rows["birads"].tolist() == ["2", "5", "1"]
    assert any("in 1 of 3 rows, the first in line 4;" in note for note in found.notes)


def test_labels_against_the_pathology_are_taken_if_said(read):
    table = "image,label,pathology", "a,1,benign", "b,0,cancer"
    assert labels_of(read(*table, positive=["0"], negative=["1"])) == [0, 1]
    found = read(*table, positive=["1"], negative=["0"])
    assert labels_of(found) == [1, 0]
    assert any("in 2 of 2 rows, the first in line 2;" in note for note in found.notes)


SIDES = {
    "L": [
        "L",
        "left",
        "LT",
        "links",
        "li",
        "Gauche",
        "G",
        "izquierda",
        "sinistra",
        "Left Breast",
        "Li.",
        "l.",
    ],
    "R": [
        "r",
        "RIGHT",
        "rt",
        "rechts",
        "re",
        "droite",
        "d",
        "derecha",
        "destra",
        "right breast",
        "RE.",
        "Rt.",
    ],
}


@pytest.mark.parametrize(("side", "word"), [(side, w) for side in SIDES for w in SIDES[side]])
def test_sides_have_many_words(read, side, word):
    found = read("image,side,label", f"a,{word},0")
    assert found.rows["laterality"].tolist() == [side]
    assert any("G and D" in note for note in found.notes) == (word.lower() in "gd")


@pytest.mark.parametrize("word", ["S", "I", "E", "1", "0", "upper", "leftright"])
def test_ambiguous_sides_are_refused(read, word):
    with pytest.raises(DatasetError, match=f"line 2: laterality '{word}' is not known; write L, R"):
        read("image,side,label", f"a,{word},0")


def test_a_view_may_name_the_side(read):
    found = read("image,view,label", "a,R-CC,0", "b,LMLO,0", "c,LM,0", "d,Cranio-caudal,0")
    assert found.rows["laterality"].tolist() == ["R", "L", None, None]
    assert found.rows["view"].tolist() == ["CC", "MLO", "LM", "CC"]
    with pytest.raises(DatasetError, match="line 2: view 'RCC' is of the other side than"):
        read("image,view,side,label", "a,RCC,left,0")


def test_both_sides_are_two_breasts_but_not_two_images(read):
    found = read("patient,side,label", "p,bilateral,1", "q,L,0", "r,,1")
    assert found.rows["laterality"].tolist() == ["L", "R", "L", None]
    assert found.rows["line"].tolist() == [2, 2, 3, 4]
    assert labels_of(found) == [1, 1, 0, None]
    assert found.rows["no_label"].tolist()[-1] == "laterality is empty"
    assert "a row for both sides labels both breasts" in found.notes
    assert read("image,side,label", "a,both,1", "b,L,0").rows["laterality"].tolist() == [None, "L"]


def test_a_benign_row_without_a_side_is_of_both_breasts(read):
    """Where nothing was found a table of findings names no side, as EMBED's."""
    found = read("patient,side,label", "p,,0", "p,L,1", "q,,0", "r,R,1", "s,,")
    rows = found.rows.dropna(subset=["label"])
    assert list(zip(rows["patient_id"], rows["laterality"], rows["label"], strict=True)) == [
        *(("p", "L", 1), ("p", "R", 0), ("p", "L", 1), ("q", "L", 0), ("q", "R", 0)),
        ("r", "R", 1),
    ]
    assert "benign rows without a side label both breasts: 2" in found.notes


def test_an_image_with_two_labels_has_none(read):
    found = read("image,patient,label", "a,p,0", "b,q,1", "a,p,1", r".\b,q,1", "c,p,1", "c,q,1")
    assert labels_of(found) == [None, 1, None, 1, None, None]
    assert found.rows["no_label"].tolist() == [
        *("the image is listed with different labels", None),
        *("the image is listed with different labels", None),
        *["the image is listed for several patients or sides"] * 2,
    ]
    assert found.contradictions.to_dict("records") == [
        {
            **{"lines": (2, 4), "key": ("a",), "labels": (0, 1)},
            "verdict": "the image is listed with different labels",
        },
        {
            **{"lines": (6, 7), "key": ("c",), "labels": (1, 1)},
            "verdict": "the image is listed for several patients or sides",
        },
    ]
    assert any("images that are listed more than once: 3" in note for note in found.notes)


def test_a_breast_is_positive_if_a_lesion_is_and_negative_only_if_all_are(read):
    found = read(
        "patient,side,birads",
        *("p,L,2", "p,L,5", "p,L,3", "p,R,2", "p,R,1", "q,L,2", "q,L,3", "q,R,3"),
    )
    assert labels_of(found) == [1, 1, 1, 0, 0, None, None, None]
    assert found.rows["no_label"].tolist()[-3:] == ["BI-RADS 3 is neither class"] * 3
    assert found.contradictions["lines"].tolist() == [(2, 3, 4), (7, 8)]
    assert found.contradictions["labels"].tolist() == [(0, 1, None), (0, None)]
    assert found.contradictions["verdict"].tolist() == [
        "positive, since one of its rows is",
        "BI-RADS 3 is neither class",
    ]
    assert any("several rows for one breast: 3 times" in note for note in found.notes)
    assert any("BI-RADS is a reader's opinion" in note for note in found.notes)


def test_studies_of_one_patient_are_apart_where_they_are_named(read):
    named = read("patient,study,side,label", "p,s1,L,0", "p,s2,L,1", "p,,L,1")
    assert labels_of(named) == [0, 1, None]
    assert named.rows["no_label"].tolist()[-1] == "study_id is empty"
    unnamed = read("patient,side,label", "p,L,0", "p,L,1")
    assert labels_of(unnamed) == [1, 1]
    assert any("no study is named" in note for note in unnamed.notes)


@pytest.mark.parametrize(
    ("header", "layout", "words"),
    [
        (
            "image,path,label",
            {},
            r"columns 'image' and 'path' may each be image.*--column image 'im",
        ),
        ("image,label,Class", {}, "columns 'label' and 'Class' may each be label"),
        ("image,label,label", {}, "columns 'label' and 'label' may each be label"),
        (
            "image,truthiness",
            {},
            r"no column label or pathology or birads; its columns are 'image, ",
        ),
        ("a,label", {}, r"no column image or patient_id or.*\(--column image THEIRS\)"),
        ("image,label", {"columns": {"label": "x"}}, "has no column 'x'; its columns are"),
        ("image,label", {"columns": {"colour": "x"}}, "no column 'colour' in a table of labels"),
    ],
)
def test_columns_in_doubt_are_refused(read, header, layout, words):
    with pytest.raises(DatasetError, match=words):
        read(header, ",".join("0" for _ in header.split(",")), **layout)


def test_columns_may_be_chosen(read):
    table = "path,image,ID1,Class,truth", "x/a,1,p,0,1"
    found = read(*table, columns={"image": "path", "patient_id": "id1", "label": "Class"})
    assert found.rows.iloc[0][["image", "patient_id", "label"]].tolist() == ["x/a", "p", 0]


def test_aliases_are_unambiguous():
    plain = [label_words.normalised(alias) for names in ALIASES.values() for alias in names]
    assert len(plain) == len(set(plain))
    for words in (label_words.CLASSES, label_words.SIDES):
        plain = [label_words.normalised(word) for names in words.values() for word in names]
        assert len(plain) == len(set(plain))


@pytest.mark.parametrize("text", ["-1", "- 1", "-1.0", "–1", "−1", " -1,0"])
@pytest.mark.parametrize("column", ["label", "birads", "pathology"])
def test_a_number_below_zero_is_not_that_above_it(read, column, text):
    """Tables write -1 for what is missing, or for benign where 1 is malignant."""
    lines = (f"image;{column}", "a;malignant", f"b;{text}", "c;benign", "d;0")
    with pytest.raises(DatasetError, match=rf"line 3: {column} .*1.* is not known"):
        read(*lines)
    with pytest.raises(DatasetError, match=r"line 3: .* is not known"):
        read(f"image;{column}", "a;1", f"b;{text}")
    found = read(*lines, negative=[text.strip()])
    assert found.rows["label"].tolist()[:3] == [1, 0, 0]


def test_a_scale_of_density_that_is_another_is_left_out(read):
    found = read("image,density,label,age,pathology", "a,F,0,62Y,??", "b,D,0,200 days,")
    assert found.rows["density"].tolist() == [None, None]
    assert found.rows["age"].tolist() == [62, pd.NA]
    assert found.notes == (
        "subgroups by pathology: values not understood, left out there: 1",
        "subgroups by density: values not understood, left out there: 1",
        "subgroups by age: values not understood, left out there: 1",
    )


def test_excel_says_the_same_as_csv(read, tmp_path):
    rows = [["Datei", "Seite", "Diagnose"], ["ä1", "li", "bösartig"], ["2", "re", "gutartig"]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([int(text) if text.isdigit() else text for text in row])
    book.save(tmp_path / "labels.xlsx")
    found = read_labels(tmp_path / "labels.xlsx")
    text = read(*map(";".join, rows), encoding="cp1252")
    pd.testing.assert_frame_equal(found.rows, text.rows)
    assert text.notes == (*found.notes[:1], *text.notes[1:2], *found.notes[1:])
    assert "was read as Windows-1252" in text.notes[1]


def test_a_table_without_rows_is_refused(read):
    for lines in ([], ["image,label"]):
        with pytest.raises(DatasetError, match="holds no row of labels below its header"):
            read(*lines)


def test_nothing_but_identifiers_comes_out_of_free_text(read):
    secret = "Doe John 1950-01-02"
    found = read(
        "image,patient,view,label,pathology,birads,density,age,remark",
        f"{secret},{secret},{secret},1,{secret},{secret},{secret},{secret},{secret}",
        "b,p,CC,0,benign,2,a,60,",
        f"{secret},{secret},MLO,0,cancer,2,b,61,",
    )
    open_columns = found.rows.drop(columns=["image", "patient_id"])
    everything = repr(
        [*found.notes, open_columns.to_dict(), found.contradictions["verdict"].tolist()]
    )
    assert not re.search("doe|john|1950", everything, re.IGNORECASE)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from([(c, w) for c, words in label_words.CLASSES.items() for w in words]),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["upper", "title", "lower"]),
    st.sampled_from([" ", "_", "-"]),
)
def test_a_word_never_becomes_the_other_class(read, pairs, case, gap):
    words = [getattr(word, case)().replace(" ", gap) for _, word in pairs]
    expected = [{"positive": 1, "negative": 0}.get(name) for name, _ in pairs]
    try:
        found = read("image,label", *(f"{n},{word}" for n, word in enumerate(words)))
    except DatasetError as error:
        assert {"1"} == {word for _, word in pairs} & {"0", "1"}
        assert "which may be BI-RADS" in str(error)
    else:
        assert labels_of(found) == expected


fields = st.sampled_from(
    [
        "",
        "0",
        "1",
        "2",
        "4a",
        "L",
        "both",
        "a",
        "b",
        "benign",
        "cancer",
        "BI-RADS 3",
        "\x1b[31m",
        "é",
    ]
) | st.text(max_size=3)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from(sorted(ALIASES)), min_size=2, max_size=6, unique=True),
    st.lists(st.lists(fields, min_size=6, max_size=6), min_size=1, max_size=6),
)
def test_any_table_ends_in_labels_or_in_one_sentence(tmp_path, names, rows):
    path = tmp_path / "labels.csv"
    pd.DataFrame([row[: len(names)] for row in rows], columns=names).to_csv(path, index=False)
    try:
        found = read_labels(path)
    except MammoError as error:
        assert str(error).isprintable() and str(error).startswith(str(path))
    else:
        assert (found.rows["label"].isna() == found.rows["no_label"].notna()).all()
        assert set(found.rows["laterality"]) <= {"L", "R", None}


def test_inbreast_is_read_as_its_own_loader_reads_it(real_data):
    found = read_labels(real_data / "inbreast" / "INbreast.csv")
    assert found.level == "image"
    counts = found.rows["label"].value_counts(dropna=False)
    assert (counts[0], counts[1], counts[pd.NA]) == (287, 100, 23)


@pytest.mark.parametrize("kind", ["mass", "calc"])
def test_cbis_ddsm_is_a_table_of_lesions(real_data, kind):
    path = Path(real_data, "cbis-ddsm", f"{kind}_case_description_train_set.csv")
    images = read_labels(path)
    breasts = read_labels(path, LabelLayout(level="breast"))
    assert (images.level, len(images.rows)) == ("image", len(breasts.rows))
    assert images.rows["label"].isna().sum() == images.contradictions["lines"].map(len).sum() > 0
    assert breasts.rows["label"].notna().all()
    assert (breasts.rows["label"] >= images.rows["label"]).all()


def test_numbers_that_are_four_classes_are_refused(real_data):
    with pytest.raises(DatasetError, match="holds 1, 2, 3, 4, which may be BI-RADS"):
        read_labels(
            real_data / "cbis-ddsm" / "nbia_paths.csv", LabelLayout({"image": "image_path"})
        )
